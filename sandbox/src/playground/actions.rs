//! The actions of people in the page, as Slack's client allows them, and the messages they get.

use std::collections::BTreeMap;

use axum::{Json, extract::State, http::StatusCode};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Playground, Who};
use crate::{
    example_corp::COMMANDS,
    slack::{Ack, Failure, Submission},
};

#[derive(Deserialize)]
pub(super) struct Typed {
    r#as: Who,
    channel: String,
    line: String,
}

/// Types a line: a command, or something said to the others.
pub(super) async fn types(State(playground): State<Playground>, Json(typed): Json<Typed>) -> Json<Value> {
    let Typed { r#as: Who(persona), channel, line } = typed;
    let person = playground.0.company.slack.person(persona.slack);
    if !line.starts_with('/') {
        let said = person.says(&channel, &as_slack_keeps_it(&line, &playground.0.origin));
        return told(said.map(drop).map_err(|failure| failure.to_string()));
    }
    let command = line.split(' ').next().unwrap_or_default();
    if !COMMANDS.iter().any(|(known, _)| *known == command) || persona.is_outsider {
        return told(Err(format!("{command} is not a valid command.")));
    }
    let said = |why: String| format!("{command} failed with the error “{why}”");
    told(answered(person.types(&channel, &line).await).map_err(said))
}

#[derive(Deserialize)]
pub(super) struct Press {
    r#as: Who,
    channel: String,
    ts: String,
    action: String,
}

/// Presses a button of a message.
pub(super) async fn presses(State(playground): State<Playground>, Json(press): Json<Press>) -> Json<Value> {
    let place = (press.channel.as_str(), press.ts.as_str());
    let pressed = playground.0.company.slack.person(press.r#as.0.slack).presses(place, &press.action).await;
    told(answered(pressed.map(|pressed| pressed.ack)))
}

#[derive(Deserialize)]
pub(super) struct Sent {
    r#as: Who,
    view: String,
    fields: BTreeMap<String, String>,
}

/// Sends a form.
pub(super) async fn submits(State(playground): State<Playground>, Json(sent): Json<Sent>) -> Json<Value> {
    let fields: Vec<(&str, &str)> =
        sent.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let submitted = playground.0.company.slack.person(sent.r#as.0.slack).submits(&sent.view, &fields).await;
    match submitted.map(|submitted| submitted.outcome) {
        Ok(Submission::Errors(errors)) => Json(json!({ "errors": errors })),
        Ok(Submission::Trouble) => told(Err("We had some trouble connecting. Try again?".to_owned())),
        Ok(Submission::Closed | Submission::Cleared | Submission::Updated(_) | Submission::Pushed(_)) => {
            told(Ok(()))
        }
        Err(failure) => told(Err(failure.to_string())),
    }
}

#[derive(Deserialize)]
pub(super) struct Closed {
    r#as: Who,
    view: String,
}

/// Closes a form.
pub(super) async fn closes(State(playground): State<Playground>, Json(closed): Json<Closed>) -> Json<Value> {
    let outcome = playground.0.company.slack.person(closed.r#as.0.slack).closes_view(&closed.view).await;
    told(outcome.map(drop).map_err(|failure| failure.to_string()))
}

#[derive(Deserialize)]
pub(super) struct Reloaded {
    r#as: Who,
}

/// The page has been loaded, and what only this person saw is gone.
pub(super) async fn reloads(
    State(playground): State<Playground>,
    Json(reloaded): Json<Reloaded>,
) -> Json<Value> {
    playground.0.company.slack.reload(reloaded.r#as.0.slack);
    told(Ok(()))
}

#[derive(Deserialize)]
pub(super) struct Passing {
    seconds: u32,
}

/// Lets time pass.
pub(super) async fn lets_time_pass(
    State(playground): State<Playground>,
    Json(passing): Json<Passing>,
) -> StatusCode {
    playground.0.company.clock.advance(TimeDelta::seconds(passing.seconds.into()));
    StatusCode::NO_CONTENT
}

/// The person's message: none, or what went wrong.
fn told(outcome: Result<(), String>) -> Json<Value> {
    Json(outcome.map_or_else(|trouble| json!({ "trouble": trouble }), |()| json!({})))
}

fn answered(outcome: Result<Ack, Failure>) -> Result<(), String> {
    match outcome {
        Ok(ack) if ack.is_ok() => Ok(()),
        Ok(ack) => Err(format!("http_service_error: {}", ack.status)),
        Err(failure) => Err(failure.to_string()),
    }
}

/// What a person has typed, escaped and with its URLs marked. One that was copied from this page leads by way
/// of a person's browser; what is kept is where it leads.
fn as_slack_keeps_it(line: &str, origin: &str) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let word = |word: &str| match Url::parse(word) {
        Ok(url) if ["http", "https"].contains(&url.scheme()) => {
            let is_hop = word.starts_with(&format!("{origin}/browse?"));
            let to = url.query_pairs().find(|(name, _)| is_hop && name == "to");
            format!("<{}>", escaped(to.as_ref().map_or(word, |(_, to)| to)))
        }
        Ok(_) | Err(_) => escaped(word),
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
