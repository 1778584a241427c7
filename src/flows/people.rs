//! People: accounts are linked to identities, and the identity provider says what these may do.

mod groups;
pub mod link;
mod person;
pub mod sign_out;
