//! The ID token: OpenID Connect Core, section 2.

use aws_lc_rs::digest::{Algorithm, SHA256, SHA512, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{
    Idp, Realm, keys,
    person::Person,
    tampering,
    token_store::{Authorization, TOKEN_LIFETIME},
};

/// What one ID token is about.
pub(super) struct Subject<'a> {
    pub(super) person: &'a Person,
    pub(super) authorization: &'a Authorization,
    pub(super) access_token: &'a str,
    /// Of the authorization request; a refreshed token has none.
    pub(super) nonce: Option<&'a str>,
}

/// An ID token, signed and tampered with as the realm has it.
pub(super) fn id_token(idp: &Idp, realm: &Realm, subject: &Subject<'_>, now: DateTime<Utc>) -> String {
    let mut claims = claims(idp, subject, now);
    if realm.tampering.signs_with_es512 {
        claims.insert("at_hash".to_owned(), json!(left_half(&SHA512, subject.access_token)));
    }
    realm.tampering.tamper(&mut claims);
    match (&realm.tampering.raw_id_token, realm.tampering.forgery) {
        (Some(template), _) => tampering::fill(template, &claims),
        (None, Some(forgery)) => forgery.forge(&claims, realm.key(), &idp.0.client_secret),
        (None, None) if realm.tampering.signs_with_es512 => keys::signed_with_es512(&claims),
        (None, None) => realm.key().sign(&realm.key().header(), &claims),
    }
}

fn claims(idp: &Idp, subject: &Subject<'_>, now: DateTime<Utc>) -> Map<String, Value> {
    let mut claims = subject.person.claims(&subject.authorization.scopes);
    let protocol = [
        ("iss", json!(idp.issuer())),
        ("aud", json!(idp.0.client_id)),
        ("iat", json!(now.timestamp())),
        ("exp", json!((now + TOKEN_LIFETIME).timestamp())),
        ("auth_time", json!(subject.authorization.sign_in.at.timestamp())),
        ("at_hash", json!(at_hash(subject.access_token))),
    ];
    claims.extend(protocol.map(|(name, value)| (name.to_owned(), value)));
    if let Some(class) = &subject.authorization.sign_in.class {
        claims.insert("acr".to_owned(), json!(class));
    }
    if let Some(nonce) = subject.nonce {
        claims.insert("nonce".to_owned(), json!(nonce));
    }
    claims
}

/// The left half of the access token's SHA-256: OpenID Connect Core, section 3.1.3.6.
pub(crate) fn at_hash(access_token: &str) -> String {
    left_half(&SHA256, access_token)
}

fn left_half(hash: &'static Algorithm, text: &str) -> String {
    let digest = digest(hash, text.as_bytes());
    URL_SAFE_NO_PAD.encode(&digest.as_ref()[..digest.as_ref().len() / 2])
}
