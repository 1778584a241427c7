//! Codes and tokens, and what becomes of them as time goes by.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;

use super::{
    relying_party::{CLIENT_SECRET, EVERYTHING, REDIRECT_URI, VERIFIER, accepted, refused, text},
    world::{World, noon},
};

#[tokio::test]
async fn an_id_token_is_dated_by_the_clock_and_bound_to_its_access_token() {
    let world = World::open().await;
    let tokens = world.party.tokens(EVERYTHING).await;
    let claims = world.party.claims(&tokens).await;
    let now = noon().timestamp();
    for (name, time) in [("iat", now), ("exp", now + 300), ("auth_time", now)] {
        assert_eq!(claims[name], time, "{name}");
    }
    let hash = digest(&SHA256, text(&tokens, "access_token").as_bytes());
    assert_eq!(claims["at_hash"], URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]));
}

#[tokio::test]
async fn a_silent_sign_in_keeps_the_time_of_the_first() {
    let world = World::open().await;
    world.party.sign_in(&[]).await;
    world.clock.advance(TimeDelta::hours(1));
    let claims = world.party.claims(&world.party.tokens(EVERYTHING).await).await;
    assert_eq!(claims["auth_time"], noon().timestamp());
    assert_eq!(claims["iat"], noon().timestamp() + 3600);
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let world = World::open().await;
    let answer = world.party.sign_in(&[]).await;
    world.clock.advance(TimeDelta::seconds(60));
    assert_eq!(refused(world.party.redeem(&answer["code"]).await).await, "invalid_grant");
}

#[tokio::test]
async fn a_code_with_the_wrong_proof_is_used_up() {
    let world = World::open().await;
    for (redirect_uri, verifier) in [(REDIRECT_URI, "another verifier"), ("http://127.0.0.1:9/", VERIFIER)] {
        let answer = world.party.sign_in(&[]).await;
        let wrong = world.party.redeem_with(&answer["code"], redirect_uri, verifier).await;
        assert_eq!(refused(wrong).await, "invalid_grant");
        assert_eq!(refused(world.party.redeem(&answer["code"]).await).await, "invalid_grant");
    }
}

#[tokio::test]
async fn a_client_proves_itself_in_the_header_only() {
    let world = World::open().await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_secret", CLIENT_SECRET)];
    let unproven = world.party.ask_for_tokens_as(None, &form).await;
    assert_eq!(refused(unproven).await, "invalid_client");
    assert_eq!(refused(world.party.ask_for_tokens(&form).await).await, "invalid_request");
}

#[tokio::test]
async fn there_is_no_refresh_token_without_offline_access() {
    let world = World::open().await;
    assert_eq!(world.party.tokens("openid groups").await.get("refresh_token"), None);
}

#[tokio::test]
async fn a_refresh_keeps_the_time_of_the_sign_in_and_drops_the_nonce() {
    let world = World::open().await;
    let tokens = world.party.tokens(EVERYTHING).await;
    world.clock.advance(TimeDelta::hours(1));
    let claims = world.party.claims(&accepted(world.party.refresh(&tokens).await).await).await;
    assert_eq!(claims["auth_time"], noon().timestamp());
    assert_eq!(claims.get("nonce"), None);
}

#[tokio::test]
async fn whoever_could_not_refresh_while_disabled_signs_in_anew() {
    let world = World::open().await;
    let tokens = world.party.tokens(EVERYTHING).await;
    world.idp.update_person("ada", |ada| ada.disabled = true);
    assert_eq!(refused(world.party.refresh(&tokens).await).await, "invalid_grant");
    world.idp.update_person("ada", |ada| ada.disabled = false);
    let userinfo = world.party.userinfo(text(&tokens, "access_token")).await;
    assert_eq!(refused(userinfo).await, "invalid_token");
    assert_eq!(refused(world.party.refresh(&tokens).await).await, "invalid_grant");
}

#[tokio::test]
async fn an_access_token_is_good_for_five_minutes() {
    let world = World::open().await;
    let tokens = world.party.tokens(EVERYTHING).await;
    world.clock.advance(TimeDelta::minutes(5));
    let userinfo = world.party.userinfo(text(&tokens, "access_token")).await;
    assert_eq!(refused(userinfo).await, "invalid_token");
}

#[tokio::test]
async fn every_secret_is_on_the_list() {
    let world = World::open().await;
    let answer = world.party.sign_in(&[]).await;
    let tokens = accepted(world.party.redeem(&answer["code"]).await).await;
    let secrets = world.idp.secrets_issued();
    let session = world.party.browser.cookie(&world.party.issuer, "idp_session").unwrap();
    let token = |name| text(&tokens, name).to_owned();
    let logout_token = world.idp.logout_token("ada");
    let secrets = [secrets, world.idp.secrets_issued()].concat();
    for secret in [
        VERIFIER.to_owned(),
        "the-nonce".to_owned(),
        logout_token,
        CLIENT_SECRET.to_owned(),
        answer["code"].clone(),
        session,
        token("access_token"),
        token("refresh_token"),
        token("id_token"),
    ] {
        assert!(secrets.contains(&secret));
    }
}

#[tokio::test]
async fn what_nobody_can_use_any_more_is_forgotten_and_what_they_can_is_kept() {
    let world = World::open().await;
    let idle = world.party.tokens(EVERYTHING).await;
    world.clock.advance(TimeDelta::days(7));
    let tokens = world.party.tokens(EVERYTHING).await;
    let code = world.party.sign_in(&[]).await["code"].clone();
    world.idp.forget_before(world.clock.now());
    assert_eq!(world.idp.secrets_issued(), [CLIENT_SECRET]);
    assert_eq!(refused(world.party.refresh(&idle).await).await, "invalid_grant");
    assert_eq!(world.party.userinfo(text(&tokens, "access_token")).await.status(), 200);
    accepted(world.party.refresh(&tokens).await).await;
    accepted(world.party.redeem(&code).await).await;
}

#[tokio::test]
async fn codes_and_access_tokens_are_forgotten_once_they_have_expired() {
    let world = World::open().await;
    let code = world.party.sign_in(&[]).await["code"].clone();
    let tokens = world.party.tokens(EVERYTHING).await;
    world.idp.forget_before(world.clock.now() + TimeDelta::minutes(5));
    assert_eq!(refused(world.party.redeem(&code).await).await, "invalid_grant");
    let userinfo = world.party.userinfo(text(&tokens, "access_token")).await;
    assert_eq!(refused(userinfo).await, "invalid_token");
    accepted(world.party.refresh(&tokens).await).await;
}
