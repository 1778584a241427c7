//! Inbox and sweeper: what is promised is done, once, by whichever replica lives.

use std::time::Duration;

use chrono::TimeDelta;
use elevate::{
    domain::{
        account_event::AccountEvent,
        decide::Ask,
        ids::CommandId,
        job::{AuditLine, follow_ups},
        press::{Asker, Wish},
        request::{Event, evolve},
    },
    ports::{NewEvent, Step},
};
use sandbox::{
    dynamo::DynamoFault,
    example_corp::{ADA, BOB, GENERAL_CHANNEL},
    http::Fault,
};

use crate::world::{ASK, Story, play};

#[tokio::test]
async fn a_press_that_its_replica_did_not_live_to_finish_is_finished_by_another() {
    play(Story::with_linked([ADA]), async |world| {
        let ports = world.app.broker().ports();
        let id = ports.ids.request_id(world.company.clock.now());
        let ask = Ask {
            target: "111122223333/S3Admin".parse().unwrap(),
            duration: "1h".parse().unwrap(),
            justification: "bucket policy broken".parse().unwrap(),
        };
        let wish = Wish::Request(id, ask);
        let press = world.press(ADA, "a trigger", wish);
        assert!(ports.store.accept(&press).await.unwrap());

        world.passes(TimeDelta::seconds(59)).await;
        assert!(world.audit().is_empty(), "its own replica still has time");
        world.passes(TimeDelta::seconds(1)).await;
        assert!(world.card().contains("bucket policy broken"));
        world.ada().is_told();
        world.ada().hears();
        world.auditors_hear(["*Requested* · @Ada"]);
        world.passes(TimeDelta::minutes(5)).await;
    })
    .await;
}

#[tokio::test]
async fn a_press_that_is_a_quarter_of_an_hour_old_is_given_up() {
    play(Story::with_linked([ADA]), async |world| {
        let ports = world.app.broker().ports();
        let press = world.press(ADA, "a trigger", Wish::Unlink);
        ports.store.accept(&press).await.unwrap();
        world.passes(TimeDelta::minutes(15) + TimeDelta::milliseconds(1)).await;
        assert!(world.ada().hears().contains("will not be retried"));
        assert!(world.audit()[0].contains("will not be retried"));
    })
    .await;
}

#[tokio::test]
async fn a_refusal_that_could_not_be_told_stays_a_refusal() {
    play(Story::asked(), async |world| {
        let bob = world.bob();
        world.company.idp.control().fail_always("token", Fault::Status(503));
        for method in ["response_url", "chat.postEphemeral"] {
            world.company.slack.control().fail_always(method, Fault::Status(503));
        }
        bob.presses("review.approve").await;
        world.auditors_hear(["*Refused* · @Bob tried to approve"]);

        world.company.idp.control().heal();
        world.company.slack.control().heal();
        world.passes(TimeDelta::minutes(2)).await;
        assert!(bob.hears().contains("Your groups could not be checked"), "he hears it late");
        assert!(world.audit().is_empty(), "nothing is approved, and nothing told twice");
    })
    .await;
}

#[tokio::test]
async fn a_request_whose_answer_could_not_be_told_is_not_called_a_failure() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        for method in ["response_url", "chat.postEphemeral"] {
            world.company.slack.control().fail_always(method, Fault::Status(503));
        }
        ada.types(ASK).await;
        assert!(world.card().contains("*Waiting*"));
        assert!(ada.is_told().contains("*Waiting*"));
        world.auditors_hear(["*Requested* · @Ada"]);
        world.company.clock.advance(TimeDelta::minutes(16));
        world.company.slack.control().heal();
        world.sweep().await;
        assert!(ada.unread_whispers().is_empty());
        assert!(world.card().contains("*Still waiting*"));
    })
    .await;
}

#[tokio::test]
async fn an_unlinking_done_twice_spares_the_link_made_in_between() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        let ports = world.app.broker().ports();
        ada.presses("person.unlink").await;
        ada.is_told();
        world.audit();
        let press = world.press(ADA, "a trigger", Wish::Unlink);
        ports.store.accept(&press).await.unwrap();
        ada.links().await;
        let link = ports.store.link(&press.asker.who).await.unwrap().unwrap();
        let unlinked = AccountEvent::Unlinked { email: link.email.clone() };
        let Asker { id, at, who, .. } = press.asker.clone();
        let change = unlinked.of(&who, link.human().into(), id, at);
        ports.store.record(&NewEvent { change, line: AuditLine::Own, now: at }).await.unwrap();
        world.passes(TimeDelta::minutes(2)).await;
        assert!(ports.store.link(&press.asker.who).await.unwrap().is_some());
        world.auditors_hear(["*Unlinked* · @Ada"]);
        assert!(ada.is_told().contains("no longer linked"));
    })
    .await;
}

