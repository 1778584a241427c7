//! Visits: what people go on with in a browser.

pub mod sign_in;
