//! The cipher for every kind of key: `header | nonce (12) | ciphertext | tag (16)`, in bytes.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::Shut;
use crate::ports::{SealError, SealedRow};

pub(super) type NonceBytes = [u8; NONCE_LEN];

/// Returns a cipher with this key.
pub(super) fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 bytes"))
}

/// Seals a secret for the table: `header`, followed by the sealed secret.
pub(super) fn seal(
    cipher: &LessSafeKey,
    header: &[u8],
    secret: &SecretString,
    row: &SealedRow<'_>,
    nonce: NonceBytes,
) -> Result<Vec<u8>, SealError> {
    let secret = secret.expose_secret().as_bytes();
    let start = header.len() + NONCE_LEN;
    // Allocated at full size: growing would leave a copy of the secret in memory.
    let mut sealed = Zeroizing::new(Vec::with_capacity(start + secret.len() + AES_256_GCM.tag_len()));
    sealed.extend_from_slice(header);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(secret);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = cipher
        .seal_in_place_separate_tag(nonce, bound_to(row), &mut sealed[start..])
        .map_err(|_| SealError::Unavailable("the cipher takes no secret of this length".to_owned()))?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(std::mem::take(&mut *sealed))
}

/// Opens what follows a header.
pub(super) fn open(cipher: &LessSafeKey, sealed: &[u8], row: &SealedRow<'_>) -> Result<SecretString, Shut> {
    let (&nonce, body) = sealed.split_first_chunk().ok_or(Shut::NotSealed)?;
    let mut body = Zeroizing::new(body.to_vec());
    let secret = cipher
        .open_in_place(Nonce::assume_unique_for_key(nonce), bound_to(row), &mut body)
        .map_err(|_| Shut::NotAuthentic)?;
    let secret = std::str::from_utf8(secret).map_err(|_| Shut::NotAuthentic)?;
    Ok(SecretString::from(secret))
}

/// Returns the data that must be identical when the secret is opened: each value preceded by its length, so that no
/// two rows are encoded alike.
fn bound_to(row: &SealedRow<'_>) -> Aad<Vec<u8>> {
    let mut bytes = Vec::new();
    for (_, value) in row {
        bytes.extend_from_slice(&(value.len() as u64).to_be_bytes());
        bytes.extend_from_slice(value.as_bytes());
    }
    Aad::from(bytes)
}
