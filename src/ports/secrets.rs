//! The operator's secrets: read once, where they are kept.

use std::path::PathBuf;

use async_trait::async_trait;
use secrecy::SecretString;

/// The operator's secrets, where they are kept.
#[async_trait]
pub trait SecretSource: Send + Sync {
    /// Reads one.
    async fn read(&self, place: &SecretPlace) -> Result<SecretString, SecretError>;
}

/// Where a secret of the operator's is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretPlace {
    /// In AWS Secrets Manager, under this name or ARN.
    SecretsManager(String),
    /// In AWS Systems Manager's Parameter Store, under this name or ARN.
    ParameterStore(String),
    /// In this file.
    File(PathBuf),
}

/// A secret could not be read, and why. Tells nothing of what is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SecretError(pub String);
