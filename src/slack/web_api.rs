//! Calls of Slack's Web API, with time limits and retries.
//!
//! 1. A call has a time limit and is retried after a transient failure. A call that certainly had no effect is retried
//!    unless it is worthless by then; one that may have had an effect, only if it is idempotent.
//! 2. Of a failed call, only Slack's error code is passed on: the library's errors contain whole bodies.

use std::{fmt, sync::Arc, time::Duration};

use backon::{ExponentialBuilder, Retryable};
use futures_util::{FutureExt, future::BoxFuture};
use http::{
    HeaderValue, Method, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::time::Instant;
use url::Url;

use crate::{
    metrics::Outcome,
    outbound::{HttpClient, HttpError, Limits},
    ports::{ChatError, Clock},
    slack::errors::{Class, classify, refused, unavailable, unavailable_for},
};

/// The limits of one call. A page of a channel's history contains up to 200 messages with their blocks.
const LIMITS: Limits = Limits { duration: Duration::from_secs(10), body: 4 * 1024 * 1024 };
/// How many times a call is retried after transient failures.
const RETRIES: usize = 2;
/// The base of the wait between tries. Waits are random, so that replicas do not retry at the same moment.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait that a call accepts from Slack. If Slack asks for more, the call fails and its job is retried
/// later.
const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// How long after its first try a call may be retried. The caller holds a lease of a minute on the work, and must
/// finish before it ends.
const TRIED_FOR: Duration = Duration::from_secs(20);
/// What is reported of a request that cannot be built.
const UNSENDABLE: &str = "a request that cannot be written";

/// When a failed call may be retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// Even if it may have had an effect: it is idempotent.
    Always,
    /// If it certainly had no effect.
    IfUndone,
    /// Never: a moment later it is worthless.
    Never,
}

/// The Web API, as one token may use it.
pub(super) struct WebApi {
    http: HttpClient,
    base: String,
    token: SecretString,
    clock: Arc<dyn Clock>,
}

/// The fields of every response (<https://docs.slack.dev/apis/web-api/#responses>).
#[derive(Deserialize)]
struct Verdict {
    ok: bool,
    #[serde(default)]
    error: String,
}

impl Verdict {
    fn told(self, method: &'static str) -> Result<(), Failure> {
        let Self { ok: false, error } = self else { return Ok(()) };
        Err(match classify(&error) {
            Class::RateLimit => Failure::undone(method, error, None),
            Class::Outage => Failure::doubtful(method, error),
            Class::Refusal(_) => Failure::refused(method, &error),
        })
    }
}

/// Returns the verdict in the answer of a response URL, which is often just `ok`.
fn told(method: &'static str, answer: &[u8]) -> Result<(), Failure> {
    serde_json::from_slice::<Verdict>(answer).map_or(Ok(()), |verdict| verdict.told(method))
}

impl WebApi {
    /// Creates a client of the Web API at `base`. Sends nothing yet.
    pub(super) fn new(http: &HttpClient, base: &Url, token: SecretString, clock: Arc<dyn Clock>) -> Self {
        let base = base.as_str().trim_end_matches('/').to_owned();
        Self { http: http.limited_to(LIMITS), base, token, clock }
    }

