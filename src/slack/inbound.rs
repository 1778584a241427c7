//! What comes in from Slack: verified, parsed, promised, answered.
//!
//! Slack wants its answer within 3 s. What a press asks for is stored before that; everything else happens
//! after (`flows::inbox`). What we do not know, we let pass: Slack adds fields and kinds of payloads as it likes.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    command::CommandLine,
    payload::{BlockActions, FieldErrors, Interaction, Sender, SlashCommand, ViewSubmission},
    verify::Verifier,
    views::ids::{action, view},
};
use crate::{
    domain::{
        decide::Ask,
        ids::CommandId,
        person::SlackUser,
        press::{Asker, Press, ReplyTo, Wish},
    },
    flows::{self, Broker, Error, inbox, request, review},
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
        .route("/slack/events", post(events))
        .with_state(Slack { broker, verifier })
}

/// The press could not be stored, as far as anybody knows: nothing may come of it.
struct NotStored;

const NOT_READ: &str = "That command did not arrive whole, so nothing was done. Type it again.";
const NOT_STORED: &str = "That could not be stored, as far as I can tell. Look with /elevate status whether it was, and else try again in a minute.";

async fn commands(State(slack): State<Slack>, request: Request) -> Response {
    let body = match slack.signed_body(request).await {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    let Ok(command) = serde_urlencoded::from_bytes::<SlashCommand>(&body) else {
        // Slack's own check of the certificate, `ssl_check=1`, comes this way too.
        tracing::warn!("a command of an unknown shape was let pass");
        return for_their_eyes(NOT_READ);
    };
    // A client that hangs up cancels this handler, so what must finish is spawned.
    match slack.broker.spawn(|broker| on_command(broker, command)).await {
        Ok(Ok(())) => StatusCode::OK.into_response(),
        Ok(Err(NotStored)) | Err(_) => for_their_eyes(NOT_STORED),
    }
}

/// An answer to a command that only the person sees who typed it.
fn for_their_eyes(text: &str) -> Response {
    Json(json!({ "response_type": "ephemeral", "text": text })).into_response()
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
    let form = serde_urlencoded::from_bytes::<Form>(&body).ok();
    match form.and_then(|form| Interaction::read(&form.payload).ok()) {
        Some(Interaction::BlockActions(sender, press)) => {
            match slack.broker.spawn(|broker| on_press(broker, sender, press)).await {
                Ok(Ok(())) => StatusCode::OK.into_response(),
                Ok(Err(NotStored)) | Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            }
        }
        Some(Interaction::ViewSubmission(sender, submission)) => {
            match slack.broker.spawn(|broker| on_submission(broker, sender, submission)).await {
                Ok(Ok(())) => StatusCode::OK.into_response(),
                Ok(Err(errors)) => {
                    Json(json!({ "response_action": "errors", "errors": errors })).into_response()
                }
                Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            }
        }
        Some(Interaction::Unknown) => StatusCode::OK.into_response(),
        None => {
            tracing::warn!("an interaction of an unknown shape was let pass");
            StatusCode::OK.into_response()
        }
    }
}

/// Proves to Slack that this address is ours. No event is used; one that comes all the same has been heard, or
/// Slack would send it again (<https://docs.slack.dev/apis/events-api>).
async fn events(State(slack): State<Slack>, request: Request) -> Response {
    #[derive(Deserialize)]
    #[serde(tag = "type", rename_all = "snake_case")]
    enum Event {
        UrlVerification {
            challenge: String,
        },
        #[serde(other)]
        Unused,
    }
    let body = match slack.signed_body(request).await {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    match serde_json::from_slice(&body) {
        Ok(Event::UrlVerification { challenge }) => challenge.into_response(),
        Ok(Event::Unused) | Err(_) => StatusCode::OK.into_response(),
    }
}

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
        let body = to_bytes(body, MAX_BODY).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
        self.verifier.verify(&head.headers, &body, now).map_err(refuse)?;
        Ok(body)
    }
}

