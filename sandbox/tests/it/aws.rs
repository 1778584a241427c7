//! The stand-in for AWS, where it is stricter than others, and what it tells of what it was asked.

mod broker;
mod federation;
#[path = "../shared/sts.rs"]
mod sdk;
mod sessions;
mod sts;
