//! Calls of the Web API, in whatever weather Slack has.
//!
//! 1. Posts go out at the pace that Slack allows each channel; one busy channel does not hold up another.
//! 2. A call has a time limit, and what failed in passing is tried again: what surely was not done, whatever it is;
//!    what may have been done, only where doing it twice is doing it once.
//! 3. Nothing of a failed call is passed on but Slack's own code: the library's errors hold whole bodies.

use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};

use backon::{ExponentialBuilder, Retryable};
use futures_util::{FutureExt, future::BoxFuture};
use governor::{Quota, RateLimiter, state::keyed::HashMapStateStore};
use hyper_util::client::legacy;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use slack_morphism::{
    errors::{SlackClientError, SlackClientHttpProtocolError},
    prelude::{
        ClientResult, SlackApiToken, SlackClientApiCallContext, SlackClientHttpConnector, SlackHyperClient,
    },
};
use tracing::Span;
use url::Url;

use crate::{
    ports::{ChatError, Clock},
    rate_limit::{Pace, Uptime},
    slack::errors::{refused, unavailable},
};

/// How long Slack may take to answer one call.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often a call that failed in passing is made again.
const RETRIES: usize = 2;
/// What the waits in between grow from; they are random, so that not all come back at the same moment.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest that a call waits because Slack says so. Whoever is told to wait longer comes back another time.
const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// How long after its first try a call may be made again. Whoever calls has the work that it is about to themselves
/// for a minute, and must be done by then.
const TRIED_FOR: Duration = Duration::from_secs(20);
/// How long a post waits for its channel. Where more are waiting than that, it is to come back another time.
const LONGEST_TURN: Duration = Duration::from_secs(10);
/// How many messages a channel takes each second
/// (<https://docs.slack.dev/apis/web-api/rate-limits#posting-messages>).
const POSTS_PER_SECOND: NonZeroU32 = NonZeroU32::MIN;
/// How many it takes at once now and then; Slack allows short bursts, and does not say how many.
const BURST: NonZeroU32 = NonZeroU32::new(10).expect("it is not zero");
/// Of how many channels the pace is known before idle ones are forgotten.
const PACED_CHANNELS: usize = 1_000;

/// When a call that failed may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// Even if it may have been done: done twice, it is done once.
    Always,
    /// If it surely was not done.
    IfUndone,
    /// Never: it is worth nothing a moment later.
    Never,
}

/// The Web API, as the bot's token may use it.
pub(super) struct WebApi {
    client: SlackHyperClient,
    token: SlackApiToken,
    clock: Arc<dyn Clock>,
    no_span: Span,
    pace: Pace<String>,
}

impl WebApi {
    pub(super) fn new(client: SlackHyperClient, token: SlackApiToken, clock: Arc<dyn Clock>) -> Self {
        let quota = Quota::per_second(POSTS_PER_SECOND).allow_burst(BURST);
        let pace = RateLimiter::new(quota, HashMapStateStore::default(), Uptime(Arc::clone(&clock)));
        Self { client, token, clock, no_span: Span::none(), pace }
    }

    /// Calls a method that reads.
    pub(super) async fn get<A>(
        &self,
        method: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<A, ChatError>
    where
        A: for<'de> Deserialize<'de> + Send,
    {
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, Some(*value))).collect();
        let session = self.client.open_session(&self.token);
        let call = || session.http_session_api.http_get(method, &parameters, None).boxed();
        self.insist(Again::Always, method, &call).await
    }

    /// Calls a method that does something.
    pub(super) async fn call<Q, A>(
        &self,
        again: Again,
        method: &'static str,
        body: &Q,
    ) -> Result<A, ChatError>
    where
        Q: Serialize + Send + Sync,
        A: for<'de> Deserialize<'de> + Send,
    {
        let session = self.client.open_session(&self.token);
        self.insist(again, method, &|| session.http_session_api.http_post(method, body, None).boxed()).await
    }

    /// Posts to an address that is a secret of its own; the token stays here.
    pub(super) async fn post_to<Q>(&self, method: &'static str, url: &Url, body: &Q) -> Result<(), ChatError>
    where
        Q: Serialize + Send + Sync,
    {
        let call = || {
            let context = SlackClientApiCallContext {
                rate_control_params: None,
                token: None,
                tracing_span: &self.no_span,
                is_sensitive_url: true,
            };
            self.client.http_api.connector.http_post_uri(url.clone(), body, context)
        };
        let IgnoredAny = self.insist(Again::IfUndone, method, &call).await?;
        Ok(())
    }

    /// Waits until a channel takes another message.
    pub(super) async fn turn_in(&self, channel: &str) -> Result<(), ChatError> {
        if self.pace.len() > PACED_CHANNELS {
            self.pace.retain_recent();
        }
        let channel = channel.to_owned();
        let since = self.clock.uptime();
        while let Err(early) = self.pace.check_key(&channel) {
            if self.clock.uptime().saturating_sub(since) >= LONGEST_TURN {
                return Err(unavailable("chat.postMessage", "much is waiting for the channel"));
            }
            self.clock.sleep(early.wait_time_from(self.clock.uptime())).await; // 1
        }
        Ok(())
    }

    /// Makes a call, and makes it again where that may help and can do no harm.
    fn insist<'c, A: Send + 'c>(
        &self,
        again: Again,
        method: &'static str,
        call: &'c (dyn Fn() -> BoxFuture<'c, ClientResult<A>> + Sync),
    ) -> BoxFuture<'c, Result<A, ChatError>> {
        let gives_up_at = self.clock.uptime() + TRIED_FOR;
        let (clock, sleeper) = (Arc::clone(&self.clock), Arc::clone(&self.clock));
        let sleep = move |time| {
            let clock = Arc::clone(&sleeper);
            async move { clock.sleep(time).await }.boxed()
        };
        let waits =
            ExponentialBuilder::default().with_min_delay(FIRST_WAIT).with_max_times(RETRIES).with_jitter();
        let insisting = (move || answer(method, call()).boxed())
            .retry(waits)
            .sleep(sleep)
            .when(move |failure: &Failure| failure.may_be_tried(again)) // 2
            .adjust(move |failure: &Failure, planned| {
                failure.wait(planned).filter(|wait| clock.uptime() + *wait < gives_up_at)
            })
            .into_future();
        insisting.map(|outcome| outcome.map_err(|failure| failure.error)).boxed()
    }
}

