//! Access: a request for a target, from asking to its end.

pub(super) mod end;
pub mod open_session;
pub mod request;
pub mod review;
pub(super) mod transition;
