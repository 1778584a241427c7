//! A provider with keys of its own, and whoever else signs tokens.

use std::sync::LazyLock;

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use elevate::identity::fuzzing::Keys;
use openidconnect::core::CoreJsonWebKeySet;
use serde_json::{Map, Value, json};

/// The provider.
pub const ISSUER: &str = "https://idp.example";
/// The client's id there.
pub const CLIENT: &str = "elevate";
/// The client's secret, with which an attacker who knows it might sign.
const CLIENT_SECRET: &str = "client-secret";
/// The present, in seconds.
pub const NOW: i64 = 1_800_000_000;

static OKP: LazyLock<Ed25519KeyPair> = LazyLock::new(|| okp(1));
static FOREIGN: LazyLock<Ed25519KeyPair> = LazyLock::new(|| okp(2));
static EC: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("keys can be made"));
static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let point = EC.public_key().as_ref();
    let keys = [
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": "okp", "use": "sig", "x": encoded(OKP.public_key()) }),
        json!({
            "kty": "EC", "crv": "P-256", "kid": "ec", "x": encoded(&point[1..33]), "y": encoded(&point[33..]),
        }),
        json!({ "kty": "EC", "crv": "P-256", "kid": "sealing", "use": "enc",
            "x": encoded(&point[1..33]), "y": encoded(&point[33..]) }),
    ];
    let keys = keys.map(|key| serde_json::from_value(key).expect("it is a key"));
    Keys::of(&CoreJsonWebKeySet::new(keys.to_vec()))
});

/// Who signs a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The provider, with `EdDSA`.
    Okp,
    /// The provider, with `ES256`.
    Ec,
    /// Whoever has a key of the same kind.
    Foreign,
    /// Whoever knows the client's secret.
    ClientSecret,
    /// Whoever has read the key set.
    PublicKey,
    /// Nobody.
    Nobody,
}

impl Signer {
    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "okp" => Self::Okp,
            "ec" => Self::Ec,
            "foreign" => Self::Foreign,
            "secret" => Self::ClientSecret,
            "public" => Self::PublicKey,
            "nobody" => Self::Nobody,
            _ => return None,
        })
    }

    /// The one algorithm in which a token of theirs is genuine, if any is.
    pub fn algorithm(self) -> Option<&'static str> {
        match self {
            Self::Okp => Some("EdDSA"),
            Self::Ec => Some("ES256"),
            Self::Foreign | Self::ClientSecret | Self::PublicKey | Self::Nobody => None,
        }
    }

    fn sign(self, message: &[u8]) -> Vec<u8> {
        let hmac = |key| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec();
        match self {
            Self::Okp => OKP.sign(message).as_ref().to_vec(),
            Self::Ec => EC.sign(&SystemRandom::new(), message).expect("it can sign").as_ref().to_vec(),
            Self::Foreign => FOREIGN.sign(message).as_ref().to_vec(),
            Self::ClientSecret => hmac(CLIENT_SECRET.as_bytes()),
            Self::PublicKey => hmac(OKP.public_key().as_ref()),
            Self::Nobody => Vec::new(),
        }
    }
}

/// The provider's key set.
pub fn keys() -> &'static Keys {
    &KEYS
}

/// A token with this header and these claims.
pub fn token(header: &str, claims: &str, signer: Signer) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = encoded(signer.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// Header and claims of a token, as a reader has them who knows nothing of tokens.
pub fn unverified_jwt(header: &str, claims: &str) -> (Map<String, Value>, Map<String, Value>) {
    let read = |text| serde_json::from_str(text).expect("what is accepted is an object");
    (read(header), read(claims))
}

fn okp(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("32 bytes are a seed")
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
