//! Stand-ins for the services that elevate talks to: Slack, an OpenID provider, AWS, DynamoDB, KMS.
//!
//! They speak the real protocols over HTTP on loopback, import nothing from the product, and are stricter
//! than the real services: they refuse what a real service only discourages. The binary of this crate starts
//! one of the first three as a process.

pub mod aws;
pub mod browser;
pub mod call_log;
pub mod clock;
pub mod dynamo;
pub mod example_corp;
pub mod http;
pub mod idp;
pub mod kill_switch;
pub mod kms;
pub mod playground;
pub mod slack;

mod cookie;
mod parameters;
mod random;
