//! Access: a request for a target, from its creation to the end of access.

pub mod act;
pub(super) mod console_link;
pub(super) mod message;
pub(super) mod open_session;
pub mod request;
pub(super) mod transition;
