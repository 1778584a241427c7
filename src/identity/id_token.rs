//! Verifies that an ID token is genuine, current and issued to this client: OpenID Connect Core, section 3.1.3.7
//! (<https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, IssuerUrl, Nonce, NonceVerifier,
    SignatureVerificationError,
    core::{CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm},
};
use serde_json::{Map, Value};

use self::Rejection::Because;
use super::claims::Claims;
use crate::domain::window::Timestamp;

/// The largest tolerated difference between the provider's clock and ours.
pub(super) const LEEWAY: TimeDelta = TimeDelta::seconds(30);
/// The maximum age of a token that comes directly from the provider.
pub(super) const OLDEST: TimeDelta = TimeDelta::minutes(10);

/// The accepted signature algorithms: asymmetric only, whatever the provider claims to support.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Headers that contain a key or say where to get one. Only keys from the provider's key set are used.
const KEY_HEADERS: [&str; 4] = ["jwk", "jku", "x5c", "x5u"];

/// The expected properties of a token.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a IssuerUrl,
    pub(super) client_id: &'a ClientId,
    pub(super) keys: &'a CoreJsonWebKeySet,
    /// The access token that was issued with it.
    pub(super) access_token: &'a AccessToken,
    /// The nonce of the sign-in; `None` for a refresh.
    pub(super) nonce: Option<&'a Nonce>,
    pub(super) now: Timestamp,
}

/// Why a token is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Rejection {
    #[error("the ID token's signing key is not among the provider's")]
    UnknownKey,
    #[error("the ID token {0}")]
    Because(&'static str),
}

/// Verifies a token and returns its claims.
pub(super) fn verify(unverified: &CoreIdToken, expected: &Expected<'_>) -> Result<Claims, Rejection> {
    let verifier = verifier(expected);
    let claims = unverified.claims(&verifier, expected)?;
    check_authorized_party(claims, expected)?;
    check_access_token(unverified, claims, &verifier, expected)?;
    let (header, claims) = parts(unverified).ok_or(Because("could not be read"))?;
    if KEY_HEADERS.iter().any(|name| header.contains_key(*name)) {
        return Err(Because("brings its own key along"));
    }
    check_not_before(&claims, expected.now)?;
    Ok(Claims::of(claims))
}

/// Returns the verifier of a public client, although this client has a secret, so that the secret can never be used as
/// a signing key.
fn verifier<'a>(expected: &Expected<'a>) -> CoreIdTokenVerifier<'a> {
    let now = expected.now;
    CoreIdTokenVerifier::new_public_client(
        expected.client_id.clone(),
        expected.issuer.clone(),
        expected.keys.clone(),
    )
    .set_allowed_algs(ALGORITHMS)
    .set_time_fn(move || now - LEEWAY)
    .set_issue_time_verifier_fn(move |issued| {
        let is_recent = now - OLDEST <= issued && issued <= now + LEEWAY;
        if is_recent { Ok(()) } else { Err(String::new()) }
    })
}

impl NonceVerifier for &Expected<'_> {
    fn verify(self, presented: Option<&Nonce>) -> Result<(), String> {
        self.nonce.map_or(Ok(()), |expected| expected.verify(presented))
    }
}

fn check_authorized_party(claims: &CoreIdTokenClaims, expected: &Expected<'_>) -> Result<(), Rejection> {
    match claims.authorized_party() {
        Some(party) if party != expected.client_id => Err(Because("was issued to another client")),
        _ => Ok(()),
    }
}

fn check_access_token(
    unverified: &CoreIdToken,
    claims: &CoreIdTokenClaims,
    verifier: &CoreIdTokenVerifier<'_>,
    expected: &Expected<'_>,
) -> Result<(), Rejection> {
    let Some(hash) = claims.access_token_hash() else {
        return Ok(());
    };
    let key = unverified.signing_key(verifier)?;
    let algorithm = unverified.signing_alg()?;
    let actual = AccessTokenHash::from_token(expected.access_token, algorithm, key);
    match actual {
        Ok(actual) if actual == *hash => Ok(()),
        _ => Err(Because("belongs to another access token")),
    }
}

fn check_not_before(claims: &Map<String, Value>, now: Timestamp) -> Result<(), Rejection> {
    let Some(not_before) = claims.get("nbf") else {
        return Ok(());
    };
    let latest = (now + LEEWAY).timestamp();
    match not_before.as_i64() {
        Some(not_before) if not_before <= latest => Ok(()),
        _ => Err(Because("is not valid yet")),
    }
}

/// Returns the header and the claims as they are in the token; openidconnect keeps only those it knows.
fn parts(token: &CoreIdToken) -> Option<(Map<String, Value>, Map<String, Value>)> {
    let token = token.to_string();
    let mut parts = token.split('.').map(|part| {
        let json = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice(&json).ok()
    });
    Some((parts.next()??, parts.next()??))
}

