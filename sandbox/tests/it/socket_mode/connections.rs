//! How connections are opened, and how they end.

use std::time::Duration;

use futures_util::StreamExt;
use sandbox::{
    example_corp::APP_TOKEN,
    http::Fault,
    slack::{Disconnect, Failure},
};
use serde_json::json;
use tokio::{
    io::AsyncReadExt,
    time::{Instant, timeout},
};
use tokio_tungstenite::{MaybeTlsStream, tungstenite::Message};

use super::bot::{BOT_TOKEN, Office, refusal};

#[tokio::test]
async fn a_connection_wants_the_apps_own_token() {
    let office = Office::open().await;
    let open = "apps.connections.open";
    let error = async |method, token| office.calls(method, token, json!({})).await["error"].take();
    assert_eq!(error(open, BOT_TOKEN).await, "not_allowed_token_type");
    assert_eq!(error(open, "xapp-somebody-else").await, "invalid_auth");
    assert_eq!(error("auth.test", APP_TOKEN).await, "not_allowed_token_type");
    let answer = office.calls(open, APP_TOKEN, json!({ "token": APP_TOKEN })).await;
    assert_eq!(answer["error"], "invalid_arguments", "{answer}");

    let url = format!("{}/{open}", office.slack.api_url());
    let unsigned = reqwest::Client::new().post(&url).send().await.unwrap();
    assert_eq!(unsigned.json::<serde_json::Value>().await.unwrap()["error"], "not_authed");
    let read = reqwest::Client::new().get(&url).bearer_auth(APP_TOKEN).send().await.unwrap();
    assert_eq!(read.json::<serde_json::Value>().await.unwrap()["error"], "insecure_request");
}

#[tokio::test]
async fn a_ticket_opens_one_connection_within_half_a_minute() {
    let office = Office::open().await;
    let url = office.url().await;
    let address = format!("ws://{}/link/?ticket=", office.slack.url().strip_prefix("http://").unwrap());
    assert!(url.starts_with(&address) && url.ends_with("&app_id=A0ELEVATE"), "{url}");
    assert_eq!(refusal(&url.replace("A0ELEVATE", "A0OTHER")).await, 403);
    assert_eq!(refusal(&url.replace("&app_id=A0ELEVATE", "")).await, 403);
    assert_eq!(refusal(&format!("{url}&debug=true")).await, 403);
    assert_eq!(refusal(&url.replace("ticket=", "ticket=x")).await, 403);

    let plain = reqwest::get(url.replace("ws://", "http://")).await.unwrap();
    assert_eq!(plain.status(), 400, "it is no WebSocket's handshake, and has used the ticket up");
    assert_eq!(refusal(&url).await, 403);

    let url = office.url().await;
    office.clock.advance(chrono::TimeDelta::seconds(31));
    assert_eq!(refusal(&url).await, 403);
    assert_eq!(office.slack.open_sockets(), 0);
}

#[tokio::test]
async fn a_connection_begins_with_hello_and_the_eleventh_with_goodbye() {
    let office = Office::open().await;
    let mut sockets = Vec::new();
    for number in 1..=10 {
        let (socket, hello) = office.connects().await;
        let expected = json!({
            "type": "hello",
            "num_connections": number,
            "connection_info": { "app_id": "A0ELEVATE" },
            "debug_info": { "host": "applink-1", "build_number": 0, "approximate_connection_time": 18_060 },
        });
        assert_eq!(hello, expected);
        sockets.push(socket);
    }
    let (mut eleventh, goodbye) = office.connects().await;
    let debug_info = json!({ "host": "applink-1" });
    let expected = json!({ "type": "disconnect", "reason": "too_many_websockets", "debug_info": debug_info });
    assert_eq!(goodbye, expected);
    assert_eq!(eleventh.ends().await, None);

    sockets[3].0.close(None).await.unwrap();
    sockets[3].ends().await;
    assert_eq!(office.slack.open_sockets(), 9);
    assert_eq!(office.connects().await.1["num_connections"], 10);
}

#[tokio::test]
async fn while_socket_mode_is_off_there_is_no_connection() {
    let office = Office::open().await;
    office.slack.install("http://127.0.0.1:1");
    let (mut socket, said) = office.connects().await;
    assert_eq!((&said["type"], &said["reason"]), (&json!("disconnect"), &json!("link_disabled")));
    assert_eq!(socket.ends().await, None);
    assert_eq!(office.slack.open_sockets(), 0);
}

