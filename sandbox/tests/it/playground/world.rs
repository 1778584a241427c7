//! The page, put up before a bot that does what a test tells it to.

use axum::{Router, http::StatusCode, routing::post};
use chrono::{DateTime, TimeZone, Utc};
use reqwest::{Client, RequestBuilder, Response, redirect};
use sandbox::{
    call_log::CallLog,
    clock::Clock,
    dynamo::Dynamo,
    example_corp::{ADA, BOB, Company},
    http, playground,
};
use serde_json::{Value, json};

pub(super) struct Desk {
    pub(super) company: Company,
    pub(super) call_log: CallLog,
    pub(super) origin: String,
    pub(super) http: Client,
}

pub(super) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
}

impl Desk {
    /// With a bot that answers a command in words, and nothing else.
    pub(super) async fn open() -> Self {
        let words = post(|| async { "Whom do I have the pleasure of meeting?" });
        let pressed = post(|| async { StatusCode::OK });
        Self::before(Router::new().route("/slack/commands", words).route("/slack/interactions", pressed))
            .await
    }

    pub(super) async fn before(bot: Router) -> Self {
        let company = Company::open(Clock::standing(noon()), Dynamo::in_memory().unwrap()).await.unwrap();
        for persona in [ADA, BOB] {
            drop(company.slack.direct_channel(persona.slack));
        }
        let call_log = company.watch();
        let (listener, address) = http::listen(0).await.unwrap();
        company.install(&format!("http://{address}"));
        http::serve(listener, bot);
        let (listener, address) = http::listen(0).await.unwrap();
        let origin = format!("http://{address}");
        http::serve(listener, playground::router(company.clone(), call_log.clone(), &origin, Router::new()));
        let http = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap();
        Self { company, call_log, origin, http }
    }

    pub(super) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.origin))
    }

    pub(super) fn post(&self, act: &str, body: &Value) -> RequestBuilder {
        self.http.post(format!("{}/api/{act}", self.origin)).json(body)
    }

    /// What somebody is told of what they have done.
    pub(super) async fn does(&self, act: &str, body: Value) -> Value {
        self.post(act, &body).send().await.unwrap().json().await.unwrap()
    }

    pub(super) async fn types(&self, login: &str, channel: &str, line: &str) -> Value {
        self.does("types", json!({ "as": login, "channel": channel, "line": line })).await
    }

    /// What somebody sees in a conversation.
    pub(super) async fn sees(&self, login: &str, channel: &str) -> Vec<Value> {
        let read_model = self.get(&format!("/api/read-model?as={login}")).send().await.unwrap();
        let read_model: Value = read_model.json().await.unwrap();
        let place =
            read_model["places"].as_array().unwrap().iter().find(|place| place["id"] == channel).cloned();
        place.map(|place| place["messages"].as_array().unwrap().clone()).unwrap_or_default()
    }

    /// The bot whispers a button with a link to somebody.
    pub(super) async fn whispers(&self, user: &str, channel: &str, url: &str) {
        let button = json!({
            "type": "button", "action_id": "open", "url": url, "text": { "type": "plain_text", "text": "Open" },
        });
        let blocks = json!([{ "type": "actions", "elements": [button] }]);
        let said = json!({ "channel": channel, "user": user, "text": "A link", "blocks": blocks });
        let call = self.http.post(format!("{}/chat.postEphemeral", self.company.slack.api_url()));
        let answer: Value = call
            .bearer_auth("xoxb-example-bot-token")
            .json(&said)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(answer["ok"], true, "{answer}");
    }
}

/// The cookies that an answer sets, by name; those it takes away are empty.
pub(super) fn cookies(answer: &Response) -> Vec<(String, String)> {
    let set = answer.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let pair = |cookie: &str| {
        let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    };
    set.map(pair).collect()
}
