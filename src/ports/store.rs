//! The store: what has happened, and what must still be done. One trait for each entity, with the errors that it can
//! have, and one handle for all of them.

mod accounts;
mod codes;
mod control;
mod jobs;
mod links;
mod places;
mod presses;
mod requests;
mod tickets;
mod tokens;

pub use self::{
    accounts::{Accounts, Appended, NewEvent},
    codes::{CodeError, Codes},
    control::{ControlStep, Controls},
    jobs::{DeadLetter, DeadLetterError, JOB_LEASE, Jobs, LaneHead},
    links::{LinkError, LinkProof, Links, NewLink, UnlinkError},
    places::{Places, Surface},
    presses::Presses,
    requests::{CommitError, Cursor, Given, Listed, OpenRequests, OpenStatus, Page, Requests, Step},
    tickets::{TicketError, Tickets},
    tokens::{SealedToken, TokenError, Tokens, UsedToken},
};

/// The truth: what has happened, and what must still be done. Every change is one transaction.
pub trait Store:
    Requests + Accounts + Controls + Links + Tokens + Tickets + Codes + Presses + Jobs + Places
{
}

/// The store could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("could not {what}")]
pub struct StoreError {
    /// What was being done, as in "could not load request req_…".
    pub what: String,
    /// The cause.
    #[source]
    pub source: anyhow::Error,
}
