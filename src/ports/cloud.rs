//! The cloud: sessions, and the way to its console.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::domain::{session::SessionTerms, window::Timestamp};

/// What AWS hands out.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// Asks STS for a session on these terms.
    async fn assume_role(&self, terms: &SessionTerms) -> Result<Credentials, CloudError>;
    /// Turns credentials into the address of the console, signed in: a bearer secret for 15 minutes.
    async fn console_url(&self, credentials: &Credentials) -> Result<SecretString, CloudError>;
}

/// Temporary AWS credentials. Never stored, posted or logged.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The access key's id.
    pub access_key_id: SecretString,
    /// The access key.
    pub secret_access_key: SecretString,
    /// The session token.
    pub session_token: SecretString,
    /// When AWS lets them expire.
    pub expires_at: Timestamp,
}

/// AWS handed nothing out.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// AWS said no.
    #[error("aws refused: {0}")]
    Refused(String),
    /// AWS could not be asked; nobody knows whether a session exists.
    #[error("aws did not answer: {0}")]
    Unavailable(String),
}
