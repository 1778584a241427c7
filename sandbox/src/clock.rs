//! The clock that all stand-ins share, which a test or a demo can move.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::watch, time::Instant};

/// A clock that is the machine's with an offset, stands still until it is moved, or is off from another one.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    runs: Runs,
    moves: Mutex<Moves>,
    moved: watch::Sender<u64>,
}

#[derive(Clone, Debug)]
enum Runs {
    WithTheMachine(Instant),
    OnlyWhenMoved,
    Like(Clock),
}

/// What a clock showed at some moment.
#[derive(Debug)]
pub(crate) struct Snapshot(Moves);

#[derive(Clone, Copy, Debug)]
struct Moves {
    /// Milliseconds: added to the time of what it runs with, or the time itself.
    millis: i64,
    /// Milliseconds: all moves forward.
    forward: i64,
}

impl Clock {
    /// A clock that shows the machine's time, plus whatever [`Clock::advance`] adds.
    #[must_use]
    pub fn running() -> Self {
        Self::showing(Runs::WithTheMachine(Instant::now()), 0)
    }

    /// A clock that stands at `start` until it is moved.
    #[must_use]
    pub fn standing(start: DateTime<Utc>) -> Self {
        Self::showing(Runs::OnlyWhenMoved, start.timestamp_millis())
    }

    /// A clock that runs like this one, and is ahead of it by so much; behind it, where that is negative.
    #[must_use]
    pub fn ahead_by(&self, offset: TimeDelta) -> Self {
        Self::showing(Runs::Like(self.clone()), offset.num_milliseconds())
    }

    /// The time, to the millisecond.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let millis = self.moves().millis;
        match &self.0.runs {
            Runs::WithTheMachine(_) => machine_time() + TimeDelta::milliseconds(millis),
            Runs::OnlyWhenMoved => DateTime::from_timestamp_millis(millis).unwrap_or_default(),
            Runs::Like(other) => other.now() + TimeDelta::milliseconds(millis),
        }
    }

    /// For how long it has run: moved back, it has run on all the same.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        let forward = Duration::from_millis(self.moves().forward.unsigned_abs());
        match &self.0.runs {
            Runs::WithTheMachine(started) => started.elapsed() + forward,
            Runs::OnlyWhenMoved => forward,
            Runs::Like(other) => other.uptime() + forward,
        }
    }

    /// Returns when so much time has passed; a clock that stands is moved on to then, unless it has been already.
    pub async fn sleep(&self, time: Duration) {
        match &self.0.runs {
            Runs::WithTheMachine(_) => tokio::time::sleep(time).await,
            Runs::OnlyWhenMoved => {
                let step = i64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX);
                let then = self.moves().forward.saturating_add(step);
                tokio::task::yield_now().await;
                let mut moves = self.moves();
                let left = then.saturating_sub(moves.forward).max(0);
                moves.shift(left);
            }
            Runs::Like(other) => Box::pin(other.sleep(time)).await,
        }
    }

    /// Moves the clock, for every stand-in that shares it and every clock that runs like it; a negative step moves
    /// it back.
    pub fn advance(&self, step: TimeDelta) {
        self.moves().shift(step.num_milliseconds());
        self.0.moved.send_modify(|times| *times += 1);
    }

    /// What it shows, to be shown again.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot(*self.moves())
    }

    /// Shows again what it showed then.
    pub(crate) fn restore(&self, Snapshot(moves): &Snapshot) {
        *self.moves() = *moves;
        self.0.moved.send_modify(|times| *times += 1);
    }

    /// Notifies when this clock moves.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.0.moved.subscribe()
    }

    fn showing(runs: Runs, millis: i64) -> Self {
        let moves = Mutex::new(Moves { millis, forward: 0 });
        Self(Arc::new(Inner { runs, moves, moved: watch::Sender::new(0) }))
    }

    fn moves(&self) -> MutexGuard<'_, Moves> {
        self.0.moves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Moves {
    fn shift(&mut self, step: i64) {
        self.millis = self.millis.saturating_add(step);
        self.forward = self.forward.saturating_add(step.max(0));
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the stand-ins read the machine's clock")]
fn machine_time() -> DateTime<Utc> {
    DateTime::from(std::time::SystemTime::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_clock_that_is_moved_back_has_run_on() {
        let clock = Clock::standing(DateTime::UNIX_EPOCH);
        let fast = clock.ahead_by(TimeDelta::seconds(2));
        clock.advance(TimeDelta::seconds(10));
        clock.advance(TimeDelta::seconds(-60));
        fast.sleep(Duration::from_secs(5)).await;
        assert_eq!([&clock, &fast].map(|clock| clock.now().timestamp()), [-45, -43]);
        assert_eq!([&clock, &fast].map(Clock::uptime), [Duration::from_secs(15); 2]);
    }
}
