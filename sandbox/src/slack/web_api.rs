//! The Web API: its methods, their authorisation, and their responses.

mod apps;
mod arguments;
mod chat;
mod conversations;
mod identity;
mod views;

use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Method as Verb, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use serde_json::{Value, json};

use self::arguments::Arguments;
use super::{Slack, SlackConfig, blocks::Fault, response_url, socket, workspace::Workspace};
use crate::{call_log::Note, http};

/// What a method answers, without the `ok` that Slack puts in front.
type Answer = Result<Value, Refusal>;

/// Why a call is refused: the error's name, and what in particular is wrong.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    error: &'static str,
    messages: Vec<String>,
}

impl Refusal {
    fn with_messages(error: &'static str, messages: Vec<String>) -> Self {
        Self { error, messages }
    }

    fn argument(message: String) -> Self {
        Self::with_messages("invalid_arguments", vec![message])
    }

    fn faults(error: &'static str, faults: &[Fault]) -> Self {
        Self::with_messages(error, faults.iter().map(Fault::to_string).collect())
    }
}

impl From<&'static str> for Refusal {
    fn from(error: &'static str) -> Self {
        Self::with_messages(error, Vec::new())
    }
}

/// A method of the Web API, with the arguments it needs and those it takes besides.
struct Method {
    name: &'static str,
    needs: &'static [&'static str],
    takes: &'static [&'static str],
    answer: fn(&mut Workspace, &Arguments) -> Answer,
}

const METHODS: &[Method] = &[
    Method { name: "auth.test", needs: &[], takes: &[], answer: identity::auth_test },
    Method { name: "users.info", needs: &["user"], takes: &["include_locale"], answer: identity::users_info },
    Method {
        name: "conversations.info",
        needs: &["channel"],
        takes: &["include_locale", "include_num_members"],
        answer: conversations::info,
    },
    Method {
        name: "conversations.open",
        needs: &["users"],
        takes: &["return_im"],
        answer: conversations::open,
    },
    Method {
        name: "conversations.history",
        needs: &["channel"],
        takes: &["cursor", "inclusive", "include_all_metadata", "latest", "limit", "oldest"],
        answer: conversations::history,
    },
    Method {
        name: "chat.postMessage",
        needs: &["channel"],
        takes: &["text", "blocks", "metadata", "thread_ts", "unfurl_links", "unfurl_media"],
        answer: chat::post_message,
    },
    Method {
        name: "chat.update",
        needs: &["channel", "ts"],
        takes: &["text", "blocks", "metadata"],
        answer: chat::update,
    },
    Method {
        name: "chat.postEphemeral",
        needs: &["channel", "user"],
        takes: &["text", "blocks"],
        answer: chat::post_ephemeral,
    },
    Method {
        name: "chat.getPermalink",
        needs: &["channel", "message_ts"],
        takes: &[],
        answer: chat::get_permalink,
    },
    Method { name: "views.open", needs: &["trigger_id", "view"], takes: &[], answer: views::open },
    Method {
        name: "views.update",
        needs: &["view"],
        takes: &["view_id", "external_id", "hash"],
        answer: views::update,
    },
    Method { name: "views.publish", needs: &["user_id", "view"], takes: &["hash"], answer: views::publish },
];

/// What is called with the app-level token instead of the bot's, and only by POST.
const APP_METHODS: &[Method] =
    &[Method { name: "apps.connections.open", needs: &[], takes: &[], answer: apps::connections_open }];

/// The Web API, the response URLs, and the door of Socket Mode.
pub(super) fn router(slack: Slack) -> Router {
    Router::new()
        .route("/api/{method}", any(call))
        .route("/response/{opaque}", post(respond))
        .route("/link/", get(socket::link))
        .with_state(slack)
}

async fn call(
    State(slack): State<Slack>,
    Path(name): Path<String>,
    verb: Verb,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = async {
        let arguments = || match verb {
            Verb::GET => Arguments::from_form(query.unwrap_or_default().as_bytes()),
            _ => Arguments::from_body(&headers, &body),
        };
        let answer = answer(&slack, &verb, &name, &headers, arguments);
        (Extension(note(&answer)), envelope(answer)).into_response()
    };
    http::apply(slack.control(), &name, answer).await
}

fn answer(
    slack: &Slack,
    verb: &Verb,
    name: &str,
    headers: &HeaderMap,
    arguments: impl FnOnce() -> Result<Arguments, Refusal>,
) -> Answer {
    let SlackConfig { bot_token, app_token, .. } = &slack.0.config;
    let is_meant = |method: &&Method| method.name == name;
    let method = if let Some(method) = METHODS.iter().find(is_meant) {
        authenticate(headers, bot_token, app_token)?;
        method
    } else {
        let method = APP_METHODS.iter().find(is_meant).ok_or("unknown_method")?;
        if verb != Verb::POST {
            return Err("insecure_request".into());
        }
        authenticate(headers, app_token, bot_token)?;
        method
    };
    let arguments = arguments()?;
    arguments.check(method.needs, method.takes)?;
    let workspace = &mut slack.workspace();
    let is_about = |about: &str| {
        ["channel", "user", "users"].iter().any(|name| arguments.text(name).is_ok_and(|given| given == about))
    };
    let refused = workspace
        .refusals
        .iter()
        .find(|(refused, about, _)| refused == name && about.as_deref().is_none_or(is_about));
    match refused {
        Some((_, _, error)) => Err((*error).into()),
        None => (method.answer)(workspace, &arguments),
    }
}

/// Refuses a caller without `token`, with a specific error for the app's `other` token.
fn authenticate(headers: &HeaderMap, token: &str, other: &str) -> Result<(), Refusal> {
    let given = headers.get(header::AUTHORIZATION).ok_or("not_authed")?;
    let bearer = given.to_str().ok().and_then(|given| given.strip_prefix("Bearer "));
    match bearer {
        Some(bearer) if bearer == token => Ok(()),
        Some(bearer) if bearer == other => Err("not_allowed_token_type".into()),
        Some(_) | None => Err("invalid_auth".into()),
    }
}

/// Where it was done, or to whom; or what is wrong.
fn note(answer: &Answer) -> Note {
    let told = match answer {
        Ok(answer) => [&answer["channel"], &answer["channel"]["id"], &answer["user"]["name"]]
            .into_iter()
            .find_map(Value::as_str)
            .unwrap_or_default(),
        Err(refusal) => refusal.error,
    };
    Note(told.to_owned())
}

fn envelope(answer: Answer) -> Json<Value> {
    Json(match answer {
        Ok(mut answer) => {
            answer["ok"] = json!(true);
            answer
        }
        Err(Refusal { error, messages }) if messages.is_empty() => json!({ "ok": false, "error": error }),
        Err(Refusal { error, messages }) => json!({
            "ok": false,
            "error": error,
            "errors": messages,
            "response_metadata": { "messages": messages },
        }),
    })
}

async fn respond(State(slack): State<Slack>, Path(opaque): Path<String>, body: Bytes) -> Response {
    let answer = async {
        match response_url::respond(&mut slack.workspace(), &opaque, &body) {
            Ok(()) => Json(json!({ "ok": true })).into_response(),
            Err(error) => {
                (StatusCode::NOT_FOUND, Json(json!({ "ok": false, "error": error }))).into_response()
            }
        }
    };
    http::apply(slack.control(), "response_url", answer).await
}
