//! The page's files, and the headers that they are served with.

use axum::{
    Router,
    extract::Path,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

const INDEX: &str = include_str!("page/index.html");

macro_rules! files {
    ($($name:literal is $kind:literal,)*) => {
        &[$(($name, $kind, include_str!(concat!("page/", $name))),)*]
    };
}

/// Name, media type and content.
const FILES: &[(&str, &str, &str)] = files! {
    "style.css" is "text/css; charset=utf-8",
    "blocks.css" is "text/css; charset=utf-8",
    "drawer.css" is "text/css; charset=utf-8",
    "main.js" is "text/javascript; charset=utf-8",
    "api.js" is "text/javascript; charset=utf-8",
    "blocks.js" is "text/javascript; charset=utf-8",
    "composer.js" is "text/javascript; charset=utf-8",
    "conversation.js" is "text/javascript; charset=utf-8",
    "date.js" is "text/javascript; charset=utf-8",
    "dom.js" is "text/javascript; charset=utf-8",
    "drawer.js" is "text/javascript; charset=utf-8",
    "guide.js" is "text/javascript; charset=utf-8",
    "modal.js" is "text/javascript; charset=utf-8",
    "mrkdwn.js" is "text/javascript; charset=utf-8",
    "sidebar.js" is "text/javascript; charset=utf-8",
    "ada.svg" is "image/svg+xml",
    "bob.svg" is "image/svg+xml",
    "carol.svg" is "image/svg+xml",
    "mallory.svg" is "image/svg+xml",
    "elevate.svg" is "image/svg+xml",
    "slackbot.svg" is "image/svg+xml",
};

/// Nothing runs or is shown that does not lie here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn router() -> Router {
    Router::new()
        .route(
            "/",
            get(|| async {
                guarded(([(header::CONTENT_TYPE, "text/html; charset=utf-8")], INDEX).into_response())
            }),
        )
        .route("/page/{name}", get(file))
}

async fn file(Path(name): Path<String>) -> Response {
    let found = FILES.iter().find(|(known, ..)| *known == name);
    let response = match found {
        Some((_, kind, content)) => ([(header::CONTENT_TYPE, *kind)], *content).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    };
    guarded(response)
}

pub(super) fn guarded(mut response: Response) -> Response {
    let mut set =
        |name: HeaderName, value| response.headers_mut().insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::CACHE_CONTROL, "no-store");
    response
}
