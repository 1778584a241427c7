//! Pending links, which wait for their code to be entered.

use async_trait::async_trait;

use super::{StoreError, TicketError};
use crate::domain::{account::Account, code::AwaitedCode, ticket::LinkSecrets, window::Timestamp};

/// Pending links, which wait for their code.
#[async_trait]
pub trait Codes: Send + Sync {
    /// Stores a link until its code is entered, and uses up the secrets that led to it. Replaces any pending link of
    /// the same account.
    async fn await_code(
        &self,
        awaited: &AwaitedCode,
        uses_up: &LinkSecrets,
        now: Timestamp,
    ) -> Result<(), TicketError>;
    /// Returns the pending link of an account.
    async fn awaited_code(&self, who: &Account) -> Result<Option<AwaitedCode>, StoreError>;
    /// Counts an attempt, if none was counted since `read`.
    async fn count_try(&self, read: &AwaitedCode) -> Result<AwaitedCode, CodeError>;
}

/// An attempt at a code was not counted.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// Another attempt was counted first, or the code is gone.
    #[error("another try at the code came first")]
    OtherTry,
    /// The store failed. Whether the attempt was counted is unknown.
    #[error(transparent)]
    Failed(#[from] StoreError),
}
