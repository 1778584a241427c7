//! What browsers see: the pages around a sign-in, and the addresses that machines ask.

mod browser;
mod error;
mod pages;
mod routes;
mod serving;
mod visitor;

pub use routes::router;
pub use serving::{Limits, serve};
