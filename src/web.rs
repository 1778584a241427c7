//! The web side: pages around a sign-in, and endpoints for machines.

mod admin;
mod bodies;
mod browser;
mod connections;
mod error;
mod headers;
mod logout;
mod pages;
mod prefetch;
mod rate_limit;
mod routes;
mod serving;

pub use admin::admin;
pub use headers::with_headers;
pub use routes::router;
pub use serving::{Served, serve};
