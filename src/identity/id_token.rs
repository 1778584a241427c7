//! Verifies that an ID token is genuine, current and issued to this client: OpenID Connect Core, section 3.1.3.7
//! (<https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>).

use super::{
    jwt::{self, KeySet, Recipient, Verified},
    members::Members,
};
use crate::domain::answer_fault::{AnswerFault, AnswerPart};

/// The accepted `typ`, in lower case.
const TYPES: [&str; 1] = ["jwt"];

/// The expected properties of a token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) recipient: Recipient<'a>,
    /// The access token that was issued with it.
    pub(super) access_token: &'a str,
    /// The nonce of the sign-in; `None` for a refresh.
    pub(super) nonce: Option<&'a str>,
}

/// Verifies a token and returns its claims.
pub(super) fn verify(
    unverified_jwt: &str,
    keys: &KeySet,
    expected: &Expected<'_>,
) -> Result<Members, AnswerFault> {
    let token = jwt::verify(AnswerPart::IdToken, unverified_jwt, keys, &TYPES)?;
    token.check_recipient(&expected.recipient)?;
    let claims = &token.claims;
    claims.required("sub", claims.text("sub"))?;
    claims.required("exp", claims.moment("exp"))?;
    token.check_times(expected.recipient.now)?;
    check_authorized_party(claims, expected)?;
    check_nonce(claims, expected)?;
    check_access_token(&token, expected)?;
    Ok(token.claims)
}

fn check_authorized_party(claims: &Members, expected: &Expected<'_>) -> Result<(), AnswerFault> {
    match claims.optional("azp", claims.text("azp"))? {
        Some(party) if party != expected.recipient.client_id => {
            Err(AnswerFault::OtherClient { part: claims.part() })
        }
        Some(_) | None => Ok(()),
    }
}

fn check_nonce(claims: &Members, expected: &Expected<'_>) -> Result<(), AnswerFault> {
    match expected.nonce {
        Some(nonce) if claims.text("nonce").as_deref() != Some(nonce) => Err(AnswerFault::OtherSignIn),
        Some(_) | None => Ok(()),
    }
}

