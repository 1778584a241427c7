//! Sign-out: what the identity provider says to us alone.

mod pending;

use chrono::TimeDelta;
use reqwest::Client;
use sandbox::{
    example_corp::{ADA, BOB},
    http::Fault,
    idp::{Forgery, RefreshTokens, Tampering},
};
use serde_json::json;

use crate::world::{ASK, Story, World, play};

const TOLD: &str = "reports that you signed out as *ada@example.com*";

async fn sends(world: &World, logout_token: &str) -> u16 {
    let address = format!("{}/oidc/backchannel-logout", world.url);
    let answer = Client::new().post(address).form(&[("logout_token", logout_token)]).send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let status = answer.status().as_u16();
    world.settle().await;
    status
}

#[tokio::test]
async fn who_has_signed_out_at_the_provider_must_sign_in_again() {
    play(Story::with_linked([ADA, BOB]), async |world| {
        let ada = world.ada();
        assert_eq!(world.company.idp.log_out("ada").await.unwrap(), Some(200));
        world.settle().await;
        assert!(ada.is_told().contains(TOLD));
        assert!(world.audit()[0].contains("*Signed out* · @Ada signed out"));
        ada.types(ASK).await;
        assert!(ada.hears().contains("requires you to sign in again"));
        world.audit();

        let link = ada.presses("person.link").await.unwrap();
        assert_eq!(ada.follows_link(&link).await.status, 200);
        ada.types(ASK).await;
        assert!(ada.hears().contains("on its way"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn where_there_are_no_refresh_tokens_a_sign_in_before_it_counts_no_more() {
    play(Story::start(), async |world| {
        let withheld = Tampering { refresh_tokens: RefreshTokens::Withheld, ..Tampering::default() };
        world.company.idp.tamper(withheld);
        world.player(ADA).links().await;
        let ada = world.ada();
        ada.types("/elevate status").await;
        assert!(!ada.hears().contains("sign in again"));
        world.company.idp.log_out("ada").await.unwrap();
        world.settle().await;
        world.everybody_catches_up();
        ada.types(ASK).await;
        assert!(ada.hears().contains("requires you to sign in again"));
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn a_reviewer_who_has_signed_out_answers_nothing() {
    play(Story::asked(), async |world| {
        world.company.idp.log_out("bob").await.unwrap();
        world.settle().await;
        world.everybody_catches_up();
        let bob = world.bob();
        bob.presses("review.approve").await;
        assert!(bob.hears().contains("requires you to sign in again"));
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn a_logout_token_counts_once_and_never_against_a_later_sign_in() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        let (token, of_another_session) =
            (world.company.idp.logout_token("ada"), world.company.idp.logout_token("ada"));
        assert_eq!(sends(world, &token).await, 200);
        assert!(ada.is_told().contains(TOLD));
        world.audit();
        for again in [&token, &of_another_session] {
            assert_eq!(sends(world, again).await, 200);
        }
        assert!(world.unread_by_anybody().is_empty(), "there is nothing new to tell");

        world.company.clock.advance(TimeDelta::seconds(31));
        ada.links().await;
        for of_before in [&token, &of_another_session] {
            assert_eq!(sends(world, of_before).await, 200);
        }
        assert!(world.unread_by_anybody().is_empty());
        ada.types(ASK).await;
        assert!(ada.hears().contains("on its way"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn who_is_not_linked_has_nothing_to_lose() {
    play(Story::with_linked([ADA]), async |world| {
        assert_eq!(world.company.idp.log_out("bob").await.unwrap(), Some(200));
        world.settle().await;
    })
    .await;
}

#[tokio::test]
async fn a_logout_token_that_is_not_genuine_signs_nobody_out() {
    play(Story::with_linked([ADA]), async |world| {
        let foreign = Tampering { forgery: Some(Forgery::ForeignKey), ..Tampering::default() };
        let claims = json!({ "aud": "another" }).as_object().unwrap().clone();
        let of_another_client = Tampering { claims, ..Tampering::default() };
        for tampering in [foreign, of_another_client] {
            world.company.idp.tamper(tampering);
            let token = world.company.idp.logout_token("ada");
            assert_eq!(sends(world, &token).await, 400);
        }
        world.company.idp.tamper(Tampering::default());
        assert!(world.unread_by_anybody().is_empty());
        world.ada().types(ASK).await;
        assert!(world.ada().hears().contains("on its way"));
        world.everybody_catches_up();
    })
    .await;
}

/// Everything the session has issued is a token of the provider's, signed with the same key.
#[tokio::test]
async fn an_id_token_is_no_logout_token() {
    play(Story::with_linked([ADA]), async |world| {
        let tokens = world.company.idp.secrets_issued();
        let id_tokens: Vec<_> = tokens.iter().filter(|token| token.split('.').count() == 3).collect();
        assert!(!id_tokens.is_empty());
        for token in id_tokens {
            assert_eq!(sends(world, token).await, 400);
        }
    })
    .await;
}

#[tokio::test]
async fn keys_may_have_been_replaced_meanwhile() {
    play(Story::with_linked([ADA]), async |world| {
        world.company.idp.rotate_keys();
        world.company.clock.advance(TimeDelta::minutes(1));
        assert_eq!(world.company.idp.log_out("ada").await.unwrap(), Some(200));
        world.settle().await;
        assert!(world.ada().is_told().contains(TOLD));
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn what_could_not_be_written_down_is_told_to_the_provider_as_failed() {
    play(Story::with_linked([ADA]), async |world| {
        world.company.dynamo.control().fail_always("TransactWriteItems", Fault::Status(400));
        assert_eq!(world.company.idp.log_out("ada").await.unwrap(), Some(400));
        world.company.dynamo.control().heal();
        assert_eq!(world.company.idp.log_out("ada").await.unwrap(), Some(200));
        world.settle().await;
        world.everybody_catches_up();
    })
    .await;
}
