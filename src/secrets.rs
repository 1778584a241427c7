//! Reads the operator's secrets from AWS Secrets Manager, Parameter Store or files.

use std::{fs, io, path::Path, time::Duration};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::{
    error::{ProvideErrorMetadata, SdkError},
    operation::get_secret_value::GetSecretValueError,
};
use aws_sdk_ssm::operation::get_parameter::GetParameterError;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    outbound::aws_failure,
    ports::{SecretError, SecretPlace, SecretSource},
};

/// The time limit of one attempt to call AWS.
const ATTEMPT_TAKES: Duration = Duration::from_secs(4);
/// The time limit of a call to AWS, including the SDK's retries.
const CALL_TAKES: Duration = Duration::from_secs(15);

/// The secrets that this process may read.
#[derive(Debug)]
pub struct KeptSecrets {
    secrets_manager: aws_sdk_secretsmanager::Client,
    parameter_store: aws_sdk_ssm::Client,
}

impl KeptSecrets {
    /// Creates a reader that calls AWS with the credentials, region and endpoints of `aws`. Timeouts are set here.
    #[must_use]
    pub fn new(aws: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT_TAKES)
            .operation_timeout(CALL_TAKES)
            .build();
        let aws = aws.to_builder().timeout_config(timeouts).build();
        Self {
            secrets_manager: aws_sdk_secretsmanager::Client::new(&aws),
            parameter_store: aws_sdk_ssm::Client::new(&aws),
        }
    }

    async fn of_secrets_manager(&self, id: &str) -> Result<SecretString, SecretError> {
        let asked = self.secrets_manager.get_secret_value().secret_id(id).send().await;
        let kept = asked.map_err(|error| match error.as_service_error() {
            Some(GetSecretValueError::ResourceNotFoundException(_)) => {
                SecretError("there is no such secret in this account and region".to_owned())
            }
            _ => unread("secretsmanager:GetSecretValue", &error),
        })?;
        let text = kept.secret_string.map(SecretString::from);
        text.ok_or_else(|| SecretError("it holds no text".to_owned()))
    }

    async fn of_parameter_store(&self, name: &str) -> Result<SecretString, SecretError> {
        let asked = self.parameter_store.get_parameter().name(name).with_decryption(true).send().await;
        let kept = asked.map_err(|error| match error.as_service_error() {
            Some(GetParameterError::ParameterNotFound(_)) => {
                SecretError("there is no such parameter in this account and region".to_owned())
            }
            _ => unread("ssm:GetParameter", &error),
        })?;
        let text = kept.parameter.and_then(|parameter| parameter.value).map(SecretString::from);
        text.ok_or_else(|| SecretError("it holds no text".to_owned()))
    }
}

#[async_trait]
impl SecretSource for KeptSecrets {
    async fn read(&self, place: &SecretPlace) -> Result<SecretString, SecretError> {
        match place {
            SecretPlace::SecretsManager(id) => self.of_secrets_manager(id).await,
            SecretPlace::ParameterStore(name) => self.of_parameter_store(name).await,
            SecretPlace::File(path) => of_file(path),
        }
    }
}

/// Returns the content of a file, without the newline at its end.
fn of_file(path: &Path) -> Result<SecretString, SecretError> {
    const KNOWN: [(io::ErrorKind, &str); 3] = [
        (io::ErrorKind::NotFound, "there is no such file"),
        (io::ErrorKind::PermissionDenied, "this process may not read the file"),
        (io::ErrorKind::InvalidData, "it holds no text"),
    ];
    let text = fs::read_to_string(path).map(SecretString::from).map_err(|error| {
        let known = KNOWN.into_iter().find(|(kind, _)| *kind == error.kind());
        SecretError(known.map_or_else(|| format!("it could not be read: {error}"), |(_, why)| why.to_owned()))
    })?;
    let line = text.expose_secret();
    let line = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(SecretString::from(line))
}

/// Returns why AWS returned no secret: its error code and, if a permission is missing, which one.
fn unread<E>(action: &str, error: &SdkError<E>) -> SecretError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    let why = aws_failure(error);
    SecretError(if why.starts_with("AccessDenied") {
        format!(
            "this process is not allowed to read it ({why}): give it {action}, and kms:Decrypt on its key"
        )
    } else {
        format!("it could not be read: {why}")
    })
}
