//! The provider when it is broken or hostile.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sandbox::idp::{Forgery, RefreshTokens, Tampering};
use serde_json::{Map, Value, json};

use super::{
    relying_party::{CLIENT_SECRET, EVERYTHING, REDIRECT_URI, accepted, refused, text},
    world::World,
};

fn members(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

async fn tampered(world: &World, tampering: Tampering) -> Value {
    world.idp.tamper(tampering);
    world.party.tokens(EVERYTHING).await
}

fn header(tokens: &Value) -> Value {
    let header = text(tokens, "id_token").split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}

async fn forged(world: &World, forgery: Forgery) -> Value {
    tampered(world, Tampering { forgery: Some(forgery), ..Tampering::default() }).await
}

#[tokio::test]
async fn claims_are_replaced_added_and_left_out() {
    let world = World::open().await;
    let tampering = Tampering {
        claims: members(json!({ "sub": "mallory", "azp": "somebody" })),
        dropped_claims: vec!["nonce".to_owned()],
        ..Tampering::default()
    };
    let tokens = tampered(&world, tampering).await;
    let claims = world.party.claims(&tokens).await;
    assert_eq!((&claims["sub"], &claims["azp"]), (&json!("mallory"), &json!("somebody")));
    assert_eq!(claims.get("nonce"), None);
}

#[tokio::test]
async fn a_token_signed_by_a_foreign_key_looks_right_and_is_not() {
    for forgery in [Forgery::ForeignKey, Forgery::EmbeddedKey, Forgery::UnknownKey, Forgery::Unsigned] {
        let world = World::open().await;
        let tokens = forged(&world, forgery).await;
        assert!(world.party.verified(text(&tokens, "id_token")).await.is_err());
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
        let world = World::open().await;
        let tokens = forged(&world, forgery).await;
        assert_eq!(header(&tokens)[name], value);
    }
}

#[tokio::test]
async fn a_foreign_key_hides_behind_the_right_id_or_comes_along() {
    let world = World::open().await;
    let right = world.party.keys().await["keys"][0]["kid"].clone();
    assert_eq!(header(&forged(&world, Forgery::ForeignKey).await)["kid"], right);

    let world = World::open().await;
    let embedded = header(&forged(&world, Forgery::EmbeddedKey).await);
    assert_eq!(embedded["jwk"]["kid"], embedded["kid"]);
}

#[tokio::test]
async fn an_hmac_is_keyed_with_the_client_secret() {
    let world = World::open().await;
    let tokens = forged(&world, Forgery::HmacWithClientSecret).await;
    let key = jsonwebtoken::DecodingKey::from_secret(CLIENT_SECRET.as_bytes());
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    assert!(jsonwebtoken::decode::<Value>(text(&tokens, "id_token"), &key, &validation).is_ok());
}

#[tokio::test]
async fn a_raw_token_is_sent_as_it_is() {
    let world = World::open().await;
    let raw = Tampering { raw_id_token: Some("x.{CLAIMS}.y".to_owned()), ..Tampering::default() };
    let tokens = tampered(&world, raw).await;
    let token = text(&tokens, "id_token");
    let claims = token.strip_prefix("x.").unwrap().strip_suffix(".y").unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["sub"], "ada");
}

#[tokio::test]
async fn the_answer_names_another_issuer_or_none() {
    let world = World::open().await;
    let names = |issuer: &str| Tampering { answer_issuer: Some(issuer.to_owned()), ..Tampering::default() };
    world.idp.tamper(names("https://evil.example.com"));
    assert_eq!(world.party.sign_in(&[]).await["iss"], "https://evil.example.com");
    world.idp.tamper(names(""));
    assert_eq!(world.party.sign_in(&[]).await.get("iss"), None);
}

#[tokio::test]
async fn an_id_token_can_be_missing() {
    let world = World::open().await;
    let tampering = Tampering { without_id_token: true, ..Tampering::default() };
    assert_eq!(tampered(&world, tampering).await.get("id_token"), None);
}

#[tokio::test]
async fn a_code_can_be_redeemed_without_its_verifier() {
    let world = World::open().await;
    let wrong = "x".repeat(43);
    let code = world.party.sign_in(&[]).await["code"].clone();
    refused(world.party.redeem_with(&code, REDIRECT_URI, &wrong).await).await;
    world.idp.tamper(Tampering { without_pkce: true, ..Tampering::default() });
    let code = world.party.sign_in(&[]).await["code"].clone();
    accepted(world.party.redeem_with(&code, REDIRECT_URI, &wrong).await).await;
}

#[tokio::test]
async fn refresh_tokens_can_be_withheld_or_kept() {
    let world = World::open().await;
    let withheld = Tampering { refresh_tokens: RefreshTokens::Withheld, ..Tampering::default() };
    assert_eq!(tampered(&world, withheld).await.get("refresh_token"), None);

    let world = World::open().await;
    let kept = Tampering { refresh_tokens: RefreshTokens::Kept, ..Tampering::default() };
    let tokens = tampered(&world, kept).await;
    for _ in 0..2 {
        assert_eq!(accepted(world.party.refresh(&tokens).await).await.get("refresh_token"), None);
    }
}

#[tokio::test]
async fn userinfo_and_discovery_can_lie() {
    let world = World::open().await;
    let tampering = Tampering {
        userinfo: members(json!({ "sub": "mallory" })),
        configuration: members(json!({ "issuer": "https://evil.example.com" })),
        ..Tampering::default()
    };
    let tokens = tampered(&world, tampering).await;
    assert_eq!(accepted(world.party.userinfo(text(&tokens, "access_token")).await).await["sub"], "mallory");
    assert_eq!(world.party.discover().await["issuer"], "https://evil.example.com");
}

#[tokio::test]
async fn an_honest_provider_comes_back() {
    let world = World::open().await;
    world.idp.tamper(Tampering { forgery: Some(Forgery::Unsigned), ..Tampering::default() });
    world.idp.tamper(Tampering::default());
    let tokens = world.party.tokens(EVERYTHING).await;
    assert_eq!(world.party.claims(&tokens).await["sub"], "ada");
}
