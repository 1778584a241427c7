//! What an access token lets its bearer know.
//! <https://openid.net/specs/openid-connect-core-1_0.html#UserInfo>

use reqwest::StatusCode;
use sandbox::idp::Person;
use serde_json::json;

use super::{
    relying_party::{EVERYTHING, accepted, ada, refused, text},
    world::World,
};

contracts! {
    judge decides {
        userinfo_tells_what_the_scope_allows_of_the_same_person,
        userinfo_tells_the_groups_of_now,
        a_token_that_was_never_given_is_refused,
        an_id_token_is_no_access_token,
        a_disabled_person_is_not_told_of,
        a_revoked_person_is_not_told_of,
    }
}

async fn userinfo_tells_what_the_scope_allows_of_the_same_person(world: World) {
    let tokens = world.party.tokens("openid email").await;
    let told = accepted(world.party.userinfo(text(&tokens, "access_token")).await).await;
    assert_eq!(told, json!({ "sub": "ada", "email": "ada@example.com", "email_verified": true }));
    assert_eq!(told["sub"], world.party.claims(&tokens).await["sub"]);
}

async fn userinfo_tells_the_groups_of_now(world: World) {
    let tokens = world.party.tokens(EVERYTHING).await;
    world.employ(Person { groups: vec!["aws-temp#Reviewer".to_owned()], ..ada() }).await;
    let told = accepted(world.party.userinfo(text(&tokens, "access_token")).await).await;
    assert_eq!(told["groups"], json!(["aws-temp#Reviewer"]));
}

async fn a_token_that_was_never_given_is_refused(world: World) {
    let refusal = world.party.userinfo("made-up").await;
    assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED);
    let challenge = refusal.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.starts_with("Bearer ") && challenge.contains(r#"error="invalid_token""#));
    assert_eq!(refused(refusal).await, "invalid_token");
}

async fn an_id_token_is_no_access_token(world: World) {
    let tokens = world.party.tokens(EVERYTHING).await;
    assert_eq!(refused(world.party.userinfo(text(&tokens, "id_token")).await).await, "invalid_token");
}

async fn a_disabled_person_is_not_told_of(world: World) {
    let tokens = world.party.tokens(EVERYTHING).await;
    world.employ(Person { disabled: true, ..ada() }).await;
    let refusal = world.party.userinfo(text(&tokens, "access_token")).await;
    assert_eq!(refused(refusal).await, "invalid_token");
}

async fn a_revoked_person_is_not_told_of(world: World) {
    let tokens = world.party.tokens(EVERYTHING).await;
    world.revoke("ada").await;
    let refusal = world.party.userinfo(text(&tokens, "access_token")).await;
    assert_eq!(refused(refusal).await, "invalid_token");
}
