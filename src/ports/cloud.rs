//! The cloud: sessions and console sign-in links.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::domain::{
    cloud_refusal::CloudRefusal,
    ids::{AccountId, Target},
    session::SessionTerms,
    window::Timestamp,
};

/// The cloud, which issues sessions.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// Requests a session on these terms from STS.
    async fn assume_role(&self, terms: &SessionTerms) -> Result<Credentials, CloudError>;
    /// Returns the account that the app's own credentials belong to.
    async fn account(&self) -> Result<AccountId, CloudError>;
    /// Requests a session that may do nothing, and discards it.
    async fn probe(&self, target: &Target) -> Result<(), CloudError>;
    /// Exchanges credentials for a console sign-in link: a bearer secret that is valid for 15 minutes.
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

/// AWS issued nothing.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// AWS refused.
    #[error("aws refused: {}", .0.words)]
    Refused(CloudRefusal),
    /// AWS did not answer. It is unknown whether a session exists.
    #[error("aws did not answer: {0}")]
    Unavailable(String),
}
