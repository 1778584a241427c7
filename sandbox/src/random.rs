//! Random bytes for unguessable keys, codes, tokens and cookies.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// A fresh secret of 256 bits, safe in URLs, headers and cookies.
pub(crate) fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<32>())
}

/// A fresh identifier of so many bytes, in upper-case hexadecimal.
pub(crate) fn random_id<const BYTES: usize>() -> String {
    hex::encode_upper(random_bytes::<BYTES>())
}

/// So many bytes.
#[expect(clippy::disallowed_methods, reason = "the one place where the stand-ins draw random numbers")]
pub(crate) fn random_bytes<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system provides randomness");
    bytes
}
