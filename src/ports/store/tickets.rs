//! One-time secrets, and what each stands for.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{secret::SecretHash, ticket::Ticket, window::Timestamp};

/// What one-time secrets stand for.
#[async_trait]
pub trait Tickets: Send + Sync {
    /// Keeps what a one-time secret stands for.
    async fn keep_ticket(&self, ticket: &Ticket) -> Result<(), StoreError>;
    /// What a one-time secret stands for, if it has not been used up.
    async fn ticket(&self, key: &SecretHash) -> Result<Option<Ticket>, StoreError>;
    /// Keeps a sign-in that starts from a link token, and makes it the only one that may use it up.
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
    /// Nobody knows whether it was used.
    #[error(transparent)]
    Failed(#[from] StoreError),
}
