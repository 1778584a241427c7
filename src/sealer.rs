//! Sealing refresh tokens with keys from the configuration: AES-256-GCM, bound to the row they are stored in.
//!
//! A sealed token is `version (1) | key id (8) | nonce (12) | ciphertext | tag (16)`, in bytes.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest,
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::{
    config::SealingKey,
    ports::{Ids, Sealer},
};

const VERSION: u8 = 1;
const KEY_ID_LEN: usize = 8;
const HEADER_LEN: usize = 1 + KEY_ID_LEN + NONCE_LEN;

/// Keeps what is sealed here from being taken for something that was sealed with the same key elsewhere.
const PURPOSE: &str = "elevate/refresh-token";

type KeyId = [u8; KEY_ID_LEN];
type NonceBytes = [u8; NONCE_LEN];

/// Seals with keys that this process holds.
pub struct LocalSealer {
    keys: Vec<Key>,
    ids: Arc<dyn Ids>,
}

struct Key {
    id: KeyId,
    cipher: LessSafeKey,
}

/// Why something sealed stays shut. Tells nothing of what is inside.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Shut {
    #[error("this was not sealed here, or is cut short")]
    NotSealed,
    #[error("the sealing key {} is not configured", hex::encode(.0))]
    UnknownKey(KeyId),
    #[error("this was changed, or sealed for another row")]
    NotAuthentic,
}

impl LocalSealer {
    /// Seals with the first of `keys`, and opens with all of them.
    #[must_use]
    pub fn new(keys: &[SealingKey], ids: Arc<dyn Ids>) -> Self {
        let keys = keys.iter().map(Key::new).collect();
        Self { keys, ids }
    }

    fn nonce(&self) -> NonceBytes {
        let mut nonce = NonceBytes::default();
        self.ids.fill(&mut nonce);
        nonce
    }
}

#[async_trait]
impl Sealer for LocalSealer {
    async fn seal(&self, secret: &SecretString, row: &[&str]) -> anyhow::Result<Vec<u8>> {
        let key = self.keys.first().ok_or_else(|| anyhow::anyhow!("there is no key to seal with"))?;
        key.seal(secret.expose_secret(), row, self.nonce())
    }

    async fn open(&self, sealed: &[u8], row: &[&str]) -> anyhow::Result<SecretString> {
        let (id, nonce, body) = parts_of(sealed).ok_or(Shut::NotSealed)?;
        let key = self.keys.iter().find(|key| key.id == id).ok_or(Shut::UnknownKey(id))?;
        Ok(key.open(body, row, nonce)?)
    }
}

impl Key {
    fn new(key: &SealingKey) -> Self {
        let hash = digest::digest(&digest::SHA256, key.expose());
        let mut id = KeyId::default();
        id.copy_from_slice(&hash.as_ref()[..KEY_ID_LEN]);
        let cipher = UnboundKey::new(&AES_256_GCM, key.expose()).expect("the key has 32 bytes");
        Self { id, cipher: LessSafeKey::new(cipher) }
    }

    fn seal(&self, secret: &str, row: &[&str], nonce: NonceBytes) -> anyhow::Result<Vec<u8>> {
        // Of full size from the start: growing would leave a copy of the secret behind.
        let mut sealed =
            Zeroizing::new(Vec::with_capacity(HEADER_LEN + secret.len() + AES_256_GCM.tag_len()));
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.id);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(secret.as_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.cipher.seal_in_place_separate_tag(nonce, row_of(row), &mut sealed[HEADER_LEN..])?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(std::mem::take(&mut *sealed))
    }

    fn open(&self, body: &[u8], row: &[&str], nonce: NonceBytes) -> Result<SecretString, Shut> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let mut body = Zeroizing::new(body.to_vec());
        let secret =
            self.cipher.open_in_place(nonce, row_of(row), &mut body).map_err(|_| Shut::NotAuthentic)?;
        let secret = std::str::from_utf8(secret).map_err(|_| Shut::NotAuthentic)?;
        Ok(SecretString::from(secret))
    }
}

