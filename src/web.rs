//! What browsers see: the pages around a sign-in, and the addresses that machines ask.

mod browser;
mod error;
mod pages;
mod prefetch;
mod rate_limit;
mod routes;
mod serving;

pub use routes::router;
pub use serving::{Limits, serve};
