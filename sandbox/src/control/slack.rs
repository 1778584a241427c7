//! The control routes of the workspace: its people's actions, and everything that they see.

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post, put},
};
use sandbox::{
    example_corp,
    slack::{Ack, Channel, Disconnect, Failure, Person, Place, Slack, Submission},
};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::message::{Answer, Body, Changes, Nothing, Refusal, done, merged};

pub(super) fn routes(slack: Slack) -> Router {
    Router::new()
        .route("/people/{id}", put(change_person))
        .route("/channels/{id}", put(change_channel))
        .route("/install", post(install))
        .route("/people/{id}/type", post(types))
        .route("/people/{id}/press", post(presses))
        .route("/people/{id}/submit", post(submits))
        .route("/people/{id}/open-home", post(opens_home))
        .route("/people/{id}/view", get(view))
        .route("/channels/{id}/messages", get(messages))
        .route("/emitted", get(emitted))
        .route("/sockets", get(sockets))
        .route("/sockets/disconnect", post(disconnects))
        .with_state(slack)
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let status = match failure {
            Failure::Impossible(_) => StatusCode::CONFLICT,
            Failure::TimedOut | Failure::Unreachable(_) | Failure::Unacceptable(_) => {
                StatusCode::FAILED_DEPENDENCY
            }
        };
        Self::new(status, failure)
    }
}

/// Somebody unknown is hired as a full member.
async fn change_person(
    State(slack): State<Slack>,
    Path(id): Path<String>,
    Body(changes): Body<Changes>,
) -> Answer {
    let hired = || Person { id: id.clone(), team_id: example_corp::TEAM.to_owned(), ..Person::default() };
    let person = merged(&slack.account(&id).unwrap_or_else(hired), changes)?;
    if person.id != id {
        return Err(Refusal::bad_request(format!("{id} cannot become {}", person.id)));
    }
    slack.add_person(person.clone());
    Ok(Json(json!(person)))
}

async fn change_channel(
    State(slack): State<Slack>,
    Path(id): Path<String>,
    Body(changes): Body<Changes>,
) -> Answer {
    let made = || Channel { id: id.clone(), ..Channel::default() };
    let channel = merged(&slack.channel(&id).unwrap_or_else(made), changes)?;
    if channel.id != id {
        return Err(Refusal::bad_request(format!("{id} cannot become {}", channel.id)));
    }
    slack.add_channel(channel.clone());
    Ok(Json(json!(channel)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Install {
    bot_url: Option<Url>,
}

async fn install(State(slack): State<Slack>, Body(install): Body<Install>) -> Json<Value> {
    match install.bot_url {
        Some(bot_url) => slack.install(bot_url.as_str()),
        None => slack.install_socket(),
    }
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    channel: String,
    line: String,
}

async fn types(State(slack): State<Slack>, Path(id): Path<String>, Body(typed): Body<Typed>) -> Answer {
    let ack = slack.person(&id).types(&typed.channel, &typed.line).await?;
    Ok(Json(json!({ "ack": ack })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Press {
    action: String,
    channel: Option<String>,
    ts: Option<String>,
}

async fn presses(State(slack): State<Slack>, Path(id): Path<String>, Body(press): Body<Press>) -> Answer {
    let person = slack.person(&id);
    let place = match (press.channel, press.ts) {
        (Some(channel), Some(ts)) => Place { channel, ts },
        (None, None) => person
            .finds(&press.action)
            .ok_or_else(|| Refusal::not_found(format!("{id} sees no {}", press.action)))?,
        _ => return Err(Refusal::bad_request("a place is a channel and a ts")),
    };
    let pressed = person.presses(place, &press.action).await?;
    Ok(Json(json!(pressed)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submit {
    #[serde(default)]
    fields: BTreeMap<String, String>,
    view: Option<String>,
}

async fn submits(State(slack): State<Slack>, Path(id): Path<String>, Body(submit): Body<Submit>) -> Answer {
    let topmost = || slack.open_views(&id).pop().map(|view| view.id);
    let view = submit
        .view
        .or_else(topmost)
        .ok_or_else(|| Refusal::not_found(format!("no modal is open in front of {id}")))?;
    let fields: Vec<(&str, &str)> =
        submit.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let submitted = slack.person(&id).submits(&view, &fields).await?;
    Ok(Json(json!({ "ack": submitted.ack, "outcome": outcome(submitted.outcome) })))
}

fn outcome(outcome: Submission) -> Value {
    match outcome {
        Submission::Closed => json!({ "closed": true }),
        Submission::Cleared => json!({ "cleared": true }),
        Submission::Errors(errors) => json!({ "errors": errors }),
        Submission::Updated(view) => json!({ "updated": view }),
        Submission::Pushed(view) => json!({ "pushed": view }),
        Submission::Trouble => json!({ "trouble": true }),
    }
}

async fn opens_home(
    State(slack): State<Slack>,
    Path(id): Path<String>,
    Body(Nothing {}): Body<Nothing>,
) -> Answer {
    let attempts = slack.person(&id).opens_home().await?;
    let told = |attempt: Result<Ack, Failure>| match attempt {
        Ok(ack) => json!(ack),
        Err(failure) => json!({ "error": failure.to_string() }),
    };
    let acks: Vec<Value> = attempts.into_iter().map(told).collect();
    Ok(Json(json!({ "acks": acks })))
}

async fn view(State(slack): State<Slack>, Path(id): Path<String>) -> Answer {
    slack.account(&id).ok_or_else(|| Refusal::not_found(format!("there is nobody called {id}")))?;
    Ok(Json(json!({
        "ephemerals": slack.ephemerals(&id),
        "direct": slack.direct_messages(&id),
        "modals": slack.open_views(&id),
        "home": slack.home(&id),
    })))
}

async fn messages(State(slack): State<Slack>, Path(id): Path<String>) -> Answer {
    slack.channel(&id).ok_or_else(|| Refusal::not_found(format!("there is no channel {id}")))?;
    Ok(Json(json!(slack.messages(&id))))
}

async fn emitted(State(slack): State<Slack>) -> Json<Value> {
    Json(json!(slack.emitted()))
}

async fn sockets(State(slack): State<Slack>) -> Json<Value> {
    Json(json!({ "open": slack.open_sockets() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    reason: Disconnect,
}

async fn disconnects(State(slack): State<Slack>, Body(end): Body<End>) -> Json<Value> {
    slack.disconnects(end.reason);
    done()
}
