//! Pace: when a channel accepts another message.
//!
//! 1. Each channel has its own rate, so that a busy channel does not delay another.
//! 2. Posts to a channel go out in the order of arrival, so that later posts never starve earlier ones.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{Quota, RateLimiter, state::keyed::HashMapStateStore};

use crate::{
    ports::{ChatError, Clock},
    rate_limit::{Pace, Uptime},
    slack::errors::unavailable,
};

/// How long a post waits for its channel before it fails and is retried later.
const LONGEST_TURN: Duration = Duration::from_secs(10);
/// How many messages a channel accepts per second
/// (<https://docs.slack.dev/apis/web-api/rate-limits#posting-messages>).
const POSTS_PER_SECOND: NonZeroU32 = NonZeroU32::MIN;
/// How many messages a channel accepts in a burst. Slack allows short bursts without stating their size.
const BURST: NonZeroU32 = NonZeroU32::new(10).expect("it is not zero");
/// How many channels are tracked before idle ones are forgotten.
const PACED_CHANNELS: usize = 1_000;
/// How often a waiting post checks whether it is first: twice per message that a channel accepts.
const LOOKS_EVERY: Duration = Duration::from_millis(500);

/// The pace of every channel.
pub(super) struct ChannelPace {
    clock: Arc<dyn Clock>,
    pace: Pace<String>,
    lines: Mutex<HashMap<String, Line>>,
}

/// The posts that wait for one channel.
#[derive(Default)]
struct Line {
    waiting: VecDeque<u64>,
    next: u64,
}

/// A place in a channel's line. Dropping it leaves the line.
struct Turn<'a> {
    pace: &'a ChannelPace,
    channel: &'a str,
    number: u64,
}

impl ChannelPace {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let quota = Quota::per_second(POSTS_PER_SECOND).allow_burst(BURST);
        let pace = RateLimiter::new(quota, HashMapStateStore::default(), Uptime(Arc::clone(&clock)));
        Self { clock, pace, lines: Mutex::default() }
    }

    /// Waits until a channel accepts another message. Fails after ten seconds.
    pub(super) async fn turn_in(&self, channel: &str) -> Result<(), ChatError> {
        if self.pace.len() > PACED_CHANNELS {
            self.pace.retain_recent();
        }
        let since = self.clock.uptime();
        let turn = self.join(channel); // 2
        while let Err(wait) = turn.take() {
            if self.clock.uptime().saturating_sub(since) >= LONGEST_TURN {
                return Err(unavailable("chat.postMessage", "much is waiting for the channel"));
            }
            self.clock.sleep(wait).await; // 1
        }
        Ok(())
    }

    fn join<'a>(&'a self, channel: &'a str) -> Turn<'a> {
        let mut lines = self.lines();
        let line = lines.entry(channel.to_owned()).or_default();
        let number = line.next;
        line.next += 1;
        line.waiting.push_back(number);
        Turn { pace: self, channel, number }
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<String, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// Takes a turn, if this post is first in its line and the channel accepts a message. Otherwise returns how long
    /// to wait.
    fn take(&self) -> Result<(), Duration> {
        if !self.is_first() {
            return Err(LOOKS_EVERY);
        }
        let ChannelPace { pace, clock, .. } = self.pace;
        pace.check_key(&self.channel.to_owned()).map_err(|early| early.wait_time_from(clock.uptime()))
    }

    fn is_first(&self) -> bool {
        let lines = self.pace.lines();
        lines.get(self.channel).and_then(|line| line.waiting.front()) == Some(&self.number)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut lines = self.pace.lines();
        if let Some(line) = lines.get_mut(self.channel) {
            line.waiting.retain(|number| *number != self.number);
            if line.waiting.is_empty() {
                lines.remove(self.channel);
            }
        }
    }
}

impl fmt::Debug for ChannelPace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelPace").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use futures_util::{FutureExt, future::poll_fn, poll};

    use super::*;
    use crate::domain::window::Timestamp;

    /// A clock that wakes no one: a sleeper continues when it is polled after its time has come.
    #[derive(Default)]
    struct Hands(Mutex<Duration>);

    impl Hands {
        fn advance(&self, by: Duration) {
            *self.0.lock().unwrap() += by;
        }
    }

    #[async_trait]
    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH + self.uptime()
        }

        fn uptime(&self) -> Duration {
            *self.0.lock().unwrap()
        }

        async fn sleep(&self, time: Duration) {
            let then = self.uptime() + time;
            poll_fn(|_| {
                if self.uptime() >= then { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
            })
            .await;
        }
    }

    fn busy() -> (Arc<Hands>, ChannelPace) {
        let hands = Arc::new(Hands::default());
        let pace = ChannelPace::new(Arc::clone(&hands) as Arc<dyn Clock>);
        for _ in 0..BURST.get() {
            assert!(pace.turn_in("C0AUDIT").now_or_never().unwrap().is_ok());
        }
        (hands, pace)
    }

    #[tokio::test]
    async fn who_comes_later_does_not_post_before_who_waits() {
        let (hands, pace) = busy();
        let mut first = Box::pin(pace.turn_in("C0AUDIT"));
        assert!(poll!(&mut first).is_pending());
        hands.advance(Duration::from_secs(1));
        let mut later = Box::pin(pace.turn_in("C0AUDIT"));
        assert!(poll!(&mut later).is_pending(), "the channel takes a message, and it is another one's turn");
        assert!(poll!(&mut first).is_ready());
        hands.advance(Duration::from_secs(1));
        assert!(poll!(&mut later).is_ready());
        assert!(pace.lines().is_empty(), "nothing is left of those who have posted");
    }

    #[tokio::test]
    async fn who_gives_up_holds_up_nobody() {
        let (hands, pace) = busy();
        let mut first = Box::pin(pace.turn_in("C0AUDIT"));
        assert!(poll!(&mut first).is_pending());
        let mut later = Box::pin(pace.turn_in("C0AUDIT"));
        assert!(poll!(&mut later).is_pending());
        drop(first);
        hands.advance(Duration::from_secs(1));
        assert!(poll!(&mut later).is_ready());
        assert!(pace.turn_in("C0OTHER").now_or_never().unwrap().is_ok(), "another channel is not busy");
    }
}