async fn on_command(broker: Arc<Broker>, command: SlashCommand) -> Result<(), NotStored> {
    let asker = Asker {
        id: CommandId::of_press(&command.team_id, &command.trigger_id),
        at: broker.ports().clock.now(),
        who: SlackUser { team: command.team_id, user: command.user_id },
        reply_to: ReplyTo::ResponseUrl(command.response_url),
    };
    let wish = match command.text.parse() {
        Ok(CommandLine::Form) => {
            let (who, trigger) = (asker.who.clone(), command.trigger_id);
            after_answer(&broker, asker, async move |broker| {
                request::open_form(&broker, &who, &trigger).await
            });
            return Ok(());
        }
        Ok(CommandLine::Link) => Wish::Link,
        Ok(CommandLine::Unlink) => Wish::Unlink,
        Ok(CommandLine::Status) => Wish::Overview,
        Ok(CommandLine::Help) => Wish::Help,
        Ok(CommandLine::Request(ask)) => new_request(&broker, ask),
        Err(refusal) => {
            after_answer(&broker, asker, async |_| Err(Error::Refused(refusal)));
            return Ok(());
        }
    };
    promise(&broker, asker.wishes(wish)).await
}

async fn on_press(broker: Arc<Broker>, sender: Sender, press: BlockActions) -> Result<(), NotStored> {
    let Some(who) = sender.who(&broker.settings().team) else { return Ok(()) };
    let Some(action) = press.actions.first() else { return Ok(()) };
    let asker = Asker {
        id: CommandId::of_press(&who.team, &press.trigger_id),
        at: broker.ports().clock.now(),
        who,
        reply_to: press.reply_to(),
    };
    let request = action.value.as_deref().unwrap_or_default().parse();
    let wish = match (action.action_id.as_str(), request) {
        (action::UNLINK, _) => Wish::Unlink,
        (action::REJECT, Ok(request)) => {
            let (who, trigger) = (asker.who.clone(), press.trigger_id);
            after_answer(&broker, asker, async move |broker| {
                review::open_form(&broker, &who, &trigger, request).await
            });
            return Ok(());
        }
        (action::APPROVE, Ok(request)) => Wish::Approve(request),
        (action::WITHDRAW, Ok(request)) => Wish::Withdraw(request),
        (action::END, Ok(request)) => Wish::End(request),
        (action::CONSOLE, Ok(request)) => Wish::OpenConsole(request),
        _ => return Ok(()), // a button that only opens an address, or none of ours
    };
    promise(&broker, asker.wishes(wish)).await
}

/// A form that cannot be read stays open, with a sentence under each of its fields.
async fn on_submission(
    broker: Arc<Broker>,
    sender: Sender,
    submission: ViewSubmission,
) -> Result<(), FieldErrors> {
    let Some(who) = sender.who(&broker.settings().team) else { return Ok(()) };
    let wish = match submission.view.callback_id.as_str() {
        view::REQUEST => new_request(&broker, submission.ask()?),
        view::REJECTION => {
            let (request, reason) = submission.rejection()?;
            Wish::Reject(request, reason)
        }
        _ => return Ok(()),
    };
    let id = CommandId::of_press(&who.team, &submission.trigger());
    let asker = Asker { id, at: broker.ports().clock.now(), who, reply_to: ReplyTo::Direct };
    let promised = promise(&broker, asker.wishes(wish)).await;
    promised.map_err(|NotStored| [(submission.last_field(), NOT_STORED.to_owned())].into())
}

fn new_request(broker: &Broker, ask: Ask) -> Wish {
    Wish::Request(broker.ports().ids.request_id(broker.ports().clock.now()), ask)
}

async fn promise(broker: &Arc<Broker>, press: Press) -> Result<(), NotStored> {
    inbox::accept(broker, press).await.map_err(|error| {
        tracing::error!(error = format!("{:#}", anyhow::Error::from(error)), "a press was not stored");
        NotStored
    })
}

/// Lets Slack be answered before `work` is done: it opens a form, or says no, and needs no promise.
fn after_answer<F>(broker: &Arc<Broker>, asker: Asker, work: impl FnOnce(Arc<Broker>) -> F + Send + 'static)
where
    F: Future<Output = flows::Result<()>> + Send,
{
    broker.spawn(async move |broker| {
        if let Err(error) = work(Arc::clone(&broker)).await {
            inbox::tell(&broker, &asker, &error).await;
        }
    });
}
