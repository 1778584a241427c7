//! Remind: who can act, or is about to lose access, hears of it in time.

use chrono::TimeDelta;
use sandbox::example_corp::{ADA, BOB, REVIEW_CHANNEL};

use crate::world::{Story, play};

#[tokio::test]
async fn reviewers_are_reminded_below_the_card_until_the_request_expires() {
    play(Story::asked(), async |world| {
        let card = world.company.slack.messages(REVIEW_CHANNEL).pop().unwrap();
        let mut reminded_after = Vec::new();
        for minute in (1..24 * 60).step_by(7) {
            world.passes(TimeDelta::minutes(if minute == 1 { 1 } else { 7 })).await;
            let threads = world.company.slack.messages(REVIEW_CHANNEL);
            let reminders =
                threads.iter().filter(|message| message.thread_ts.as_ref() == Some(&card.ts)).count();
            if reminders > reminded_after.len() {
                reminded_after.push(minute);
            }
        }
        assert_eq!(
            reminded_after,
            [15, 36, 64, 120, 246, 484, 960],
            "the first look after 15, 30, 60 … minutes"
        );
        insta::assert_snapshot!(world.card());
        world.passes(TimeDelta::minutes(7)).await;
        assert!(world.card().contains("*Expired*"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_sweeper_that_is_late_reminds_once() {
    play(Story::asked(), async |world| {
        world.passes(TimeDelta::hours(3)).await;
        assert!(world.card().contains("*Still waiting*"));
        assert_eq!(world.company.slack.messages(REVIEW_CHANNEL).len(), 2, "the card and one line below it");
    })
    .await;
}

#[tokio::test]
async fn nobody_is_reminded_of_what_has_been_answered() {
    play(Story::asked(), async |world| {
        world.ada().presses("request.withdraw").await;
        world.everybody_catches_up();
        world.passes(TimeDelta::minutes(15)).await;
    })
    .await;
}

#[tokio::test]
async fn ada_hears_ten_minutes_before_her_access_ends() {
    play(Story::approved(), async |world| {
        world.passes(TimeDelta::minutes(50) - TimeDelta::milliseconds(1)).await;
        assert!(world.unread_by_anybody().is_empty());
        world.passes(TimeDelta::milliseconds(1)).await;
        insta::assert_snapshot!(world.ada().is_told());
        let receipts = world.company.slack.direct_messages(ADA.slack);
        let [.., receipt, warning] = &receipts[..] else { panic!("{receipts:?}") };
        assert_eq!(warning.thread_ts.as_ref(), Some(&receipt.ts), "below her receipt");
    })
    .await;
}

#[tokio::test]
async fn whose_access_has_been_ended_is_not_warned_of_its_end() {
    play(Story::approved(), async |world| {
        world.player(BOB).presses("request.end").await;
        world.everybody_catches_up();
        world.passes(TimeDelta::minutes(50)).await;
    })
    .await;
}
