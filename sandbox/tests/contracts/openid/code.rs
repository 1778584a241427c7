//! A code, and the tokens it is redeemed for.
//! <https://openid.net/specs/openid-connect-core-1_0.html#TokenEndpoint>

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sandbox::idp::Person;
use serde_json::{Value, json};

use super::{
    relying_party::{CLIENT_ID, EVERYTHING, REDIRECT_URI, VERIFIER, accepted, ada, refused, text},
    world::World,
};

contracts! {
    judge decides {
        an_id_token_says_who_signed_in_where_and_for_whom,
        an_id_token_is_fresh_and_does_not_last,
        an_id_token_is_signed_by_a_key_of_the_key_set,
        a_hash_of_the_access_token_is_right_if_there_is_one,
        an_id_token_tells_when_somebody_signed_in,
        a_scope_that_was_not_asked_for_tells_nothing,
        an_address_that_is_not_verified_is_said_not_to_be,
        somebody_without_a_group_has_no_groups_claim,
        tokens_are_for_the_bearer_and_say_how_long_they_last,
        every_redeemed_code_gives_tokens_of_its_own,
        a_code_shown_twice_takes_back_what_it_gave,
        a_code_goes_with_its_verifier_only,
        a_code_without_a_verifier_is_refused,
        a_code_goes_with_its_redirect_only,
        a_code_that_was_never_given_is_refused,
    }
}

async fn an_id_token_says_who_signed_in_where_and_for_whom(world: World) {
    let claims = world.party.claims(&world.party.tokens(EVERYTHING).await).await;
    for (name, value) in [
        ("iss", json!(world.party.issuer)),
        ("aud", json!(CLIENT_ID)),
        ("sub", json!("ada")),
        ("nonce", json!("the-nonce")),
        ("name", json!("Ada Lovelace")),
        ("preferred_username", json!("ada")),
        ("email", json!("ada@example.com")),
        ("email_verified", json!(true)),
        ("groups", json!(["aws-temp#S3Admin#111122223333"])),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
}

async fn an_id_token_is_fresh_and_does_not_last(world: World) {
    let before = world.clock.now().timestamp();
    let claims = world.party.claims(&world.party.tokens(EVERYTHING).await).await;
    let (issued, expires) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert!((before..=world.clock.now().timestamp()).contains(&issued));
    assert_eq!(expires - issued, 300);
}

async fn an_id_token_is_signed_by_a_key_of_the_key_set(world: World) {
    let tokens = world.party.tokens(EVERYTHING).await;
    let header = text(&tokens, "id_token").split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    assert_eq!(header["alg"], "RS256");
    assert_eq!(header["kid"], world.party.keys().await["keys"][0]["kid"]);
    world.party.verified(text(&tokens, "id_token")).await.unwrap();
}

/// It may be left out of a token that comes from the token endpoint.
async fn a_hash_of_the_access_token_is_right_if_there_is_one(world: World) {
    let tokens = world.party.tokens(EVERYTHING).await;
    let hash = digest(&SHA256, text(&tokens, "access_token").as_bytes());
    let right = URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]);
    assert!(world.party.claims(&tokens).await.get("at_hash").is_none_or(|given| *given == right));
}

/// It must do so when the request asks how long ago that may be.
async fn an_id_token_tells_when_somebody_signed_in(world: World) {
    let before = world.clock.now().timestamp();
    let answer = world.party.sign_in(&[("max_age", "3600")]).await;
    let tokens = accepted(world.party.redeem(&answer["code"]).await).await;
    let signed_in = world.party.claims(&tokens).await["auth_time"].as_i64().unwrap();
    assert!((before..=world.clock.now().timestamp()).contains(&signed_in));
}

async fn a_scope_that_was_not_asked_for_tells_nothing(world: World) {
    let claims = world.party.claims(&world.party.tokens("openid").await).await;
    for name in ["email", "email_verified", "groups", "name"] {
        assert_eq!(claims.get(name), None);
    }
}

async fn an_address_that_is_not_verified_is_said_not_to_be(world: World) {
    world.employ(Person { email_verified: Some(false), ..ada() }).await;
    let claims = world.party.claims(&world.party.tokens(EVERYTHING).await).await;
    assert_eq!(claims["email_verified"], false);
}

async fn somebody_without_a_group_has_no_groups_claim(world: World) {
    world.employ(Person { groups: Vec::new(), ..ada() }).await;
    let claims = world.party.claims(&world.party.tokens(EVERYTHING).await).await;
    assert_eq!(claims.get("groups"), None);
}

async fn tokens_are_for_the_bearer_and_say_how_long_they_last(world: World) {
    let tokens = world.party.tokens(EVERYTHING).await;
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(300)));
    assert!(!text(&tokens, "refresh_token").is_empty());
}

async fn every_redeemed_code_gives_tokens_of_its_own(world: World) {
    let (one, another) = (world.party.tokens(EVERYTHING).await, world.party.tokens(EVERYTHING).await);
    assert_ne!(one["access_token"], another["access_token"]);
    assert_ne!(one["refresh_token"], another["refresh_token"]);
}

async fn a_code_shown_twice_takes_back_what_it_gave(world: World) {
    let answer = world.party.sign_in(&[]).await;
    let tokens = accepted(world.party.redeem(&answer["code"]).await).await;
    assert_eq!(refused(world.party.redeem(&answer["code"]).await).await, "invalid_grant");
    assert_eq!(refused(world.party.refresh(&tokens).await).await, "invalid_grant");
    let userinfo = world.party.userinfo(text(&tokens, "access_token")).await;
    assert_eq!(refused(userinfo).await, "invalid_token");
}

async fn a_code_goes_with_its_verifier_only(world: World) {
    let another = VERIFIER.replace("forty", "fifty");
    let answer = world.party.sign_in(&[]).await;
    let wrong = world.party.redeem_with(&answer["code"], REDIRECT_URI, &another).await;
    assert_eq!(refused(wrong).await, "invalid_grant");
}

/// As a request that lacks something, or as a proof that fails: RFC 7636 leaves that open.
async fn a_code_without_a_verifier_is_refused(world: World) {
    let code = &world.party.sign_in(&[]).await["code"];
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT_URI)];
    let refusal = refused(world.party.ask_for_tokens(&form).await).await;
    assert!(["invalid_request", "invalid_grant"].contains(&refusal.as_str()), "{refusal}");
}

async fn a_code_goes_with_its_redirect_only(world: World) {
    let answer = world.party.sign_in(&[]).await;
    let wrong = world.party.redeem_with(&answer["code"], "http://127.0.0.1:9/", VERIFIER).await;
    assert_eq!(refused(wrong).await, "invalid_grant");
}

async fn a_code_that_was_never_given_is_refused(world: World) {
    assert_eq!(refused(world.party.redeem("made-up").await).await, "invalid_grant");
}
