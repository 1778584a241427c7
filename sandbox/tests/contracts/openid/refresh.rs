//! A refresh token, which is good for one use.
//! <https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokens>

use sandbox::idp::Person;
use serde_json::json;

use super::{
    relying_party::{CLIENT_ID, EVERYTHING, accepted, ada, refused, text},
    world::World,
};

contracts! {
    judge decides {
        a_refresh_tells_the_groups_of_now,
        a_refreshed_id_token_is_about_the_same_sign_in,
        a_refresh_gives_another_refresh_token,
        an_old_refresh_token_ends_the_whole_family,
        a_refresh_may_narrow_the_scope_but_not_widen_it,
        a_disabled_person_cannot_refresh,
        a_revoked_person_cannot_refresh,
        a_refresh_token_that_was_never_given_is_refused,
    }
}

async fn a_refresh_tells_the_groups_of_now(world: World) {
    let tokens = world.party.tokens(EVERYTHING).await;
    world.employ(Person { groups: vec!["aws-temp#Reviewer".to_owned()], ..ada() }).await;
    let refreshed = accepted(world.party.refresh(&tokens).await).await;
    assert_eq!(world.party.claims(&refreshed).await["groups"], json!(["aws-temp#Reviewer"]));
}

/// Its nonce should be left out, and must else be the one of the sign-in: section 12.2.
async fn a_refreshed_id_token_is_about_the_same_sign_in(world: World) {
    let tokens = world.party.tokens(EVERYTHING).await;
    let before = world.party.claims(&tokens).await;
    let refreshed = accepted(world.party.refresh(&tokens).await).await;
    let after = world.party.claims(&refreshed).await;
    assert_eq!((&after["iss"], &after["sub"]), (&before["iss"], &before["sub"]));
    assert_eq!((&after["aud"], &after["auth_time"]), (&json!(CLIENT_ID), &before["auth_time"]));
    assert!(after["iat"].as_i64() >= before["iat"].as_i64());
    assert!(after.get("nonce").is_none_or(|nonce| nonce == "the-nonce"));
}

async fn a_refresh_gives_another_refresh_token(world: World) {
    let first = world.party.tokens(EVERYTHING).await;
    let second = accepted(world.party.refresh(&first).await).await;
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let third = accepted(world.party.refresh(&second).await).await;
    assert_ne!(second["refresh_token"], third["refresh_token"]);
}

async fn an_old_refresh_token_ends_the_whole_family(world: World) {
    let first = world.party.tokens(EVERYTHING).await;
    let second = accepted(world.party.refresh(&first).await).await;
    assert_eq!(refused(world.party.refresh(&first).await).await, "invalid_grant");
    assert_eq!(refused(world.party.refresh(&second).await).await, "invalid_grant");
    let userinfo = world.party.userinfo(text(&second, "access_token")).await;
    assert_eq!(refused(userinfo).await, "invalid_token");
}

async fn a_refresh_may_narrow_the_scope_but_not_widen_it(world: World) {
    let tokens = world.party.tokens("openid groups offline_access").await;
    let token = text(&tokens, "refresh_token");
    let ask = |scope| [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)];
    let wider = world.party.ask_for_tokens(&ask("openid email")).await;
    assert_eq!(refused(wider).await, "invalid_scope");
    let narrow = accepted(world.party.ask_for_tokens(&ask("openid")).await).await;
    assert_eq!(world.party.claims(&narrow).await.get("groups"), None);
}

async fn a_disabled_person_cannot_refresh(world: World) {
    let tokens = world.party.tokens(EVERYTHING).await;
    world.employ(Person { disabled: true, ..ada() }).await;
    assert_eq!(refused(world.party.refresh(&tokens).await).await, "invalid_grant");
}

async fn a_revoked_person_cannot_refresh(world: World) {
    let tokens = world.party.tokens(EVERYTHING).await;
    world.revoke("ada").await;
    assert_eq!(refused(world.party.refresh(&tokens).await).await, "invalid_grant");
}

async fn a_refresh_token_that_was_never_given_is_refused(world: World) {
    let made_up = json!({ "refresh_token": "made-up" });
    assert_eq!(refused(world.party.refresh(&made_up).await).await, "invalid_grant");
}
