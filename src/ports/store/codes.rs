//! Links that wait for a code to be typed.

use async_trait::async_trait;

use super::{StoreError, TicketError};
use crate::domain::{account::Account, code::AwaitedCode, ticket::LinkSecrets, window::Timestamp};

/// Links that wait for their code.
#[async_trait]
pub trait Codes: Send + Sync {
    /// Keeps a link until its code is typed, in place of one that waits for the same account; uses up what led to it.
    async fn await_code(
        &self,
        awaited: &AwaitedCode,
        uses_up: &LinkSecrets,
        now: Timestamp,
    ) -> Result<(), TicketError>;
    /// The link of an account that waits for its code.
    async fn awaited_code(&self, who: &Account) -> Result<Option<AwaitedCode>, StoreError>;
    /// Counts a try, if there has been none since `read` was.
    async fn count_try(&self, read: &AwaitedCode) -> Result<AwaitedCode, CodeError>;
}

/// A try at a code was not counted.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// Another try has come first, or the code is gone.
    #[error("another try at the code came first")]
    OtherTry,
    /// Nobody knows whether it was counted.
    #[error(transparent)]
    Failed(#[from] StoreError),
}
