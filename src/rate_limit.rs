//! Rate limits of this process: a burst, followed by a steady rate, for each account and each address.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use governor::{Quota, RateLimiter, middleware::NoOpMiddleware, state::keyed::HashMapStateStore};

use crate::{
    domain::account::Account,
    ports::{Clock, Counters, Paced, RateLimited, RateLimits},
};

/// The burst that an account may use, and its rate per second.
const OF_AN_ACCOUNT: Quota = per_second(1, 20);
/// The burst of misses that an address may use, and their rate per second. A company may share one address.
const OF_AN_ADDRESS: Quota = per_second(2, 60);
/// How often an account is notified that it exceeds its rate limit, if notifying requires a call of Slack.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// How many keys are tracked before idle ones are forgotten.
const PACED: usize = 1_000;

/// A rate limiter with a separate rate for each key.
pub(crate) type Pace<K> = RateLimiter<K, HashMapStateStore<K>, Uptime, NoOpMiddleware<Duration>>;

/// Rate limits that count the actions seen by this process.
pub struct ProcessRateLimits {
    clock: Uptime,
    counters: Arc<dyn Counters>,
    accounts: Pace<Account>,
    told: Pace<Account>,
    addresses: Pace<IpAddr>,
}

/// Measures time by the process's uptime, which never goes back.
#[derive(Clone)]
pub(crate) struct Uptime(pub(crate) Arc<dyn Clock>);

impl governor::clock::Clock for Uptime {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.uptime()
    }
}

impl ProcessRateLimits {
    /// Starts with nothing counted.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, counters: Arc<dyn Counters>) -> Self {
        let clock = Uptime(clock);
        let tell = Quota::with_period(TELL_EVERY).expect("it is not zero");
        Self {
            accounts: RateLimiter::new(OF_AN_ACCOUNT, HashMapStateStore::default(), clock.clone()),
            told: RateLimiter::new(tell, HashMapStateStore::default(), clock.clone()),
            addresses: RateLimiter::new(OF_AN_ADDRESS, HashMapStateStore::default(), clock.clone()),
            clock,
            counters,
        }
    }

    /// Counts one action, or returns how long `key` has to wait first.
    fn pace<K: Clone + Eq + Hash>(&self, pace: &Pace<K>, key: &K) -> Result<(), RateLimited> {
        if pace.len() > PACED {
            pace.retain_recent();
        }
        let now = governor::clock::Clock::now(&self.clock);
        pace.check_key(key).map_err(|not_until| RateLimited { wait: not_until.wait_time_from(now) })
    }
}

impl RateLimits for ProcessRateLimits {
    fn count_action(&self, who: &Account) -> Result<(), RateLimited> {
        let counted = self.pace(&self.accounts, who);
        counted.inspect_err(|_| self.counters.rate_limited(Paced::Account))
    }

    fn may_notify(&self, who: &Account) -> bool {
        self.pace(&self.told, who).is_ok()
    }

    fn count_miss(&self, address: IpAddr) -> Result<(), RateLimited> {
        let counted = self.pace(&self.addresses, &neighbourhood(address));
        counted.inspect_err(|_| self.counters.rate_limited(Paced::Address))
    }
}

/// Returns the /64 of an IPv6 address, because its owner has all of it.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

const fn per_second(steady: u32, burst: u32) -> Quota {
    let steady = NonZeroU32::new(steady).expect("it is not zero");
    Quota::per_second(steady).allow_burst(NonZeroU32::new(burst).expect("it is not zero"))
}
