//! Hostile payloads, rightly signed: what somebody may send who edits what their client sends, or has the signing
//! secret. The corpus has what is odd; here is what is meant to do harm.

use std::sync::atomic::{AtomicU64, Ordering};

use elevate::domain::ids::RequestId;
use sandbox::{
    example_corp::{ADA, BOB, CAROL, MALLORY, Persona, TEAM},
    slack::{self, Ack},
};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::world::{Story, World, play};

/// Deeper than any stack takes, and yet shorter than the longest body that is read.
const DEPTH: usize = 100_000;

async fn sends(world: &World, path: &str, body: &str) -> Ack {
    let ack = world.company.slack.send(&world.company.slack.signed(path, body)).await.unwrap();
    world.settle().await;
    ack
}

async fn interacts(world: &World, payload: &Value) -> Ack {
    let body =
        form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
    sends(world, "/slack/interactions", &body).await
}

/// What tells a press from all others.
fn trigger() -> String {
    static PRESSES: AtomicU64 = AtomicU64::new(0);
    PRESSES.fetch_add(1, Ordering::Relaxed).to_string()
}

/// A press of a button that carries a value, by somebody who is said to be of these workspaces.
fn press((who, [team, users_team]): (&str, [Value; 2]), action: &str, value: &str) -> Value {
    json!({
        "type": "block_actions", "trigger_id": trigger(),
        "team": team, "user": { "id": who, "team_id": users_team },
        "actions": [{ "type": "button", "action_id": action, "value": value }],
    })
}

/// The same on the card, by somebody who is all of this workspace.
fn press_by(world: &World, persona: Persona, action: &str, value: &str) -> Value {
    let mut press = press((persona.slack, [json!({ "id": TEAM }), json!(TEAM)]), action, value);
    press["container"] = world.card_as_container();
    press
}

/// The form that makes a request, filled in by Ada with anything at all.
fn form(target: &str, duration: &str, justification: &str) -> Value {
    let chosen = |field: &str, value: &str| json!({ field: { "selected_option": { "value": value } } });
    json!({
        "type": "view_submission", "trigger_id": trigger(),
        "team": { "id": TEAM }, "user": { "id": ADA.slack, "team_id": TEAM },
        "view": { "callback_id": "request.submit", "state": { "values": {
            "target": chosen("target", target), "duration": chosen("duration", duration),
            "justification": { "justification": { "value": justification } },
        } } },
    })
}

/// What is stored of the request has not changed, and Bob can approve it.
async fn is_unharmed(world: &World, request: &RequestId) {
    let stored = world.app.broker().ports().store.request(request).await.unwrap().unwrap();
    assert_eq!(stored.version, 1);
    world.bob().presses("review.approve").await;
    assert!(world.card().contains("*Approved*"));
    world.everybody_catches_up();
}

#[tokio::test]
async fn a_payload_that_nests_deeper_than_the_stack_or_has_no_end_of_keys_is_let_pass() {
    play(Story::asked(), async |world| {
    let request = world.request_of(ADA).await;
    let (open, close) = ("[".repeat(DEPTH), "]".repeat(DEPTH));
    let objects = format!("{}1{}", "{\"a\":".repeat(DEPTH / 2), "}".repeat(DEPTH / 2));
    let wide: String = (0..30_000).map(|n| format!("\"k{n}\":0,")).collect();
    let bombs = [format!("{open}{close}"), open, objects, format!("{{{wide}\"last\":0}}")];
    let ada = format!("\"user\":{{\"id\":\"{}\",\"team_id\":\"{TEAM}\"}}", ADA.slack);
    for bomb in &bombs {
        for payload in [
            bomb.clone(),
            format!("{{\"type\":{bomb}}}"),
            format!("{{\"type\":\"block_actions\",{ada},\"trigger_id\":\"1\",\"actions\":{bomb}}}"),
            format!(
                "{{\"type\":\"block_actions\",{ada},\"trigger_id\":\"2\",\"actions\":[],\"unheard_of\":{bomb}}}"
            ),
            format!(
                "{{\"type\":\"view_submission\",{ada},\"view\":{{\"callback_id\":\"x\",\"state\":{bomb}}}}}"
            ),
            format!("{{\"type\":\"unheard_of\",\"what\":{bomb}}}"),
        ] {
            let ack = sends(world, "/slack/interactions", &format!("payload={payload}")).await;
            assert_eq!((ack.status, &ack.body), (200, &Value::Null), "{}", &payload[..80]);
        }
        let event = format!("{{\"type\":\"event_callback\",\"event\":{bomb}}}");
        assert_eq!(sends(world, "/slack/events", &event).await.status, 200);
    }
    is_unharmed(world, &request).await;
    }).await;
}

