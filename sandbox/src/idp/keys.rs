//! The RSA key that an OpenID provider signs with, and one for ES512, which `jsonwebtoken` does not know.

use std::sync::LazyLock;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, PublicKeyUse},
};
use serde_json::{Map, Value, json};

use crate::random::random_id;

/// A private key, and what the world may know of it.
#[derive(Clone)]
pub(crate) struct SigningKey {
    pub(super) kid: String,
    pub(super) private: EncodingKey,
    pub(crate) public: Jwk,
    pub(super) public_pem: String,
}

impl SigningKey {
    /// The key with which every provider of this process begins: to make one takes as long as a whole story.
    pub(super) fn of_this_process() -> Self {
        static KEY: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);
        KEY.clone()
    }

    pub(crate) fn generate() -> Self {
        Self::generate_as(random_id::<8>())
    }

    /// A new key under a given id, which may be the id of another key.
    pub(super) fn generate_as(kid: String) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("2048 bits is a supported size");
        let private: Pkcs8V1Der = pair.as_der().expect("a generated key has a PKCS#8 form");
        let public: PublicKeyX509Der = pair.public_key().as_der().expect("a public key has an X.509 form");
        let private = EncodingKey::from_rsa_pem(pem("PRIVATE KEY", private.as_ref()).as_bytes())
            .expect("a PKCS#8 key of our own making parses");
        Self { public: jwk(&private, &kid), public_pem: pem("PUBLIC KEY", public.as_ref()), private, kid }
    }

    /// The JOSE header of an honest token.
    pub(crate) fn header(&self) -> Header {
        Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::RS256) }
    }

    /// A token signed as the header says, with this key.
    pub(crate) fn sign(&self, header: &Header, claims: &Map<String, Value>) -> String {
        jsonwebtoken::encode(header, claims, &self.private).expect("an RSA key signs what is asked of it")
    }
}

/// The id of the key for ES512.
const P521: &str = "p-521";
/// The length of a coordinate of P-521, in bytes (RFC 7518, section 6.2.1.2).
const COORDINATE: usize = 66;

static ES512: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).expect("the curve is supported")
});

/// A token signed with ES512 (RFC 7518, section 3.4).
pub(super) fn signed_with_es512(claims: &Map<String, Value>) -> String {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({ "alg": "ES512", "kid": P521, "typ": "JWT" });
    let signed = format!("{}.{}", encoded(&header), encoded(&Value::Object(claims.clone())));
    let signature = ES512.sign(&SystemRandom::new(), signed.as_bytes()).expect("the key signs anything");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The public key for ES512.
pub(super) fn public_es512() -> Value {
    let point = &ES512.public_key().as_ref()[1..]; // uncompressed: 4, x, y
    let (x, y) = point.split_at(COORDINATE);
    let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
    json!({ "kty": "EC", "crv": "P-521", "kid": P521, "use": "sig", "alg": "ES512", "x": x, "y": y })
}

fn jwk(private: &EncodingKey, kid: &str) -> Jwk {
    let mut jwk = Jwk::from_encoding_key(private, Algorithm::RS256).expect("an RSA key has a JWK form");
    jwk.common.key_id = Some(kid.to_owned());
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    jwk
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}