fn check_access_token(token: &Verified, expected: &Expected<'_>) -> Result<(), AnswerFault> {
    match token.claims.optional("at_hash", token.claims.text("at_hash"))? {
        Some(hash) if hash != token.hash_of(expected.access_token) => Err(AnswerFault::OtherAccessToken),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
    };
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    use super::{super::asking::keys as used_keys, *};
    use crate::domain::window::Timestamp;

    const NOW: i64 = 1_800_000_000;
    const PART: AnswerPart = AnswerPart::IdToken;

    fn encoded(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn ed25519(seed: u8) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
    }

    fn jwk(key: &Ed25519KeyPair) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": "1", "use": "sig", "x": encoded(key.public_key()) })
    }

    fn with(mut whole: Value, part: Value) -> Value {
        whole.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        whole
    }

    /// Returns the usual claims with these in addition or instead.
    fn payload(claims: Value) -> Value {
        let usual = json!({
            "iss": "https://idp.example", "sub": "ada", "aud": "elevate", "nonce": "n", "iat": NOW, "exp": NOW + 300,
        });
        with(usual, claims)
    }

    fn signed(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
        let message = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let signature = encoded(sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    /// Returns a genuine token with these headers and claims in addition to the usual ones.
    fn token(headers: Value, claims: Value) -> String {
        let header = with(json!({ "alg": "EdDSA", "kid": "1" }), headers);
        signed(&header, &payload(claims), |message| ed25519(1).sign(message).as_ref().to_vec())
    }

    fn check_with(keys: Value, trusted_audiences: &[String], token: &str) -> Result<Members, AnswerFault> {
        let now = Timestamp::from_timestamp(NOW, 0).unwrap();
        let recipient =
            Recipient { issuer: "https://idp.example", client_id: "elevate", trusted_audiences, now };
        let set = Members::read(AnswerPart::KeySet, json!({ "keys": keys }).to_string().as_bytes()).unwrap();
        let keys = KeySet::of(&serde_json::from_value(used_keys(&set).unwrap()).unwrap());
        verify(token, &keys, &Expected { recipient, access_token: "access", nonce: Some("n") })
    }

    fn check(token: &str) -> Result<Members, AnswerFault> {
        check_with(json!([jwk(&ed25519(1))]), &[], token)
    }

    #[test]
    fn a_genuine_token_tells_all_its_claims() {
        let claims = check(&token(json!({ "typ": "JWT" }), json!({ "groups": ["a"] }))).unwrap();
        assert_eq!(claims.text("sub").as_deref(), Some("ada"));
        assert_eq!(claims.texts("groups").unwrap(), ["a"]);
    }

    #[test]
    fn claims_that_are_not_used_may_be_of_any_type() {
        let odd = [json!(7), json!("x"), json!(""), json!(null), json!([1]), json!({ "a": [] }), json!(true)];
        for name in [
            "amr",
            "address",
            "name",
            "locale",
            "phone_number",
            "birthdate",
            "gender",
            "zoneinfo",
            "picture",
            "updated_at",
            "email",
            "email_verified",
            "acr",
            "auth_time",
            "groups",
            "sid",
            "jti",
            "c_hash",
            "typ",
        ] {
            for value in &odd {
                assert!(check(&token(json!({}), json!({ name: value }))).is_ok(), "{name} {value}");
            }
        }
    }

    #[test]
    fn a_claim_that_is_needed_is_named_where_it_is_wrong() {
        let fault = |name: &str, value: Value| check(&token(json!({}), json!({ name: value }))).unwrap_err();
        for field in ["iss", "sub", "aud", "exp", "iat"] {
            let field = field.to_owned();
            assert_eq!(fault(&field, json!(null)), AnswerFault::Missing { part: PART, field: field.clone() });
            for wrong in [json!({}), json!(true), json!([7])] {
                let told = fault(&field, wrong);
                assert_eq!(told, AnswerFault::Wrong { part: PART, field: field.clone() });
            }
        }
        for field in ["nbf", "azp", "at_hash"] {
            assert!(check(&token(json!({}), json!({ field: null }))).is_ok(), "{field}");
            let told = fault(field, json!(["x"]));
            assert_eq!(told, AnswerFault::Wrong { part: PART, field: field.to_owned() });
        }
    }

    #[test]
    fn a_genuine_signature_does_not_make_up_for_a_header() {
        for name in ["jwk", "jku", "x5c", "x5u"] {
            let told = check(&token(json!({ name: "x" }), json!({}))).unwrap_err();
            assert_eq!(told, AnswerFault::OwnKey { part: PART });
        }
        for header in [json!({ "crit": ["x"] }), json!({ "typ": "at+jwt" }), json!({ "typ": 7 })] {
            let told = check(&token(header, json!({}))).unwrap_err();
            assert_eq!(told, AnswerFault::Header { part: PART });
        }
    }

    #[test]
    fn a_changed_token_is_refused() {
        let genuine = token(json!({}), json!({}));
        let pieces: Vec<&str> = genuine.split('.').collect();
        let changed =
            format!("{}.{}.{}", pieces[0], encoded(payload(json!({ "sub": "eve" })).to_string()), pieces[2]);
        assert_eq!(check(&changed).unwrap_err(), AnswerFault::BadSignature { part: PART });
        for (cut, fault) in [
            (pieces[..2].join("."), AnswerFault::Unreadable { part: PART }),
            (format!("{genuine}.x.y"), AnswerFault::Encrypted { part: PART }),
            (format!("{}.{}.", pieces[0], pieces[1]), AnswerFault::BadSignature { part: PART }),
        ] {
            assert_eq!(check(&cut).unwrap_err(), fault);
        }
    }

    #[test]
    fn a_token_is_not_valid_before_its_time() {
        assert!(check(&token(json!({}), json!({ "nbf": NOW + 30 }))).is_ok());
        for (claims, field, seconds) in [
            (json!({ "nbf": NOW + 31 }), "nbf", 31),
            (json!({ "iat": NOW + 31 }), "iat", 31),
            (json!({ "iat": NOW - 601 }), "iat", -601),
            (json!({ "exp": NOW - 30 }), "exp", -30),
        ] {
            let field = field.to_owned();
            let told = check(&token(json!({}), claims)).unwrap_err();
            assert_eq!(told, AnswerFault::Untimely { part: PART, field, seconds });
        }
    }

    #[test]
    fn every_other_audience_must_be_trusted_and_the_client_must_be_among_them() {
        let trusted = ["3298".to_owned(), "api".to_owned()];
        let check = |aud: Value| {
            check_with(json!([jwk(&ed25519(1))]), &trusted, &token(json!({}), json!({ "aud": aud })))
        };
        for aud in [json!("elevate"), json!(["elevate"]), json!(["3298", "elevate", "api"])] {
            assert!(check(aud.clone()).is_ok(), "{aud}");
        }
        for (aud, audience) in [(json!(["elevate", "other"]), "other"), (json!("ELEVATE"), "ELEVATE")] {
            let audience = audience.to_owned();
            assert_eq!(check(aud).unwrap_err(), AnswerFault::OtherAudience { part: PART, audience });
        }
        for aud in [json!(["3298"]), json!("api"), json!([])] {
            let field = "aud".to_owned();
            assert_eq!(check(aud).unwrap_err(), AnswerFault::Wrong { part: PART, field });
        }
    }

    #[test]
    fn keys_are_found_as_providers_publish_them() {
        let genuine = token(json!({}), json!({}));
        let unnamed = token(json!({ "kid": null }), json!({}));
        let (key, other) = (jwk(&ed25519(1)), jwk(&ed25519(2)));
        let without = |name: &str| with(key.clone(), json!({ name: null }));
        let odd = json!({ "kty": "AKP", "kid": "1", "x5c": 7 });
        let sealing = with(key.clone(), json!({ "use": "enc" }));
        for keys in [
            json!([other, key]),
            json!([odd, 7, null, "x", sealing, key]),
            json!([without("use")]),
            json!([without("kid")]),
            json!([with(key.clone(), json!({ "alg": "EdDSA", "x5c": 7, "key_ops": "verify" }))]),
        ] {
            for token in [&genuine, &unnamed] {
                assert!(check_with(keys.clone(), &[], token).is_ok(), "{keys}");
            }
        }
        for keys in [json!([]), json!([sealing]), json!([with(key.clone(), json!({ "kid": "2" }))])] {
            let told = check_with(keys, &[], &genuine).unwrap_err();
            assert_eq!(told, AnswerFault::UnknownKey { part: PART });
        }
        let told = check_with(json!([other]), &[], &genuine).unwrap_err();
        assert_eq!(told, AnswerFault::BadSignature { part: PART });
    }

    #[test]
    fn es512_is_verified_too() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(66);
        let key = json!({ "kty": "EC", "crv": "P-521", "kid": "1", "x": encoded(x), "y": encoded(y) });
        let sign = |message: &[u8]| pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec();
        let genuine = signed(&json!({ "alg": "ES512", "kid": "1" }), &payload(json!({})), sign);
        assert!(check_with(json!([key]), &[], &genuine).is_ok());
        let other = genuine.rsplit_once('.').unwrap().0.to_owned() + "." + &encoded([1; 132]);
        let told = check_with(json!([key]), &[], &other).unwrap_err();
        assert_eq!(told, AnswerFault::BadSignature { part: PART });
    }
}
