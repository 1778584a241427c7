//! What comes twice: an envelope, a press, and a press whose acknowledgement never came.

use std::time::Duration;

use chrono::TimeDelta;
use elevate::{
    config::Transport,
    domain::{
        act::Act,
        press::Wish,
        request::{Event, Recorded},
    },
};
use sandbox::example_corp::{ADA, BOB};
use serde_json::json;

use super::scene::{ScriptedSlack, ask, envelope, pressed};
use crate::world::{Story, World, event_row, play};

#[tokio::test]
async fn an_envelope_on_two_connections_and_once_more_counts_once() {
    play(Story::with_linked([ADA]), async |world| {
        let slack = ScriptedSlack::start().await;
        let bot = slack.meets(world);
        let (mut one, mut other) = (slack.greets().await, slack.greets().await);
        let command = envelope("slash_commands", ask(world, "a command"));
        world.company.dynamo.gather("TransactWriteItems", "INBOX#", 2);
        one.says(&command).await;
        other.says(&command).await;
        for connection in [&mut one, &mut other] {
            assert_eq!(connection.hears().await, json!({ "envelope_id": "slash_commands" }));
        }
        one.says(&command).await;
        assert_eq!(one.hears().await, json!({ "envelope_id": "slash_commands" }));
        world.settle().await;
        let heard = world.ada().unread_whispers();
        assert!(heard.len() == 1 && heard[0].contains("on its way"), "{heard:?}");
        world.card();
        world.ada().is_told();
        world.auditors_hear(["*Requested* · @Ada"]);
        drop(bot);
    })
    .await;
}

#[tokio::test]
async fn of_a_double_click_one_press_counts_and_nobody_is_told_no() {
    play(Story::asked().over(Transport::Socket), async |world| {
        let bob = world.bob();
        world.company.dynamo.gather("TransactWriteItems", &event_row(2), 2);
        tokio::join!(bob.presses_unawaited("review.approve"), bob.presses_unawaited("review.approve"));
        world.settle().await;
        assert_eq!(bob.unread_whispers(), Vec::<String>::new(), "his card shows it");
        let audit = world.audit();
        assert!(audit.len() == 1 && audit[0].contains("*Approved*"), "{audit:?}");
        assert_approved_once(world).await;
    })
    .await;
}

#[tokio::test]
async fn a_press_that_its_replica_did_not_live_to_acknowledge_counts_once_however_it_comes_again() {
    play(Story::asked(), async |world| {
        let bob = world.bob();
        let slack = ScriptedSlack::start().await;
        let bot = slack.meets(world);
        let mut connection = slack.greets().await;
        let request = world.request_of(ADA).await;
        let stored = world.press(BOB, "a press", Wish::Do(request.clone(), Act::Approve));
        let ports = world.app.broker().ports();
        assert!(ports.store.accept(&stored).await.unwrap());

        let button = json!({ "action_id": "review.approve", "value": request });
        let pressed = |trigger| {
            let mut press = pressed(BOB, &button, trigger);
            press["container"] = world.card_as_container();
            press
        };
        connection.says(&envelope("interactive", pressed("a press"))).await;
        assert_eq!(connection.hears().await, json!({ "envelope_id": "interactive" }), "the promise stands");
        world.settle().await;
        assert!(world.unread_by_anybody().is_empty(), "and whoever keeps it has time");
        connection.says(&envelope("interactive", pressed("another press"))).await;
        assert_eq!(connection.hears().await, json!({ "envelope_id": "interactive" }));
        world.settle().await;
        assert!(bob.unread_whispers().is_empty(), "his card shows it");
        assert_approved_once(world).await;
        world.auditors_hear(["*Approved* · @Bob"]);

        world.passes(TimeDelta::minutes(2)).await;
        assert!(bob.unread_whispers().is_empty(), "what he had pressed before has been done");
        assert!(world.audit().is_empty());
        drop(bot);
    })
    .await;
}

#[tokio::test]
async fn what_was_done_without_an_acknowledgement_is_not_done_again() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        let slack = ScriptedSlack::start().await;
        let bot = slack.meets(world);
        let (mut one, mut other) = (slack.greets().await, slack.greets().await);
        bot.serves_on(2).await;
        world.company.dynamo.control().slow("TransactWriteItems", Duration::from_millis(300));
        one.says(&envelope("slash_commands", ask(world, "a command"))).await;
        one.says(&envelope("events_api", json!({}))).await;
        assert_eq!(one.hears().await["envelope_id"], "events_api");
        drop(one);
        bot.serves_on(1).await;
        assert_eq!((bot.answers("command", "unavailable"), bot.answers("command", "ok")), (1.0, 0.0));
        world.settle().await;
        assert!(ada.hears().contains("on its way"), "though Slack has told her that it failed");

        other.says(&envelope("slash_commands", ask(world, "another command"))).await;
        assert_eq!(other.hears().await, json!({ "envelope_id": "slash_commands" }));
        world.settle().await;
        let heard = ada.unread_whispers();
        assert!(heard.len() == 1 && heard[0].contains("You already have a request"), "{heard:?}");
        assert!(world.card().contains("*Waiting*"));
        assert!(ada.is_told().contains("*Waiting*"));
        world.auditors_hear(["*Refused* · @Ada tried to make a request", "*Requested* · @Ada"]);
    })
    .await;
}

/// Ada's request has been approved, by one event, and everybody sees it.
async fn assert_approved_once(world: &World) {
    let store = &world.app.broker().ports().store;
    let history = store.events(&world.request_of(ADA).await).await.unwrap();
    assert!(matches!(&history[..], [_, Recorded { what: Event::Approved { .. }, .. }]), "{history:?}");
    assert!(world.card().contains("*Approved* by @Bob"));
    assert!(world.ada().is_told().contains("*Approved*"));
    assert!(world.ada().hears().contains("Your link"));
}
