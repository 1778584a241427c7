//! Who calls, and how they prove it.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>

use aws_sdk_sts::config::Credentials;

use super::{
    sts::{key, session_key},
    world::{World, session},
};
use crate::refusal::{Refusal, refusal};

contracts! {
    judge decides {
        a_key_that_nobody_has_is_invalid,
        a_signature_with_another_secret_does_not_match,
        a_session_without_its_token_is_nobody,
        a_session_with_the_token_of_another_is_nobody,
        a_request_without_a_signature_is_of_nobody,
    }
}

async fn a_key_that_nobody_has_is_invalid(world: World) {
    let refusal = refusal_of(&world, key("AKIASTRANGERSTRANGER", "secret")).await;
    assert_eq!(refusal.kind(), (403, "InvalidClientTokenId"));
}

async fn a_signature_with_another_secret_does_not_match(world: World) {
    let mut session = session(world.request()).await;
    session.secret_access_key = "a guess".to_owned();
    let refusal = refusal_of(&world, session_key(&session)).await;
    assert_eq!(refusal.kind(), (403, "SignatureDoesNotMatch"));
}

async fn a_session_without_its_token_is_nobody(world: World) {
    let session = session(world.request()).await;
    let key = key(session.access_key_id(), session.secret_access_key());
    let refusal = refusal_of(&world, key).await;
    assert_eq!(refusal.kind(), (403, "InvalidClientTokenId"));
}

async fn a_session_with_the_token_of_another_is_nobody(world: World) {
    let mut one = session(world.request()).await;
    one.session_token = session(world.request()).await.session_token;
    let refusal = refusal_of(&world, session_key(&one)).await;
    assert_eq!(refusal.kind(), (403, "InvalidClientTokenId"));
}

async fn a_request_without_a_signature_is_of_nobody(world: World) {
    let form = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")];
    let response = reqwest::Client::new().post(world.url()).form(&form).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 403);
    assert!(response.text().await.unwrap().contains("<Code>MissingAuthenticationToken</Code>"));
}

async fn refusal_of(world: &World, credentials: Credentials) -> Refusal {
    refusal(world.sts_as(credentials).get_caller_identity().send().await)
}
