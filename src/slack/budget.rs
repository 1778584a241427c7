//! Budget: how many calls of a method this process makes, and what part of them is kept for whom.
//!
//! Slack counts the calls of a method for the app and the workspace together, so people nobody knows must not use up
//! what reviewers need.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::ports::{Clock, Priority};

/// How many calls fit into a minute: Slack allows "100+" for methods of Tier 4
/// (<https://docs.slack.dev/apis/web-api/rate-limits>).
const PER_MINUTE: f64 = 100.0;
/// How many of them are kept for people who are linked.
const FOR_PEOPLE: f64 = 60.0;
/// How many of these are kept for answers of reviewers.
const FOR_REVIEWERS: f64 = 30.0;

/// The budget of one method of Tier 4.
pub(super) struct Budget {
    clock: Arc<dyn Clock>,
    /// What is left, and at which uptime.
    left: Mutex<(f64, Duration)>,
}

impl Budget {
    /// Creates a budget of which nothing is spent.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let left = Mutex::new((PER_MINUTE, clock.uptime()));
        Self { clock, left }
    }

    /// Spends one call, or returns how long until there is one for this caller.
    pub(super) fn spend(&self, priority: Priority) -> Result<(), Duration> {
        let kept_for_others = match priority {
            Priority::Stranger => FOR_PEOPLE,
            Priority::Person => FOR_REVIEWERS,
            Priority::Reviewer => 0.0,
        };
        let now = self.clock.uptime();
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let refilled = now.saturating_sub(left.1).as_secs_f64() * PER_MINUTE / 60.0;
        *left = ((left.0 + refilled).min(PER_MINUTE), now);
        let missing = kept_for_others + 1.0 - left.0;
        if missing > 0.0 {
            return Err(Duration::from_secs_f64(missing * 60.0 / PER_MINUTE));
        }
        left.0 -= 1.0;
        Ok(())
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget").field("left", &self.left).finish_non_exhaustive()
    }
}
