//! Keys from the configuration. A secret that they seal begins with `version (1) | key id (8)`, in bytes.

use aws_lc_rs::{aead::LessSafeKey, digest};
use secrecy::SecretString;

use super::{
    Shut,
    cipher::{self, NonceBytes},
};
use crate::{
    config::SealingKey,
    ports::{SealError, SealedRow},
};

pub(super) const VERSION: u8 = 1;
const KEY_ID_LEN: usize = 8;

/// The first bytes of the key's hash.
pub(super) type KeyId = [u8; KEY_ID_LEN];

/// The keys that this process holds: the first one seals, all of them open.
pub(super) struct LocalKeys(Vec<LocalKey>);

struct LocalKey {
    id: KeyId,
    cipher: LessSafeKey,
}

impl LocalKeys {
    pub(super) fn new(keys: &[SealingKey]) -> Self {
        Self(keys.iter().map(LocalKey::new).collect())
    }

    pub(super) fn seal(
        &self,
        secret: &SecretString,
        row: &SealedRow<'_>,
        nonce: NonceBytes,
    ) -> Result<Vec<u8>, SealError> {
        let missing = || SealError::Unavailable("there is no key to seal with".to_owned());
        let key = self.0.first().ok_or_else(missing)?;
        let header = [&[VERSION], &key.id[..]].concat();
        cipher::seal(&key.cipher, &header, secret, row, nonce)
    }

    /// Returns the secret, and whether it was sealed with the first key.
    pub(super) fn open(&self, sealed: &[u8], row: &SealedRow<'_>) -> Result<(SecretString, bool), Shut> {
        let (&id, sealed) = sealed.split_first_chunk().ok_or(Shut::NotSealed)?;
        let place = self.0.iter().position(|key| key.id == id).ok_or(Shut::UnknownKey(id))?;
        Ok((cipher::open(&self.0[place].cipher, sealed, row)?, place == 0))
    }
}

impl LocalKey {
    fn new(key: &SealingKey) -> Self {
        let hash = digest::digest(&digest::SHA256, key.expose());
        let mut id = KeyId::default();
        id.copy_from_slice(&hash.as_ref()[..KEY_ID_LEN]);
        Self { id, cipher: cipher::cipher(key.expose()) }
    }
}
