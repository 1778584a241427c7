//! ID tokens, signed by the provider and by others: whoever is let in has one that OpenID Connect Core, section
//! 3.1.3.7, lets in, as read by somebody else.
#![no_main]

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::DateTime;
use elevate::identity::fuzzing::Client;
use elevate_fuzz::{CLIENT, ISSUER, NOW, Signer, keys, parts, token, unverified_jwt};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const ACCESS_TOKEN: &str = "access-token";
const NONCE: &str = "nonce";
const LEEWAY: f64 = 30.0;
const OLDEST: f64 = 600.0;

fuzz_target!(|input: &[u8]| {
    let now = DateTime::from_timestamp(NOW, 0).expect("it is a time");
    let client = Client { issuer: ISSUER, id: CLIENT, keys: keys(), now };
    if let Some([raw]) = parts(input) {
        assert!(client.takes_id_token(raw, ACCESS_TOKEN, Some(NONCE)).is_err(), "nobody signed it");
    }
    let Some([signer, header, claims]) = parts(input) else { return };
    let Some(signer) = Signer::named(signer) else { return };
    let token = token(header, claims, signer);
    let after_sign_in = client.takes_id_token(&token, ACCESS_TOKEN, Some(NONCE));
    let after_refresh = client.takes_id_token(&token, ACCESS_TOKEN, None);
    if let Ok(subject) = after_refresh {
        is_genuine(header, claims, signer);
        assert!(!subject.is_empty(), "it is somebody's");
    }
    if after_sign_in.is_ok() {
        is_genuine(header, claims, signer);
        assert_eq!(unverified_jwt(header, claims).1["nonce"], NONCE, "it is of this sign-in");
    }
});

fn is_genuine(header: &str, claims: &str, signer: Signer) {
    let (header, claims) = unverified_jwt(header, claims);
    assert_eq!(header["alg"].as_str(), signer.algorithm(), "the provider signed it");
    for name in ["jwk", "jku", "x5c", "x5u", "crit"] {
        assert!(header.get(name).is_none_or(Value::is_null), "a header with {name}");
    }
    let is_typical = |typ: &Value| typ.as_str().is_some_and(|typ| typ.eq_ignore_ascii_case("jwt"));
    let is_typical = |typ: &Value| typ.is_null() || is_typical(typ);
    assert!(header.get("typ").is_none_or(is_typical), "it is a token of another kind");
    assert_eq!(claims["iss"], ISSUER, "it is of another provider");
    assert!(claims["aud"] == CLIENT || claims["aud"] == Value::from(vec![CLIENT]), "it is for others too");
    assert!(claims.get("azp").is_none_or(|party| party.is_null() || party == CLIENT), "it was issued to another");
    let now = NOW as f64;
    assert!(moment(&claims["exp"]) > now - LEEWAY, "it has expired");
    assert!((now - OLDEST..=now + LEEWAY).contains(&moment(&claims["iat"]).floor()), "it is of another time");
    let has_begun = |start: &Value| start.is_null() || moment(start).floor() <= now + LEEWAY;
    assert!(claims.get("nbf").is_none_or(has_begun), "it is not valid yet");
    let hash = claims.get("at_hash").filter(|hash| !hash.is_null());
    if let (Some(hash), Signer::Ec) = (hash, signer) {
        let digest = digest(&SHA256, ACCESS_TOKEN.as_bytes());
        let expected = URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]);
        assert_eq!(hash, expected.as_str(), "it came with another access token");
    }
}

/// A time: seconds, or the text that some providers send in their place.
fn moment(time: &Value) -> f64 {
    let of_text = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp() as f64);
    time.as_f64().or_else(|| time.as_str().and_then(of_text)).expect("what is accepted is a time")
}
