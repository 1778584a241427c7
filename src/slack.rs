//! Slack: what comes in is verified and parsed here, what goes out is drawn and sent.

pub mod client;
pub mod command;
pub mod inbound;
pub mod payload;
pub mod verify;
pub mod views;
