//! Slack's client in a browser: what the page is made of, what it is told, and whose browser it leads where.

mod acts;
mod hop;
mod page;
mod traffic;
mod world;
