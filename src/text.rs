//! Every sentence that a person reads, made from facts by pure functions.

mod names;
mod refusal;

pub use names::Names;
pub use refusal::{refusal, refused};