impl fmt::Debug for WebApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebApi").finish_non_exhaustive()
    }
}

/// What became of a call that failed.
struct Failure {
    error: ChatError,
    is_undone: bool,
}

impl Failure {
    fn refused(method: &'static str, code: &str) -> Self {
        Self { error: refused(method, code), is_undone: true }
    }

    fn undone(method: &'static str, why: impl Into<String>, retry_after: Option<Duration>) -> Self {
        Self { error: ChatError::Unavailable { method, why: why.into(), retry_after }, is_undone: true }
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

    /// How long to wait before the next try, if there is one: as long as Slack says, if it does.
    fn wait(&self, planned: Option<Duration>) -> Option<Duration> {
        match &self.error {
            ChatError::Unavailable { retry_after: Some(told), .. } => {
                planned.map(|planned| planned.max(*told)).filter(|wait| *wait <= LONGEST_WAIT)
            }
            ChatError::Unavailable { retry_after: None, .. } | ChatError::Refused { .. } => planned,
        }
    }
}

/// Waits for an answer, but not for long.
async fn answer<A>(
    method: &'static str,
    call: impl Future<Output = ClientResult<A>> + Send,
) -> Result<A, Failure> {
    match tokio::time::timeout(TIMEOUT, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(failure(method, &error)),
        Err(_) => Err(Failure::doubtful(method, format!("nothing within {} s", TIMEOUT.as_secs()))),
    }
}

/// What became of a call, in Slack's code or a few words of ours.
fn failure(method: &'static str, error: &SlackClientError) -> Failure {
    match error {
        SlackClientError::ApiError(api) if is_trouble_at_slack(&api.code) => {
            Failure::doubtful(method, &api.code)
        }
        SlackClientError::ApiError(api) => Failure::refused(method, &api.code),
        SlackClientError::RateLimitError(limit) => match limit.retry_after {
            Some(wait) => {
                Failure::undone(method, format!("ratelimited for {} s", wait.as_secs()), Some(wait))
            }
            None => Failure::undone(method, "ratelimited", None),
        },
        SlackClientError::HttpError(http) if http.status_code.is_client_error() => {
            Failure::refused(method, &format!("http_{}", http.status_code.as_u16()))
        }
        SlackClientError::HttpError(http) => {
            Failure::doubtful(method, format!("status {}", http.status_code.as_u16()))
        }
        SlackClientError::ProtocolError(_) => Failure::doubtful(method, "an answer that cannot be read"),
        SlackClientError::HttpProtocolError(http) if was_not_sent(http) => {
            Failure::undone(method, "no connection", None)
        }
        SlackClientError::HttpProtocolError(_)
        | SlackClientError::EndOfStream(_)
        | SlackClientError::SystemError(_)
        | SlackClientError::SocketModeProtocolError(_) => {
            Failure::doubtful(method, "a connection that broke off")
        }
    }
}

fn was_not_sent(error: &SlackClientHttpProtocolError) -> bool {
    let cause = error.cause.as_ref().and_then(|cause| cause.downcast_ref::<legacy::Error>());
    cause.is_some_and(legacy::Error::is_connect)
}

/// Whether the code says that Slack itself is in trouble
/// (<https://docs.slack.dev/reference/methods/chat.postMessage#errors>): the same call may succeed later.
fn is_trouble_at_slack(code: &str) -> bool {
    ["fatal_error", "internal_error", "ratelimited", "request_timeout", "service_unavailable"].contains(&code)
}
