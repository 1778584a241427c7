//! The operator's secrets, each read once.

use std::path::PathBuf;

use async_trait::async_trait;
use secrecy::SecretString;

/// The stores of the operator's secrets.
#[async_trait]
pub trait SecretSource: Send + Sync {
    /// Reads a secret.
    async fn read(&self, place: &SecretPlace) -> Result<SecretString, SecretError>;
}

/// Where an operator's secret is stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretPlace {
    /// In AWS Secrets Manager, under this name or ARN.
    SecretsManager(String),
    /// In AWS Systems Manager's Parameter Store, under this name or ARN.
    ParameterStore(String),
    /// In this file.
    File(PathBuf),
}

/// Why a secret could not be read. Reveals nothing about its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SecretError(pub String);
