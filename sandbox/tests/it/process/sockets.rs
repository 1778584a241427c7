//! Socket Mode in a process: on without a bot's URL, and its connections told to end.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use super::child::Process;

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

async fn connects(slack: &Process) -> Socket {
    let open = slack.http.post(format!("{}/api/apps.connections.open", slack.url));
    let answer = open.bearer_auth("xapp-example-app-token").send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    Socket(connect_async(answer["url"].as_str().unwrap()).await.unwrap().0)
}

impl Socket {
    async fn hears(&mut self) -> Value {
        let heard = self.0.next().await.unwrap().unwrap();
        serde_json::from_str(heard.to_text().unwrap()).unwrap()
    }
}

#[tokio::test]
async fn without_a_bots_url_a_command_goes_to_the_connection_that_is_open() {
    let slack = Process::start(&["slack"]);
    let line = json!({ "channel": "C0GENERAL", "line": "/elevate" });
    let (status, error) = slack.refuses("people/U0ADA/type", line.clone()).await;
    assert!(status == 424 && error.starts_with("dispatch_failed"), "{status} {error}");
    assert_eq!(slack.get("sockets").await, json!({ "open": 0 }));

    let mut bot = connects(&slack).await;
    assert_eq!(bot.hears().await["type"], "hello");
    assert_eq!(slack.get("sockets").await, json!({ "open": 1 }));
    let answers = async {
        let id = bot.hears().await["envelope_id"].take();
        let ack = json!({ "envelope_id": id, "payload": { "text": "heard" } });
        bot.0.send(Message::text(ack.to_string())).await.unwrap();
    };
    let (typed, ()) = tokio::join!(slack.post("people/U0ADA/type", line), answers);
    assert_eq!(typed["ack"], json!({ "status": 200, "body": { "text": "heard" } }));
}

#[tokio::test]
async fn connections_end_as_they_are_told_to_and_socket_mode_is_switched_off_and_on() {
    let slack = Process::start(&["slack", "--bot-url", "http://127.0.0.1:1"]);
    assert_eq!(connects(&slack).await.hears().await["reason"], "link_disabled");
    slack.post("install", json!({})).await;
    for reason in ["warning", "refresh_requested", "link_disabled"] {
        let mut bot = connects(&slack).await;
        assert_eq!(bot.hears().await["type"], "hello", "before {reason}");
        slack.post("sockets/disconnect", json!({ "reason": reason })).await;
        assert_eq!(bot.hears().await["reason"], reason);
    }
    assert_eq!(connects(&slack).await.hears().await["reason"], "link_disabled");
    assert_eq!(slack.refuses("sockets/disconnect", json!({ "reason": "boredom" })).await.0, 400);
}
