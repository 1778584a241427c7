//! Logout tokens, signed by the provider and by others: nobody is signed out by one that OpenID Connect Back-Channel
//! Logout, section 2.6, does not let pass, as read by somebody else.
#![no_main]

use chrono::DateTime;
use elevate::identity::fuzzing::Client;
use elevate_fuzz::{CLIENT, ISSUER, NOW, Signer, keys, parts, token, unverified_jwt};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const TYPES: [&str; 3] = ["jwt", "logout+jwt", "application/logout+jwt"];
const LEEWAY: i64 = 30;
const OLDEST: i64 = 600;

fuzz_target!(|input: &[u8]| {
    let now = DateTime::from_timestamp(NOW, 0).expect("it is a time");
    let client = Client { issuer: ISSUER, id: CLIENT, keys: keys(), now };
    if let Some([raw]) = parts(input) {
        assert!(client.takes_logout_token(raw).is_err(), "nobody signed it");
    }
    let Some([signer, header, claims]) = parts(input) else { return };
    let Some(signer) = Signer::named(signer) else { return };
    let Ok(subject) = client.takes_logout_token(&token(header, claims, signer)) else { return };
    let (header, claims) = unverified_jwt(header, claims);
    check_header(&header, signer);
    check_claims(&claims);
    assert!(!subject.is_empty() && claims["sub"] == subject.as_str(), "it is somebody's");
});

fn check_header(header: &Map<String, Value>, signer: Signer) {
    assert_eq!(header["alg"].as_str(), signer.algorithm(), "the provider signed it");
    for name in ["jwk", "jku", "x5c", "x5u", "crit"] {
        assert!(header.get(name).is_none_or(Value::is_null), "a header with {name}");
    }
    let is_typical = |typ: &Value| {
        typ.is_null() || typ.as_str().is_some_and(|typ| TYPES.contains(&typ.to_ascii_lowercase().as_str()))
    };
    assert!(header.get("typ").is_none_or(is_typical), "it is a token of another kind");
}

fn check_claims(claims: &Map<String, Value>) {
    let is_of_the_provider = claims["iss"] == ISSUER || claims["iss"] == Value::from(vec![ISSUER]);
    assert!(is_of_the_provider, "it is of another provider");
    let is_for_us = match &claims["aud"] {
        Value::Array(clients) => clients.contains(&CLIENT.into()),
        client => client == CLIENT,
    };
    assert!(is_for_us, "it is for others");
    let issued_at = claims["iat"].as_i64().expect("it has a time");
    assert!((NOW - OLDEST..=NOW + LEEWAY).contains(&issued_at), "it is of another time");
    let expires_at = |time: &Value| time.is_null() || time.as_i64().is_some_and(|time| time > NOW - LEEWAY);
    assert!(claims.get("exp").is_none_or(expires_at), "it has expired");
    assert!(claims["events"][EVENT].is_object(), "it is about something else");
    assert!(claims.get("nonce").is_none_or(Value::is_null), "it may be an ID token");
    assert!(claims["jti"].is_string(), "it has no name");
}
