//! Unreached: who cannot be told, because Slack refuses the message, is called in another way, and hears when that is
//! over.

use chrono::TimeDelta;
use sandbox::example_corp::{ADA, BOB, REVIEW_CHANNEL};

use crate::world::{ASK, Story, World, play};

/// Errors with which Slack refuses a post to a channel, of every cause: the channel itself, and what only an operator can
/// mend (<https://docs.slack.dev/reference/methods/chat.postMessage#errors>).
const CHANNEL_CLOSED: [&str; 9] = [
    "is_archived",
    "not_in_channel",
    "channel_not_found",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "team_access_not_granted",
    "missing_scope",
    "an_error_of_tomorrow",
];

/// Errors with which Slack refuses a message to a person.
const PERSON_CLOSED: [&str; 8] = [
    "messages_tab_disabled",
    "cannot_dm_bot",
    "channel_not_found",
    "user_disabled",
    "user_not_visible",
    "account_inactive",
    "missing_scope",
    "an_error_of_tomorrow",
];

/// The methods that send something to a person or a channel.
const SENDING: [&str; 4] = ["chat.postMessage", "chat.postEphemeral", "chat.update", "conversations.open"];

impl World {
    /// Slack refuses all that is for Ada alone.
    fn does_not_reach_ada(&self, error: &'static str) {
        for method in SENDING {
            self.company.slack.refuse(method, Some(ADA.slack), error);
            self.company.slack.refuse(method, Some(&format!("D{}", ADA.slack)), error);
        }
    }

    /// Minutes pass, with a sweep in each.
    async fn minutes_pass(&self, minutes: usize) {
        for _ in 0..minutes {
            self.passes(TimeDelta::minutes(1)).await;
        }
    }
}

#[tokio::test]
async fn who_asks_what_no_reviewer_can_see_hears_so_and_the_card_comes_as_soon_as_it_can() {
    for error in CHANNEL_CLOSED {
        play(Story::with_linked([ADA, BOB]), async |world| {
            world.company.slack.refuse("chat.postMessage", Some(REVIEW_CHANNEL), error);
            world.ada().types(ASK).await;
            world.minutes_pass(2).await;
            let told = world.ada().is_told();
            assert!(told.contains("*Not visible to reviewers yet*"), "{error}: {told}");
            let audit = world.audit().join("\n");
            assert!(audit.contains("*Not delivered*") && audit.contains(error), "{error}: {audit}");
            let closed = world.app.broker().health().closed;
            assert_eq!(closed.values().collect::<Vec<_>>(), [error], "a replica shows what it cannot do");

            world.minutes_pass(5).await;
            assert_eq!(world.unread_by_anybody().len(), 1, "{error}: nobody is told again and again");
            world.company.slack.refuse_nothing();
            world.minutes_pass(1).await;
            assert!(world.card().contains("*Waiting*"), "{error}: a minute later");
            assert!(world.ada().is_told().contains("*Visible to reviewers*"), "{error}");
            assert!(world.app.broker().health().closed.is_empty(), "{error}");
            world.bob().presses("review.approve").await;
            world.everybody_catches_up();
        })
        .await;
    }
}

#[tokio::test]
async fn nobody_waits_for_a_card_that_is_not_needed_any_more() {
    play(Story::with_linked([ADA, BOB]), async |world| {
        world.company.slack.refuse("chat.postMessage", Some(REVIEW_CHANNEL), "is_archived");
        world.ada().types(ASK).await;
        world.ada().presses("request.withdraw").await;
        world.minutes_pass(3).await;
        world.everybody_catches_up();
        world.company.slack.refuse_nothing();
        world.minutes_pass(3).await;
        assert_eq!(world.company.slack.messages(REVIEW_CHANNEL).len(), 0, "what is withdrawn is not posted");
    })
    .await;
}

#[tokio::test]
async fn what_a_requester_cannot_be_told_reviewers_read_below_the_card() {
    for error in PERSON_CLOSED {
        play(Story::asked(), async |world| {
            world.does_not_reach_ada(error);
            world.bob().presses("review.approve").await;
            world.minutes_pass(2).await;
            let below = world.review().join("\n");
            assert!(below.contains("*Please pass on*") && below.contains("@Ada"), "{error}: {below}");
            assert_eq!(below.matches("pass on").count(), 1, "{error}: once\n{below}");
            let audit = world.audit().join("\n");
            assert!(audit.contains("*Not delivered*") && audit.contains(error), "{error}: {audit}");

            world.ada().types("/elevate status").await;
            let heard = world.ada().hears();
            assert!(heard.contains("[ Open console ]"), "{error}: it opens all the same\n{heard}");
            world.minutes_pass(52).await;
            let warned = world.review().join("\n");
            assert_eq!(warned.matches("pass on").count(), 1, "{error}: and once before it ends\n{warned}");
            world.everybody_puts_all_away();
        })
        .await;
    }
}

#[tokio::test]
async fn how_a_request_ends_is_passed_on_if_its_requester_cannot_be_told() {
    play(Story::asked(), async |world| {
        world.does_not_reach_ada("messages_tab_disabled");
        world.bob().presses("review.reject").await;
        world.bob().submits(&[("reason", "use the read-only role")]).await;
        let below = world.review().join("\n");
        assert!(below.contains("*Please pass on*") && below.contains("Rejected"), "{below}");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_platform_that_lets_the_app_write_to_nobody_shows_as_degraded_and_one_person_does_not() {
    play(Story::with_linked([ADA, BOB]), async |world| {
        world.company.slack.refuse("chat.postMessage", Some(ADA.slack), "user_disabled");
        world.ada().types(ASK).await;
        assert!(world.app.broker().health().unreached.is_empty(), "it may be about Ada alone");
        world.company.slack.refuse("chat.postMessage", Some(BOB.slack), "messages_tab_disabled");
        world.bob().types("/elevate unlink").await;
        let unreached = world.app.broker().health().unreached;
        assert_eq!(unreached.values().collect::<Vec<_>>(), ["messages_tab_disabled"]);
        world.everybody_catches_up();
    })
    .await;
}
