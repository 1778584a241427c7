//! What people do in the page goes to the bot as Slack would send it, and what they are told is Slack's.

use axum::{Router, http::StatusCode, routing::post};
use sandbox::example_corp::{ADA, REVIEW_CHANNEL};
use serde_json::{Value, json};

use super::world::{Desk, noon};

const ADAS: &str = "DU0ADA";

#[tokio::test]
async fn what_the_bot_answers_a_command_is_seen_by_whoever_typed_it_until_they_reload() {
    let desk = Desk::open().await;
    assert_eq!(desk.types("ada", REVIEW_CHANNEL, "/elevate status").await, json!({}));
    let sent = desk.company.slack.last_sent().unwrap();
    assert!(sent.body.contains("command=%2Felevate&text=status"), "{}", sent.body);
    let said = desk.sees("ada", REVIEW_CHANNEL).await;
    assert_eq!(said.len(), 1);
    assert_eq!((&said[0]["only_you"], said[0]["text"].as_str().unwrap().len() > 10), (&json!(true), true));
    assert_eq!(desk.sees("bob", REVIEW_CHANNEL).await, Vec::<Value>::new());

    desk.does("reloads", json!({ "as": "ada" })).await;
    assert_eq!(desk.sees("ada", REVIEW_CHANNEL).await, Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn a_bot_that_takes_longer_than_three_seconds_has_timed_out() {
    let never = post(|| async { std::future::pending::<StatusCode>().await });
    let desk = Desk::before(Router::new().route("/slack/commands", never)).await;
    let told = desk.types("ada", ADAS, "/elevate").await;
    assert_eq!(told["trouble"], "/elevate failed with the error “operation timed out”");
}

#[tokio::test]
async fn a_bot_that_fails_is_told_by_its_status() {
    let broken = post(|| async { StatusCode::BAD_GATEWAY });
    let desk = Desk::before(Router::new().route("/slack/commands", broken)).await;
    let told = desk.types("ada", ADAS, "/elevate").await;
    assert_eq!(told["trouble"], "/elevate failed with the error “http_service_error: 502”");
}

#[tokio::test]
async fn only_the_apps_command_is_one_and_nobody_of_another_workspace_has_it() {
    let desk = Desk::open().await;
    assert_eq!(desk.types("ada", ADAS, "/elevator").await["trouble"], "/elevator is not a valid command.");
    let told = desk.types("mallory", REVIEW_CHANNEL, "/elevate").await;
    assert_eq!(told["trouble"], "/elevate is not a valid command.");
    assert_eq!(desk.company.slack.last_sent(), None);
}

#[tokio::test]
async fn what_people_say_to_each_other_is_kept_as_slack_keeps_it() {
    let desk = Desk::open().await;
    desk.types("ada", REVIEW_CHANNEL, "R&D <b> http://127.0.0.1:1/x?a=1&b=2").await;
    let said = desk.sees("bob", REVIEW_CHANNEL).await;
    assert_eq!(said[0]["text"], "R&amp;D &lt;b&gt; <http://127.0.0.1:1/x?a=1&amp;b=2>");
    assert_eq!(said[0]["user"], ADA.slack);
}

#[tokio::test]
async fn a_press_reaches_the_bot_and_a_button_nobody_sees_cannot_be_pressed() {
    let desk = Desk::open().await;
    desk.whispers(ADA.slack, ADAS, "http://127.0.0.1:1/link/x").await;
    let ts = desk.sees("ada", ADAS).await[0]["ts"].clone();
    let press = |login: &str| json!({ "as": login, "channel": ADAS, "ts": ts, "action": "open" });
    assert_eq!(desk.does("presses", press("ada")).await, json!({}));
    assert!(desk.company.slack.last_sent().unwrap().body.contains("block_actions"));
    let told = desk.does("presses", press("bob")).await;
    assert!(told["trouble"].as_str().unwrap().starts_with("cannot be done in Slack"), "{told}");
}

#[tokio::test]
async fn time_passes_for_everybody_and_the_page_hears_of_it() {
    let desk = Desk::open().await;
    let mut live = desk.get("/api/live").send().await.unwrap();
    let passed = desk.post("time", &json!({ "seconds": 60 })).send().await.unwrap();
    assert_eq!(passed.status(), 204);
    assert_eq!(desk.company.clock.now(), noon() + chrono::TimeDelta::minutes(1));
    let heard = live.chunk().await.unwrap().unwrap();
    assert_eq!(std::str::from_utf8(&heard).unwrap(), "event: clock\ndata: new\n\n");
}
