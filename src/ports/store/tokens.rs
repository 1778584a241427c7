//! Sealed refresh tokens.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{account::Account, person::ToldGroups, window::Timestamp};

/// Refresh tokens, each used by one replica at a time.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// Returns the sealed refresh token of an account.
    async fn token(&self, who: &Account) -> Result<Option<SealedToken>, StoreError>;
    /// Takes the sealed refresh token for one turn at the identity provider, if it has not changed since it was read.
    /// Other replicas do not use it before `until`.
    async fn take_token(
        &self,
        who: &Account,
        read: &SealedToken,
        until: Timestamp,
    ) -> Result<SealedToken, TokenError>;
    /// Ends the turn for which the token was `taken`.
    async fn give_token_back(
        &self,
        who: &Account,
        taken: &SealedToken,
        used: UsedToken,
    ) -> Result<(), TokenError>;
}

/// A sealed refresh token. It is used in turns, because a provider that rotates tokens treats a second use of the same
/// token as theft (<https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2>).
#[derive(Clone, Debug)]
pub struct SealedToken {
    /// The sealed token.
    pub sealed: Vec<u8>,
    /// Incremented by every change, and every change is conditional on it. Its value at the start of a turn numbers the
    /// turn.
    pub version: u64,
    /// When the current turn must end.
    pub taken_until: Option<Timestamp>,
    /// The result of the latest turn, if it returned groups.
    pub told: Option<ToldGroups>,
}

/// The outcome of a turn for its refresh token.
#[derive(Clone, Debug)]
pub enum UsedToken {
    /// It can be used for another turn.
    Kept {
        /// The token that replaces the stored one: the provider's rotated token, or the same token sealed with
        /// another key.
        resealed: Option<Vec<u8>>,
        /// The groups that the provider returned, if any.
        told: Option<ToldGroups>,
    },
    /// It is no longer valid.
    Gone,
}

/// A refresh token was not taken, or not returned.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Another turn has changed it, or another link replaced it.
    #[error("another turn has changed the refresh token")]
    Conflict,
    /// The store failed. Whether the change was written is unknown.
    #[error(transparent)]
    Failed(#[from] StoreError),
}
