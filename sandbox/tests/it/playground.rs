//! Slack's client in a browser: what the page is made of, what it is told, and whose browser it leads where.

mod actions;
mod browser_profile;
mod call_log;
mod page;
mod world;
