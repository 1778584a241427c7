//! The trail: what has happened, as it is written down for good. Requests and accounts have the same kind of record.

pub mod actor;
pub mod canonical;
pub mod record;
