//! Who has called whom: everything, in order, and nothing that could be a secret.

use std::time::Duration;

use axum::{Router, routing::get};
use sandbox::{
    call_log,
    example_corp::{ADA, REVIEW_CHANNEL},
    http::{self, Fault},
};
use serde_json::Value;
use tokio::time::timeout;

use super::world::Desk;

/// Each exchange as `from → to call note status`.
async fn told(desk: &Desk) -> Vec<String> {
    let exchanges: Vec<Value> = desk.get("/api/calls").send().await.unwrap().json().await.unwrap();
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = |one: &Value| {
        let [from, to, call, note, status] =
            ["from", "to", "call", "note", "status"].map(|field| word(&one[field]));
        format!("{from} → {to} {call} {note} {status}")
    };
    exchanges.iter().map(line).collect()
}

#[tokio::test]
async fn what_slack_and_the_bot_say_to_each_other_is_told_without_what_people_wrote() {
    let desk = Desk::open().await;
    desk.types("ada", REVIEW_CHANNEL, "/elevate 111122223333/S3Admin 1h between ourselves").await;
    desk.whispers(ADA.slack, "DU0ADA", "http://127.0.0.1:1/link/x").await;
    let expected = ["slack → bot slash command /elevate 200", "bot → slack chat.postEphemeral  200"];
    assert_eq!(told(&desk).await, expected);
}

#[tokio::test]
async fn what_browsers_ask_of_the_bot_is_told_without_what_a_link_holds() {
    let desk = Desk::open().await;
    let pages = Router::new().route("/link/{token}", get(|| async { "Is this you?" }));
    let (listener, address) = http::listen(0).await.unwrap();
    http::serve(listener, call_log::of_browsers(pages, &desk.call_log));
    let token = "k".repeat(43);
    desk.http.get(format!("http://{address}/link/{token}?state={token}")).send().await.unwrap();
    assert_eq!(told(&desk).await, ["browser → bot GET /link/…  200"]);
}

#[tokio::test]
async fn a_call_that_is_not_answered_is_told_as_such() {
    let desk = Desk::open().await;
    desk.company.idp.control().fail_next("jwks", Fault::Hangs);
    let asked = desk.http.get(format!("{}/jwks", desk.company.idp.issuer())).send();
    let mut ended = desk.call_log.listen();
    tokio::select! {
        _ = asked => panic!("it was answered"),
        () = called(&desk) => {}
    }
    timeout(Duration::from_secs(5), ended.changed()).await.expect("nothing is told").unwrap();
    assert_eq!(told(&desk).await, ["bot → idp jwks  null"]);
}

/// Returns once the provider has been asked.
async fn called(desk: &Desk) {
    while desk.company.idp.control().calls().is_empty() {
        tokio::task::yield_now().await;
    }
}
