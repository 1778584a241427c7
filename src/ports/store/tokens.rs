//! Refresh tokens, sealed.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{account::Account, person::ToldGroups, window::Timestamp};

/// Refresh tokens, which are used in turns.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// The sealed refresh token of an account.
    async fn token(&self, who: &Account) -> Result<Option<SealedToken>, StoreError>;
    /// Takes the sealed refresh token for one turn at the identity provider, if it is still as it was read.
    /// Others leave it alone until `until`.
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

/// A refresh token, sealed. It is used in turns, since a provider that rotates tokens takes two uses of one for
/// theft (<https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2>).
#[derive(Clone, Debug)]
pub struct SealedToken {
    /// The sealed token.
    pub sealed: Vec<u8>,
    /// Counts changes, which are all conditional on it. The change that begins a turn numbers the turn.
    pub version: u64,
    /// Until when the turn that is under way may last.
    pub taken_until: Option<Timestamp>,
    /// What the latest turn brought, if it brought groups.
    pub told: Option<ToldGroups>,
}

/// What became of a refresh token in its turn.
#[derive(Clone, Debug)]
pub enum UsedToken {
    /// It is good for another turn.
    Kept {
        /// What takes the place of what is stored: the token that the provider has put in its place, or the same
        /// one sealed with another key.
        resealed: Option<Vec<u8>>,
        /// The groups that the provider told, if it did.
        told: Option<ToldGroups>,
    },
    /// It is worth nothing any more.
    Gone,
}

/// A refresh token was not taken, or not given back.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Another turn has changed it, or another link replaced it.
    #[error("another turn has changed the refresh token")]
    Conflict,
    /// Nobody knows whether it was made.
    #[error(transparent)]
    Failed(#[from] StoreError),
}
