//! Budget: what Slack may be asked, and what part of it nobody takes from reviewers.

use chrono::TimeDelta;
use sandbox::{
    example_corp::{BOB, CAROL, Persona},
    http::Fault,
};

use crate::world::{ASK, Story, World, play};

fn asked_for_members(world: &World) -> usize {
    world.company.slack.control().calls().iter().filter(|call| *call == "users.info").count()
}

#[tokio::test]
async fn an_account_that_is_not_linked_costs_one_question_a_minute_whatever_it_does() {
    play(Story::asked(), async |world| {
        let carol = world.carol();
        carol.types("/elevate unlink").await;
        world.passes(TimeDelta::minutes(1)).await;
        carol.types("/elevate link").await;
        let before = asked_for_members(world);
        for n in 0..30 {
            carol.types([ASK, "/elevate link", "/elevate confirm K7QM-2XPA", "/elevate"][n % 4]).await;
            world.company.clock.advance(TimeDelta::seconds(1));
        }
        assert_eq!(asked_for_members(world) - before, 0, "Slack was asked less than a minute ago");
        for _ in 0..10 {
            carol.presses("review.approve").await;
            world.company.clock.advance(TimeDelta::seconds(1));
        }
        assert_eq!(asked_for_members(world) - before, 0);
        carol.types("/elevate link").await;
        world.passes(TimeDelta::minutes(1)).await;
        carol.types("/elevate link").await;
        carol.types("/elevate link").await;
        assert_eq!(asked_for_members(world) - before, 1, "after a minute it is asked once more");
        world.everybody_puts_all_away();
    })
    .await;
}

#[tokio::test]
async fn what_changes_something_asks_each_time() {
    play(Story::asked(), async |world| {
        let before = asked_for_members(world);
        world.bob().presses("review.approve").await;
        world.bob().presses("request.end").await;
        let asked = asked_for_members(world) - before;
        assert!(asked >= 2, "{asked}");
        world.company.slack.update_person(BOB.slack, |bob| bob.is_restricted = true);
        world.ada().types(ASK).await;
        world.everybody_catches_up();
        world.bob().is_refused("review.approve", "not_full_member", "is a guest").await;
    })
    .await;
}

#[tokio::test]
async fn a_crowd_of_strangers_leaves_reviewers_their_part_of_what_slack_may_be_asked() {
    play(Story::asked(), async |world| {
        for n in 0..60 {
            let id: &'static str = format!("U0CROWD{n}").leak();
            let stranger = world.hire(Persona { slack: id, name: "Somebody", ..CAROL });
            stranger.types("/elevate link").await;
        }
        let at = world.company.clock.now();
        world.bob().presses("review.approve").await;
        assert!(world.card().contains("*Approved*"));
        assert_eq!(world.company.clock.now(), at, "he does not wait");
        world.everybody_puts_all_away();
    })
    .await;
}

#[tokio::test]
async fn who_has_to_wait_for_slack_hears_that_it_will_be_done_and_it_is() {
    play(Story::asked(), async |world| {
        let slack = world.company.slack.control();
        slack.fail_next("users.info", Fault::RateLimited(20));
        world.bob().presses("review.approve").await;
        assert!(world.bob().hears().contains("is saved and will be done"));
        assert!(world.card().contains("*Approved*"), "the same replica does it once Slack will have it");
        world.everybody_catches_up();
    })
    .await;
    play(Story::asked(), async |world| {
        let slack = world.company.slack.control();
        slack.fail_always("users.info", Fault::RateLimited(120));
        world.bob().presses("review.approve").await;
        assert!(world.bob().hears().contains("is saved and will be done"));
        slack.heal();
        world.passes(TimeDelta::minutes(2)).await;
        assert!(world.card().contains("*Approved*"), "the sweeper does it");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_page_waits_for_slack_as_long_as_slack_says() {
    play(Story::asked(), async |world| {
        let carol = world.carol();
        let link = carol.asks_to_link().await;
        for _ in 0..3 {
            world.company.slack.control().fail_next("users.info", Fault::RateLimited(2));
        }
        let page = carol.follows_link(&link).await;
        assert_eq!(page.status, 200, "{}", page.text());
        world.everybody_puts_all_away();
    })
    .await;
}
