//! A Slack client in a browser, in which one person can play everyone: the page and its API.
//!
//! The page is hand-written and needs no build. It fetches its state again on each notification of a change; what
//! people do is sent as Slack's client would send it. The API accepts requests only from this page.
//!
//! | | |
//! |---|---|
//! | `GET /?as=ada` | the page, for Ada |
//! | `GET /api/read-model?as=` | everything that this person sees, and whether others have unread messages |
//! | `GET /api/live` | server-sent events: `slack`, `clock` and `calls`, each when there is news |
//! | `POST /api/types`, `presses`, `submits`, `closes`, `reloads` | what people do |
//! | `POST /api/time {"seconds"}` | moves the clock for everyone |
//! | `GET /api/calls` | the log of calls |
//! | `GET /browse?as=&to=` | opens a URL that this person has received, in their browser |
//!
//! The program that serves the page also serves `GET /api/records`: what the broker has stored,
//! `{"requests": [{"id", "title", "until", "events": [{"at", "event", "body"}]}], "linked": [user], "done": [step]}`,
//! where a step is `asked`, `approved` or `opened`.

mod actions;
mod browser_profile;
mod live;
mod page;
mod read_model;

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::{Deserialize, Deserializer, de::Error};

use self::browser_profile::Browsers;
use crate::{
    call_log::{CallLog, Exchange},
    example_corp::{self, Company, Persona},
    random::random_id,
};

/// Where the page is, whom it shows, and whose browser this is.
#[derive(Clone)]
struct Playground(Arc<Inner>);

struct Inner {
    company: Company,
    call_log: CallLog,
    /// Such as `http://127.0.0.1:4000`.
    origin: String,
    /// Tells one run from another: what was read in an earlier one is unread.
    run: String,
    browsers: Mutex<Browsers>,
}

/// The page and what it asks for, to be served at `origin`, with `beside` behind the same door.
pub fn router(company: Company, call_log: CallLog, origin: &str, beside: Router) -> Router {
    let playground = Playground(Arc::new(Inner {
        company,
        call_log,
        origin: origin.to_owned(),
        run: random_id::<8>(),
        browsers: Mutex::default(),
    }));
    let inside = Router::new()
        .route("/api/read-model", get(read_model::read_model))
        .route("/api/live", get(live::live))
        .route("/api/types", post(actions::types))
        .route("/api/presses", post(actions::presses))
        .route("/api/submits", post(actions::submits))
        .route("/api/closes", post(actions::closes))
        .route("/api/reloads", post(actions::reloads))
        .route("/api/time", post(actions::lets_time_pass))
        .route("/api/calls", get(calls_so_far))
        .route("/browse", get(browser_profile::browse))
        .with_state(playground.clone())
        .merge(beside)
        .layer(middleware::from_fn_with_state(playground.clone(), only_from_the_page));
    page::router().layer(middleware::from_fn_with_state(playground, only_here)).merge(inside)
}

async fn calls_so_far(State(playground): State<Playground>) -> Json<Vec<Exchange>> {
    Json(playground.0.call_log.exchanges())
}

/// One of the company's people, by what they sign in as.
#[derive(Clone, Copy, Debug)]
struct Who(Persona);

impl<'de> Deserialize<'de> for Who {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let login = String::deserialize(deserializer)?;
        let persona = example_corp::EVERYBODY.into_iter().find(|persona| persona.login == login);
        persona.map(Self).ok_or_else(|| D::Error::custom(format!("there is nobody called {login}")))
    }
}

#[derive(Deserialize)]
struct Seen {
    r#as: Who,
}

/// Sends a browser that has come by another name of this machine to the one for which cookies are set.
async fn only_here(State(playground): State<Playground>, request: Request, next: Next) -> Response {
    if is_here(&playground, request.headers()) {
        return next.run(request).await;
    }
    Redirect::to(&format!("{}{}", playground.0.origin, request.uri())).into_response()
}

/// Refuses requests from another site's page or under another host name.
async fn only_from_the_page(State(playground): State<Playground>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    let is_from_elsewhere = site.is_some_and(|site| ![&b"same-origin"[..], b"none"].contains(&site));
    if is_from_elsewhere || !is_here(&playground, headers) {
        return (StatusCode::FORBIDDEN, "only this server's own page may request that\n").into_response();
    }
    page::guarded(next.run(request).await)
}

fn is_here(playground: &Playground, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    playground.0.origin.strip_prefix("http://") == Some(host)
}
