//! Verifies who signed a token, and what all tokens have in common: RFC 7515 and RFC 7519.

use aws_lc_rs::{
    digest::{self, SHA256, SHA384, SHA512},
    signature::{ECDSA_P521_SHA512_FIXED, UnparsedPublicKey},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm as Verifier, DecodingKey, crypto};
use openidconnect::core::CoreJsonWebKeySet;
use serde_json::Value;

use super::members::Members;
use crate::domain::{
    answer_fault::{AnswerFault, AnswerPart},
    window::Timestamp,
};

/// The largest tolerated difference between the provider's clock and ours.
pub(super) const LEEWAY: TimeDelta = TimeDelta::seconds(30);
/// The maximum age of a token that comes directly from the provider.
pub(super) const OLDEST: TimeDelta = TimeDelta::minutes(10);

/// Headers that contain a key or say where to get one. Only keys from the provider's key set are used.
const KEY_HEADERS: [&str; 4] = ["jwk", "jku", "x5c", "x5u"];

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
}

/// A signature algorithm.
#[derive(Clone, Copy, Debug)]
struct Algorithm {
    name: &'static str,
    kind: Kind,
    /// `None` for ES512, which `jsonwebtoken` does not know.
    verifier: Option<Verifier>,
    digest: &'static digest::Algorithm,
}

const fn algorithm(
    name: &'static str,
    kind: Kind,
    verifier: Option<Verifier>,
    digest: &'static digest::Algorithm,
) -> Algorithm {
    Algorithm { name, kind, verifier, digest }
}

/// The accepted algorithms: asymmetric only, whatever the provider claims to support.
static ALGORITHMS: [Algorithm; 10] = [
    algorithm("RS256", Kind::Rsa, Some(Verifier::RS256), &SHA256),
    algorithm("RS384", Kind::Rsa, Some(Verifier::RS384), &SHA384),
    algorithm("RS512", Kind::Rsa, Some(Verifier::RS512), &SHA512),
    algorithm("PS256", Kind::Rsa, Some(Verifier::PS256), &SHA256),
    algorithm("PS384", Kind::Rsa, Some(Verifier::PS384), &SHA384),
    algorithm("PS512", Kind::Rsa, Some(Verifier::PS512), &SHA512),
    algorithm("ES256", Kind::P256, Some(Verifier::ES256), &SHA256),
    algorithm("ES384", Kind::P384, Some(Verifier::ES384), &SHA384),
    algorithm("ES512", Kind::P521, None, &SHA512),
    algorithm("EdDSA", Kind::Ed25519, Some(Verifier::EdDSA), &SHA512),
];

/// A provider's key set. Keys that cannot verify any accepted signature are left out.
#[derive(Debug)]
pub(super) struct KeySet(Vec<Key>);

/// A public key.
#[derive(Debug)]
struct Key {
    id: Option<String>,
    algorithm: Option<String>,
    kind: Kind,
    key: DecodingKey,
}

/// A token whose signature is the provider's.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) claims: Members,
    digest: &'static digest::Algorithm,
}

/// For whom a token must be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recipient<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    /// Other audiences that a token may also be for.
    pub(super) trusted_audiences: &'a [String],
    pub(super) now: Timestamp,
}

impl KeySet {
    /// Returns the keys of a key set that can verify a signature.
    pub(super) fn of(keys: &CoreJsonWebKeySet) -> Self {
        let keys = keys.keys().iter().filter_map(|key| Key::read(&serde_json::to_value(key).ok()?));
        Self(keys.collect())
    }

    /// Returns the keys that may have made a signature.
    fn candidates(&self, algorithm: Algorithm, id: Option<&str>) -> Vec<&Key> {
        let agrees = |of_key: Option<&str>, named: Option<&str>| {
            of_key.zip(named).is_none_or(|(of_key, named)| of_key == named)
        };
        let may_be = |key: &&Key| {
            key.kind == algorithm.kind
                && agrees(key.id.as_deref(), id)
                && agrees(key.algorithm.as_deref(), Some(algorithm.name))
        };
        self.0.iter().filter(may_be).collect()
    }
}

impl Key {
    fn read(jwk: &Value) -> Option<Self> {
        let text = |name| jwk.get(name)?.as_str();
        if text("use").is_some_and(|of| of != "sig") {
            return None;
        }
        let curve = || DecodingKey::from_ec_components(text("x")?, text("y")?).ok();
        let (kind, key) = match (text("kty")?, text("crv")) {
            ("RSA", _) => (Kind::Rsa, DecodingKey::from_rsa_components(text("n")?, text("e")?).ok()?),
            ("EC", Some("P-256")) => (Kind::P256, curve()?),
            ("EC", Some("P-384")) => (Kind::P384, curve()?),
            ("EC", Some("P-521")) => (Kind::P521, curve()?),
            ("OKP", Some("Ed25519")) => (Kind::Ed25519, DecodingKey::from_ed_components(text("x")?).ok()?),
            _ => return None,
        };
        Some(Self { id: text("kid").map(Into::into), algorithm: text("alg").map(Into::into), kind, key })
    }

    fn signed(&self, algorithm: Algorithm, message: &[u8], signature: &str) -> bool {
        match algorithm.verifier {
            Some(verifier) => crypto::verify(signature, message, &self.key, verifier).unwrap_or(false),
            None => {
                let parts = self.key.try_get_as_bytes().ok().zip(URL_SAFE_NO_PAD.decode(signature).ok());
                parts.is_some_and(|(key, signature)| {
                    UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, key).verify(message, &signature).is_ok()
                })
            }
        }
    }
}