impl From<ClaimsVerificationError> for Rejection {
    fn from(error: ClaimsVerificationError) -> Self {
        match error {
            ClaimsVerificationError::Expired(_) => Because("has expired, or was not issued just now"),
            ClaimsVerificationError::InvalidAudience(_) => Because("is meant for somebody else"),
            ClaimsVerificationError::InvalidIssuer(_) => Because("is from another issuer"),
            ClaimsVerificationError::InvalidNonce(_) => Because("belongs to another sign-in"),
            ClaimsVerificationError::SignatureVerification(error) => error.into(),
            ClaimsVerificationError::Unsupported(_) => Because("has a header that is not supported"),
            ClaimsVerificationError::InvalidAuthContext(_)
            | ClaimsVerificationError::InvalidAuthTime(_)
            | ClaimsVerificationError::InvalidSubject(_)
            | ClaimsVerificationError::Other(_)
            | _ => Because("is not valid"),
        }
    }
}

impl From<SignatureVerificationError> for Rejection {
    fn from(error: SignatureVerificationError) -> Self {
        match error {
            SignatureVerificationError::NoMatchingKey => Self::UnknownKey,
            SignatureVerificationError::NoSignature => Because("is not signed"),
            SignatureVerificationError::DisallowedAlg(_) | SignatureVerificationError::UnsupportedAlg(_) => {
                Because("is signed with an algorithm that is not accepted")
            }
            SignatureVerificationError::AmbiguousKeyId(_) => {
                Because("does not say which of the provider's keys signed it")
            }
            SignatureVerificationError::CryptoError(_)
            | SignatureVerificationError::InvalidKey(_)
            | SignatureVerificationError::Other(_)
            | _ => Because("has a wrong signature"),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn encoded(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn key() -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap()
    }

    /// Returns a genuine token with these headers and claims in addition to the usual ones.
    fn token(headers: Value, claims: Value) -> String {
        let mut header = json!({ "alg": "EdDSA", "kid": "1" });
        let mut payload = json!({
            "iss": "https://idp.example", "sub": "ada", "aud": "elevate", "nonce": "n", "iat": NOW, "exp": NOW + 300,
        });
        for (whole, part) in [(&mut header, headers), (&mut payload, claims)] {
            whole.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        }
        let signed = format!("{}.{}", encoded(header.to_string()), encoded(payload.to_string()));
        let signature = key().sign(signed.as_bytes());
        format!("{signed}.{}", encoded(signature))
    }

    fn check(token: &str) -> Result<Claims, Rejection> {
        let jwk = json!({
            "kty": "OKP", "crv": "Ed25519", "kid": "1", "use": "sig", "x": encoded(key().public_key()),
        });
        let expected = Expected {
            issuer: &IssuerUrl::new("https://idp.example".into()).unwrap(),
            client_id: &ClientId::new("elevate".into()),
            keys: &CoreJsonWebKeySet::new(vec![serde_json::from_value(jwk).unwrap()]),
            access_token: &AccessToken::new("access".into()),
            nonce: Some(&Nonce::new("n".into())),
            now: Timestamp::from_timestamp(NOW, 0).unwrap(),
        };
        verify(&token.parse().unwrap(), &expected)
    }

    #[test]
    fn a_genuine_token_tells_all_its_claims() {
        let claims = check(&token(json!({ "typ": "JWT" }), json!({ "groups": ["a"] }))).unwrap();
        assert_eq!(claims.subject(), Some("ada"));
        assert!(claims.groups("groups").unwrap().contains("a"));
    }

    #[test]
    fn a_genuine_signature_does_not_make_up_for_a_key_in_the_header() {
        for name in KEY_HEADERS {
            let header = json!({ name: "x" });
            assert_eq!(check(&token(header, json!({}))).unwrap_err(), Because("brings its own key along"));
        }
    }

    #[test]
    fn a_changed_token_is_refused() {
        let token = token(json!({}), json!({}));
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let header = signed.split_once('.').unwrap().0;
        let payload = json!({
            "iss": "https://idp.example", "sub": "eve", "aud": "elevate", "nonce": "n", "iat": NOW, "exp": NOW + 300,
        });
        let changed = format!("{header}.{}.{signature}", encoded(payload.to_string()));
        assert_eq!(check(&changed).unwrap_err(), Because("has a wrong signature"));
    }

    #[test]
    fn not_before_is_a_number_of_seconds() {
        assert!(check(&token(json!({}), json!({ "nbf": NOW + 30 }))).is_ok());
        for not_before in [json!(NOW + 31), json!("1800000000"), json!(null), json!(1e300)] {
            let told = check(&token(json!({}), json!({ "nbf": not_before }))).unwrap_err();
            assert_eq!(told, Because("is not valid yet"));
        }
    }
}
