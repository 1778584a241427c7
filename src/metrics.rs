//! Metrics: responses to Slack, calls to counterparts, committed events, waiting jobs.
//!
//! Calls are measured at the wire: by the HTTP client, by the Slack Web API and by AWS's clients, each under
//! the operation's own name. What Slack sends is measured in front of its routes, or by the connection it comes on
//! ([`acks`]). What happens is counted through the [`Counters`] port. A label is a word of this program or an
//! operation's name; what Slack, a provider or a person says never becomes one.

pub mod acks;
mod names;
mod process;
mod zero;

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
};

use chrono::TimeDelta;
use prometheus_client::{
    encoding::prometheus_text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};
use tokio::time::Instant;

use crate::{
    domain::{
        account_event::AccountEvent,
        job::{Lane, Task},
        request::Event,
        window::Timestamp,
    },
    ports::{ChatError, Counters, Gauges, LaneHead, OpenRequests, Paced, Part},
};

/// Names and values, all of them constants of this program.
type Labels<const N: usize> = [(&'static str, &'static str); N];
/// The same, where one may be the name of an operation.
type CallLabels = [(&'static str, Cow<'static, str>); 3];
type Durations<L> = Family<L, Histogram, fn() -> Histogram>;
type Seconds = Gauge<f64, AtomicU64>;

/// The upper bounds of the histograms' buckets, in seconds. Slack waits 3 s for an answer, and no call of ours takes
/// much longer than 10 s.
const BUCKETS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0];

/// How long a count of open requests is reused, because counting reads every row.
const COUNTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// The metrics of one app since its start.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    acks: Durations<Labels<2>>,
    calls: Durations<CallLabels>,
    events: Family<Labels<1>, Counter>,
    refusals: Family<Labels<1>, Counter>,
    dead_letters: Family<Labels<1>, Counter>,
    rate_limited: Family<Labels<1>, Counter>,
    rejected: Family<Labels<1>, Counter>,
    forged: Family<Labels<1>, Counter>,
    log_dropped: Counter,
    restarts: Family<Labels<1>, Counter>,
    degraded: Family<Labels<1>, Gauge>,
    connections: Gauge,
    open: Family<Labels<1>, Gauge>,
    due: Family<Labels<1>, Gauge>,
    oldest_due: Family<Labels<1>, Seconds>,
    audit_lag: Seconds,
    last_sweep: Family<Labels<1>, Seconds>,
    counted_at: Mutex<Option<Timestamp>>,
}

/// Why a request was rejected before it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// There are too many connections.
    NoSlot,
    /// There is no memory left for its body.
    NoRoom,
    /// Its body is longer than its route accepts.
    TooLong,
    /// Its body did not arrive in time.
    TooSlow,
}

/// A task that runs as long as the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Background {
    /// The sweeper of a lane.
    Sweeper,
    /// The connections to Slack.
    Connections,
    /// Looking at what the process relies on.
    Health,
}

/// The outcome of a call, or of a request from Slack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It succeeded.
    Ok,
    /// The other side refused it.
    Refused,
    /// The other side did not respond.
    Unavailable,
}

impl Metrics {
    /// The content type of [`Metrics::text`].
    pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

