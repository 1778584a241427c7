//! The log of calls: caller, callee, time, duration and outcome, for the page behind the scenes.
//!
//! It keeps a call's name and a short note, never its body; possible secrets in a path are masked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
    response::Response,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::{sync::watch, time::Instant};

use crate::clock::Clock;

/// How many exchanges are kept.
const MOST: usize = 600;
/// From this length on a part of a path could be a secret.
const SECRET: usize = 32;

/// One of those who call each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// Somebody's browser.
    Browser,
    /// The Slack workspace.
    Slack,
    /// The broker.
    Bot,
    /// The identity provider.
    Idp,
    /// The broker's database.
    Dynamo,
    /// AWS: STS, and the console.
    Aws,
}

/// One call and its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exchange {
    /// Its number, in the order in which calls began.
    pub number: u64,
    /// When it began.
    pub at: DateTime<Utc>,
    /// Who called.
    pub from: Party,
    /// Who was called.
    pub to: Party,
    /// What was called, such as `chat.postMessage` or `POST /slack/commands`.
    pub call: String,
    /// A few words on what it was about.
    pub note: String,
    /// The status of the answer; nothing where none came.
    pub status: Option<u16>,
    /// How long it took, in milliseconds of the machine's.
    pub millis: u64,
}

/// The newest exchanges; clones are handles on the same.
#[derive(Clone, Debug)]
pub struct CallLog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: Clock,
    log: Mutex<Log>,
    ended: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Log {
    begun: u64,
    /// In the order in which they ended.
    exchanges: VecDeque<Exchange>,
}

impl CallLog {
    /// Notes times by `clock`.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Inner { clock, log: Mutex::default(), ended: watch::Sender::new(0) }))
    }

    /// A call begins.
    pub(crate) fn begins(&self, from: Party, to: Party, call: String) -> Underway {
        let mut log = self.log();
        log.begun += 1;
        let exchange = Exchange {
            number: log.begun,
            at: self.0.clock.now(),
            from,
            to,
            call,
            note: String::new(),
            status: None,
            millis: 0,
        };
        Underway { call_log: self.clone(), started: Instant::now(), exchange }
    }

    /// The exchanges that are kept, in the order in which they began.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        let mut exchanges: Vec<Exchange> = self.log().exchanges.iter().cloned().collect();
        exchanges.sort_by_key(|exchange| exchange.number);
        exchanges
    }

    /// Hears of every exchange that ends.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.0.ended.subscribe()
    }

    fn keep(&self, exchange: Exchange) {
        self.log().keep(exchange);
        self.0.ended.send_modify(|ended| *ended += 1);
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    /// When there is no more room, the oldest query goes: those that look for work every few seconds would push
    /// everything else out.
    fn keep(&mut self, exchange: Exchange) {
        if self.exchanges.len() == MOST {
            let oldest = self.exchanges.iter().position(|exchange| exchange.call == "Query");
            self.exchanges.remove(oldest.unwrap_or_default());
        }
        self.exchanges.push_back(exchange);
    }
}

/// A call that has begun. Dropped, it has ended without an answer.
#[derive(Debug)]
pub(crate) struct Underway {
    call_log: CallLog,
    started: Instant,
    exchange: Exchange,
}

impl Underway {
    /// Says in a few words what it is about.
    pub(crate) fn note(&mut self, note: &str) {
        note.clone_into(&mut self.exchange.note);
    }

    /// It is answered.
    pub(crate) fn ends(mut self, status: u16) {
        self.exchange.status = Some(status);
    }

    /// It is answered with this response, which may carry a [`Note`].
    fn ends_with(mut self, response: &Response) {
        if let Some(Note(note)) = response.extensions().get() {
            self.note(note);
        }
        self.ends(response.status().as_u16());
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        let mut exchange = self.exchange.clone();
        exchange.millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.call_log.keep(exchange);
    }
}

/// A response's note about its call, for the page behind the scenes.
#[derive(Clone, Debug)]
pub(crate) struct Note(pub(crate) String);

/// A log that receives incoming calls.
#[derive(Clone, Debug)]
pub(crate) struct Lookout {
    pub(crate) call_log: CallLog,
    pub(crate) callee: Party,
    /// What browsers call; the rest is called by the broker.
    pub(crate) of_browsers: &'static [&'static str],
}

impl Lookout {
    pub(crate) fn begins(&self, call: &str) -> Underway {
        let caller = if self.of_browsers.contains(&call) { Party::Browser } else { Party::Bot };
        self.call_log.begins(caller, self.callee, call.to_owned())
    }
}

/// Runs a call, with a log or without.
pub(crate) async fn watched(underway: Option<Underway>, answer: impl Future<Output = Response>) -> Response {
    let response = answer.await;
    if let Some(underway) = underway {
        underway.ends_with(&response);
    }
    response
}

/// The broker's routes, with what browsers ask there noted. What Slack sends is noted where it leaves.
pub fn of_browsers(router: Router, call_log: &CallLog) -> Router {
    let call_log = call_log.clone();
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let path = request.uri().path();
        let is_slack = path.starts_with("/slack/");
        let call = format!("{} {}", request.method(), masked_path(path));
        let underway = (!is_slack).then(|| call_log.begins(Party::Browser, Party::Bot, call));
        async move { watched(underway, next.run(request)).await }
    }))
}

/// A path without what could be a secret in it.
fn masked_path(path: &str) -> String {
    let part = |part| if str::len(part) < SECRET { part } else { "…" };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}
