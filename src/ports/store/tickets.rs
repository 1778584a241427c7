//! One-time secrets and the tickets that they stand for.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{secret::SecretHash, ticket::Ticket, window::Timestamp};

/// The tickets of one-time secrets.
#[async_trait]
pub trait Tickets: Send + Sync {
    /// Stores the ticket of a one-time secret.
    async fn keep_ticket(&self, ticket: &Ticket) -> Result<(), StoreError>;
    /// Returns the ticket of a one-time secret, unless the secret has been used up.
    async fn ticket(&self, key: &SecretHash) -> Result<Option<Ticket>, StoreError>;
    /// Stores a sign-in that starts from a link token. Only the latest such sign-in may use the token up.
    async fn start_link(
        &self,
        link: &SecretHash,
        sign_in: &Ticket,
        now: Timestamp,
    ) -> Result<(), TicketError>;
}

/// A one-time secret was not used.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// It has been used up, or has expired.
    #[error("the one-time secret has been used up")]
    UsedUp,
    /// The store failed. Whether the secret was used is unknown.
    #[error(transparent)]
    Failed(#[from] StoreError),
}
