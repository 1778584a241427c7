//! The sealer: refresh tokens and codes are worth nothing to a reader of the store.

use async_trait::async_trait;
use secrecy::SecretString;

/// Keeps refresh tokens from whoever reads the store.
#[async_trait]
pub trait Sealer: Send + Sync {
    /// Seals `secret` for the row that `row` names.
    async fn seal(&self, secret: &SecretString, row: &SealedRow<'_>) -> Result<Vec<u8>, SealError>;
    /// Opens what was sealed for that very row.
    async fn open(&self, sealed: &[u8], row: &SealedRow<'_>) -> Result<Opened, SealError>;
}

/// What something sealed is for and whose it is, each by its name: it opens for nothing and nobody else.
pub type SealedRow<'a> = [(&'static str, &'a str)];

/// What was sealed.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The secret.
    pub secret: SecretString,
    /// Whether it is sealed as it would be at this moment. Otherwise its key is on its way out.
    pub is_up_to_date: bool,
}

/// Something was not sealed, or not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It stays shut for good: it was changed, was sealed for another row, or takes a key that is not ours.
    #[error("it stays shut: {0}")]
    Shut(String),
    /// Whoever has the key did not give it.
    #[error("{0}")]
    Unavailable(String),
}
