//! Groups: asked of the identity provider once for all who ask at the same time, in whichever replica.

use std::time::Duration;

use chrono::TimeDelta;
use elevate::{
    domain::{act::Act, press::Wish},
    flows::inbox,
    ports::UsedToken,
};
use sandbox::example_corp::{ADA, BOB};

use crate::world::{Story, World, play};

const ASK_TOO: &str = "/elevate 444455556666/ReadOnly 1h look at the logs";

/// Ada asks for a second target; Bob is about to answer both.
async fn asks_again(world: &World) {
    world.ada().types(ASK_TOO).await;
    world.everybody_catches_up();
}

/// How often the provider was asked to refresh, or to redeem a code.
fn token_calls(world: &World) -> usize {
    world.company.idp.control().calls().iter().filter(|call| *call == "token").count()
}

#[tokio::test]
async fn two_replicas_that_need_somebodys_groups_at_once_ask_once() {
    play(Story::asked(), async |world| {
        asks_again(world).await;
        let other = world.another_replica().await;
        let [one, two] = world.requests_of(ADA).await;
        let before = token_calls(world);
        // Long enough for both to have read the token before either has taken it.
        world.company.dynamo.control().slow("TransactWriteItems", Duration::from_secs(1));
        let (one, two) = (
            world.press(BOB, "1", Wish::Do(one, Act::Approve)),
            world.press(BOB, "2", Wish::Do(two, Act::Approve)),
        );
        let (one, two) =
            tokio::join!(inbox::accept(world.app.broker(), one), inbox::accept(other.broker(), two));
        one.and(two).unwrap();
        while token_calls(world) == before {
            tokio::task::yield_now().await;
        }
        world.company.dynamo.control().heal();
        world.settle().await;
        other.broker().idle().await;

        assert_eq!(token_calls(world) - before, 1);
        let audit = world.audit();
        assert_eq!(audit.iter().filter(|line| line.contains("*Approved*")).count(), 2, "{audit:?}");
        world.everybody_catches_up();
        world.bob().presses("request.end").await;
        assert!(world.audit()[0].contains("*Ended early*"), "the token that was kept is the rotated one");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_while_another_replica_is_asking_asks_after_it() {
    play(Story::asked(), async |world| {
        asks_again(world).await;
        let other = world.another_replica().await;
        let [one, two] = world.requests_of(ADA).await;
        let before = token_calls(world);
        world.company.idp.control().slow("token", Duration::from_secs(1));
        inbox::accept(world.app.broker(), world.press(BOB, "1", Wish::Do(one, Act::Approve))).await.unwrap();
        while token_calls(world) == before {
            tokio::task::yield_now().await;
        }
        world.company.idp.update_person(BOB.login, |bob| bob.groups = vec!["staff".into()]);
        inbox::accept(other.broker(), world.press(BOB, "2", Wish::Do(two, Act::Approve))).await.unwrap();
        world.settle().await;
        other.broker().idle().await;

        assert_eq!(
            token_calls(world) - before,
            2,
            "what the first was told may be from before the second asked"
        );
        assert!(world.bob().hears().contains("Only a member of aws-temp#Reviewer"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_replica_that_died_in_its_turn_is_not_waited_for_for_good() {
    play(Story::asked(), async |world| {
        let store = &world.app.broker().ports().store;
        let bob = world.press(BOB, "1", Wish::Link).asker.who;
        let token = store.token(&bob).await.unwrap().unwrap();
        let until = world.company.clock.now() + TimeDelta::seconds(40);
        let taken = store.take_token(&bob, &token, until).await.unwrap();
        let before = token_calls(world);
        world.bob().presses_unawaited("review.approve").await;
        let reads =
            || world.company.dynamo.control().calls().iter().filter(|call| *call == "GetItem").count();
        let enough = reads() + 4; // his link, and his token again and again
        while reads() < enough {
            tokio::task::yield_now().await;
        }
        assert_eq!(token_calls(world), before, "the turn is not over");
        world.company.clock.advance(TimeDelta::seconds(40));
        world.settle().await;
        assert!(world.card().contains("*Approved*"));
        assert!(store.give_token_back(&bob, &taken, UsedToken::Gone).await.is_err(), "it wakes up too late");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn who_cannot_have_their_turn_is_told_so_and_nothing_is_changed() {
    play(Story::asked(), async |world| {
        let before = token_calls(world);
        world.company.dynamo.lose_answers_to("TransactWriteItems", "taken_until");
        world.bob().presses("review.approve").await;
        assert!(world.bob().hears().contains("your stored sign-in could not be read"));
        assert_eq!(token_calls(world), before, "the provider was not asked");
        assert!(world.audit()[0].contains("@Bob tried to approve"));
    })
    .await;
}
