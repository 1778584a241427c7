//! The provider when it is broken or hostile.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sandbox::idp::{Forgery, RefreshTokens, Tampering};
use serde_json::{Map, Value, json};

use super::relying_party::{CLIENT_SECRET, EVERYTHING, RelyingParty, accepted, relying_party};

fn members(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

async fn tampered(party: &RelyingParty, tampering: Tampering) -> Value {
    party.idp.tamper(tampering);
    party.tokens(EVERYTHING).await
}

fn header(tokens: &Value) -> Value {
    let header = tokens["id_token"].as_str().unwrap().split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}

async fn forged(party: &RelyingParty, forgery: Forgery) -> Value {
    tampered(party, Tampering { forgery: Some(forgery), ..Tampering::default() }).await
}

#[tokio::test]
async fn claims_are_replaced_added_and_left_out() {
    let party = relying_party().await;
    let tampering = Tampering {
        claims: members(json!({ "sub": "mallory", "azp": "somebody" })),
        dropped_claims: vec!["nonce".to_owned()],
        ..Tampering::default()
    };
    let tokens = tampered(&party, tampering).await;
    let claims = party.claims(&tokens).await;
    assert_eq!((&claims["sub"], &claims["azp"]), (&json!("mallory"), &json!("somebody")));
    assert_eq!(claims.get("nonce"), None);
}

#[tokio::test]
async fn a_token_signed_by_a_foreign_key_looks_right_and_is_not() {
    for forgery in [Forgery::ForeignKey, Forgery::EmbeddedKey, Forgery::UnknownKey, Forgery::Unsigned] {
        let party = relying_party().await;
        let tokens = forged(&party, forgery).await;
        assert!(party.verified(tokens["id_token"].as_str().unwrap()).await.is_err());
    }
}

#[tokio::test]
async fn a_forgery_shows_in_the_header() {
    for (forgery, name, value) in [
        (Forgery::Unsigned, "alg", json!("none")),
        (Forgery::HmacWithPublicKey, "alg", json!("HS256")),
        (Forgery::HmacWithClientSecret, "alg", json!("HS256")),
        (Forgery::CriticalExtension, "crit", json!(["urn:example:must-understand"])),
        (Forgery::AccessTokenType, "typ", json!("at+jwt")),
    ] {
        let party = relying_party().await;
        let tokens = forged(&party, forgery).await;
        assert_eq!(header(&tokens)[name], value);
    }
}

#[tokio::test]
async fn a_foreign_key_hides_behind_the_right_id_or_comes_along() {
    let party = relying_party().await;
    let right = party.document("jwks").await["keys"][0]["kid"].clone();
    assert_eq!(header(&forged(&party, Forgery::ForeignKey).await)["kid"], right);

    let party = relying_party().await;
    let embedded = header(&forged(&party, Forgery::EmbeddedKey).await);
    assert_eq!(embedded["jwk"]["kid"], embedded["kid"]);
}

#[tokio::test]
async fn an_hmac_is_keyed_with_the_client_secret() {
    let party = relying_party().await;
    let tokens = forged(&party, Forgery::HmacWithClientSecret).await;
    let key = jsonwebtoken::DecodingKey::from_secret(CLIENT_SECRET.as_bytes());
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    assert!(jsonwebtoken::decode::<Value>(tokens["id_token"].as_str().unwrap(), &key, &validation).is_ok());
}

#[tokio::test]
async fn a_raw_token_is_sent_as_it_is() {
    let party = relying_party().await;
    let raw = Tampering { raw_id_token: Some("x.{CLAIMS}.y".to_owned()), ..Tampering::default() };
    let tokens = tampered(&party, raw).await;
    let token = tokens["id_token"].as_str().unwrap();
    let claims = token.strip_prefix("x.").unwrap().strip_suffix(".y").unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["sub"], "ada");
}

#[tokio::test]
async fn the_answer_names_another_issuer_or_none() {
    let party = relying_party().await;
    let names = |issuer: &str| Tampering { answer_issuer: Some(issuer.to_owned()), ..Tampering::default() };
    party.idp.tamper(names("https://evil.example.com"));
    assert_eq!(party.sign_in(&[]).await["iss"], "https://evil.example.com");
    party.idp.tamper(names(""));
    assert_eq!(party.sign_in(&[]).await.get("iss"), None);
}

#[tokio::test]
async fn an_id_token_can_be_missing() {
    let party = relying_party().await;
    let tampering = Tampering { without_id_token: true, ..Tampering::default() };
    assert_eq!(tampered(&party, tampering).await.get("id_token"), None);
}

#[tokio::test]
async fn refresh_tokens_can_be_withheld_or_kept() {
    let party = relying_party().await;
    let withheld = Tampering { refresh_tokens: RefreshTokens::Withheld, ..Tampering::default() };
    assert_eq!(tampered(&party, withheld).await.get("refresh_token"), None);

    let party = relying_party().await;
    let kept = Tampering { refresh_tokens: RefreshTokens::Kept, ..Tampering::default() };
    let tokens = tampered(&party, kept).await;
    for _ in 0..2 {
        assert_eq!(accepted(party.refresh(&tokens).await).await.get("refresh_token"), None);
    }
}

#[tokio::test]
async fn userinfo_and_discovery_can_lie() {
    let party = relying_party().await;
    let tampering = Tampering {
        userinfo: members(json!({ "sub": "mallory" })),
        configuration: members(json!({ "issuer": "https://evil.example.com" })),
        ..Tampering::default()
    };
    let tokens = tampered(&party, tampering).await;
    assert_eq!(accepted(party.userinfo(&tokens).await).await["sub"], "mallory");
    assert_eq!(
        party.document(".well-known/openid-configuration").await["issuer"],
        "https://evil.example.com"
    );
}

#[tokio::test]
async fn an_honest_provider_comes_back() {
    let party = relying_party().await;
    party.idp.tamper(Tampering { forgery: Some(Forgery::Unsigned), ..Tampering::default() });
    party.idp.tamper(Tampering::default());
    let tokens = party.tokens(EVERYTHING).await;
    assert_eq!(party.claims(&tokens).await["sub"], "ada");
}