#[tokio::test]
async fn a_text_of_forty_thousand_characters_is_too_long_wherever_it_stands() {
    play(Story::asked(), async |world| {
        let request = world.request_of(ADA).await;
        let long = "x".repeat(40_000);
        let told = "The reason has 40000 characters; the maximum is 1000. Shorten it.";
        world.ada().types(&format!("/elevate 444455556666/ReadOnly 1h {long}")).await;
        assert!(world.ada().hears().contains(told));
        let ack = interacts(world, &form("444455556666/ReadOnly", "1h", &long)).await;
        assert_eq!(ack.body["errors"]["justification"].as_str(), Some(told));
        for (target, duration, field) in
            [(long.as_str(), "1h", "target"), ("444455556666/ReadOnly", &long, "duration")]
        {
            let ack = interacts(world, &form(target, duration, "why")).await;
            let error = ack.body["errors"][field].as_str().unwrap();
            assert!(error.len() < 200, "it is not repeated: {error}");
        }
        world.ada().types(&format!("/elevate {long}")).await;
        assert!(world.ada().hears().len() < 1_000, "it is not repeated");
        assert_eq!(interacts(world, &press_by(world, ADA, &long, &long)).await.status, 200);
        is_unharmed(world, &request).await;
    })
    .await;
}

#[tokio::test]
async fn what_no_form_offers_is_decided_like_all_else() {
    play(Story::asked(), async |world| {
        let request = world.request_of(ADA).await;
        for (target, duration, told) in [
            ("111122223333/Administrator", "1h", "You are not eligible for 111122223333/Administrator"),
            ("999988887777/ReadOnly", "1h", "You are not eligible for 999988887777/ReadOnly"),
            ("444455556666/ReadOnly", "9h", "9h is longer than the maximum of 8h"),
        ] {
            assert_eq!(interacts(world, &form(target, duration, "why")).await.body, Value::Null);
            assert!(world.ada().hears().contains(told), "{told}");
            assert!(world.audit()[0].contains("*Refused*"));
        }
        for (target, duration, field) in [
            ("444455556666/ReadOnly", "0m", "duration"),
            ("444455556666/ReadOnly", "-1h", "duration"),
            ("444455556666/ReadOnly", "99999999999h", "duration"),
            ("444455556666/../ReadOnly", "1h", "target"),
            ("444455556666/Read Only", "1h", "target"),
            ("444455556666/ReadOnly#444455556666", "1h", "target"),
        ] {
            let ack = interacts(world, &form(target, duration, "why")).await;
            assert!(ack.body["errors"][field].is_string(), "{target} {duration}: {}", ack.body);
        }
        is_unharmed(world, &request).await;
    })
    .await;
}

#[tokio::test]
async fn a_button_edited_to_be_somebody_elses_is_theirs_to_press_alone() {
    play(Story::asked(), async |world| {
        let request = world.request_of(ADA).await;
        for (who, action, told) in [
            (CAROL, "request.withdraw", "Only the requester"),
            (CAROL, "review.approve", "Only a member of aws-temp#Reviewer"),
            (BOB, "session.console", "approved for someone else"),
            (ADA, "review.approve", "You cannot answer your own request"),
        ] {
            interacts(world, &press_by(world, who, action, request.as_str())).await;
            assert!(world.player(who).hears().contains(told), "{action}");
            assert!(world.audit()[0].contains("*Refused*"), "{action}");
        }
        interacts(world, &press_by(world, BOB, "review.approve", "req_01JHKQ2B00000000000000N0NE")).await;
        assert!(world.bob().hears().contains("There is no request"));
        world.everybody_catches_up();
        for (action, value) in [
            ("review.unheard_of", request.as_str()),
            ("REVIEW.APPROVE", request.as_str()),
            ("review.approve", "req_"),
            ("review.approve", "META"),
            ("review.approve", ""),
        ] {
            assert_eq!(
                interacts(world, &press_by(world, BOB, action, value)).await.status,
                200,
                "{action} {value}"
            );
        }
        is_unharmed(world, &request).await;
    })
    .await;
}

