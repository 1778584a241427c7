//! What holds of every stand-in.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use reqwest::{Method, header};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::child::{Process, failed, refused};

#[test]
fn it_serves_until_it_is_told_to_stop() {
    for (service, signal) in [("slack", "TERM"), ("idp", "INT"), ("aws", "TERM")] {
        let process = Process::start(&[service, "--port", "0"]);
        assert!(process.port().parse::<u16>().unwrap() > 0);
        assert!(process.stop(signal).success(), "{service} ends well at SIG{signal}");
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let first = Process::start(&["idp"]);
    let second = failed(&["aws", "--port", first.port()]);
    assert_eq!((second.status.code(), second.stdout.as_slice()), (Some(1), &b""[..]));
    let said = String::from_utf8(second.stderr).unwrap();
    let named = format!("could not listen on 127.0.0.1:{}", first.port());
    assert!(said.contains(&named) && said.lines().count() == 1, "{said}");
}

#[tokio::test]
async fn what_is_not_said_to_be_json_changes_nothing() {
    let slack = Process::start(&["slack"]);
    let before = slack.get("clock").await;
    let post = |path: &str| slack.http.post(format!("{}/control/{path}", slack.url));
    let body = r#"{"advance_seconds":86400}"#;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let request = post("clock").header(header::CONTENT_TYPE, content_type).body(body);
        assert_eq!(request.send().await.unwrap().status(), 415, "{content_type}");
    }
    assert_eq!(post("clock").body(body).send().await.unwrap().status(), 415);
    assert_eq!(post("people/U0ADA/open-home").send().await.unwrap().status(), 415);
    let put = slack.http.put(format!("{}/control/people/U0ADA", slack.url)).body("{}");
    assert_eq!(put.send().await.unwrap().status(), 415);
    assert!(time(&slack.get("clock").await) - time(&before) < TimeDelta::hours(1));

    let said = post("clock").header(header::CONTENT_TYPE, "application/json; charset=utf-8").body(body);
    assert_eq!(said.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_field_nobody_knows_is_refused_everywhere() {
    let slack = Process::start(&["slack"]);
    let idp = Process::start(&["idp"]);
    let aws = Process::start(&["aws"]);
    let routes: [(&Process, Method, &str, Value); 19] = [
        (&slack, Method::POST, "clock", json!({ "advance_seconds": 1 })),
        (&slack, Method::POST, "faults", json!({ "call": "chat.postMessage", "fault": "garbage" })),
        (&slack, Method::POST, "latency", json!({ "call": "chat.postMessage", "milliseconds": 1 })),
        (&slack, Method::PUT, "people/U0ADA", json!({ "name": "ada" })),
        (&slack, Method::PUT, "channels/C0GENERAL", json!({ "name": "general" })),
        (&slack, Method::POST, "install", json!({ "bot_url": "http://127.0.0.1:9" })),
        (&slack, Method::POST, "people/U0ADA/type", json!({ "channel": "C0GENERAL", "line": "/elevate" })),
        (&slack, Method::POST, "people/U0ADA/press", json!({ "action": "review.approve" })),
        (&slack, Method::POST, "people/U0ADA/submit", json!({ "fields": {} })),
        (&slack, Method::POST, "people/U0ADA/open-home", json!({})),
        (&slack, Method::POST, "sockets/disconnect", json!({ "reason": "warning" })),
        (&idp, Method::PUT, "people/ada", json!({ "groups": [] })),
        (&idp, Method::POST, "people/ada/revoke", json!({})),
        (&idp, Method::POST, "keys/rotate", json!({})),
        (&idp, Method::POST, "redirects", json!({ "uri": "http://127.0.0.1:9/oidc/callback" })),
        (&idp, Method::POST, "tampering", json!({ "forgery": "unsigned" })),
        (&aws, Method::PUT, "callers/AKIA0", json!({ "arn": "arn:aws:iam::111122223333:user/ada" })),
        (&aws, Method::PUT, "roles", json!({ "arn": "arn:aws:iam::111122223333:role/S3Admin" })),
        (&aws, Method::POST, "allowed", json!({ "access_key": "A", "action": "s3:A", "resource": "*" })),
    ];
    for (process, method, path, mut body) in routes {
        body["surprise"] = json!(1);
        let (status, error) = refused(process.ask(method, path, Some(body)).await);
        assert_eq!(status, 400, "{path}: {error}");
        assert!(error.contains("unknown field `surprise`"), "{path}: {error}");
    }
}

#[tokio::test]
async fn a_route_nobody_knows_is_refused_with_a_sentence() {
    let aws = Process::start(&["aws"]);
    let (status, error) = refused(aws.ask(Method::GET, "secrets", None).await);
    assert_eq!((status, error.as_str()), (404, "there is no /control/secrets"));
    let (status, error) = refused(aws.ask(Method::DELETE, "clock", None).await);
    assert_eq!((status, error.as_str()), (405, "/control/clock does not take DELETE"));
    let (status, _) = aws.refuses("clock", json!({ "advance_seconds": "soon" })).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn the_clock_runs_and_can_be_moved() {
    let aws = Process::start(&["aws"]);
    let before = time(&aws.get("clock").await);
    let moved = time(&aws.post("clock", json!({ "advance_seconds": 3_600 })).await);
    let ran = moved - before - TimeDelta::hours(1);
    assert!(ran >= TimeDelta::zero() && ran < TimeDelta::minutes(5), "{ran}");
    let back = time(&aws.post("clock", json!({ "advance_seconds": -7_200 })).await);
    assert!(back < before && time(&aws.get("clock").await) >= back);
    for nonsense in [i64::MAX, 10_000_000_000_000] {
        let (status, error) = aws.refuses("clock", json!({ "advance_seconds": nonsense })).await;
        assert_eq!((status, error.as_str()), (400, "there is no such time"));
    }
}

#[tokio::test]
async fn faults_hit_the_call_they_are_meant_for_until_they_are_spent_or_healed() {
    let slack = Process::start(&["slack"]);
    let fails = async |fault: Value, times: Option<u8>| {
        let mut failing = json!({ "call": "auth.test", "fault": fault });
        if let Some(times) = times {
            failing["times"] = json!(times);
        }
        slack.post("faults", failing).await;
    };
    let test = async || {
        let request = slack.http.post(format!("{}/api/auth.test", slack.url));
        let response = request.bearer_auth("xoxb-example-bot-token").send().await?;
        let retry_after =
            response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        Ok::<_, reqwest::Error>((response.status().as_u16(), retry_after, response.text().await?))
    };
    fails(json!({ "status": 503 }), Some(2)).await;
    fails(json!({ "rate_limited": 30 }), Some(1)).await;
    assert_eq!((test().await.unwrap().0, test().await.unwrap().0), (503, 503));
    let (status, retry_after, _) = test().await.unwrap();
    assert_eq!((status, retry_after.as_deref()), (429, Some("30")));
    assert_eq!(test().await.unwrap().0, 200);

    fails(json!("garbage"), None).await;
    for _ in 0..2 {
        assert!(test().await.unwrap().2.starts_with("<html>"));
    }
    fails(json!("answer_lost"), None).await;
    assert!(test().await.is_err());
    fails(json!("quoted"), None).await;
    let quoted: String = serde_json::from_str(&test().await.unwrap().2).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&quoted).unwrap()["ok"], true);
    slack.post("faults", json!({ "call": "clock", "fault": { "status": 500 } })).await;
    slack.get("clock").await;
    assert_eq!(slack.ask(Method::DELETE, "faults", None).await.1, json!({}));
    assert_eq!(test().await.unwrap().0, 200);
    assert_eq!(slack.get("calls").await, json!(vec!["auth.test"; 9]));
}

#[tokio::test]
async fn a_call_takes_as_long_as_it_is_told_to() {
    let slack = Process::start(&["slack"]);
    slack.post("latency", json!({ "call": "auth.test", "milliseconds": 300 })).await;
    let started = Instant::now();
    slack.bot_calls("auth.test", json!({})).await;
    assert!(started.elapsed() >= Duration::from_millis(300));
}

fn time(answer: &Value) -> DateTime<chrono::FixedOffset> {
    DateTime::parse_from_rfc3339(answer["now"].as_str().unwrap()).unwrap()
}
