//! A bot with WebSockets, and the workspace it is in.

use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};
use futures_util::{SinkExt, StreamExt};
use reqwest::Client;
use sandbox::{
    clock::Clock,
    example_corp::{self, APP_TOKEN},
    slack::{Ack, Actor, Failure, Slack},
};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, protocol::CloseFrame},
};

pub(super) const BOT_TOKEN: &str = "xoxb-example-bot-token";

/// Example Corp's workspace with Socket Mode on.
pub(super) struct Office {
    pub(super) slack: Slack,
    pub(super) clock: Clock,
    http: Client,
}

/// A connection from the bot's side.
pub(super) struct Socket(pub(super) WebSocketStream<MaybeTlsStream<TcpStream>>);

pub(super) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
}

impl Office {
    pub(super) async fn open() -> Self {
        let clock = Clock::standing(noon());
        let slack = Slack::start(example_corp::slack_config(clock.clone(), 0)).await.unwrap();
        example_corp::furnish_slack(&slack);
        slack.install_socket();
        Self { slack, clock, http: Client::new() }
    }

    pub(super) fn ada(&self) -> Actor {
        self.slack.person("U0ADA")
    }

    /// Calls a method of the Web API with a token.
    pub(super) async fn calls(&self, method: &str, token: &str, arguments: Value) -> Value {
        let request = self.http.post(format!("{}/{method}", self.slack.api_url())).bearer_auth(token);
        request.json(&arguments).send().await.unwrap().json().await.unwrap()
    }

    /// A URL at which one connection can be opened.
    pub(super) async fn url(&self) -> String {
        let answer = self.calls("apps.connections.open", APP_TOKEN, json!({})).await;
        assert_eq!(answer["ok"], true, "{answer}");
        answer["url"].as_str().unwrap().to_owned()
    }

    /// Opens a connection; hands back what is said on it first.
    pub(super) async fn connects(&self) -> (Socket, Value) {
        let mut socket = Socket(connect_async(self.url().await).await.unwrap().0);
        let first = socket.hears().await;
        (socket, first)
    }

    /// A connection that is ready.
    pub(super) async fn socket(&self) -> Socket {
        let (socket, first) = self.connects().await;
        assert_eq!(first["type"], "hello");
        socket
    }

    /// Types a command.
    pub(super) async fn types(&self) -> Result<Ack, Failure> {
        self.ada().types(example_corp::GENERAL_CHANNEL, "/elevate 1h because").await
    }

    /// Posts a card with one button, as the bot.
    pub(super) async fn has_card(&self) -> sandbox::slack::Message {
        let button = json!({ "type": "button", "action_id": "review.approve", "text": plain("Approve") });
        let blocks = json!([{ "type": "actions", "elements": [button] }]);
        let post = json!({ "channel": example_corp::REVIEW_CHANNEL, "text": "Ada asks", "blocks": blocks });
        assert_eq!(self.calls("chat.postMessage", BOT_TOKEN, post).await["ok"], true);
        self.slack.messages(example_corp::REVIEW_CHANNEL).pop().unwrap()
    }
}

pub(super) fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text })
}

impl Socket {
    /// The next thing that is said.
    pub(super) async fn hears(&mut self) -> Value {
        let heard = self.next().await.unwrap().unwrap();
        let Message::Text(text) = &heard else { panic!("heard {heard:?}") };
        serde_json::from_str(text).unwrap()
    }

    /// The next thing that comes within a minute and is no ping.
    async fn next(&mut self) -> Option<Result<Message, Error>> {
        let next = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Ping(_))) => {}
                    other => return other,
                }
            }
        };
        timeout(Duration::from_secs(60), next).await.expect("nothing comes")
    }

    pub(super) async fn says(&mut self, what: &Value) {
        self.0.send(Message::text(what.to_string())).await.unwrap();
    }

    /// Acknowledges the next envelope, and hands it back.
    pub(super) async fn acknowledges(&mut self) -> Value {
        let envelope = self.hears().await;
        self.says(&json!({ "envelope_id": envelope["envelope_id"] })).await;
        envelope
    }

    /// Answers the next envelope, and hands it back.
    pub(super) async fn answers(&mut self, payload: Value) -> Value {
        let envelope = self.hears().await;
        self.says(&json!({ "envelope_id": envelope["envelope_id"], "payload": payload })).await;
        envelope
    }

    /// Waits for the end; hands back why it came, if that was said.
    pub(super) async fn ends(&mut self) -> Option<CloseFrame> {
        match self.next().await {
            None | Some(Err(_)) => None,
            Some(Ok(Message::Close(frame))) => frame,
            Some(Ok(other)) => panic!("heard {other:?}"),
        }
    }
}

/// The status with which a connection is refused.
pub(super) async fn refusal(url: &str) -> u16 {
    match connect_async(url).await {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("{other:?}"),
    }
}
