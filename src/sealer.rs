//! Encrypts secrets in the table with AES-256-GCM, each bound to its row.
//!
//! The first byte of a sealed secret identifies the kind of its key: one from the configuration (`local`), or one that
//! KMS has wrapped (`kms`).

mod cipher;
mod kms;
mod local;

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;

use self::{cipher::NonceBytes, kms::KmsKey, local::LocalKeys};
use crate::{
    config::Sealing,
    ports::{Ids, Opened, SealError, SealedRow, Sealer},
};

/// Seals with the KMS key if there is one, else with the first key of the configuration. Opens with all of them.
pub struct Keyring {
    kms: Option<KmsKey>,
    local: LocalKeys,
    ids: Arc<dyn Ids>,
}

/// Why a sealed secret could not be opened. Reveals nothing about its content.
#[derive(Debug, thiserror::Error)]
enum Shut {
    #[error("this was not sealed here, or is cut short")]
    NotSealed,
    #[error("the sealing key {} is not configured", hex::encode(.0))]
    UnknownKey(local::KeyId),
    #[error("this takes a key of KMS's, and sealing.kms_key_id is not set")]
    NoKmsKey,
    #[error("this was changed, or sealed for another row")]
    NotAuthentic,
    #[error(
        "KMS does not unwrap its key ({0}): this was changed, or sealed for another row or with another key"
    )]
    NotUnwrapped(String),
}

impl Keyring {
    /// Returns the keys that `sealing` names. Calls to KMS go through `kms`, with timeouts set here.
    #[must_use]
    pub fn new(sealing: &Sealing, kms: &aws_sdk_kms::Client, ids: Arc<dyn Ids>) -> Self {
        let kms = sealing.kms_key_id.as_ref().map(|id| KmsKey::new(id.clone(), kms));
        Self { kms, local: LocalKeys::new(&sealing.keys), ids }
    }

    fn nonce(&self) -> NonceBytes {
        let mut nonce = NonceBytes::default();
        self.ids.fill(&mut nonce);
        nonce
    }
}

#[async_trait]
impl Sealer for Keyring {
    async fn seal(&self, secret: &SecretString, row: &SealedRow<'_>) -> Result<Vec<u8>, SealError> {
        match &self.kms {
            Some(key) => key.seal(secret, row, self.nonce()).await,
            None => self.local.seal(secret, row, self.nonce()),
        }
    }

    async fn open(&self, sealed: &[u8], row: &SealedRow<'_>) -> Result<Opened, SealError> {
        match sealed.split_first() {
            Some((&local::VERSION, sealed)) => {
                let (secret, is_by_first) = self.local.open(sealed, row)?;
                Ok(Opened { secret, is_up_to_date: is_by_first && self.kms.is_none() })
            }
            Some((&kms::VERSION, sealed)) => {
                let key = self.kms.as_ref().ok_or(Shut::NoKmsKey)?;
                Ok(Opened { secret: key.open(sealed, row).await?, is_up_to_date: true })
            }
            Some(_) | None => Err(Shut::NotSealed.into()),
        }
    }
}

impl From<Shut> for SealError {
    fn from(shut: Shut) -> Self {
        Self::Shut(shut.to_string())
    }
}

#[cfg(test)]
mod tests;
