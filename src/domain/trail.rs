//! The trail: the permanent record of what happened. Requests and accounts have the same kind of record.

pub mod actor;
pub mod canonical;
pub mod record;
