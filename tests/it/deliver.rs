//! Deliver: who must hear of something hears of it, in order, once if possible, and whatever Slack does meanwhile.

use std::time::Duration;

use chrono::TimeDelta;
use elevate::{
    domain::{act::Act, press::Wish},
    flows::{inbox, sweep},
};
use sandbox::{
    example_corp::{ADA, AUDIT_CHANNEL, BOB, CAROL, REVIEW_CHANNEL},
    http::Fault,
};

use crate::world::{ASK, Story, World, play};

impl World {
    fn archives(&self, channel: &str, is_archived: bool) {
        self.company.slack.update_channel(channel, |channel| channel.is_archived = is_archived);
    }

    fn calls_of(&self, method: &str) -> usize {
        self.company.slack.control().calls().iter().filter(|call| *call == method).count()
    }

    /// Ada asks, while Slack does as it is told by `trouble`.
    async fn asks_amid(&self, trouble: impl FnOnce(&World)) {
        trouble(self);
        self.ada().types(ASK).await;
        self.ada().hears();
    }
}

// ---------------------------------------------------------------------------------------------------------
// In order

#[tokio::test]
async fn auditors_hear_of_a_request_in_order_whichever_replica_tells_them() {
    play(Story::with_linked([ADA, BOB, CAROL]), async |world| {
        world.asks_amid(|world| world.archives(AUDIT_CHANNEL, true)).await;
        world.archives(AUDIT_CHANNEL, false);
        let other = world.another_replica().await;
        let approve = Wish::Do(world.request_of(ADA).await, Act::Approve);
        inbox::accept(other.broker(), world.press(BOB, "1.1", approve)).await.unwrap();
        other.broker().idle().await;
        assert!(world.card().contains("*Approved*"), "who is not an auditor does not wait");
        assert_eq!(world.audit(), Vec::<String>::new(), "the request itself has not been told yet");

        world.passes(TimeDelta::seconds(5)).await;
        world.passes(TimeDelta::seconds(5)).await;
        let told = world.audit();
        let [requested, approved] = &told[..] else { panic!("{told:?}") };
        assert!(requested.contains("*Requested*") && approved.contains("*Approved*"), "{told:?}");
        world.everybody_catches_up();
    })
    .await;
}

// ---------------------------------------------------------------------------------------------------------
// Once, where the app can read along

