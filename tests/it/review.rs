//! Review: who may answer, and what their answer does.

use std::time::Duration;

use chrono::TimeDelta;
use elevate::flows::sweep;
use sandbox::{
    example_corp::{ADA, BOB, Persona, REVIEW_CHANNEL},
    http::Fault,
    idp::Tampering,
    slack::Submission,
};
use serde_json::json;

use crate::world::{Story, nine, play};

#[tokio::test]
async fn bob_approves_and_ada_gets_her_link_without_asking() {
    play(Story::asked(), async |world| {
        world.bob().presses("review.approve").await;
        insta::assert_snapshot!(world.card());
        insta::assert_snapshot!(world.ada().is_told());
        insta::assert_snapshot!(world.ada().hears());
        insta::assert_snapshot!(world.audit().join("\n"));
    })
    .await;
}

#[tokio::test]
async fn bob_rejects_and_says_why() {
    play(Story::asked(), async |world| {
        let bob = world.bob();
        bob.presses("review.reject").await;
        assert_eq!(bob.submits(&[("reason", "use the read-only role")]).await, Submission::Closed);
        let card = world.card();
        assert!(card.contains("use the read-only role") && !card.contains("[ Approve ]"), "{card}");
        assert!(world.ada().is_told().contains("use the read-only role"));
        assert!(world.audit()[0].contains("*Rejected*"));
    })
    .await;
}

#[tokio::test]
async fn nobody_answers_their_own_request() {
    play(Story::asked(), async |world| {
        world.company.idp.update_person(ADA.login, |ada| ada.groups.push("aws-temp#Reviewer".into()));
        let ada = world.ada();
        ada.is_refused("review.approve", "own_request", "You cannot answer your own request").await;
        ada.is_refused("review.reject", "own_request", "You cannot answer your own request").await;
    })
    .await;
}

#[tokio::test]
async fn nobody_answers_their_own_request_from_a_second_account() {
    play(Story::asked(), async |world| {
        world.company.idp.update_person(ADA.login, |ada| ada.groups.push("aws-temp#Reviewer".into()));
        let twin = world.hire(Persona { slack: "U0TWIN", login: "twin", name: "Twin", ..ADA });
        let page = twin.follows_link_as(&twin.asks_to_link().await, ADA).await;
        assert!(page.text().contains("already linked to another Slack account"), "{}", page.text());
        world.ada().types("/elevate unlink").await;
        let page = twin.follows_link_as(&twin.asks_to_link().await, ADA).await;
        assert_eq!(page.status, 200, "{}", page.text());
        world.everybody_catches_up();

        for press in ["review.approve", "review.reject"] {
            twin.is_refused(press, "own_request", "You cannot answer your own request").await;
        }
    })
    .await;
}

#[tokio::test]
async fn only_reviewers_answer() {
    play(Story::asked(), async |world| {
        let carol = world.carol();
        carol.is_refused("review.approve", "not_reviewer", "Only a member of aws-temp#Reviewer").await;
        let sentence = "Only the requester or a member of aws-temp#Reviewer";
        carol.is_refused("request.withdraw", "not_party", sentence).await;
    })
    .await;
}

#[tokio::test]
async fn who_is_no_reviewer_any_more_answers_nothing() {
    play(Story::asked(), async |world| {
        world
            .company
            .idp
            .update_person(BOB.login, |bob| bob.groups.retain(|group| group != "aws-temp#Reviewer"));
        let bob = world.bob();
        bob.is_refused("review.approve", "not_reviewer", "Only a member of aws-temp#Reviewer").await;
    })
    .await;
}