#[tokio::test]
async fn whoever_is_named_of_two_workspaces_is_of_the_other_one() {
    play(Story::asked(), async |world| {
        let request = world.request_of(ADA).await;
        let (home, elsewhere) = (|| json!({ "id": TEAM }), || json!({ "id": "T0ELSEWHERE" }));
        for teams in [
            [elsewhere(), json!("T0ELSEWHERE")],
            [home(), json!("T0ELSEWHERE")],
            [elsewhere(), json!(TEAM)],
            [Value::Null, json!("T0ELSEWHERE")],
        ] {
            interacts(world, &press((BOB.slack, teams.clone()), "review.approve", request.as_str())).await;
            assert!(world.bob().hears().contains("Only members of this workspace"), "{teams:?}");
            assert!(world.audit()[0].contains("*Refused*"), "{teams:?}");
        }
        let nowhere = press((BOB.slack, [Value::Null, Value::Null]), "review.approve", request.as_str());
        assert_eq!(interacts(world, &nowhere).await.status, 200);
        is_unharmed(world, &request).await;
    })
    .await;
}

#[tokio::test]
async fn who_is_no_full_member_presses_nothing_whatever_the_payload_says() {
    play(Story::asked(), async |world| {
        let request = world.request_of(ADA).await;
        let slack = &world.company.slack;
        type Change = fn(&mut slack::Person);
        let kinds: [(Change, &str); 3] = [
            (|bob| bob.is_restricted = true, "is a guest"),
            (|bob| (bob.is_restricted, bob.is_bot) = (false, true), "is a bot"),
            (|bob| (bob.is_bot, bob.deleted) = (false, true), "is deactivated"),
        ];
        for (becomes, told) in kinds {
            slack.update_person(BOB.slack, becomes);
            interacts(world, &press_by(world, BOB, "review.approve", request.as_str())).await;
            assert!(world.audit()[0].contains(told), "{told}");
        }
        assert_eq!(
            world.bob().unread_whispers().len(),
            1,
            "Slack tells bots and deactivated accounts nothing"
        );
        slack.update_person(BOB.slack, |bob| bob.deleted = false);
        interacts(world, &press_by(world, MALLORY, "review.approve", request.as_str())).await;
        assert!(world.player(MALLORY).hears().contains("Only members of this workspace"));
        world.everybody_catches_up();
        is_unharmed(world, &request).await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_goes_nowhere_but_to_slack() {
    play(Story::asked(), async |world| {
        let request = world.request_of(ADA).await;
        let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        elsewhere.set_nonblocking(true).unwrap();
        let theirs = format!("http://{}/actions", elsewhere.local_addr().unwrap());
        let command = [
            ("team_id", TEAM),
            ("user_id", CAROL.slack),
            ("text", "status"),
            ("trigger_id", "1"),
            ("response_url", &theirs),
        ];
        let command = form_urlencoded::Serializer::new(String::new()).extend_pairs(command).finish();
        assert_eq!(sends(world, "/slack/commands", &command).await.status, 200);
        assert!(world.carol().hears().contains(CAROL.email), "in her conversation with the app");
        let mut pressed = press_by(world, CAROL, "review.approve", request.as_str());
        pressed["response_url"] = json!(theirs);
        interacts(world, &pressed).await;
        assert!(world.carol().hears().contains("Only a member of aws-temp#Reviewer"));
        assert_eq!(elsewhere.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody came");
        world.everybody_catches_up();
        is_unharmed(world, &request).await;
    })
    .await;
}

#[tokio::test]
async fn bytes_that_are_no_text_are_let_pass() {
    play(Story::asked(), async |world| {
        let request = world.request_of(ADA).await;
        for (path, body) in [
            ("/slack/interactions", "payload=%ff%fe%00"),
            ("/slack/interactions", "payload=%7B%22type%22%3A%22block_actions%22%2C%22x%22%3A%22%ff%22%7D"),
            ("/slack/interactions", "%ff=%ff&payload"),
            ("/slack/commands", "team_id=%ff&user_id=%c0%80&text=%ed%a0%80&response_url=x&trigger_id=1"),
        ] {
            assert_eq!(sends(world, path, body).await.status, 200, "{body}");
        }
        is_unharmed(world, &request).await;
    })
    .await;
}
