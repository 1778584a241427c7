//! The web side: pages around a sign-in, and endpoints for machines.

mod browser;
mod error;
mod pages;
mod prefetch;
mod rate_limit;
mod routes;
mod serving;

pub use routes::router;
pub use serving::{Limits, serve};
