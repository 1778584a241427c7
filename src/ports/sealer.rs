//! The sealer: encrypts refresh tokens and codes, so that they are worthless to a reader of the store.

use async_trait::async_trait;
use secrecy::SecretString;

/// Protects refresh tokens and codes from anyone who reads the store.
#[async_trait]
pub trait Sealer: Send + Sync {
    /// Seals `secret` for the row that `row` names.
    async fn seal(&self, secret: &SecretString, row: &SealedRow<'_>) -> Result<Vec<u8>, SealError>;
    /// Opens what was sealed for exactly this row.
    async fn open(&self, sealed: &[u8], row: &SealedRow<'_>) -> Result<Opened, SealError>;
}

/// The purpose and the owner of a sealed secret, as named values. It opens only for the same values.
pub type SealedRow<'a> = [(&'static str, &'a str)];

/// An opened secret.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The secret.
    pub secret: SecretString,
    /// Whether it is sealed with the current key. Otherwise its key is being retired.
    pub is_up_to_date: bool,
}

/// A secret could not be sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It can never be opened: it was changed, was sealed for another row, or requires a key that is not ours.
    #[error("it stays shut: {0}")]
    Shut(String),
    /// The holder of the key did not provide it.
    #[error("{0}")]
    Unavailable(String),
}
