//! AWS STS, and `ministack` as its judge; and the console's federation endpoint, which nobody judges.

mod assume_role;
mod callers;
mod federation;
mod judge;
mod limits;
mod policies;
#[path = "../shared/sts.rs"]
mod sts;
mod trust;
mod world;
