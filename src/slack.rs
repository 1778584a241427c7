//! Slack: parses and stores what arrives by either transport, and renders and sends what goes out.

mod budget;
pub mod client;
pub mod command;
mod errors;
pub mod ids;
pub mod inbound;
mod names;
mod pace;
pub mod payload;
pub mod routes;
pub mod socket;
pub mod verify;
pub mod views;
mod web_api;

pub use names::names;
