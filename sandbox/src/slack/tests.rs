//! The workspace against a minimal client and a minimal bot.

mod acting;
mod answering;
mod forgetting;
mod reading;
mod validating;
mod web_api;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, http::Uri, response::IntoResponse};
use chrono::DateTime;
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

/// A workspace with Ada and Bob in `C0REVIEW`, and `C0SECRET`, which the bot is not in.
async fn workspace() -> Slack {
    let slack = Slack::start(SlackConfig {
        clock: Clock::standing(DateTime::from_timestamp(1_764_000_000, 0).unwrap()),
        port: 0,
        team_id: "T1".to_owned(),
        team_name: "Analytical Engines".to_owned(),
        bot_token: "xoxb-test".to_owned(),
        bot_user_id: "U0BOT".to_owned(),
        app_token: "xapp-test".to_owned(),
        signing_secret: SECRET.to_owned(),
        app_id: "A1".to_owned(),
        client_id: "1.2".into(),
        client_secret: "hush".into(),
    })
    .await
    .unwrap();
    slack.add_person(person("U0ADA", "Ada Lovelace"));
    slack.add_person(person("U0BOB", "Bob Babbage"));
    slack.add_person(person("U0EVE", "Eve Elsewhere"));
    slack.add_channel(channel("C0REVIEW", &["U0ADA", "U0BOB", "U0BOT"]));
    slack.add_channel(Channel { is_private: true, ..channel("C0SECRET", &["U0ADA"]) });
    slack.add_channel(channel("C0OPEN", &["U0ADA"]));
    slack
}

fn person(id: &str, real_name: &str) -> Person {
    Person {
        id: id.to_owned(),
        team_id: "T1".to_owned(),
        name: real_name.split(' ').next().unwrap().to_lowercase(),
        real_name: real_name.to_owned(),
        email: Some(format!("{}@example.com", id.to_lowercase())),
        email_confirmed: true,
        ..Person::default()
    }
}

fn channel(id: &str, members: &[&str]) -> Channel {
    Channel {
        id: id.to_owned(),
        name: id.to_lowercase(),
        members: members.iter().map(|&id| id.to_owned()).collect(),
        ..Channel::default()
    }
}

impl Slack {
    /// Calls a method with a JSON body, as the bot.
    async fn calls(&self, method: &str, arguments: Value) -> Value {
        let request = self.0.client.post(format!("{}/{method}", self.api_url())).bearer_auth("xoxb-test");
        request.json(&arguments).send().await.unwrap().json().await.unwrap()
    }

    /// The error of a call that must be refused.
    async fn refuses(&self, method: &str, arguments: Value) -> String {
        let answer = self.calls(method, arguments).await;
        assert_eq!(answer["ok"], false, "{answer}");
        answer["error"].as_str().unwrap().to_owned()
    }

    /// Posts a card with two buttons to the review channel.
    async fn has_card(&self) -> Message {
        let answer = self.calls("chat.postMessage", card("C0REVIEW")).await;
        assert_eq!(answer["ok"], true, "{answer}");
        self.messages("C0REVIEW").pop().unwrap()
    }

    /// Lets a person type a command and the bot answer it with this modal.
    async fn shows(&self, user: &str, view: Value) -> View {
        self.person(user).types("C0REVIEW", "/elevate").await.unwrap();
        let trigger_id = self.last_form()["trigger_id"].clone();
        let answer = self.calls("views.open", json!({ "trigger_id": trigger_id, "view": view })).await;
        assert_eq!(answer["ok"], true, "{answer}");
        self.open_views(user).pop().unwrap()
    }

    fn last_form(&self) -> BTreeMap<String, String> {
        let body = self.last_sent().unwrap().body;
        form_urlencoded::parse(body.as_bytes()).into_owned().collect()
    }

    fn last_payload(&self) -> Value {
        serde_json::from_str(&self.last_form()["payload"]).unwrap()
    }
}

fn card(channel: &str) -> Value {
    json!({
        "channel": channel,
        "text": "Ada asks for S3Admin",
        "blocks": [
            { "type": "section", "text": { "type": "mrkdwn", "text": "<@U0ADA> asks for *S3Admin*" } },
            { "type": "actions", "block_id": "answer", "elements": [
                button("review.approve", "Approve"),
                button("review.reject", "Reject"),
            ]},
        ],
    })
}

fn button(action_id: &str, text: &str) -> Value {
    json!({ "type": "button", "action_id": action_id, "text": plain(text), "value": "r1" })
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text })
}

fn option(value: &str) -> Value {
    json!({ "text": plain(value), "value": value })
}

/// A modal with every kind of field.
fn request_form() -> Value {
    json!({
        "type": "modal",
        "callback_id": "request.submit",
        "private_metadata": "m",
        "notify_on_close": true,
        "title": plain("Request access"),
        "submit": plain("Send"),
        "close": plain("Cancel"),
        "blocks": [
            { "type": "input", "block_id": "target", "label": plain("Target"), "element":
                { "type": "external_select", "action_id": "target", "min_query_length": 0 } },
            { "type": "input", "block_id": "duration", "label": plain("For how long"), "element":
                { "type": "static_select", "action_id": "duration", "options": [option("15m"), option("1h")],
                  "initial_option": option("1h") } },
            { "type": "input", "block_id": "justification", "label": plain("Why"), "optional": true,
              "hint": plain("The audit keeps it"), "element":
                { "type": "plain_text_input", "action_id": "justification", "min_length": 3, "max_length": 10,
                  "placeholder": plain("A ticket, a reason") } },
        ],
    })
}

/// A bot that always gives the response it was last set to.
#[derive(Clone)]
struct Bot(Arc<Mutex<(u16, String)>>);

impl Bot {
    async fn of(slack: &Slack) -> Self {
        let bot = Self(Arc::new(Mutex::new((200, String::new()))));
        let (listener, address) = http::listen(0).await.unwrap();
        let router = Router::new().fallback(answer).with_state(bot.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        slack.install(&format!("http://{address}/"));
        bot
    }

    fn answers(&self, body: Value) {
        *self.0.lock().unwrap() = (200, body.to_string());
    }

    fn fails(&self, status: u16) {
        *self.0.lock().unwrap() = (status, String::new());
    }
}

async fn answer(State(bot): State<Bot>, uri: Uri, body: Bytes) -> impl IntoResponse {
    let (status, answer) = bot.0.lock().unwrap().clone();
    let event: Value = serde_json::from_slice(&body).unwrap_or_default();
    let answer = match event["challenge"].as_str() {
        Some(challenge) if uri.path() == "/slack/events" => challenge.to_owned(),
        _ => answer,
    };
    (StatusCode::from_u16(status).unwrap(), answer)
}
