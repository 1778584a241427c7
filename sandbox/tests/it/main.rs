//! The stand-ins, as the outside sees them: each holds to what is documented of the real thing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod aws;
mod browser;
mod dynamo;
mod example_corp;
mod idp;
mod playground;
mod process;
#[path = "../shared/refusal.rs"]
mod refusal;
mod sign_in_with_slack;
mod socket_mode;
