//! People: links between accounts and identities, and what the identity provider says about the people behind them.

pub(super) mod groups;
pub(super) mod known;
pub mod link;
mod person;
pub mod sign_out;
