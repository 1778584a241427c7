//! Access: a request for a target, from asking to its end.

pub(super) mod console_link;
pub(super) mod end;
pub(super) mod open_session;
pub mod request;
pub mod review;
pub(super) mod transition;
