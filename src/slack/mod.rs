//! Slack: what comes in is verified and parsed here, what goes out is drawn and sent.

pub mod client;
pub mod inbound;
pub mod verify;
pub mod views;
