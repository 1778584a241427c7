//! The console: it manages nothing, but shows who is signed in, with which role, and for how long.

use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use url::Url;

use super::{Aws, pages};
use crate::{cookie, http::apply};

const COOKIE: &str = "aws_console";

/// Somebody's stay in the console.
#[derive(Clone, Debug)]
pub(super) struct ConsoleSession {
    pub(super) access_key_id: String,
    /// Where to sign in again.
    pub(super) issuer: Option<Url>,
    pub(super) ends_at: DateTime<Utc>,
}

/// The `Set-Cookie` header that lets a browser in.
pub(super) fn cookie(secret: &str) -> String {
    format!("{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Lax")
}

/// An action that a person tries in the console.
#[derive(Deserialize)]
pub(super) struct Trial {
    call: Option<String>,
}

/// `GET /console`.
pub(super) async fn show(State(aws): State<Aws>, Query(trial): Query<Trial>, headers: HeaderMap) -> Response {
    apply(&aws.0.control, "console", async { page(&aws, &trial, &headers) }).await
}

/// `GET /console/left`: for how many seconds the session is still good, for the page alone.
pub(super) async fn left(State(aws): State<Aws>, headers: HeaderMap) -> Result<Json<i64>, StatusCode> {
    let cloud = aws.cloud();
    let console = cookie::cookie(&headers, COOKIE).and_then(|cookie| cloud.consoles.get(cookie));
    let console = console.ok_or(StatusCode::UNAUTHORIZED)?;
    let session = cloud.sessions.get(&console.access_key_id).ok_or(StatusCode::UNAUTHORIZED)?;
    Ok(Json(pages::seconds_left(session, console.ends_at, aws.now())))
}

/// `GET /console.js`.
pub(super) async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], pages::SCRIPT)
}

fn page(aws: &Aws, trial: &Trial, headers: &HeaderMap) -> Response {
    let now = aws.now();
    let cloud = aws.cloud();
    let console = cookie::cookie(headers, COOKIE).and_then(|cookie| cloud.consoles.get(cookie));
    let Some(console) = console else {
        let page = pages::message(
            "You are not signed in",
            "Follow a link from the app that gives you access.",
            None,
        );
        return (StatusCode::UNAUTHORIZED, page).into_response();
    };
    match cloud.sessions.get(&console.access_key_id) {
        Some(session) if now < console.ends_at => {
            let tried = trial.call.as_ref().map(|call| session.may(call, "*", now));
            pages::console(session, console.ends_at, now, tried.as_ref()).into_response()
        }
        Some(_) | None => {
            let issuer = console.issuer.as_ref().map(Url::as_str);
            let sentence = match trial.call {
                Some(_) => {
                    "Denied: the security token included in the request is expired. To go on, sign in again."
                }
                None => "To go on, sign in again.",
            };
            let page = pages::message("Your session has ended", sentence, issuer);
            (StatusCode::UNAUTHORIZED, page).into_response()
        }
    }
}
