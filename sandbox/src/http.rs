//! The common parts of every stand-in's HTTP server: a loopback listener, faults on demand, a count of calls.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    call_log::{self, CallLog, Lookout, Party, Underway},
    kill_switch::{KillSwitch, Passage},
};

/// What goes wrong with one call.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Answered with this status, before anything is done.
    Status(u16),
    /// Answered 429 with `Retry-After` in seconds, before anything is done; the body is Slack's.
    RateLimited(u32),
    /// Answered 200 with a body that is not what the protocol says.
    Garbage,
    /// Never answered; nothing is done.
    Hangs,
    /// Done, but the answer breaks off on its way.
    AnswerLost,
    /// Done, and never answered.
    Unanswered,
    /// Done, with status 200 and the whole response as one JSON string, which a client cannot parse.
    Quoted,
}

/// Faults and latency of one stand-in, switched on and off while it runs, and the calls it has seen.
#[derive(Clone, Debug, Default)]
pub struct Control(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    latency: BTreeMap<String, Duration>,
    faults: BTreeMap<String, VecDeque<Fault>>,
    standing: BTreeMap<String, Fault>,
    calls: Vec<String>,
    kill_switch: Option<Connected>,
    lookout: Option<Lookout>,
}

/// The broker's kill switch, and which calls are the broker's.
#[derive(Debug)]
struct Connected {
    kill_switch: KillSwitch,
    is_of_the_broker: fn(&str) -> bool,
}

impl Control {
    /// The next call of `name` (a method such as `chat.postMessage`, a path, or an AWS action) goes wrong.
    /// Called again, the faults queue up.
    pub fn fail_next(&self, name: &str, fault: Fault) {
        self.inner().faults.entry(name.to_owned()).or_default().push_back(fault);
    }

    /// Every call of `name` goes wrong, until [`Control::heal`].
    pub fn fail_always(&self, name: &str, fault: Fault) {
        self.inner().standing.insert(name.to_owned(), fault);
    }

    /// Calls of `name` take at least this long.
    pub fn slow(&self, name: &str, latency: Duration) {
        self.inner().latency.insert(name.to_owned(), latency);
    }

    /// Removes all faults and latency.
    pub fn heal(&self) {
        let mut inner = self.inner();
        inner.latency.clear();
        inner.faults.clear();
        inner.standing.clear();
    }

    /// Puts calls of these names under the broker's kill switch.
    pub fn connect_kill_switch(&self, kill_switch: &KillSwitch, is_of_the_broker: fn(&str) -> bool) {
        self.inner().kill_switch = Some(Connected { kill_switch: kill_switch.clone(), is_of_the_broker });
    }

    /// From now on, calls are noted in `call_log` as calls of `callee`: by browsers where they have one of these names,
    /// else by the broker.
    pub fn watch(&self, call_log: &CallLog, callee: Party, of_browsers: &'static [&'static str]) {
        self.inner().lookout = Some(Lookout { call_log: call_log.clone(), callee, of_browsers });
    }

    /// Records that a call begins, if a log watches.
    pub(crate) fn begins(&self, name: &str) -> Option<Underway> {
        self.inner().lookout.as_ref().map(|lookout| lookout.begins(name))
    }

    /// Says that a call has landed which is [`Fault::Unanswered`].
    pub(crate) fn landed(&self) {
        if let Some(Connected { kill_switch, .. }) = &self.inner().kill_switch {
            kill_switch.landed();
        }
    }

    /// The names of all calls seen so far, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.inner().calls.clone()
    }

    /// Clears the recorded calls.
    pub fn forget_calls(&self) {
        self.inner().calls = Vec::new();
    }

    /// Notes a call; says what shall go wrong with it and how long it takes.
    #[must_use]
    pub fn enter(&self, name: &str) -> (Duration, Option<Fault>) {
        let mut inner = self.inner();
        inner.calls.push(name.to_owned());
        let queued = inner.faults.get_mut(name).and_then(VecDeque::pop_front);
        let fault = queued.or_else(|| inner.standing.get(name).cloned());
        let connected = inner.kill_switch.as_ref().filter(|connected| (connected.is_of_the_broker)(name));
        let fault = match connected.map_or(Passage::Through, |connected| connected.kill_switch.pass(name)) {
            Passage::Through => fault,
            Passage::Stopped => Some(Fault::Hangs),
            Passage::Unanswered => Some(Fault::Unanswered),
        };
        (inner.latency.get(name).copied().unwrap_or_default(), fault)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Binds `port` on loopback (0: any free one).
///
/// # Errors
/// When the port is taken.
pub async fn listen(port: u16) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        std::io::Error::new(error.kind(), format!("could not listen on 127.0.0.1:{port}: {error}"))
    })?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves `router` until the process ends.
pub fn serve(listener: TcpListener, router: Router) {
    tokio::spawn(async move { axum::serve(listener, router).await });
}

/// The same routes with `control` in front of every call, whose name is its path's last segment.
pub fn controlled(router: Router, control: Control) -> Router {
    router.layer(middleware::from_fn_with_state(control, interfere))
}

async fn interfere(State(control): State<Control>, request: Request, next: Next) -> Response {
    let name = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    apply(&control, &name, next.run(request)).await
}

/// Runs `answer` under the latency and the fault that `control` holds for `name`.
/// For protocols whose calls do not differ by path.
pub async fn apply(control: &Control, name: &str, answer: impl Future<Output = Response>) -> Response {
    call_log::watched(control.begins(name), troubled(control, name, answer)).await
}

async fn troubled(control: &Control, name: &str, answer: impl Future<Output = Response>) -> Response {
    let (latency, fault) = control.enter(name);
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    match fault {
        None => answer.await,
        Some(Fault::Status(code)) => {
            StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
        Some(Fault::RateLimited(seconds)) => {
            let told = Json(json!({ "ok": false, "error": "ratelimited" }));
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds.to_string())], told)
                .into_response()
        }
        Some(Fault::Garbage) => "<html>an upstream proxy's page".into_response(),
        Some(Fault::Hangs) => std::future::pending().await,
        Some(Fault::Unanswered) => {
            answer.await;
            control.landed();
            std::future::pending().await
        }
        Some(Fault::AnswerLost) => {
            answer.await;
            let lost = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            Response::new(Body::from_stream(stream::once(async { Err::<Bytes, _>(lost) })))
        }
        Some(Fault::Quoted) => match to_bytes(answer.await.into_body(), usize::MAX).await {
            Ok(body) => Json(String::from_utf8_lossy(&body)).into_response(),
            Err(broken) => (StatusCode::INTERNAL_SERVER_ERROR, broken.to_string()).into_response(),
        },
    }
}
