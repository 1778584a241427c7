//! Socket Mode, as a bot that opens connections sees it.

mod bot;
mod connections;
mod envelopes;
