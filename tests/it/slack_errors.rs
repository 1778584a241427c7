//! Slack's errors: each has a way out, for the person who acts or for the operator.

use chrono::TimeDelta;
use sandbox::example_corp::{ADA, REVIEW_CHANNEL};

use crate::world::{ASK, Story, play};

#[tokio::test]
async fn a_card_that_slack_does_not_change_is_posted_again_and_answered_there() {
    for error in ["cant_update_message", "edit_window_closed", "is_inactive", "message_not_found"] {
        play(Story::asked(), async |world| {
            world.company.slack.refuse("chat.update", Some(REVIEW_CHANNEL), error);
            world.bob().presses("review.approve").await;
            assert!(world.card().contains("*Approved*"), "{error}");
            assert_eq!(world.company.slack.messages(REVIEW_CHANNEL).len(), 2, "{error}: posted again");
            world.company.slack.refuse_nothing();
            world.bob().presses("request.end").await;
            assert!(world.card().contains("*Ended early*"), "{error}");
            assert_eq!(
                world.company.slack.messages(REVIEW_CHANNEL).len(),
                2,
                "{error}: the new card is the card"
            );
            world.everybody_catches_up();
        })
        .await;
    }
}

#[tokio::test]
async fn a_link_that_slack_limits_in_either_spelling_arrives_when_it_may() {
    for error in ["rate_limited", "ratelimited"] {
        play(Story::asked(), async |world| {
            world.company.slack.refuse("chat.postEphemeral", None, error);
            world.bob().presses("review.approve").await;
            world.company.slack.refuse_nothing();
            world.passes(TimeDelta::minutes(1)).await;
            assert!(world.ada().hears().contains("Open AWS console"), "{error}");
            world.everybody_catches_up();
        })
        .await;
    }
}

#[tokio::test]
async fn a_form_that_comes_too_late_is_asked_for_again() {
    for error in ["expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"] {
        play(Story::with_linked([ADA]), async |world| {
            world.company.slack.refuse("views.open", None, error);
            world.ada().types("/elevate").await;
            let heard = world.ada().hears();
            assert!(heard.contains("Do it again") && !heard.contains("went wrong"), "{error}: {heard}");
            world.company.slack.refuse_nothing();
            world.ada().types("/elevate").await;
            assert!(world.ada().form().contains("S3Admin"), "{error}");
            world.everybody_puts_all_away();
        })
        .await;
    }
}

#[tokio::test]
async fn what_only_the_operator_can_mend_says_so_with_slacks_own_word_and_a_reference() {
    for error in [
        "missing_scope",
        "account_inactive",
        "not_allowed_token_type",
        "token_revoked",
        "team_access_not_granted",
        "ekm_access_denied",
        "org_login_required",
        "an_error_of_tomorrow",
    ] {
        play(Story::with_linked([ADA]), async |world| {
            world.company.slack.refuse("users.info", None, error);
            world.ada().types(ASK).await;
            let heard = world.ada().hears();
            assert!(
                heard.contains(error) && heard.contains("Contact the people who run this app"),
                "{heard}"
            );
            assert!(heard.contains("reference") && !heard.contains("went wrong"), "{error}: {heard}");
            assert!(world.audit().join("\n").contains(error), "auditors read it too");
            assert_eq!(world.company.slack.messages(REVIEW_CHANNEL).len(), 0, "nothing was requested");
        })
        .await;
    }
}

#[tokio::test]
async fn an_account_that_slack_does_not_show_is_told_so() {
    for error in ["user_not_found", "user_not_visible"] {
        play(Story::with_linked([ADA]), async |world| {
            world.company.slack.refuse("users.info", None, error);
            world.ada().types(ASK).await;
            assert!(world.ada().hears().contains("Ask a workspace admin"), "{error}");
            world.everybody_catches_up();
        })
        .await;
    }
}