#[tokio::test]
async fn a_card_whose_answer_was_lost_is_found_and_not_posted_again() {
    let lost = |world: &World| world.company.slack.control().fail_next("chat.postMessage", Fault::AnswerLost);
    play(Story::with_linked([ADA, BOB, CAROL]), async |world| {
        world.asks_amid(lost).await;
        world.bob().presses("review.approve").await;
        assert_eq!(world.company.slack.messages(REVIEW_CHANNEL).len(), 1);
        assert!(world.card().contains("*Approved*"), "the very card that was posted");
        world.passes(TimeDelta::seconds(5)).await;
        assert_eq!(world.company.slack.messages(REVIEW_CHANNEL).len(), 1);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_line_whose_answer_was_lost_is_found_and_not_said_again() {
    play(Story::asked(), async |world| {
        world.company.slack.control().fail_next("chat.postMessage", Fault::AnswerLost);
        world.ada().presses("review.approve").await;
        assert!(world.ada().hears().contains("your own request"));
        world.passes(TimeDelta::seconds(5)).await;
        world.auditors_hear(["*Refused* · @Ada tried to approve"]);
    })
    .await;
}

#[tokio::test]
async fn an_app_that_may_not_read_along_would_rather_say_it_twice() {
    play(Story::asked(), async |world| {
        world.company.slack.control().fail_next("chat.postMessage", Fault::AnswerLost);
        world.company.slack.control().fail_always("conversations.history", Fault::Status(403));
        world.ada().presses("review.approve").await;
        world.ada().hears();
        world.passes(TimeDelta::seconds(5)).await;
        let [one, other] = &world.audit()[..] else { panic!("it is said twice") };
        assert_eq!(one, other, "word for word");
    })
    .await;
}

// ---------------------------------------------------------------------------------------------------------
// Again and again, or never more

#[tokio::test]
async fn while_slack_is_down_it_is_asked_ever_more_rarely() {
    let down =
        |world: &World| world.company.slack.control().fail_always("chat.postMessage", Fault::Status(500));
    play(Story::with_linked([ADA, BOB, CAROL]), async |world| {
        world.asks_amid(down).await;
        let mut tries = Vec::new();
        for _ in 0..120 {
            let before = world.calls_of("chat.postMessage");
            world.passes(TimeDelta::seconds(30)).await;
            tries.push(world.calls_of("chat.postMessage") - before);
        }
        assert!(tries[..2].iter().sum::<usize>() >= 4, "at first it is tried at every turn: {tries:?}");
        assert!(tries[60..].iter().sum::<usize>() <= 3 * 4, "three messages, every ten minutes: {tries:?}");
        world.company.slack.control().heal();
        world.passes(TimeDelta::minutes(10)).await;
        assert!(!world.company.slack.messages(REVIEW_CHANNEL).is_empty());
        world.auditors_hear(["*Requested* · @Ada"]);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn however_long_slack_says_to_wait_it_is_asked_again_within_the_hour() {
    const YEAR: u32 = 365 * 24 * 60 * 60;
    let limited = |world: &World| {
        world.company.slack.control().fail_always("chat.postMessage", Fault::RateLimited(YEAR));
    };
    play(Story::with_linked([ADA, BOB, CAROL]), async |world| {
        world.asks_amid(limited).await;
        world.company.slack.control().heal();
        world.passes(TimeDelta::minutes(59)).await;
        assert_eq!(world.audit(), Vec::<String>::new(), "it is believed for that long");
        world.passes(TimeDelta::minutes(1)).await;
        world.auditors_hear(["*Requested* · @Ada"]);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_card_that_slack_refuses_for_good_is_a_dead_letter_and_drawn_once_there_is_a_channel() {
    play(Story::with_linked([ADA, BOB, CAROL]), async |world| {
        world.asks_amid(|world| world.archives(REVIEW_CHANNEL, true)).await;
        let mut told = world.audit();
        told.sort();
        let [undelivered, requested] = &told[..] else { panic!("{told:?}") };
        assert!(requested.contains("*Requested*"), "{told:?}");
        insta::assert_snapshot!(undelivered);
        assert!(world.ada().is_told().contains("*Waiting*"), "what waits behind it is said");
        world.passes(TimeDelta::minutes(14)).await;
        assert_eq!(world.company.slack.messages(REVIEW_CHANNEL).len(), 0);

        world.archives(REVIEW_CHANNEL, false);
        world.passes(TimeDelta::minutes(1)).await;
        assert!(world.card().contains("*Waiting*"), "instead of the first reminder");
        world.bob().presses("review.approve").await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn who_has_left_is_told_nothing_and_auditors_hear_of_that() {
    let down =
        |world: &World| world.company.slack.control().fail_always("chat.postMessage", Fault::Status(500));
    play(Story::with_linked([ADA, BOB, CAROL]), async |world| {
        world.asks_amid(down).await;
        world.company.slack.control().heal();
        world.company.slack.update_person(ADA.slack, |ada| ada.deleted = true);
        world.passes(TimeDelta::seconds(5)).await;
        let told = world.audit().join("\n");
        assert!(told.contains("*Not delivered*") && told.contains("the receipt"), "{told}");
        assert!(world.card().contains("*Waiting*"), "what goes elsewhere is said");
    })
    .await;
}

#[tokio::test]
async fn lines_for_auditors_wait_for_their_channel_however_long_that_takes() {
    play(Story::with_linked([ADA, BOB, CAROL]), async |world| {
        world.asks_amid(|world| world.archives(AUDIT_CHANNEL, true)).await;
        world.ada().presses("request.withdraw").await;
        world.passes(TimeDelta::days(3)).await;
        world.archives(AUDIT_CHANNEL, false);
        world.passes(TimeDelta::minutes(10)).await;
        world.passes(TimeDelta::minutes(1)).await;
        let told = world.audit();
        let [requested, withdrawn] = &told[..] else { panic!("{told:?}") };
        assert!(requested.contains("*Requested*") && withdrawn.contains("*Withdrawn*"), "{told:?}");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn what_an_operator_does_not_mend_within_a_day_is_a_dead_letter() {
    play(Story::asked(), async |world| {
        world.company.slack.control().fail_always("chat.update", Fault::Status(403));
        world.ada().presses("request.withdraw").await;
        world.passes(TimeDelta::hours(23)).await;
        let lines = |told: &[String]| told.iter().filter(|line| line.contains("*Not delivered*")).count();
        assert_eq!(lines(&world.audit()), 0);
        world.passes(TimeDelta::hours(2)).await;
        assert_eq!(lines(&world.audit()), 2, "card and receipt");
    })
    .await;
}

// ---------------------------------------------------------------------------------------------------------
// When a replica stops

#[tokio::test]
async fn a_replica_that_stops_finishes_what_it_says_and_gives_back_the_rest() {
    play(Story::with_linked([ADA]), async |world| {
        let slack = world.company.slack.control();
        slack.slow("chat.postMessage", Duration::from_millis(500));
        world.ada().sends(ASK).await;
        while world.calls_of("chat.postMessage") < 4 {
            tokio::task::yield_now().await; // one was a post about the policy, and two about linking
        }
        world.app.broker().stop();
        world.settle().await;
        assert!(world.card().contains("*Waiting*"), "what was being said is said");
        assert_eq!(world.audit(), Vec::<String>::new());

        let other = world.another_replica().await;
        assert_eq!(sweep::sweep(other.broker()).await.unwrap(), 2, "nobody waits for a lease to run out");
        world.auditors_hear(["*Requested* · @Ada"]);
        world.everybody_catches_up();
    })
    .await;
}