#[tokio::test]
async fn a_press_that_cannot_be_stored_is_answered_so() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        world.company.dynamo.control().fail_always("TransactWriteItems", Fault::Status(500));
        ada.types(ASK).await;
        assert!(ada.hears().contains("could not confirm that your action was saved"));
        world.company.dynamo.control().heal();
        ada.types(ASK).await;
        assert!(ada.hears().contains("on its way"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn help_and_status_are_answered_at_once_and_store_nothing() {
    play(Story::asked(), async |world| {
        let (ada, dynamo) = (world.ada(), world.company.dynamo.control());
        let calls_for = async |line| {
            let before = dynamo.calls().len();
            ada.types(line).await;
            dynamo.calls().split_off(before)
        };
        assert_eq!(calls_for("/elevate help").await, Vec::<String>::new());
        assert!(ada.hears().contains("/elevate link"));
        assert_eq!(calls_for("/elevate status").await, ["GetItem", "Query", "BatchGetItem"]);
        assert!(ada.hears().contains(ADA.email));
        world.passes(TimeDelta::minutes(2)).await;
        assert!(ada.unread_whispers().is_empty(), "nothing was left for the sweeper");

        dynamo.fail_always("GetItem", Fault::Status(500));
        ada.types("/elevate status").await;
        assert!(ada.hears().contains("reference"));
        dynamo.heal();
        world.passes(TimeDelta::minutes(2)).await;
        assert!(ada.unread_whispers().is_empty(), "she has had her answer");
    })
    .await;
}

#[tokio::test]
async fn a_session_that_its_replica_did_not_live_to_settle_is_written_down_as_unknown() {
    play(Story::approved(), async |world| {
        let store = &world.app.broker().ports().store;
        let id = world.request_of(ADA).await;
        let request = store.request(&id).await.unwrap().unwrap();
        let issuing = Event::SessionIssuing { session: 1 };
        let recorded = request.next(
            issuing.by(request.requester.clone()),
            CommandId::random(1),
            world.company.clock.now(),
        );
        let held = request.holds_until();
        let after = evolve(request, &recorded);
        let jobs = follow_ups(&after, &recorded);
        let now = world.company.clock.now();
        let step = Step { recorded, after, held, jobs, uses_up: Vec::new(), now, given: Vec::new() };
        store.commit(&step).await.unwrap();

        world.passes(TimeDelta::minutes(2)).await;
        world.passes(TimeDelta::seconds(5)).await;
        let audit = world.audit();
        let [asked_for, unknown] = &audit[..] else { panic!("{audit:?}") };
        assert!(
            asked_for.contains("*Session requested*") && unknown.contains("*Session unknown*"),
            "{audit:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_winner_whose_answer_was_lost_has_won() {
    play(Story::asked(), async |world| {
        let ada = world.ada();
        let (channel, ts) = world.bob().newest_with("review.approve");
        let bob = world.company.slack.person(BOB.slack);
        world.company.dynamo.lose_answers_to("TransactWriteItems", "EVENT#");
        let pressed = bob.presses((channel.as_str(), ts.as_str()), "review.approve").await.unwrap();
        assert!(pressed.ack.is_ok());
        world.settle().await;
        assert!(world.bob().unread_whispers().is_empty(), "Bob is told of no refusal");
        assert!(world.card().contains("*Approved*"));
        ada.is_told();
        ada.hears();
        world.auditors_hear(["*Approved* · @Bob"]);
    })
    .await;
}

#[tokio::test]
async fn conflicts_and_throttling_of_the_store_pass_unnoticed() {
    play(Story::with_linked([ADA, BOB]), async |world| {
        let (ada, bob) = (world.ada(), world.bob());
        let stumbles = || {
            let faults =
                [DynamoFault::TransactionConflict, DynamoFault::Throttled, DynamoFault::SucceedThenTimeOut];
            for fault in faults {
                world.company.dynamo.fail_next_with("TransactWriteItems", fault);
            }
            for fault in [DynamoFault::Throttled, DynamoFault::SucceedThenTimeOut] {
                world.company.dynamo.fail_next_with("GetItem", fault);
            }
        };
        stumbles();
        ada.types(ASK).await;
        assert!(ada.hears().contains("on its way"));
        stumbles();
        bob.presses("review.approve").await;
        assert!(world.card().contains("*Approved*"));
        assert!(ada.hears().contains("Your link"));
        stumbles();
        let link = ada.presses("session.open").await.unwrap();
        assert_eq!(ada.opens(&link).await.status, 200);
        stumbles();
        ada.presses("request.end").await;
        assert!(world.card().contains("*Ended early*"));
        assert!(ada.is_told().contains("*Ended early*"));
        world.auditors_hear([
            "*Approved* · @Bob",
            "*Ended early* · @Ada",
            "*Requested* · @Ada",
            "*Session requested* · @Ada",
            "*Session issued* · @Ada",
        ]);
    })
    .await;
}

#[tokio::test]
async fn slack_is_answered_though_it_does_not_answer() {
    play(Story::asked(), async |world| {
        let slack = world.company.slack.control();
        for method in SLACK_METHODS {
            slack.slow(method, Duration::from_secs(2));
        }
        let (ada, bob) = (world.ada(), world.bob());
        let read = slack.calls().len();
        let acks = [
            ada.sends("/elevate status").await,
            ada.sends("/elevate 444455556666/ReadOnly 1h look at the logs").await,
            bob.sends("/elevate").await,
        ];
        bob.presses_unawaited("review.approve").await;
        bob.presses_unawaited("review.reject").await;
        assert!(acks.iter().all(sandbox::slack::Ack::is_ok), "{acks:?}");
        assert!(slack.calls().len() > read, "the product is waiting for Slack");
        assert!(
            world.unread_by_anybody().is_empty(),
            "everything was answered before Slack had done anything"
        );
        slack.heal();
        world.settle().await;
        world.everybody_catches_up();
        world.company.slack.reload(BOB.slack);
    })
    .await;
}

/// Everything that the product asks of Slack.
const SLACK_METHODS: [&str; 7] = [
    "users.info",
    "conversations.open",
    "chat.postMessage",
    "chat.postEphemeral",
    "chat.update",
    "views.open",
    "response_url",
];

#[tokio::test]
async fn whatever_slack_sends_twice_counts_once() {
    play(Story::approved(), async |world| {
        let (ada, bob) = (world.ada(), world.bob());
        ada.types("/elevate 444455556666/ReadOnly 1h look at the logs").await;
        let ask = world.company.slack.last_sent().unwrap();
        bob.presses("review.reject").await;
        bob.submits(&[("reason", "not today")]).await;
        let reject = world.company.slack.last_sent().unwrap();
        bob.presses("request.end").await;
        let end = world.company.slack.last_sent().unwrap();
        world.everybody_catches_up();
        world.company.clock.advance(TimeDelta::minutes(4));
        for sent in [ask, reject, end] {
            for headers in
                [vec![], vec![("X-Slack-Retry-Num", "1"), ("X-Slack-Retry-Reason", "http_timeout")]]
            {
                let again =
                    headers.iter().fold(sent.clone(), |sent, (name, value)| sent.with_header(name, value));
                assert_eq!(world.company.slack.send(&again).await.unwrap().status, 200);
                world.settle().await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn forged_stale_and_unsigned_requests_are_refused() {
    play(Story::with_linked([ADA]), async |world| {
        let slack = &world.company.slack;
        slack.person(ADA.slack).types(GENERAL_CHANNEL, "/elevate help").await.unwrap();
        world.settle().await;
        world.ada().hears();
        let sent = slack.last_sent().unwrap();

        let forged = sent.clone().with_header("x-slack-signature", &format!("v0={}", "0".repeat(64)));
        assert_eq!(slack.send(&forged).await.unwrap().status, 401);
        let mut edited = sent.clone();
        edited.body = edited.body.replace(ADA.slack, BOB.slack);
        assert_eq!(slack.send(&edited).await.unwrap().status, 401);
        let mut unsigned = sent.clone();
        unsigned.headers.retain(|(name, _)| !name.starts_with("x-slack"));
        unsigned.headers.retain(|(name, _)| !name.starts_with("X-Slack"));
        assert_eq!(slack.send(&unsigned).await.unwrap().status, 401);
        world.company.clock.advance(TimeDelta::seconds(301));
        assert_eq!(slack.send(&sent).await.unwrap().status, 401);
        let huge = slack.signed("/slack/commands", &format!("text={}", "x".repeat(600_000)));
        assert_eq!(slack.send(&huge).await.unwrap().status, 413);
    })
    .await;
}
