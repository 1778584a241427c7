//! The trail: events as they are written down for good.

pub mod canonical;
