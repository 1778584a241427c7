//! Races: whoever presses at the same time, one wins, and everybody hears who.

use chrono::TimeDelta;
use elevate::domain::request::{Event, Recorded};
use futures_util::future::join_all;
use sandbox::example_corp::{ADA, BOB, Persona};

use crate::world::{Player, Story, World, event_row, play};

/// As many reviewers as it takes, linked.
async fn hire_reviewers(world: &World, how_many: usize) -> Vec<Player<'_>> {
    let mut reviewers = Vec::new();
    for n in 0..how_many {
        let reviewer = world.hire(Persona {
            slack: format!("U0REVIEWER{n}").leak(),
            login: format!("reviewer{n}").leak(),
            name: format!("Reviewer {n}").leak(),
            email: format!("reviewer{n}@example.com").leak(),
            ..BOB
        });
        reviewer.links().await;
        reviewers.push(reviewer);
    }
    reviewers
}

async fn history(world: &World) -> Vec<Recorded> {
    let store = &world.app.broker().ports().store;
    store.events(&world.request_of(ADA).await).await.unwrap()
}

#[tokio::test]
async fn of_sixty_four_presses_at_once_exactly_one_wins() {
    play(Story::asked(), async |world| {
        let reviewers = hire_reviewers(world, 16).await;
        world.company.dynamo.gather("TransactWriteItems", &event_row(2), 64);
        let presses = reviewers.iter().flat_map(|reviewer| [reviewer; 4]);
        join_all(presses.map(|reviewer| reviewer.presses_unawaited("review.approve"))).await;
        world.settle().await;

        let history = history(world).await;
        let [_, Recorded { what: Event::Approved { approvals, .. }, .. }] = &history[..] else {
            panic!("one approval, and nothing else: {history:?}")
        };
        assert!(world.card().contains(&format!(
            "*Approved* by @{}",
            name_of(&reviewers, approvals[0].by.human().unwrap().account.as_ref().unwrap().user())
        )));
        let heard: Vec<String> = reviewers.iter().flat_map(Player::unread_whispers).collect();
        assert_eq!(heard.len(), 60, "all others are told; the winner has pressed four times, and has won");
        let sentence = format!("{} has already approved this request", approvals[0].by.name());
        assert!(heard.iter().all(|heard| heard.contains(&sentence)), "{heard:?}");
        for _ in 0..3 {
            world.passes(TimeDelta::minutes(1)).await; // a channel takes its time for so many lines
        }
        let audit = world.audit();
        let (refused, others): (Vec<_>, Vec<_>) = audit.iter().partition(|line| line.contains("*Refused"));
        assert!(others.len() == 1 && others[0].contains("*Approved*"), "{others:?}");
        assert!(reviewers.iter().all(|one| {
            let name = format!("@{} tried", one.persona.name);
            one.persona.slack == approvals[0].by.human().unwrap().account.as_ref().unwrap().user()
                || refused.iter().any(|line| line.contains(&name))
        }));
        world.everybody_catches_up();
    })
    .await;
}

fn name_of<'a>(players: &'a [Player<'_>], slack: &str) -> &'a str {
    players.iter().find(|player| player.persona.slack == slack).unwrap().persona.name
}

#[tokio::test]
async fn of_an_approval_and_a_rejection_at_once_one_counts() {
    play(Story::asked(), async |world| {
        let [dora] = hire_reviewers(world, 1).await.try_into().ok().unwrap();
        let bob = world.bob();
        dora.presses("review.reject").await;
        world.company.dynamo.gather("TransactWriteItems", &event_row(2), 2);
        tokio::join!(
            bob.presses_unawaited("review.approve"),
            dora.submits(&[("reason", "use the read-only role")]),
        );
        world.settle().await;

        let [late, heard] = match &history(world).await[..] {
            [_, Recorded { what: Event::Approved { .. }, .. }] => [&dora, &bob].map(Player::unread_whispers),
            [_, Recorded { what: Event::Rejected { .. }, .. }] => [&bob, &dora].map(Player::unread_whispers),
            history => panic!("one answer, and nothing else: {history:?}"),
        };
        assert!(late.len() == 1 && late[0].contains("has already"), "{late:?}");
        assert!(heard.is_empty(), "the winner is told of no refusal: {heard:?}");
        let (card, receipt) = (world.card(), world.ada().is_told());
        assert_eq!(card.contains("*Approved*"), receipt.contains("*Approved*"), "{card}\n{receipt}");
        assert_ne!(card.contains("*Approved*"), card.contains("*Rejected*"), "{card}");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn of_an_approval_and_a_withdrawal_at_once_one_counts() {
    play(Story::asked(), async |world| {
        let (ada, bob) = (world.ada(), world.bob());
        world.company.dynamo.gather("TransactWriteItems", &event_row(2), 2);
        tokio::join!(bob.presses_unawaited("review.approve"), ada.presses_unawaited("request.withdraw"));
        world.settle().await;

        let history = history(world).await;
        let is_open = match &history[..] {
            [_, Recorded { what: Event::Approved { .. }, .. }] => true,
            [_, Recorded { what: Event::Withdrawn, .. }] => false,
            history => panic!("one of both, and nothing else: {history:?}"),
        };
        let late = if is_open { ada.hears() } else { bob.hears() };
        assert!(
            late.contains(if is_open { "has already approved" } else { "has already withdrawn" }),
            "{late}"
        );
        assert_eq!(world.card().contains("*Approved*"), is_open);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn of_two_who_end_access_at_once_one_ends_it() {
    play(Story::approved(), async |world| {
        let (ada, bob) = (world.ada(), world.bob());
        world.company.dynamo.gather("TransactWriteItems", &event_row(3), 2);
        tokio::join!(ada.presses_unawaited("request.end"), bob.presses_unawaited("request.end"));
        world.settle().await;

        let late = [&ada, &bob].map(Player::unread_whispers).concat();
        assert!(late.len() == 1 && late[0].contains("this request is ended"), "{late:?}");
        assert_eq!(history(world).await.len(), 3);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn of_two_requests_for_one_target_at_once_one_is_made() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        world.company.dynamo.gather("TransactWriteItems", &event_row(1), 2);
        let ask = "/elevate 111122223333/S3Admin 1h bucket policy broken";
        tokio::join!(ada.types(ask), ada.types(ask));
        let heard = ada.hears();
        assert!(heard.contains("on its way") && heard.contains("You already have a request"), "{heard}");
        assert_eq!(history(world).await.len(), 1);
        world.everybody_catches_up();
    })
    .await;
}
