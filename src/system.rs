//! The machine's own clock and randomness.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_lc_rs::rand;
use chrono::SubsecRound;
use tokio::time::Instant;

use crate::{
    domain::window::Timestamp,
    ports::{Clock, Ids},
};

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// Returns the clock of a process that starts at this moment.
    #[must_use]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }
}

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> Timestamp {
        Timestamp::from(SystemTime::now()).trunc_subsecs(3)
    }

    fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// The machine's cryptographically secure random number generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the one place where random numbers are drawn")]
    fn fill(&self, bytes: &mut [u8]) {
        rand::fill(bytes).expect("the operating system always has randomness");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_cut_to_the_millisecond() {
        assert_eq!(SystemClock::start().now().timestamp_subsec_nanos() % 1_000_000, 0);
    }

    #[test]
    fn chance_does_not_repeat_itself() {
        let draw = || {
            let mut bytes = [0; 32];
            SystemIds.fill(&mut bytes);
            bytes
        };
        assert_ne!(draw(), draw());
    }
}
