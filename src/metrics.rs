//! What the operator can count: how Slack is answered, how the counterparts answer, what is committed, what waits.
//!
//! Effects are measured where they are had: a [`Measured`] port stands in front of a port and is that port, so that
//! nothing else knows of it. What Slack sends is measured in front of its routes, or by the connection it comes on
//! ([`acks`]). A label is a word of this program, which its type sees to; what Slack, a provider or a person says
//! never becomes one.

pub mod acks;
mod measured;
mod names;
mod store;

use std::sync::{Arc, Mutex, PoisonError, atomic::AtomicU64};

use chrono::TimeDelta;
use prometheus_client::{
    encoding::prometheus_text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use tokio::time::Instant;

pub use measured::Measured;

use crate::{
    domain::{job::Lane, window::Timestamp},
    ports::{Gauges, LaneHead, OpenRequests},
};

/// Names and values, all of them words of this program.
type Labels<const N: usize> = [(&'static str, &'static str); N];
type Durations<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;
type Seconds = Gauge<f64, AtomicU64>;

/// The upper bounds of the histograms' buckets, in seconds. Slack waits 3 s for an answer, and no call of ours takes
/// much longer than 10 s.
const BUCKETS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0];

/// How long a count of open requests is good for: it reads what it counts.
const COUNTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// The metrics of one app, since it started.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    acks: Durations<2>,
    calls: Durations<3>,
    events: Family<Labels<1>, Counter>,
    dead_letters: Family<Labels<1>, Counter>,
    rate_limited: Family<Labels<1>, Counter>,
    open: Family<Labels<1>, Gauge>,
    due: Family<Labels<1>, Gauge>,
    oldest_due: Family<Labels<1>, Seconds>,
    audit_lag: Seconds,
    last_sweep: Family<Labels<1>, Seconds>,
    counted_at: Mutex<Option<Timestamp>>,
}

/// What came of a call, or of a request of Slack's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was done.
    Ok,
    /// Whoever was asked said no.
    Refused,
    /// Whoever was asked could not answer.
    Unavailable,
}

impl Metrics {
    /// What [`Metrics::text`] is written in.
    pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

    /// Nothing has been counted.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let mut metrics = Self {
            registry: Registry::with_prefix("elevate"),
            acks: Family::new_with_constructor(histogram),
            calls: Family::new_with_constructor(histogram),
            events: Family::default(),
            dead_letters: Family::default(),
            rate_limited: Family::default(),
            open: Family::default(),
            due: Family::default(),
            oldest_due: Family::default(),
            audit_lag: Gauge::default(),
            last_sweep: Family::default(),
            counted_at: Mutex::default(),
        };
        metrics.register();
        // So that the first one is seen to be one more.
        for task in names::MAY_DIE {
            drop(metrics.dead_letters.get_or_create(&[("task", task)]));
        }
        for who in [names::ACCOUNT, names::ADDRESS] {
            drop(metrics.rate_limited.get_or_create(&[("who", who)]));
        }
        Arc::new(metrics)
    }

    /// Everything counted so far, in Prometheus's text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry).expect("a string takes whatever is written");
        text
    }

    /// The one place where metrics have their names.
    fn register(&mut self) {
        let Self {
            registry,
            acks,
            calls,
            events,
            dead_letters,
            rate_limited,
            open,
            due,
            oldest_due,
            audit_lag,
            last_sweep,
            ..
        } = self;
        registry.register_with_unit(
            "slack_ack_duration",
            "How long Slack waited for the answer to what it sent, by kind and by what the answer was",
            Unit::Seconds,
            acks.clone(),
        );
        registry.register_with_unit(
            "call_duration",
            "How long a counterpart took to answer, with retries; a store refuses what somebody else was faster at",
            Unit::Seconds,
            calls.clone(),
        );
        registry.register("events", "Events committed by this replica", events.clone());
        registry.register(
            "dead_letters",
            "Jobs that this replica has made dead letters, because Slack refuses them for good",
            dead_letters.clone(),
        );
        registry.register(
            "rate_limited",
            "What was not done because there was too much of it, by whose it was",
            rate_limited.clone(),
        );
        registry.register_with_unit(
            "open",
            "Requests that are waiting or approved, as written down, as of this replica's last count",
            Unit::Other("requests".to_owned()),
            open.clone(),
        );
        registry.register_with_unit(
            "due",
            "Jobs that are due and not done, in all replicas, as far as this replica read their lane in its last sweep",
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
            "How old the oldest line is that auditors have yet to hear; 0 when there is none",
            Unit::Seconds,
            audit_lag.clone(),
        );
        registry.register_with_unit(
            "last_sweep_timestamp",
            "When this replica last looked for due jobs in a lane, since 1970",
            Unit::Seconds,
            last_sweep.clone(),
        );
    }

    fn answered(&self, kind: &'static str, outcome: Outcome, since: Instant) {
        let labels = [("kind", kind), ("outcome", outcome.word())];
        self.acks.get_or_create(&labels).observe(since.elapsed().as_secs_f64());
    }

    fn called(&self, counterpart: &'static str, call: &'static str, outcome: Outcome, since: Instant) {
        let labels = [("counterpart", counterpart), ("call", call), ("outcome", outcome.word())];
        self.calls.get_or_create(&labels).observe(since.elapsed().as_secs_f64());
    }

    fn committed(&self, event: &'static str) {
        self.events.get_or_create(&[("event", event)]).inc();
    }

    fn dead_letter(&self, task: &'static str) {
        self.dead_letters.get_or_create(&[("task", task)]).inc();
    }

    fn rate_limited(&self, who: &'static str) {
        self.rate_limited.get_or_create(&[("who", who)]).inc();
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

    fn wants_open_requests(&self, now: Timestamp) -> bool {
        let counted_at = *self.counted_at.lock().unwrap_or_else(PoisonError::into_inner);
        counted_at.is_none_or(|then| (now - then).abs() >= COUNTED_EVERY)
    }

    fn saw_open_requests(&self, open: OpenRequests, now: Timestamp) {
        *self.counted_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        for (status, requests) in [("requested", open.requested), ("approved", open.approved)] {
            let requests = i64::try_from(requests).unwrap_or(i64::MAX);
            self.open.get_or_create(&[("status", status)]).set(requests);
        }
    }
}

impl Outcome {
    fn word(self) -> &'static str {
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
