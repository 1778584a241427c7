//! What comes in from Slack: verified, parsed, promised, answered.
//!
//! Slack wants its answer within 3 s. What a press asks for is stored before that; everything else happens
//! after (`flows::inbox`). What we do not know, we let pass: Slack adds fields and kinds of payloads as it likes.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    command::CommandLine,
    payload::{BlockActions, Interaction, SlashCommand, ViewSubmission},
    verify::Verifier,
    views::ids::{action, view},
};
use crate::{
    domain::{
        decide::Ask,
        ids::CommandId,
        person::SlackUser,
        press::{Asker, ReplyTo, Wish},
    },
    flows::{self, Broker, Error, inbox, request, review},
    ports::StoreError,
};

/// The largest body that is read, in bytes. Slack's own are far smaller: a view holds at most 250 kB.
const MAX_BODY: usize = 512 * 1024;

#[derive(Clone)]
struct Slack {
    broker: Arc<Broker>,
    verifier: Verifier,
}

/// The routes that Slack posts to.
pub fn router(broker: Arc<Broker>, verifier: Verifier) -> Router {
    Router::new()
        .route("/slack/commands", post(commands))
        .route("/slack/interactions", post(interactions))
        .with_state(Slack { broker, verifier })
}

/// What Slack hears within its 3 s.
#[derive(Debug)]
enum Ack {
    /// Received.
    Ok,
    /// The form stays open, with a sentence under each of these fields.
    Errors(BTreeMap<&'static str, String>),
    /// It could not be stored: press again.
    NotStored,
}

impl From<Result<(), StoreError>> for Ack {
    fn from(promised: Result<(), StoreError>) -> Self {
        match promised {
            Ok(()) => Self::Ok,
            Err(error) => {
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::from(error)),
                    "a press was not stored"
                );
                Self::NotStored
            }
        }
    }
}