    /// Metrics at zero.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let mut metrics = Self {
            registry: Registry::with_prefix("elevate"),
            acks: Family::new_with_constructor(histogram),
            calls: Family::new_with_constructor(histogram),
            events: Family::default(),
            refusals: Family::default(),
            dead_letters: Family::default(),
            rate_limited: Family::default(),
            rejected: Family::default(),
            forged: Family::default(),
            log_dropped: Counter::default(),
            restarts: Family::default(),
            degraded: Family::default(),
            connections: Gauge::default(),
            open: Family::default(),
            due: Family::default(),
            oldest_due: Family::default(),
            audit_lag: Gauge::default(),
            last_sweep: Family::default(),
            counted_at: Mutex::default(),
        };
        metrics.register();
        metrics.start_at_zero();
        Arc::new(metrics)
    }

    /// Everything counted so far, in Prometheus's text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry).expect("a string takes whatever is written");
        text
    }

    /// The one place that names the metrics.
    fn register(&mut self) {
        let Self {
            registry,
            acks,
            calls,
            events,
            refusals,
            dead_letters,
            rate_limited,
            rejected,
            forged,
            log_dropped,
            restarts,
            degraded,
            connections,
            open,
            due,
            oldest_due,
            audit_lag,
            last_sweep,
            ..
        } = self;
        registry.register(
            "build",
            "The version of the program",
            Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]),
        );
        registry.register_collector(Box::new(process::Process));
        registry.register_with_unit(
            "slack_ack_duration",
            "How long Slack waited for a response, by kind and outcome",
            Unit::Seconds,
            acks.clone(),
        );
        registry.register_with_unit(
            "call_duration",
            "How long an operation of a counterpart took, including retries",
            Unit::Seconds,
            calls.clone(),
        );
        registry.register("events", "Events committed by this replica", events.clone());
        registry.register("refusals", "Refusals recorded by this replica, by code", refusals.clone());
        registry.register(
            "dead_letters",
            "Jobs that this replica has made dead letters because Slack refused them permanently",
            dead_letters.clone(),
        );
        registry.register(
            "rate_limited",
            "Actions and misses refused because an account or address exceeded its rate limit",
            rate_limited.clone(),
        );
        registry.register(
            "rejected_requests",
            "Connections and requests rejected before they were looked at, because of their size, their pace or the load",
            rejected.clone(),
        );
        registry.register(
            "forged_requests",
            "Requests in the name of Slack or the identity provider that neither had sent",
            forged.clone(),
        );
        registry.register(
            "log_lines_dropped",
            "Log lines that could not be written, or whose reader was too slow",
            log_dropped.clone(),
        );
        registry.register(
            "background_restarts",
            "Background tasks that ended before the process stopped and were started again",
            restarts.clone(),
        );
        registry.register_with_unit(
            "degraded",
            "Whether this replica last saw something that it relies on in trouble",
            Unit::Other("parts".to_owned()),
            degraded.clone(),
        );
        registry.register_with_unit(
            "open",
            "Connections that are open",
            Unit::Other("connections".to_owned()),
            connections.clone(),
        );
        registry.register_with_unit(
            "open",
            "Requests stored as waiting or approved, at this replica's last count",
            Unit::Other("requests".to_owned()),
            open.clone(),
        );
        registry.register_with_unit(
            "due",
            "Jobs of all replicas that are due and not done, as this replica read their lane in its last sweep",
            Unit::Other("jobs".to_owned()),
            due.clone(),
        );
        registry.register_with_unit(
            "oldest_due_job_age",
            "How long the oldest of those jobs has been due",
            Unit::Seconds,
            oldest_due.clone(),
        );
        registry.register_with_unit(
            "audit_lag",
            "Age of the oldest audit line that is not yet posted; 0 if there is none",
            Unit::Seconds,
            audit_lag.clone(),
        );
        registry.register_with_unit(
            "last_sweep_timestamp",
            "When this replica last looked for due jobs in a lane, in seconds since 1970",
            Unit::Seconds,
            last_sweep.clone(),
        );
    }

    /// Counts a request that was rejected before it was looked at.
    pub(crate) fn rejected(&self, why: Rejected) {
        self.rejected.get_or_create(&[("reason", why.word())]).inc();
    }

    /// Counts a request that was forged in this name.
    pub(crate) fn forged(&self, name: &'static str) {
        self.forged.get_or_create(&[("name", name)]).inc();
    }

    /// Counts a background task that had to be started again.
    pub(crate) fn restarted(&self, background: Background) {
        self.restarts.get_or_create(&[("task", background.word())]).inc();
    }

    /// Returns the counter of log lines that were not written.
    #[must_use]
    pub fn log_lines_dropped(&self) -> Counter {
        self.log_dropped.clone()
    }

    /// Returns the number of open connections.
    pub(crate) fn connections(&self) -> &Gauge {
        &self.connections
    }

    fn answered(&self, kind: &'static str, outcome: Outcome, since: Instant) {
        let labels = [("kind", kind), ("outcome", outcome.word())];
        self.acks.get_or_create(&labels).observe(since.elapsed().as_secs_f64());
    }

    /// Counts one call of an operation, with its retries, by how it ended.
    pub(crate) fn called(
        &self,
        counterpart: &'static str,
        operation: impl Into<Cow<'static, str>>,
        outcome: Outcome,
        since: Instant,
    ) {
        let labels = [
            ("counterpart", counterpart.into()),
            ("operation", operation.into()),
            ("outcome", outcome.word().into()),
        ];
        self.calls.get_or_create(&labels).observe(since.elapsed().as_secs_f64());
    }
}

