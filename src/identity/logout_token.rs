//! Verifies that a logout token is genuine, current and issued to this client: OpenID Connect Back-Channel Logout,
//! section 2.6 (<https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation>).

use jsonwebtoken::{
    Algorithm, DecodingKey, Header, Validation, decode, decode_header, errors::ErrorKind, jwk::Jwk,
};
use openidconnect::{
    JsonWebKey,
    core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJsonWebKeyUse},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use self::Rejection::Because;
use super::id_token::{LEEWAY, OLDEST};
use crate::domain::window::Timestamp;

/// The event that marks a token as a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The same algorithms as for ID tokens: asymmetric only, whatever the provider claims to support.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// The accepted `typ` of logout tokens. Providers that predate the specification use `JWT` for all tokens, or omit it.
const TYPES: [&str; 3] = ["logout+jwt", "application/logout+jwt", "jwt"];

/// The expected properties of a token.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) keys: &'a CoreJsonWebKeySet,
    pub(super) now: Timestamp,
}

/// The verified content of a logout token.
#[derive(Debug)]
pub(super) struct LogoutToken {
    pub(super) id: String,
    pub(super) subject: String,
    pub(super) issued_at: Timestamp,
}

/// Why a token is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Rejection {
    #[error("the logout token's signing key is not among the provider's")]
    UnknownKey,
    #[error("the logout token {0}")]
    Because(&'static str),
}

#[derive(Deserialize)]
struct Claims {
    iat: i64,
    exp: Option<i64>,
    jti: String,
    sub: Option<String>,
    events: Map<String, Value>,
    nonce: Option<Value>,
}

/// Verifies a token and returns its content.
pub(super) fn verify(token: &str, expected: &Expected<'_>) -> Result<LogoutToken, Rejection> {
    let header = decode_header(token).map_err(|_| Because("could not be read"))?;
    check_header(&header)?;
    let key = signing_key(&header, expected.keys)?;
    let claims = decode::<Claims>(token, &key, &validation(header.alg, expected));
    let claims = claims.map_err(|error| rejected(error.kind()))?.claims;
    let issued_at = Timestamp::from_timestamp(claims.iat, 0).ok_or(Because("has no time"))?;
    let is_recent = expected.now - OLDEST <= issued_at && issued_at <= expected.now + LEEWAY;
    let has_expired = claims.exp.is_some_and(|exp| exp <= (expected.now - LEEWAY).timestamp());
    if !is_recent || has_expired {
        return Err(Because("has expired, or was not issued just now"));
    }
    if !claims.events.get(EVENT).is_some_and(Value::is_object) {
        return Err(Because("is about no logout"));
    }
    if claims.nonce.is_some() {
        return Err(Because("has a nonce, as only ID tokens have"));
    }
    let subject = claims.sub.filter(|subject| !subject.is_empty());
    let subject = subject.ok_or(Because("names a session and nobody whose it is"))?;
    Ok(LogoutToken { id: claims.jti, subject, issued_at })
}

/// Refuses what `jsonwebtoken` accepts: other kinds of tokens, keys in the header, and extensions that must be
/// understood.
fn check_header(header: &Header) -> Result<(), Rejection> {
    let is_of_a_type = |typ: &String| TYPES.contains(&typ.to_ascii_lowercase().as_str());
    if !header.typ.as_ref().is_none_or(is_of_a_type) {
        return Err(Because("is a token of another kind"));
    }
    let brings_a_key =
        header.jwk.is_some() || header.jku.is_some() || header.x5c.is_some() || header.x5u.is_some();
    if brings_a_key {
        return Err(Because("brings its own key along"));
    }
    if header.crit.is_some() {
        return Err(Because("has a header that is not supported"));
    }
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Because("is signed with an algorithm that is not accepted"));
    }
    Ok(())
}

/// Returns the key that the header names or, if it names none, the only key of the set.
fn signing_key(header: &Header, keys: &CoreJsonWebKeySet) -> Result<DecodingKey, Rejection> {
    let signs = |key: &&CoreJsonWebKey| key.key_use().is_none_or(|of| *of == CoreJsonWebKeyUse::Signature);
    let mut candidates = keys.keys().iter().filter(signs).filter(|key| match &header.kid {
        Some(kid) => key.key_id().is_some_and(|id| id.as_str() == kid),
        None => true,
    });
    let key = candidates.next().ok_or(Rejection::UnknownKey)?;
    if candidates.next().is_some() {
        return Err(Because("does not say which of the provider's keys signed it"));
    }
    let jwk = serde_json::to_value(key).and_then(serde_json::from_value::<Jwk>);
    let key = jwk.ok().and_then(|jwk| DecodingKey::from_jwk(&jwk).ok());
    key.ok_or(Because("is signed with a key that is not supported"))
}

/// Leaves `exp` out: it is compared with our own clock.
fn validation(algorithm: Algorithm, expected: &Expected<'_>) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    validation.set_required_spec_claims(&["iss", "aud"]);
    validation.validate_exp = false;
    validation
}

fn rejected(error: &ErrorKind) -> Rejection {
    if matches!(error, ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm) {
        Because("has a wrong signature")
    } else if matches!(error, ErrorKind::InvalidIssuer) {
        Because("is from another issuer")
    } else if matches!(error, ErrorKind::InvalidAudience) {
        Because("is meant for somebody else")
    } else {
        Because("is not valid")
    }
}
