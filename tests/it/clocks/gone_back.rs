//! Clocks that go back by an hour: nothing is done again or undone, and nothing waits for longer than that.

use std::time::Duration;

use chrono::TimeDelta;
use elevate::{
    domain::{message::Message, press::Wish},
    ports::Address,
};
use sandbox::{
    example_corp::{ADA, BOB},
    http::Fault,
    idp::{RefreshTokens, Tampering},
};
use tokio::time::timeout;

use super::sweeps;
use crate::world::{ASK, Story, account_of, may_call, nine, play};

#[tokio::test]
async fn when_a_clock_goes_back_nothing_is_done_again_and_nothing_undone() {
    play(Story::approved(), async |world| {
        world.passes(TimeDelta::minutes(50)).await;
        world.passes(TimeDelta::minutes(10)).await;
        assert!(world.card().contains("*Ended*"));
        world.everybody_catches_up();
        let before = world.history().await;

        world.company.clock.advance(-TimeDelta::hours(1));
        world.sweep().await;
        let ada = world.ada();
        world.presses_late(ADA, Wish::OpenConsole(world.request_of(ADA).await)).await;
        assert!(ada.hears().contains("this request is ended"), "it does not rise again");
        world.auditors_hear(["*Refused* · @Ada tried to open the AWS console"]);
        assert!(world.card().contains("*Ended*"), "what she asked about is drawn again as it is");
        for _ in 0..4 {
            world.passes(TimeDelta::minutes(15)).await;
        }
        assert_eq!(world.history().await, before);
        assert!(world.unread_by_anybody().is_empty(), "nobody is warned of the end once more");
    })
    .await;
}

#[tokio::test]
async fn an_end_that_a_clock_takes_back_before_it_is_written_down_comes_again() {
    play(Story::approved(), async |world| {
        world.passes(TimeDelta::minutes(50)).await;
        world.everybody_catches_up();
        let end = nine() + TimeDelta::hours(1);
        world.is_at(end);
        let dynamo = world.company.dynamo.control();
        dynamo.slow("TransactWriteItems", Duration::from_secs(1));
        let writes = || dynamo.calls().iter().filter(|call| *call == "TransactWriteItems").count();
        let before = writes();
        let goes_back = async {
            while writes() == before {
                tokio::task::yield_now().await;
            }
            world.is_at(end - TimeDelta::minutes(1));
        };
        tokio::join!(sweeps(&world.app), goes_back);
        dynamo.heal();
        assert!(world.unread_by_anybody().is_empty(), "the end was due, and is to come");
        world.passes(TimeDelta::minutes(1)).await;
        assert!(world.card().contains("*Ended*"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn what_waited_when_a_clock_went_back_is_said_once_it_has_caught_up() {
    play(Story::asked(), async |world| {
        for method in ["chat.update", "chat.postMessage", "chat.postEphemeral"] {
            world.company.slack.control().fail_always(method, Fault::Status(503));
        }
        world.company.clock.advance(TimeDelta::minutes(5));
        world.bob().presses("review.approve").await;
        world.company.clock.advance(-TimeDelta::hours(1));
        world.sweep().await;
        world.company.slack.control().heal();
        world.passes(TimeDelta::hours(1)).await;
        world.passes(TimeDelta::minutes(1)).await;
        assert!(world.card().contains("*Approved*"));
        assert!(world.ada().is_told().contains("*Approved*"));
        assert!(world.ada().hears().contains("Your link"));
        world.auditors_hear(["*Approved* · @Bob"]);
    })
    .await;
}

#[tokio::test]
async fn access_lasts_as_long_as_was_asked_for_though_a_clock_has_gone_back() {
    play(Story::asked(), async |world| {
        world.company.clock.advance(-TimeDelta::hours(1));
        world.bob().presses("review.approve").await;
        let ada = world.ada();
        assert_eq!(ada.opens(&ada.presses("session.open").await.unwrap()).await.status, 200);
        let end = world.company.clock.now() + TimeDelta::hours(1);
        assert!(may_call(world, end - TimeDelta::seconds(1)) && !may_call(world, end));
        world.everybody_catches_up();
        world.is_at(end);
        world.presses_late(ADA, Wish::OpenConsole(world.request_of(ADA).await)).await;
        assert!(ada.hears().contains("this request is ended"));
        world.passes(TimeDelta::minutes(1)).await;
        assert!(world.card().contains("*Ended*"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_turn_of_a_replica_that_died_is_over_though_a_clock_has_gone_back() {
    play(Story::asked(), async |world| {
        let store = &world.app.broker().ports().store;
        let bob = world.press(BOB, "1", Wish::Link).asker.who;
        let token = store.token(&bob).await.unwrap().unwrap();
        let until = world.company.clock.now() + TimeDelta::seconds(40);
        store.take_token(&bob, &token, until).await.unwrap();
        world.company.clock.advance(-TimeDelta::hours(1));
        world.bob().presses_unawaited("review.approve").await;
        let reads =
            || world.company.dynamo.control().calls().iter().filter(|call| *call == "GetItem").count();
        let enough = reads() + 4; // his link, and his token again and again
        while reads() < enough {
            tokio::task::yield_now().await;
        }
        world.company.clock.advance(TimeDelta::seconds(39));
        assert!(
            timeout(Duration::from_millis(600), world.settle()).await.is_err(),
            "the turn may be under way"
        );
        world.company.clock.advance(TimeDelta::seconds(1));
        timeout(Duration::from_secs(20), world.settle()).await.expect("the turn is overdue");
        assert!(world.card().contains("*Approved*"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn who_is_refused_after_a_clock_has_gone_back_is_heard_of_at_once() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        world.company.clock.advance(TimeDelta::minutes(1));
        for _ in 0..6 {
            ada.types("/elevate 111122223333/Admin 1h x").await;
        }
        world.auditors_hear(["*Refused* · @Ada tried to make a request"; 5]);
        world.company.clock.advance(-TimeDelta::hours(1));
        ada.types("/elevate 111122223333/Admin 1h x").await;
        world.auditors_hear(["*Refused* · @Ada tried to make a request"]);
        world.passes(TimeDelta::minutes(61)).await;
        world.auditors_hear(["*Refused* · @Ada tried to make a request"]);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_of_the_future_counts_for_nothing() {
    play(Story::start(), async |world| {
        let withheld = Tampering { refresh_tokens: RefreshTokens::Withheld, ..Tampering::default() };
        world.company.idp.tamper(withheld);
        world.ada().links().await;
        world.company.clock.advance(-TimeDelta::hours(1));
        world.ada().types(ASK).await;
        assert!(world.ada().hears().contains("requires you to sign in again"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_channel_is_not_held_up_by_a_clock_that_has_gone_back() {
    play(Story::with_linked([ADA]), async |world| {
        let messenger = &world.app.broker().ports().chats[account_of(ADA).platform()].messenger;
        let (ada, linked) = (Address::Person(account_of(ADA)), Message::Linked(ADA.email.parse().unwrap()));
        for _ in 0..12 {
            messenger.post(&ada, &linked).await.unwrap();
        }
        world.company.clock.advance(-TimeDelta::hours(1));
        let before = world.company.clock.now();
        messenger.post(&ada, &linked).await.unwrap();
        assert!(
            world.company.clock.now() <= before + TimeDelta::seconds(1),
            "it waits for one second, not for an hour"
        );
        world.everybody_catches_up();
    })
    .await;
}
