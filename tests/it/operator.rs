//! Operator: what whoever runs the app does at a command line, and what people notice of it.

use chrono::TimeDelta;
use elevate::flows::operator;
use sandbox::{
    example_corp::{ADA, BOB, Persona},
    http::Fault,
};

use crate::world::{ASK, Story, World, play};

async fn freezes(world: &World) {
    assert!(operator::freeze(world.app.broker(), "a laptop was stolen".parse().unwrap()).await.unwrap());
    world.settle().await;
    world.auditors_hear(["*⚠ Frozen* · the operator froze access at a command line"]);
}

async fn thaws(world: &World) {
    assert!(operator::thaw(world.app.broker()).await.unwrap());
    world.settle().await;
    world.auditors_hear(["*Thawed* · the operator thawed access"]);
}

async fn ends(world: &World, address: &str) -> usize {
    let ended = operator::end(world.app.broker(), &address.parse().unwrap()).await.unwrap();
    world.settle().await;
    ended.len()
}

#[tokio::test]
async fn while_access_is_frozen_no_request_is_approved_and_all_else_goes_on() {
    play(Story::asked(), async |world| {
        freezes(world).await;
        let bob = world.bob();
        bob.is_refused("review.approve", "frozen", "Access is frozen").await;
        world.ada().presses("request.withdraw").await;
        world.ada().types(ASK).await;
        assert!(world.ada().hears().contains("on its way"), "people ask, and are told");
        world.everybody_catches_up();
        thaws(world).await;
        bob.presses("review.approve").await;
        assert!(world.card().contains("*Approved* by @Bob"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn while_access_is_frozen_nobody_opens_the_console_by_any_replica() {
    play(Story::approved(), async |world| {
        let other = world.another_replica().await;
        freezes(world).await;
        world.is_served_by(&other).await;
        let ada = world.ada();
        let link = ada.console_link().await;
        let page = ada.opens(&link).await;
        assert!(page.text().contains("Access is frozen"), "{} {}", page.status, page.text());
        assert!(world.company.aws.access_keys().is_empty(), "AWS was not asked");
        world.auditors_hear(["*Refused* · @Ada tried to open the AWS console"]);
        thaws(world).await;
        assert_eq!(ada.opens(&link).await.status, 200, "the link is as good as before");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn what_is_frozen_is_not_frozen_again_and_what_is_not_is_not_thawed() {
    play(Story::start(), async |world| {
        let broker = world.app.broker();
        assert!(!operator::thaw(broker).await.unwrap());
        freezes(world).await;
        assert!(!operator::freeze(broker, "again".parse().unwrap()).await.unwrap());
        thaws(world).await;
        assert!(!operator::thaw(broker).await.unwrap());
        world.settle().await;
        let events = broker.ports().store.control_events().await.unwrap();
        let words: Vec<_> = events.iter().map(|event| (event.number, event.event_id())).collect();
        assert_eq!(words, [1, 2, 3].map(|number| (number, format!("control/{number}"))));
    })
    .await;
}

#[tokio::test]
async fn all_that_somebody_has_is_ended_under_whichever_address_it_was_typed() {
    play(Story::approved(), async |world| {
        assert_eq!(ends(world, "carol@example.com").await, 0, "she has nothing");
        assert_eq!(ends(world, "ADA@example.com").await, 1);
        let card = world.card();
        assert!(card.contains("*Ended early* by the operator"), "{card}");
        world.auditors_hear(["*Ended early* · the operator ended @Ada's access"]);
        world.everybody_catches_up();
        assert_eq!(ends(world, ADA.email).await, 0, "it is over");
    })
    .await;
}

#[tokio::test]
async fn what_somebody_waits_for_is_withdrawn_and_what_others_have_is_not() {
    play(Story::asked(), async |world| {
        let dora = world.hire(Persona {
            slack: "U0DORA",
            login: "dora",
            name: "Dora",
            email: "dora@example.com",
            ..ADA
        });
        dora.links().await;
        dora.types(ASK).await;
        world.everybody_catches_up();
        assert_eq!(ends(world, ADA.email).await, 1);
        world.auditors_hear(["*Withdrawn* · the operator withdrew @Ada"]);
        world.everybody_catches_up();
        assert_eq!(ends(world, BOB.email).await, 0);
        world.bob().presses("review.approve").await;
        assert!(world.card().contains("@Dora"), "hers is open still");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn where_the_operator_says_so_nobody_is_let_in_while_auditors_are_not_told() {
    play(Story::approved().set(&[("ACCESS__WITHOUT_AUDITORS", "refuse")]), async |world| {
        let ada = world.ada();
        let link = ada.console_link().await;
        world.company.slack.control().fail_always("chat.postMessage", Fault::Status(503));
        world.carol().types("/elevate 111122223333/S3Admin 1h let me in").await;
        world.passes(TimeDelta::minutes(9)).await;
        let other = ada.asks_for_the_console().await;
        assert_eq!(world.ada().opens(&link).await.status, 200, "they are late, and not too late");
        world.passes(TimeDelta::minutes(2)).await;
        let page = ada.opens(&other).await;
        assert!(page.text().contains("audit channel has not received"), "{} {}", page.status, page.text());
        assert_eq!(world.company.aws.access_keys().len(), 1, "AWS was asked once");

        world.company.slack.control().heal();
        world.passes(TimeDelta::minutes(11)).await;
        assert_eq!(ada.opens(&ada.asks_for_the_console().await).await.status, 200);
        world.everybody_catches_up();
    })
    .await;
}