    /// Calls a method that reads.
    pub(super) async fn get<A>(
        &self,
        method: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<A, ChatError>
    where
        A: DeserializeOwned + Send,
    {
        let query = serde_urlencoded::to_string(parameters).map_err(|_| unavailable(method, UNSENDABLE))?;
        let address = format!("{}/{method}?{query}", self.base);
        let request = || self.request(Method::GET, &address, Vec::new());
        self.insist(Again::Always, method, &|| self.ask(method, request()).boxed()).await
    }

    /// Calls a method that has an effect.
    pub(super) async fn call<Q, A>(
        &self,
        again: Again,
        method: &'static str,
        body: &Q,
    ) -> Result<A, ChatError>
    where
        Q: Serialize + Sync,
        A: DeserializeOwned + Send,
    {
        let body = serde_json::to_vec(body).map_err(|_| unavailable(method, UNSENDABLE))?;
        let address = format!("{}/{method}", self.base);
        let request = || self.request(Method::POST, &address, body.clone());
        self.insist(again, method, &|| self.ask(method, request()).boxed()).await
    }

    /// Posts to an address that is itself a secret, without the token. If the Web API uses HTTPS, the address must,
    /// too.
    pub(super) async fn post_to<Q>(&self, method: &'static str, url: &Url, body: &Q) -> Result<(), ChatError>
    where
        Q: Serialize + Sync,
    {
        if self.base.starts_with("https:") && url.scheme() != "https" {
            return Err(unavailable(method, "an address that is not https"));
        }
        let body = serde_json::to_vec(body).map_err(|_| unavailable(method, UNSENDABLE))?;
        let request = || json_request(Method::POST, url.as_str(), body.clone());
        let call = || async move { told(method, &self.send(method, request()).await?) }.boxed();
        self.insist(Again::IfUndone, method, &call).await
    }

    fn request(&self, method: Method, address: &str, body: Vec<u8>) -> http::Result<Request<Vec<u8>>> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.token.expose_secret()))?;
        bearer.set_sensitive(true);
        let mut request = json_request(method, address, body)?;
        request.headers_mut().insert(AUTHORIZATION, bearer);
        Ok(request)
    }

    /// Sends one request of a method and parses the response.
    async fn ask<A: DeserializeOwned>(
        &self,
        method: &'static str,
        request: http::Result<Request<Vec<u8>>>,
    ) -> Result<A, Failure> {
        let body = self.send(method, request).await?;
        let unreadable = |_| Failure::doubtful(method, "an answer that cannot be read");
        serde_json::from_slice::<Verdict>(&body).map_err(unreadable)?.told(method)?;
        serde_json::from_slice(&body).map_err(unreadable)
    }

    /// Sends one request of a method. Returns the body of a successful response.
    async fn send(
        &self,
        method: &'static str,
        request: http::Result<Request<Vec<u8>>>,
    ) -> Result<Vec<u8>, Failure> {
        let request = request.map_err(|_| Failure::undone(method, UNSENDABLE, None))?;
        let response = self.http.send(request).await.map_err(|error| unanswered(method, error))?;
        let status = response.status();
        if status.is_success() {
            Ok(response.into_body())
        } else {
            Err(Failure::refused(method, &format!("http_{}", status.as_u16())))
        }
    }

    /// Makes a call and retries it where that may help and is harmless.
    fn insist<'c, A: Send + 'c>(
        &self,
        again: Again,
        method: &'static str,
        call: &'c (dyn Fn() -> BoxFuture<'c, Result<A, Failure>> + Sync),
    ) -> impl Future<Output = Result<A, ChatError>> + Send {
        let (since, metrics) = (Instant::now(), Arc::clone(self.http.metrics()));
        let gives_up_at = self.clock.uptime() + TRIED_FOR;
        let (clock, sleeper) = (Arc::clone(&self.clock), Arc::clone(&self.clock));
        let sleep = move |time| {
            let clock = Arc::clone(&sleeper);
            async move { clock.sleep(time).await }.boxed()
        };
        let waits =
            ExponentialBuilder::default().with_min_delay(FIRST_WAIT).with_max_times(RETRIES).with_jitter();
        let insisting = (move || call())
            .retry(waits)
            .sleep(sleep)
            .when(move |failure: &Failure| failure.may_be_tried(again)) // 1
            .adjust(move |failure: &Failure, planned| {
                failure.wait(planned).filter(|wait| clock.uptime() + *wait < gives_up_at)
            })
            .into_future();
        insisting.map(move |answer| {
            let answer = answer.map_err(|failure| failure.error);
            metrics.called(
                "slack",
                method,
                answer.as_ref().map_or_else(Outcome::from, |_| Outcome::Ok),
                since,
            );
            answer
        })
    }
}

impl fmt::Debug for WebApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebApi").finish_non_exhaustive()
    }
}

/// A failed call.
struct Failure {
    error: ChatError,
    is_undone: bool,
}

impl Failure {
    fn refused(method: &'static str, code: &str) -> Self {
        Self { error: refused(method, code), is_undone: true }
    }

    fn undone(method: &'static str, why: impl Into<String>, retry_after: Option<Duration>) -> Self {
        let error = unavailable_for(method, why, retry_after);
        Self { error, is_undone: true }
    }

    fn doubtful(method: &'static str, why: impl Into<String>) -> Self {
        Self { error: unavailable(method, why), is_undone: false }
    }

    fn may_be_tried(&self, again: Again) -> bool {
        let ChatError::Unavailable { .. } = self.error else { return false };
        match again {
            Again::Always => true,
            Again::IfUndone => self.is_undone,
            Again::Never => false,
        }
    }

    /// Returns how long to wait before the next try, if there is one: at least as long as Slack asks for.
    fn wait(&self, planned: Option<Duration>) -> Option<Duration> {
        match &self.error {
            ChatError::Unavailable { retry_after: Some(told), .. } => {
                planned.map(|planned| planned.max(*told)).filter(|wait| *wait <= LONGEST_WAIT)
            }
            ChatError::Unavailable { retry_after: None, .. }
            | ChatError::Refused { .. }
            | ChatError::Unsupported { .. } => planned,
        }
    }
}

fn json_request(method: Method, address: &str, body: Vec<u8>) -> http::Result<Request<Vec<u8>>> {
    let request = Request::builder().method(method).uri(address);
    request.header(CONTENT_TYPE, "application/json; charset=utf-8").body(body)
}

/// Returns the error of a request without a response, in a few words of ours.
fn unanswered(method: &'static str, error: HttpError) -> Failure {
    match error {
        HttpError::Unable { status: StatusCode::TOO_MANY_REQUESTS, retry_after } => {
            let why = retry_after
                .map_or("ratelimited".to_owned(), |wait| format!("ratelimited for {} s", wait.as_secs()));
            Failure::undone(method, why, retry_after)
        }
        HttpError::Unable { status, .. } => Failure::doubtful(method, format!("status {}", status.as_u16())),
        HttpError::NoConnection { .. } | HttpError::Unprotected | HttpError::Unbuildable(_) => {
            Failure::undone(method, error.to_string(), None)
        }
        HttpError::BrokenOff { .. } => Failure::doubtful(method, "a connection that broke off"),
        HttpError::TimedOut { .. } | HttpError::TooLong(_) => Failure::doubtful(method, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_url_refuses_in_its_body_too() {
        for taken in ["ok", "", "{\"ok\":true}", "<html>"] {
            assert!(told("response_url", taken.as_bytes()).is_ok(), "{taken}");
        }
        for refused in ["used_url", "expired_url", "rate_limited", "fatal_error"] {
            let answer = format!("{{\"ok\":false,\"error\":\"{refused}\"}}");
            assert!(told("response_url", answer.as_bytes()).is_err(), "{refused}");
        }
    }
}
