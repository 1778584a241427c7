//! Every sentence that a person reads, made from facts by pure functions.

mod refusal;

pub use refusal::{refusal, refused};