async fn commands(State(slack): State<Slack>, request: Request) -> Response {
    let body = match slack.signed_body(request).await {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    let Ok(command) = serde_urlencoded::from_bytes::<SlashCommand>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    // A client that hangs up cancels this handler, so what must finish is spawned.
    let work = on_command(Arc::clone(&slack.broker), command);
    match slack.broker.spawn(work).await {
        Ok(Ack::Ok | Ack::Errors(_)) => StatusCode::OK.into_response(),
        Ok(Ack::NotStored) | Err(_) => {
            Json(json!({ "response_type": "ephemeral", "text": NOT_STORED })).into_response()
        }
    }
}

async fn interactions(State(slack): State<Slack>, request: Request) -> Response {
    #[derive(Deserialize)]
    struct Form {
        payload: String,
    }
    let body = match slack.signed_body(request).await {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    let Ok(form) = serde_urlencoded::from_bytes::<Form>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let Ok(interaction) = serde_json::from_str::<Interaction>(&form.payload) else {
        tracing::warn!("an interaction of an unknown shape was let pass");
        return StatusCode::OK.into_response();
    };
    let work = on_interaction(Arc::clone(&slack.broker), interaction);
    match slack.broker.spawn(work).await {
        Ok(Ack::Ok) => StatusCode::OK.into_response(),
        Ok(Ack::Errors(errors)) => {
            Json(json!({ "response_action": "errors", "errors": errors })).into_response()
        }
        Ok(Ack::NotStored) | Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

const NOT_STORED: &str = "That could not be stored, as far as I can tell. Look with /elevate status whether it was, and else try again in a minute.";

impl Slack {
    /// The body, if Slack signed it.
    async fn signed_body(&self, request: Request) -> Result<Bytes, StatusCode> {
        let now = self.broker.ports().clock.now();
        let (head, body) = request.into_parts();
        let refuse = |forged| {
            tracing::warn!(%forged, "a request to a Slack address was refused");
            StatusCode::UNAUTHORIZED
        };
        Verifier::recent_timestamp(&head.headers, now).map_err(refuse)?;
        let body = read(body).await?;
        self.verifier.verify(&head.headers, &body, now).map_err(refuse)?;
        Ok(body)
    }
}

async fn read(body: Body) -> Result<Bytes, StatusCode> {
    to_bytes(body, MAX_BODY).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)
}

async fn on_command(broker: Arc<Broker>, command: SlashCommand) -> Ack {
    let asker = Asker {
        id: CommandId::of_press(&command.team_id, &command.trigger_id),
        at: broker.ports().clock.now(),
        who: SlackUser { team: command.team_id, user: command.user_id },
        reply_to: ReplyTo::ResponseUrl(command.response_url),
    };
    let wish = match command.text.parse() {
        Ok(CommandLine::Form) => {
            let (opener, who, trigger) = (Arc::clone(&broker), asker.who.clone(), command.trigger_id);
            let open = async move { request::open_form(&opener, &who, &trigger).await };
            return after_ack(&broker, asker, open);
        }
        Ok(CommandLine::Link) => Wish::Link,
        Ok(CommandLine::Unlink) => Wish::Unlink,
        Ok(CommandLine::Status) => Wish::Overview,
        Ok(CommandLine::Help) => Wish::Help,
        Ok(CommandLine::Request(ask)) => new_request(&broker, ask),
        Err(refusal) => return after_ack(&broker, asker, async { Err(Error::Refused(refusal)) }),
    };
    inbox::accept(&broker, asker.wishes(wish)).await.into()
}

async fn on_interaction(broker: Arc<Broker>, interaction: Interaction) -> Ack {
    match interaction {
        Interaction::BlockActions(press) => on_press(broker, press).await,
        Interaction::ViewSubmission(submission) => on_submission(broker, submission).await,
        Interaction::Unknown => Ack::Ok,
    }
}

async fn on_press(broker: Arc<Broker>, press: BlockActions) -> Ack {
    let Some(who) = press.who(&broker.settings().team) else { return Ack::Ok };
    let Some(action) = press.actions.first() else { return Ack::Ok };
    let asker = Asker {
        id: CommandId::of_press(&who.team, &press.trigger_id),
        at: broker.ports().clock.now(),
        who,
        reply_to: press.response_url.clone().map_or(ReplyTo::Direct, ReplyTo::ResponseUrl),
    };
    let request = action.value.as_deref().unwrap_or_default().parse();
    let wish = match (action.action_id.as_str(), request) {
        (action::UNLINK, _) => Wish::Unlink,
        (action::REJECT, Ok(request)) => {
            let (opener, who, trigger) = (Arc::clone(&broker), asker.who.clone(), press.trigger_id);
            let open = async move { review::open_form(&opener, &who, &trigger, request).await };
            return after_ack(&broker, asker, open);
        }
        (action::APPROVE, Ok(request)) => Wish::Approve(request),
        (action::WITHDRAW, Ok(request)) => Wish::Withdraw(request),
        (action::END, Ok(request)) => Wish::End(request),
        (action::CONSOLE, Ok(request)) => Wish::OpenConsole(request),
        _ => return Ack::Ok, // a button that only opens an address, or none of ours
    };
    inbox::accept(&broker, asker.wishes(wish)).await.into()
}

async fn on_submission(broker: Arc<Broker>, submission: ViewSubmission) -> Ack {
    let Some(who) = submission.who(&broker.settings().team) else { return Ack::Ok };
    let wish = match submission.view.callback_id.as_str() {
        view::REQUEST => submission.ask().map(|ask| new_request(&broker, ask)),
        view::REJECTION => submission.rejection().map(|(request, reason)| Wish::Reject(request, reason)),
        _ => return Ack::Ok,
    };
    let wish = match wish {
        Ok(wish) => wish,
        Err(errors) => return Ack::Errors(errors),
    };
    let id = CommandId::of_press(&who.team, &submission.trigger());
    let asker = Asker { id, at: broker.ports().clock.now(), who, reply_to: ReplyTo::Direct };
    match inbox::accept(&broker, asker.wishes(wish)).await.into() {
        Ack::NotStored => Ack::Errors([(submission.last_field(), NOT_STORED.to_owned())].into()),
        ack @ (Ack::Ok | Ack::Errors(_)) => ack,
    }
}

fn new_request(broker: &Broker, ask: Ask) -> Wish {
    let id = broker.ports().ids.request_id(broker.ports().clock.now());
    Wish::Request { id, target: ask.target, duration: ask.duration, justification: ask.justification }
}

/// Lets Slack be answered before `work` is done: it opens a form, or says no, and needs no promise.
fn after_ack(
    broker: &Arc<Broker>,
    asker: Asker,
    work: impl Future<Output = flows::Result<()>> + Send + 'static,
) -> Ack {
    let doer = Arc::clone(broker);
    broker.spawn(async move {
        if let Err(error) = work.await {
            inbox::tell(&doer, &asker, &error).await;
        }
    });
    Ack::Ok
}
