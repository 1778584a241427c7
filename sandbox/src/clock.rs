//! The time all stand-ins share, which a test or a demo can move.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

/// A clock that is either the machine's with an offset, or stands still until it is moved.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    runs: Runs,
    /// Milliseconds: added to the machine's time, or the time itself.
    millis: AtomicI64,
}

#[derive(Clone, Copy, Debug)]
enum Runs {
    WithTheMachine,
    OnlyWhenMoved,
}

impl Clock {
    /// A clock that shows the machine's time, plus whatever [`Clock::advance`] adds.
    #[must_use]
    pub fn running() -> Self {
        Self(Arc::new(Inner { runs: Runs::WithTheMachine, millis: AtomicI64::new(0) }))
    }

    /// A clock that stands at `start` until it is moved.
    #[must_use]
    pub fn standing(start: DateTime<Utc>) -> Self {
        Self(Arc::new(Inner { runs: Runs::OnlyWhenMoved, millis: AtomicI64::new(start.timestamp_millis()) }))
    }

    /// The time, to the millisecond.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let millis = self.0.millis.load(Ordering::SeqCst);
        match self.0.runs {
            Runs::WithTheMachine => machine_time() + TimeDelta::milliseconds(millis),
            Runs::OnlyWhenMoved => DateTime::from_timestamp_millis(millis).unwrap_or_default(),
        }
    }

    /// Returns when so much time has passed; a clock that stands is moved on to then, unless it has been already.
    pub async fn sleep(&self, time: Duration) {
        match self.0.runs {
            Runs::WithTheMachine => tokio::time::sleep(time).await,
            Runs::OnlyWhenMoved => {
                let step = i64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX);
                let then = self.0.millis.load(Ordering::SeqCst).saturating_add(step);
                tokio::task::yield_now().await;
                self.0.millis.fetch_max(then, Ordering::SeqCst);
            }
        }
    }

    /// Moves the clock, for every stand-in that shares it; a negative step moves it back.
    pub fn advance(&self, step: TimeDelta) {
        self.0.millis.fetch_add(step.num_milliseconds(), Ordering::SeqCst);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the stand-ins read the machine's clock")]
fn machine_time() -> DateTime<Utc> {
    DateTime::from(std::time::SystemTime::now())
}