impl Counters for Metrics {
    fn event(&self, event: &Event) {
        self.events.get_or_create(&[("event", event.name())]).inc();
    }

    fn account_event(&self, event: &AccountEvent) {
        self.events.get_or_create(&[("event", event.name())]).inc();
        if let AccountEvent::Refused { why, .. } = event {
            self.refusals.get_or_create(&[("code", why.refusal.code())]).inc();
        }
    }

    fn dead_letter(&self, task: &Task) {
        self.dead_letters.get_or_create(&[("task", names::task(task))]).inc();
    }

    fn rate_limited(&self, paced: Paced) {
        self.rate_limited.get_or_create(&[("who", names::paced(paced))]).inc();
    }
}

impl Gauges for Metrics {
    fn saw_lane(&self, lane: Lane, head: &LaneHead, now: Timestamp) {
        let age = |lane| self.oldest_due.get_or_create(&[("lane", names::lane(lane))]).clone();
        let labels = [("lane", names::lane(lane))];
        self.last_sweep.get_or_create(&labels).set(seconds(now - Timestamp::UNIX_EPOCH));
        self.due.get_or_create(&labels).set(i64::try_from(head.due).unwrap_or(i64::MAX));
        age(lane).set(seconds(now - head.oldest.unwrap_or(now)));
        self.audit_lag.set(age(Lane::Auditors).get().max(age(Lane::AuditorsLater).get()));
    }

    fn saw_part(&self, part: Part, is_well: bool) {
        self.degraded.get_or_create(&[("part", names::part(part))]).set(i64::from(!is_well));
    }

    fn wants_open_requests(&self, now: Timestamp) -> bool {
        let counted_at = *self.counted_at.lock().unwrap_or_else(PoisonError::into_inner);
        counted_at.is_none_or(|then| (now - then).abs() >= COUNTED_EVERY)
    }

    fn saw_open_requests(&self, open: OpenRequests, now: Timestamp) {
        *self.counted_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        for (status, requests) in names::OPEN.into_iter().zip([open.requested, open.approved]) {
            let requests = i64::try_from(requests).unwrap_or(i64::MAX);
            self.open.get_or_create(&[("status", status)]).set(requests);
        }
    }
}

impl From<&ChatError> for Outcome {
    fn from(error: &ChatError) -> Self {
        match error {
            ChatError::Refused { .. } | ChatError::Unsupported { .. } => Self::Refused,
            ChatError::Unavailable { .. } => Self::Unavailable,
        }
    }
}

impl Background {
    const ALL: [Self; 3] = [Self::Sweeper, Self::Connections, Self::Health];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Sweeper => "sweeper",
            Self::Connections => "connections",
            Self::Health => "health",
        }
    }
}

impl Rejected {
    const ALL: [Self; 4] = [Self::NoSlot, Self::NoRoom, Self::TooLong, Self::TooSlow];

    fn word(self) -> &'static str {
        match self {
            Self::NoSlot => "connections",
            Self::NoRoom => "memory",
            Self::TooLong => "size",
            Self::TooSlow => "time",
        }
    }
}

impl Outcome {
    const ALL: [Self; 3] = [Self::Ok, Self::Refused, Self::Unavailable];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

fn seconds(time: TimeDelta) -> f64 {
    time.as_seconds_f64()
}