#[tokio::test]
async fn a_warned_connection_is_spared_and_ends_ten_seconds_later() {
    let office = Office::open().await;
    let mut warned = office.socket().await;
    office.slack.disconnects(Disconnect::Warning);
    let warned_at = Instant::now();
    let said = warned.hears().await;
    assert_eq!((&said["type"], &said["reason"]), (&json!("disconnect"), &json!("warning")));
    let (acked, _) = tokio::join!(office.types(), warned.acknowledges());
    assert!(acked.is_ok(), "there is no other connection yet");

    let mut next = office.socket().await;
    for _ in 0..3 {
        let (acked, _) = tokio::join!(office.types(), next.acknowledges());
        assert!(acked.is_ok());
    }
    tokio::time::pause();
    assert_eq!(warned.ends().await, None);
    assert!((10..=12).contains(&warned_at.elapsed().as_secs()));
    assert_eq!(office.slack.open_sockets(), 1);
}

#[tokio::test]
async fn a_refreshed_connection_ends_at_once_and_may_be_followed_by_another() {
    let office = Office::open().await;
    let mut socket = office.socket().await;
    office.slack.disconnects(Disconnect::RefreshRequested);
    assert_eq!(socket.hears().await["reason"], "refresh_requested");
    assert_eq!(socket.ends().await, None);
    assert_eq!(office.slack.open_sockets(), 0);
    assert_eq!(office.connects().await.1["num_connections"], 1);
}

#[tokio::test]
async fn a_link_that_is_disabled_stays_off_until_it_is_switched_on() {
    let office = Office::open().await;
    let mut socket = office.socket().await;
    office.slack.disconnects(Disconnect::LinkDisabled);
    assert_eq!(socket.hears().await["reason"], "link_disabled");
    assert_eq!(socket.ends().await, None);
    assert!(matches!(office.types().await, Err(Failure::Unreachable(_))));
    assert_eq!(office.connects().await.1["reason"], "link_disabled");
    office.slack.install_socket();
    assert_eq!(office.connects().await.1["type"], "hello");
}

#[tokio::test]
async fn a_bot_is_pinged_every_ten_seconds() {
    let office = Office::open().await;
    let mut bot = office.socket().await;
    for _ in 0..3 {
        tokio::time::pause();
        let waits_since = Instant::now();
        let ping = bot.0.next().await.unwrap().unwrap();
        assert_eq!(ping, Message::Ping("Ping from applink-1".into()));
        assert!(waits_since.elapsed().as_secs() <= 10);
        tokio::time::resume();
        // The answer to the ping goes ahead of this.
        let (acked, _) = tokio::join!(office.types(), bot.acknowledges());
        assert!(acked.is_ok());
    }
}

#[tokio::test]
async fn a_bot_that_answers_no_pings_is_gone() {
    let office = Office::open().await;
    let bot = office.socket().await;
    let MaybeTlsStream::Plain(mut stream) = bot.0.into_inner() else { panic!("there is no TLS here") };
    tokio::time::pause();
    let pinged_since = Instant::now();
    let mut heard = Vec::new();
    timeout(Duration::from_secs(60), stream.read_to_end(&mut heard)).await.expect("nothing ends").unwrap();
    assert!((11..=21).contains(&pinged_since.elapsed().as_secs()));
    assert_eq!(String::from_utf8_lossy(&heard).matches("Ping from applink-1").count(), 1);
    assert_eq!(office.slack.open_sockets(), 0);
}

#[tokio::test]
async fn opening_a_connection_is_a_call_and_can_fail_like_any_other() {
    let office = Office::open().await;
    office.slack.control().fail_next("apps.connections.open", Fault::RateLimited(30));
    let url = format!("{}/apps.connections.open", office.slack.api_url());
    let limited = reqwest::Client::new().post(url).bearer_auth(APP_TOKEN).send().await.unwrap();
    assert_eq!(limited.status(), 429);
    office.slack.control().fail_next("link", Fault::Status(503));
    assert_eq!(refusal(&office.url().await).await, 503);
    office.socket().await;
    let expected =
        ["apps.connections.open", "apps.connections.open", "link", "apps.connections.open", "link"];
    assert_eq!(office.slack.control().calls(), expected);
}
