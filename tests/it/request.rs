//! Request: what may be asked for, and what comes of it.

use chrono::TimeDelta;
use sandbox::{example_corp::ADA, http::Fault, slack::Submission};

use crate::world::{ASK, Story, play};

#[tokio::test]
async fn the_form_offers_what_adas_groups_allow() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        ada.types("/elevate").await;
        insta::assert_snapshot!(ada.form());
        let outcome = ada
            .submits(&[
                ("target", "111122223333/S3Admin"),
                ("duration", "1h"),
                ("justification", "bucket policy broken"),
            ])
            .await;
        assert_eq!(outcome, Submission::Closed);
        insta::assert_snapshot!(world.card());
        insta::assert_snapshot!(ada.is_told());
        assert!(ada.hears().contains("on its way"));
        insta::assert_snapshot!(world.audit().join("\n"));
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_form_stands_under_its_field() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        ada.types("/elevate").await;
        let fields = [("target", "111122223333/S3Admin"), ("duration", "1h"), ("justification", "   ")];
        let Submission::Errors(errors) = ada.submits(&fields).await else { panic!("the form was taken") };
        assert_eq!(errors["justification"], "A reason is required. Give one in a few words.");
        world.company.slack.reload(ADA.slack);
    })
    .await;
}

#[tokio::test]
async fn one_line_does_the_same() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        ada.types("/elevate 444455556666/ReadOnly 90m look & see").await;
        assert!(ada.hears().contains("on its way"));
        let card = world.card();
        assert!(card.contains("ReadOnly") && card.contains("1h30m") && card.contains("look & see"), "{card}");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn nobody_asks_for_what_their_groups_do_not_allow() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        for line in ["/elevate 444455556666/S3Admin 1h x", "/elevate 111122223333/Admin 1h x"] {
            ada.types(line).await;
            assert!(ada.hears().contains("You are not eligible"), "{line}");
            assert!(world.audit()[0].contains("@Ada tried to make a request"), "{line}");
        }
    })
    .await;
}

#[tokio::test]
async fn groups_are_asked_for_anew_when_a_request_is_made() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        world.company.idp.update_person(ADA.login, |person| person.groups = vec!["staff".into()]);
        ada.is_refused(ASK, "not_eligible", "You are not eligible").await;
    })
    .await;
}

#[tokio::test]
async fn nobody_asks_for_longer_than_is_allowed() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        ada.is_refused(
            "/elevate 111122223333/S3Admin 9h x",
            "too_long",
            "9h is longer than the maximum of 8h",
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_second_request_for_the_same_target_is_pointed_to_the_first() {
    play(Story::asked(), async |world| {
        let ada = world.ada();
        ada.types("/elevate 111122223333/S3Admin 2h again").await;
        let refusal = ada.hears();
        assert!(refusal.contains("You already have a request"), "{refusal}");
        assert!(refusal.contains("bucket policy broken"), "it shows the first: {refusal}");
        world.auditors_hear(["*Refused* · @Ada tried to make a request"]);

        ada.types("/elevate 444455556666/ReadOnly 2h another target").await;
        assert!(ada.hears().contains("on its way"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_request_that_nobody_answers_expires() {
    play(Story::asked(), async |world| {
        let ada = world.ada();
        world.passes(TimeDelta::hours(24)).await;
        assert!(world.card().contains("*Expired*"));
        assert!(ada.is_told().contains("*Expired*"));
        assert!(world.audit()[0].contains("*Expired*"));

        ada.types(ASK).await;
        assert!(ada.hears().contains("on its way"), "an expired request does not stand in the way");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn ada_takes_her_request_back() {
    play(Story::asked(), async |world| {
        let ada = world.ada();
        ada.presses("request.withdraw").await;
        let card = world.card();
        assert!(card.contains("*Withdrawn* by @Ada") && !card.contains("[ Approve ]"), "{card}");
        assert!(ada.is_told().contains("*Withdrawn*"));
        assert!(world.audit()[0].contains("*Withdrawn*"));
    })
    .await;
}

#[tokio::test]
async fn while_the_provider_is_down_nothing_is_changed() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        world.company.idp.control().fail_always("token", Fault::Status(503));
        ada.is_refused(ASK, "identity_unavailable", "Your groups could not be checked").await;
        world.company.idp.control().heal();
        ada.types(ASK).await;
        assert!(ada.hears().contains("on its way"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn whose_refresh_token_is_gone_signs_in_again() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        world.company.idp.revoke(ADA.login);
        ada.is_refused(ASK, "sign_in_again", "requires you to sign in again").await;
        let page = ada.follows_link(&ada.presses("person.link").await.unwrap()).await;
        assert_eq!(page.status, 200, "{}", page.text());
        world.everybody_catches_up();
        ada.types(ASK).await;
        assert!(ada.hears().contains("on its way"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn the_same_press_sent_twice_counts_once() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        ada.types(ASK).await;
        let sent = world.company.slack.last_sent().unwrap();
        for _ in 0..3 {
            world.company.slack.send(&sent).await.unwrap();
            world.settle().await;
        }
        assert!(ada.hears().contains("on its way"));
        world.card();
        ada.is_told();
        world.auditors_hear(["*Requested* · @Ada"]);
    })
    .await;
}