/// The key's id, the nonce, and the ciphertext with its tag.
fn parts_of(sealed: &[u8]) -> Option<(KeyId, NonceBytes, &[u8])> {
    let (&[version], rest) = sealed.split_first_chunk()?;
    let (&id, rest) = rest.split_first_chunk()?;
    let (&nonce, body) = rest.split_first_chunk()?;
    (version == VERSION).then_some((id, nonce, body))
}

/// What must be the same when it is opened: each part after its length, so that no two rows read alike.
fn row_of(row: &[&str]) -> Aad<Vec<u8>> {
    let mut bytes = Vec::new();
    for part in [PURPOSE].iter().chain(row) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    Aad::from(bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    const ROW: [&str; 4] = ["T0123456", "U0ADA", "https://idp.example", "ada"];

    /// Never the same twice.
    #[derive(Default)]
    struct Counter(AtomicU8);

    impl Ids for Counter {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    fn sealer(keys: &[u8]) -> LocalSealer {
        let keys: Vec<_> = keys.iter().map(|byte| SealingKey::new([*byte; 32])).collect();
        LocalSealer::new(&keys, Arc::new(Counter::default()))
    }

    async fn sealed(sealer: &LocalSealer) -> Vec<u8> {
        sealer.seal(&SecretString::from("refresh-token"), &ROW).await.unwrap()
    }

    async fn reason(sealer: &LocalSealer, sealed: &[u8], row: &[&str]) -> Shut {
        sealer.open(sealed, row).await.unwrap_err().downcast().unwrap()
    }

    #[tokio::test]
    async fn what_is_sealed_opens_for_its_row() {
        let sealer = sealer(&[1]);
        let opened = sealer.open(&sealed(&sealer).await, &ROW).await.unwrap();
        assert_eq!(opened.expose_secret(), "refresh-token");
    }

    #[tokio::test]
    async fn the_secret_is_not_to_be_seen_and_never_sealed_alike() {
        let sealer = sealer(&[1]);
        let (one, other) = (sealed(&sealer).await, sealed(&sealer).await);
        assert_ne!(one, other);
        assert!(!one.windows(7).any(|part| part == b"refresh"));
    }

    #[tokio::test]
    async fn it_opens_for_no_other_row() {
        let sealer = sealer(&[1]);
        let sealed = sealed(&sealer).await;
        let others: [&[&str]; 4] = [
            &[],
            &ROW[..3],
            &["T0123456", "U0EVE", "https://idp.example", "ada"],
            &["T0123456U", "0ADA", "https://idp.example", "ada"],
        ];
        for row in others {
            assert_eq!(reason(&sealer, &sealed, row).await, Shut::NotAuthentic, "{row:?}");
        }
    }

    #[tokio::test]
    async fn a_flipped_bit_anywhere_keeps_it_shut() {
        let sealer = sealer(&[1]);
        let sealed = sealed(&sealer).await;
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(sealer.open(&changed, &ROW).await.is_err(), "byte {at}");
        }
    }

    #[tokio::test]
    async fn every_truncation_is_refused() {
        let sealer = sealer(&[1]);
        let sealed = sealed(&sealer).await;
        for length in 0..sealed.len() {
            let expected = if length < HEADER_LEN { Shut::NotSealed } else { Shut::NotAuthentic };
            assert_eq!(reason(&sealer, &sealed[..length], &ROW).await, expected, "{length} bytes");
        }
    }

    #[tokio::test]
    async fn the_first_key_seals_and_all_open() {
        let old = sealed(&sealer(&[1])).await;
        let rotated = sealer(&[2, 1]);
        assert_eq!(rotated.open(&old, &ROW).await.unwrap().expose_secret(), "refresh-token");
        let new = sealed(&rotated).await;
        assert!(sealer(&[2]).open(&new, &ROW).await.is_ok());
        assert!(matches!(reason(&sealer(&[1]), &new, &ROW).await, Shut::UnknownKey(_)));
    }

    #[tokio::test]
    async fn without_a_key_nothing_is_sealed() {
        assert!(sealer(&[]).seal(&SecretString::from("x"), &ROW).await.is_err());
    }
}