/// Returns the token, if a key of `keys` signed it and its type (`typ`) is one of `types` or missing.
pub(super) fn verify(
    part: AnswerPart,
    token: &str,
    keys: &KeySet,
    types: &[&str],
) -> Result<Verified, AnswerFault> {
    let pieces: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = pieces[..] else {
        let is_encrypted = pieces.len() == 5;
        return Err(if is_encrypted {
            AnswerFault::Encrypted { part }
        } else {
            AnswerFault::Unreadable { part }
        });
    };
    let decoded = |piece| URL_SAFE_NO_PAD.decode(piece).map_err(|_| AnswerFault::Unreadable { part });
    let header_members = Members::read(part, &decoded(header)?)?;
    let algorithm = check_header(&header_members, types)?;
    let candidates = keys.candidates(algorithm, header_members.text("kid").as_deref());
    if candidates.is_empty() {
        return Err(AnswerFault::UnknownKey { part });
    }
    let message = &token[..header.len() + 1 + claims.len()];
    if !candidates.iter().any(|key| key.signed(algorithm, message.as_bytes(), signature)) {
        return Err(AnswerFault::BadSignature { part });
    }
    Ok(Verified { claims: Members::read(part, &decoded(claims)?)?, digest: algorithm.digest })
}

/// Returns the claims of a signed answer of the userinfo endpoint
/// (<https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse>).
pub(super) fn signed_userinfo(
    token: &str,
    keys: &KeySet,
    recipient: &Recipient<'_>,
) -> Result<Members, AnswerFault> {
    let token = verify(AnswerPart::Userinfo, token, keys, &["jwt"])?;
    let is_addressed = token.claims.has("iss") || token.claims.has("aud");
    if is_addressed {
        token.check_recipient(recipient)?;
    }
    Ok(token.claims)
}

/// Returns the algorithm of a header that requires nothing else.
fn check_header(header: &Members, types: &[&str]) -> Result<Algorithm, AnswerFault> {
    let part = header.part();
    if KEY_HEADERS.iter().any(|name| header.has(name)) {
        return Err(AnswerFault::OwnKey { part });
    }
    let typ = header.optional("typ", header.text("typ")).map_err(|_| AnswerFault::Header { part })?;
    let is_of_a_type = typ.is_none_or(|typ| types.contains(&typ.to_ascii_lowercase().as_str()));
    if !is_of_a_type || header.has("crit") {
        return Err(AnswerFault::Header { part });
    }
    let name = header.required("alg", header.text("alg"))?;
    if name == "none" {
        return Err(AnswerFault::Unsigned { part });
    }
    let known = ALGORITHMS.iter().find(|algorithm| algorithm.name == name);
    known.copied().ok_or(AnswerFault::Algorithm { part })
}

impl Verified {
    /// Refuses a token of another issuer, or for another audience: the client must be among its audiences, and all
    /// others must be trusted (<https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>).
    pub(super) fn check_recipient(&self, expected: &Recipient<'_>) -> Result<(), AnswerFault> {
        let (claims, part) = (&self.claims, self.claims.part());
        let issuer = claims.required("iss", claims.text("iss"))?;
        if issuer != expected.issuer {
            return Err(AnswerFault::OtherIssuer { part, issuer });
        }
        let audiences = claims.required("aud", claims.texts("aud"))?;
        let is_known = |audience: &&String| {
            *audience == expected.client_id || expected.trusted_audiences.contains(audience)
        };
        if let Some(other) = audiences.iter().find(|audience| !is_known(audience)) {
            return Err(AnswerFault::OtherAudience { part, audience: other.clone() });
        }
        let is_ours = audiences.iter().any(|audience| audience == expected.client_id);
        if is_ours { Ok(()) } else { Err(claims.wrong("aud")) }
    }

    /// Returns when the token was issued. Refuses one that was not issued just now or has expired.
    pub(super) fn check_times(&self, now: Timestamp) -> Result<Timestamp, AnswerFault> {
        let claims = &self.claims;
        let untimely = |field: &str, moment: i64| AnswerFault::Untimely {
            part: claims.part(),
            field: field.to_owned(),
            seconds: moment.saturating_sub(now.timestamp()),
        };
        let (leeway, oldest) = (LEEWAY.num_seconds(), OLDEST.num_seconds());
        if let Some(expires) = claims.optional("exp", claims.moment("exp"))?
            && expires <= now.timestamp() - leeway
        {
            return Err(untimely("exp", expires));
        }
        if let Some(starts) = claims.optional("nbf", claims.moment("nbf"))?
            && starts > now.timestamp() + leeway
        {
            return Err(untimely("nbf", starts));
        }
        let issued = claims.required("iat", claims.moment("iat"))?;
        if issued < now.timestamp() - oldest || issued > now.timestamp() + leeway {
            return Err(untimely("iat", issued));
        }
        let issued_at = Timestamp::from_timestamp(issued, 0);
        claims.required("iat", issued_at)
    }

    /// Returns the hash of an access token that this token must contain, if it contains one
    /// (<https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken>).
    pub(super) fn hash_of(&self, access_token: &str) -> String {
        let digest = digest::digest(self.digest, access_token.as_bytes());
        let (left, _) = digest.as_ref().split_at(digest.as_ref().len() / 2);
        URL_SAFE_NO_PAD.encode(left)
    }
}

/// Returns whether newer keys might verify a token after all: its key is unknown, or was replaced under the same id.
pub(super) fn may_verify_with_newer_keys(fault: &AnswerFault) -> bool {
    matches!(fault, AnswerFault::UnknownKey { .. } | AnswerFault::BadSignature { .. })
}