#[tokio::test]
async fn a_reviewer_whose_groups_cannot_be_checked_changes_nothing() {
    play(Story::asked(), async |world| {
        let bob = world.bob();
        world.company.idp.control().fail_next("token", Fault::Status(503));
        bob.is_refused("review.approve", "identity_unavailable", "Your groups could not be checked").await;
        bob.presses("review.approve").await;
        assert!(world.card().contains("*Approved*"), "the request stayed open");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_reviewer_whose_groups_cannot_be_read_changes_nothing() {
    play(Story::asked(), async |world| {
        let bob = world.bob();
        let claims = [("_claim_names".to_owned(), json!({ "groups": "src1" }))].into_iter().collect();
        world.company.idp.tamper(Tampering { claims, ..Tampering::default() });
        bob.is_refused("review.approve", "identity_unusable", "could not be accepted").await;
    })
    .await;
}

#[tokio::test]
async fn while_slack_cannot_say_whose_account_it_is_nothing_is_changed() {
    play(Story::asked(), async |world| {
        let bob = world.bob();
        world.company.slack.control().fail_always("users.info", Fault::Status(503));
        bob.presses("review.approve").await;
        assert!(bob.hears().contains("Your action is saved"));

        world.company.slack.control().heal();
        world.passes(TimeDelta::minutes(2)).await;
        assert!(world.card().contains("*Approved*"), "the press is carried out once it can be");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn an_approval_after_the_deadline_is_refused_though_nobody_has_written_that_down() {
    play(Story::asked(), async |world| {
        world.company.clock.advance(TimeDelta::hours(24));
        let bob = world.bob();
        bob.is_refused("review.approve", "expired_unanswered", "expired before anyone answered").await;

        world.sweep().await;
        assert!(world.card().contains("*Expired*"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_millisecond_before_the_deadline_is_in_time() {
    play(Story::asked(), async |world| {
        world.company.clock.advance(TimeDelta::hours(24) - TimeDelta::milliseconds(1));
        world.bob().presses("review.approve").await;
        assert!(world.card().contains("*Approved*"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn access_ends_when_its_window_does() {
    play(Story::approved(), async |world| {
        world.passes(TimeDelta::hours(1)).await;
        assert_eq!(world.company.clock.now(), nine() + TimeDelta::hours(1));
        let card = world.card();
        assert!(card.contains("*Ended*") && !card.contains("[ End"), "{card}");
        assert!(world.ada().is_told().contains("*Ended*"));
        assert!(world.audit()[0].contains("*Ended*"));
    })
    .await;
}

#[tokio::test]
async fn the_requester_or_a_reviewer_ends_access_early() {
    for ends in [ADA, BOB] {
        play(Story::approved(), async |world| {
            world.company.clock.advance(TimeDelta::minutes(10));
            world.player(ends).presses("request.end").await;
            let card = world.card();
            assert!(card.contains(&format!("*Ended early* by @{}", ends.name)), "{card}");
            assert!(world.ada().is_told().contains("*Ended early*"));
            assert!(world.audit()[0].contains("*Ended early*"));
        })
        .await;
    }
}

#[tokio::test]
async fn an_answer_that_takes_past_the_deadline_is_too_late() {
    play(Story::asked(), async |world| {
        world.company.clock.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
        world.company.idp.control().slow("token", Duration::from_secs(1));
        world.bob().presses_unawaited("review.approve").await;
        world.company.clock.advance(TimeDelta::seconds(1));
        world.settle().await;
        assert!(world.bob().hears().contains("expired before anyone answered"));
        world.auditors_hear(["*Refused* · @Bob tried to approve"]);
        world.sweep().await;
        assert!(world.card().contains("*Expired*"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn what_a_card_shows_comes_from_the_store() {
    play(Story::asked(), async |world| {
        let bob = world.bob();
        let message = world.company.slack.messages(REVIEW_CHANNEL).pop().unwrap();
        let mut blocks = message.blocks.clone();
        for block in &mut blocks {
            let text = block.to_string().replace("S3Admin", "Nothing").replace("bucket", "all is well");
            *block = serde_json::from_str(&text).unwrap();
        }
        world.company.slack.tamper_with_message(&message.channel, &message.ts, blocks);
        bob.presses("review.approve").await;
        let card = world.card();
        assert!(card.contains("S3Admin") && card.contains("bucket policy broken"), "{card}");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_card_that_somebody_deleted_is_posted_anew() {
    play(Story::asked(), async |world| {
        let message = world.company.slack.messages(REVIEW_CHANNEL).pop().unwrap();
        world.company.slack.delete_message(&message.channel, &message.ts);
        world.ada().presses("request.withdraw").await;
        assert!(world.card().contains("*Withdrawn*"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_card_that_one_replica_draws_late_does_not_hide_what_another_has_done() {
    play(Story::asked(), async |world| {
        let other = world.another_replica().await;
        let slack = world.company.slack.control();
        slack.slow("chat.update", Duration::from_secs(2));
        world.bob().presses_unawaited("review.approve").await;
        while !slack.calls().contains(&"chat.update".to_owned()) {
            tokio::task::yield_now().await;
        }
        slack.heal();

        world.company.clock.advance(TimeDelta::hours(1));
        sweep::sweep(other.broker()).await.unwrap();
        other.broker().idle().await;
        world.settle().await;
        assert!(world.card().contains("*Ended*"));
        assert!(world.ada().is_told().contains("*Ended*"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn while_slack_is_down_a_decision_stands_and_is_told_later() {
    play(Story::asked(), async |world| {
        for method in ["chat.update", "chat.postMessage", "chat.postEphemeral"] {
            world.company.slack.control().fail_always(method, Fault::Status(503));
        }
        world.bob().presses("review.approve").await;
        world.company.slack.control().heal();
        world.passes(TimeDelta::minutes(2)).await;
        assert!(world.card().contains("*Approved*"));
        assert!(world.ada().is_told().contains("*Approved*"));
        world.ada().hears();
        world.auditors_hear(["*Approved* · @Bob"]);
    })
    .await;
}
