//! A key that never leaves KMS: each secret is sealed with its own data key, which KMS has wrapped. A sealed secret
//! begins with `version (2) | length of the wrapped key (2) | wrapped key`, in bytes.
//!
//! KMS unwraps a data key only for the row that it was created for: the row is its encryption context
//! (<https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html>), which appears in CloudTrail.

use std::{collections::HashMap, time::Duration};

use aws_lc_rs::aead::LessSafeKey;
use aws_sdk_kms::{
    Client,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
    error::SdkError,
    operation::decrypt::DecryptError,
    primitives::Blob,
    types::DataKeySpec,
};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{
    Shut,
    cipher::{self, NonceBytes},
};
use crate::{
    outbound::aws_failure,
    ports::{SealError, SealedRow},
};

pub(super) const VERSION: u8 = 2;

/// The maximum length of a wrapped key, in bytes
/// (<https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>).
const LONGEST_WRAPPED: usize = 6_144;
/// The base of the wait between attempts. The SDK randomizes waits.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// The time limit of one attempt.
const ATTEMPT_TAKES: Duration = Duration::from_millis(1_500);
/// The time limit of a call, with all its attempts. A turn of a refresh token includes two calls and must not exceed
/// its duration.
const CALL_TAKES: Duration = Duration::from_secs(3);

/// A key in KMS, and the client that uses it.
pub(super) struct KmsKey {
    id: String,
    kms: Client,
}

impl KmsKey {
    /// Creates a key. Retries and timeouts are set here; all other settings are those of `kms`.
    pub(super) fn new(id: String, kms: &Client) -> Self {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT_TAKES)
            .operation_timeout(CALL_TAKES)
            .build();
        let retries = RetryConfig::standard().with_initial_backoff(FIRST_WAIT);
        let config = kms.config().to_builder().retry_config(retries).timeout_config(timeouts);
        Self { id, kms: Client::from_conf(config.build()) }
    }

    pub(super) async fn seal(
        &self,
        secret: &SecretString,
        row: &SealedRow<'_>,
        nonce: NonceBytes,
    ) -> Result<Vec<u8>, SealError> {
        let made = self
            .kms
            .generate_data_key()
            .key_id(&self.id)
            .key_spec(DataKeySpec::Aes256)
            .set_encryption_context(Some(context(row)))
            .send()
            .await
            .map_err(|error| self.unavailable("made no data key", aws_failure(&error)))?;
        let cipher = made.plaintext.and_then(cipher_with);
        let wrapped = made.ciphertext_blob.map(Blob::into_inner).unwrap_or_default();
        let length = u16::try_from(wrapped.len()).ok();
        let (Some(cipher), Some(length)) = (cipher, length) else {
            return Err(self.unavailable("made no data key", "its answer cannot be used".to_owned()));
        };
        let header = [&[VERSION], &length.to_be_bytes()[..], &wrapped].concat();
        cipher::seal(&cipher, &header, secret, row, nonce)
    }

    pub(super) async fn open(&self, sealed: &[u8], row: &SealedRow<'_>) -> Result<SecretString, SealError> {
        let (wrapped, sealed) = parts_of(sealed).ok_or(Shut::NotSealed)?;
        let unwrapped = self
            .kms
            .decrypt()
            .key_id(&self.id)
            .ciphertext_blob(Blob::new(wrapped))
            .set_encryption_context(Some(context(row)))
            .send()
            .await
            .map_err(|error| self.not_unwrapped(&error))?;
        // KMS unwraps anything that was wrapped for this row. If its length differs, it is not a data key.
        let cipher = unwrapped.plaintext.and_then(cipher_with).ok_or(Shut::NotAuthentic)?;
        Ok(cipher::open(&cipher, sealed, row)?)
    }

    /// Returns whether KMS will never unwrap the key, or might later: an operator can restore a permission or enable a
    /// key.
    fn not_unwrapped(&self, error: &SdkError<DecryptError>) -> SealError {
        let why = aws_failure(error);
        match error.as_service_error() {
            Some(DecryptError::InvalidCiphertextException(_) | DecryptError::IncorrectKeyException(_)) => {
                Shut::NotUnwrapped(why).into()
            }
            _ => self.unavailable("unwrapped no data key", why),
        }
    }

    fn unavailable(&self, what: &str, why: String) -> SealError {
        SealError::Unavailable(format!("KMS {what} with {}: {why}", self.id))
    }
}

fn context(row: &SealedRow<'_>) -> HashMap<String, String> {
    row.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn cipher_with(data_key: Blob) -> Option<LessSafeKey> {
    let data_key = Zeroizing::new(data_key.into_inner());
    data_key.as_slice().try_into().ok().map(cipher::cipher)
}

/// Splits a sealed secret into its wrapped key and the rest.
fn parts_of(sealed: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = sealed.split_first_chunk()?;
    let length = usize::from(u16::from_be_bytes(length));
    (1..=LONGEST_WRAPPED).contains(&length).then(|| rest.split_at_checked(length))?
}
