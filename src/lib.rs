//! A Slack bot that gives engineers time-bound access to AWS roles.
//!
//! Dependencies point down only, which `tests/it/tidy.rs` enforces:
//!
//! ```text
//! main → app → { slack::{routes, socket}, web } → flows → ports, text → domain
//!              { store, slack::client, identity, aws, sealer, secrets, system, rate_limit }
//!                  → outbound → metrics → ports, domain
//!              slack::views → text → domain
//! ```
//!
//! `config` lies below the adapters, which get their settings from it; `config` and `identity` get Slack's ids from
//! `slack::ids`. Every request that leaves the process goes through the one client of `outbound`.

pub mod app;
pub mod aws;
pub mod config;
pub mod domain;
pub mod flows;
pub mod identity;
pub mod intake;
pub mod log_redaction;
pub mod log_writer;
pub mod metrics;
pub mod outbound;
pub mod ports;
pub mod rate_limit;
pub mod sealer;
pub mod secrets;
pub mod slack;
pub mod store;
pub mod system;
pub mod text;
pub mod web;
