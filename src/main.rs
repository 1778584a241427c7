//! elevate
fn main() {}
