//! The console: nothing to manage, but it tells who is signed in, as what, and for how long.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use url::Url;

use super::{Aws, pages};
use crate::{cookie, http::apply};

const COOKIE: &str = "aws_console";

/// Somebody's stay in the console.
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

/// `GET /console`.
pub(super) async fn show(State(aws): State<Aws>, headers: HeaderMap) -> Response {
    apply(&aws.0.control, "console", async { page(&aws, &headers) }).await
}

fn page(aws: &Aws, headers: &HeaderMap) -> Response {
    let now = aws.now();
    let cloud = aws.cloud();
    let console = cookie::cookie(headers, COOKIE).and_then(|cookie| cloud.consoles.get(cookie));
    let Some(console) = console else {
        let page =
            pages::message("You are not signed in", "Follow a link from whoever gives you access.", None);
        return (StatusCode::UNAUTHORIZED, page).into_response();
    };
    match cloud.sessions.get(&console.access_key_id) {
        Some(session) if now < console.ends_at => {
            pages::console(session, console.ends_at, now).into_response()
        }
        Some(_) | None => {
            let issuer = console.issuer.as_ref().map(Url::as_str);
            let page = pages::message("Your session has ended", "To go on, sign in again.", issuer);
            (StatusCode::UNAUTHORIZED, page).into_response()
        }
    }
}
