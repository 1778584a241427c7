//! What a session is, once a role has been assumed.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use chrono::TimeDelta;

use super::{
    sts::{session_key, tag},
    world::{World, session},
};

contracts! {
    judge decides {
        a_session_is_the_role_without_its_path_under_its_own_name,
        a_session_has_a_key_of_its_own,
        a_session_lasts_as_long_as_was_asked_and_else_an_hour,
        a_session_that_calls_is_the_session,
        a_user_that_calls_is_the_user,
        a_session_can_be_tagged,
    }
    judge departs from "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html" {
        a_source_identity_is_confirmed: "it does not know SourceIdentity",
        a_session_tells_how_large_its_token_is: "it does not know SessionTokenSize",
    }
}

async fn a_session_is_the_role_without_its_path_under_its_own_name(world: World) {
    let user = world.request().send().await.unwrap().assumed_role_user.unwrap();
    let expected = format!("arn:aws:sts::{}:assumed-role/S3Admin/ada@example.com", world.away);
    assert_eq!(user.arn(), expected);
    let (role, name) = user.assumed_role_id().split_once(':').unwrap();
    assert!(role.starts_with("AROA"));
    assert_eq!(name, "ada@example.com");
}

async fn a_session_has_a_key_of_its_own(world: World) {
    let (one, another) = (session(world.request()).await, session(world.request()).await);
    assert!(one.access_key_id().starts_with("ASIA"));
    assert_eq!(one.secret_access_key().len(), 40);
    assert_ne!(one.access_key_id(), another.access_key_id());
    assert_ne!(one.session_token(), another.session_token());
}

async fn a_session_lasts_as_long_as_was_asked_and_else_an_hour(world: World) {
    for (asked, given) in [(Some(900), 900), (None, 3600)] {
        let earliest = (world.clock.now() + TimeDelta::seconds(given - 1)).timestamp();
        let session = session(world.request().set_duration_seconds(asked)).await;
        let latest = (world.clock.now() + TimeDelta::seconds(given + 1)).timestamp();
        assert!((earliest..=latest).contains(&session.expiration().secs()), "{asked:?}");
    }
}

async fn a_session_that_calls_is_the_session(world: World) {
    let assumed = world.request().send().await.unwrap();
    let user = assumed.assumed_role_user().unwrap();
    let sts = world.sts_as(session_key(assumed.credentials().unwrap()));
    let identity = sts.get_caller_identity().send().await.unwrap();
    assert_eq!(identity.arn(), Some(user.arn()));
    assert_eq!(identity.user_id(), Some(user.assumed_role_id()));
    assert_eq!(identity.account(), Some(world.away.as_str()));
}

async fn a_user_that_calls_is_the_user(world: World) {
    let identity = world.sts.get_caller_identity().send().await.unwrap();
    assert_eq!(identity.arn(), Some(world.user().as_str()));
    assert_eq!(identity.account(), Some(world.home.as_str()));
    let id = identity.user_id().unwrap();
    assert!(id.starts_with("AIDA") && !id.contains(':'), "{id}");
}

async fn a_session_can_be_tagged(world: World) {
    world.request().tags(tag("request", "01J")).tags(tag("person", "Ada Lovelace")).send().await.unwrap();
}

async fn a_source_identity_is_confirmed(world: World) {
    let assumed = world.request().source_identity("ada").send().await.unwrap();
    assert_eq!(assumed.source_identity(), Some("ada"));
}

async fn a_session_tells_how_large_its_token_is(world: World) {
    let assumed = world.request().send().await.unwrap();
    let size = assumed.credentials().unwrap().session_token().len();
    assert_eq!(assumed.session_token_size(), i32::try_from(size).ok());
    assert!((1..=100).contains(&assumed.session_token_utilization().unwrap()));
}
