//! One-time secrets: what is issued, and the hash that is stored.

use std::fmt;

use aws_lc_rs::{constant_time, digest, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// A bearer secret of 256 bits, in base64url, used in a link, a cookie or a `state`. Never stored, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The SHA-256 of a secret, in base64url. Nothing else of a secret is stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretHash(String);

/// A secret that a [`Sealer`](crate::ports::Sealer) has sealed, worthless to anyone who reads it. Stored as base64
/// where it is text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sealed(pub Vec<u8>);

impl TryFrom<String> for Sealed {
    type Error = base64::DecodeError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        URL_SAFE_NO_PAD.decode(text).map(Self)
    }
}

impl From<Sealed> for String {
    fn from(sealed: Sealed) -> Self {
        URL_SAFE_NO_PAD.encode(sealed.0)
    }
}

impl Secret {
    /// Creates a secret from these random bytes.
    #[must_use]
    pub fn of(random: [u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random))
    }

    /// Parses a presented secret. Returns `None` if it does not have the form of ours.
    #[must_use]
    pub fn presented(text: &str) -> Option<Self> {
        let is_ours = URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32);
        is_ours.then(|| Self(text.to_owned()))
    }

    /// Returns the text to issue.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the hash, which may be stored.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(hash_of([self.0.as_str()]))
    }

    /// Derives another secret, which cannot be computed without this one: HMAC-SHA-256 over `label` and `salt`.
    #[must_use]
    pub fn derive(&self, label: &str, salt: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes());
        let mut context = hmac::Context::with_key(&key);
        for part in [label, salt] {
            context.update(&length_of(part));
            context.update(part.as_bytes());
        }
        Self(URL_SAFE_NO_PAD.encode(context.sign()))
    }

    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_bytes(), presented.as_bytes()).is_ok()
    }
}

impl SecretHash {
    /// Returns the hash as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// Returns [`digest_of`] the parts, in base64url.
#[must_use]
pub fn hash_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    URL_SAFE_NO_PAD.encode(digest_of(parts))
}

/// Returns the SHA-256 of the parts, each preceded by its length, so that no two lists of parts are encoded alike.
#[must_use]
pub fn digest_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&length_of(part));
        context.update(part.as_bytes());
    }
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

fn length_of(part: &str) -> [u8; 8] {
    (part.len() as u64).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_presented_as_it_was_handed_out() {
        let secret = Secret::of([7; 32]);
        assert_eq!(secret.hash().as_str(), hash_of([secret.expose()]), "and kept as its hash");
        assert_eq!(Secret::presented(secret.expose()), Some(secret));
        for bad in ["", "short", &"=".repeat(43), &"A".repeat(44)] {
            assert_eq!(Secret::presented(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn derived_secrets_differ_by_label_salt_and_parent() {
        let secret = Secret::of([7; 32]);
        assert_ne!(secret.derive("nonce", "x"), secret.derive("pkce", "x"));
        assert_ne!(secret.derive("nonce", "x"), secret.derive("noncex", ""));
        assert_ne!(secret.derive("nonce", "x"), Secret::of([8; 32]).derive("nonce", "x"));
    }

    #[test]
    fn a_secret_matches_itself_alone() {
        let secret = Secret::of([7; 32]);
        assert!(secret.matches(secret.expose()));
        for other in ["", &secret.expose()[..42], Secret::of([8; 32]).expose()] {
            assert!(!secret.matches(other), "{other:?}");
        }
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(hash_of(["T1", "U2x"]), hash_of(["T1U2", "x"]));
        for byte in ["\0", "\u{1}"] {
            let no_length = format!("T1{}U2", byte.repeat(8));
            assert_ne!(hash_of(["T1", "U2"]), hash_of([no_length.as_str()]), "whatever a part holds");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::of([7; 32])), "Secret([redacted])");
    }
}
