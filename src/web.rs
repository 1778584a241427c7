//! The web side: pages around a sign-in, and endpoints for machines.

mod bodies;
mod browser;
mod connections;
mod error;
mod pages;
mod prefetch;
mod rate_limit;
mod routes;
mod serving;

pub use routes::router;
pub use serving::{Served, serve};
