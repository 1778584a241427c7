//! Slack over HTTP: verifies and acknowledges what Slack posts.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;

use super::{
    inbound::{self, Ack},
    verify::{Forged, Verifier},
};
use crate::{
    flows::Broker,
    intake::{Held, InTheNameOf, Intake},
};

/// The largest body that is read, in bytes. Slack's payloads are far smaller: a view holds at most 250 kB.
const MAX_BODY: usize = 512 * 1024;

#[derive(Clone)]
struct Slack {
    broker: Arc<Broker>,
    verifier: Verifier,
    intake: Intake,
}

/// The routes that Slack posts to.
pub fn router(broker: Arc<Broker>, verifier: Verifier, intake: Intake) -> Router {
    Router::new()
        .route("/slack/commands", post(commands))
        .route("/slack/interactions", post(interactions))
        .route("/slack/events", post(events))
        .with_state(Slack { broker, verifier, intake })
}

async fn commands(State(slack): State<Slack>, request: Request) -> Response {
    match slack.signed_body(request).await {
        Ok(body) => {
            let command = serde_urlencoded::from_bytes(&body.bytes).ok();
            inbound::command(&slack.broker, command).await.into_response()
        }
        Err(refused) => refused,
    }
}

async fn interactions(State(slack): State<Slack>, request: Request) -> Response {
    #[derive(Deserialize)]
    struct Form {
        payload: String,
    }
    let body = match slack.signed_body(request).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    // A form without a payload cannot be parsed any further.
    let payload = serde_urlencoded::from_bytes(&body.bytes).map_or(String::new(), |Form { payload }| payload);
    inbound::interaction(&slack.broker, serde_json::from_str(&payload)).await.into_response()
}

/// Proves to Slack that this address is ours. No event is used, but each is acknowledged, or Slack would send it again
/// (<https://docs.slack.dev/apis/events-api>).
async fn events(State(slack): State<Slack>, request: Request) -> Response {
    #[derive(Deserialize)]
    struct Event {
        #[serde(rename = "type")]
        kind: String,
        #[serde(default)]
        challenge: String,
    }
    let body = match slack.signed_body(request).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    match serde_json::from_slice(&body.bytes) {
        Ok(Event { kind, challenge }) if kind == "url_verification" => challenge.into_response(),
        Ok(_) | Err(_) => StatusCode::OK.into_response(),
    }
}

impl Slack {
    /// Returns the body, if Slack signed it. A request that is not dated by now is refused before its body is read.
    async fn signed_body(&self, request: Request) -> Result<Held, Response> {
        let now = self.broker.ports().clock.now();
        let (head, body) = request.into_parts();
        let refuse = |forged: Forged| {
            let from = self.intake.client(&head.headers, &head.extensions);
            self.intake.strangers().note(InTheNameOf::Slack, from, forged.to_string());
            StatusCode::UNAUTHORIZED.into_response()
        };
        Verifier::recent_timestamp(&head.headers, now).map_err(refuse)?;
        let body = self.intake.read(body, MAX_BODY).await.map_err(IntoResponse::into_response)?;
        self.verifier.verify(&head.headers, &body.bytes, now).map_err(refuse)?;
        Ok(body)
    }
}

impl IntoResponse for Ack {
    fn into_response(self) -> Response {
        match self {
            Self::Heard => StatusCode::OK.into_response(),
            Self::Shows(payload) => Json(payload).into_response(),
            Self::Failed => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}
