//! Rate limits: how many actions and misses are allowed.

use std::{net::IpAddr, time::Duration};

use crate::domain::{account::Account, refusal::Refusal};

/// Rate limits.
pub trait RateLimits: Send + Sync {
    /// Counts a command, a press or a form of an account. Errors when the account exceeds its rate limit.
    fn count_action(&self, who: &Account) -> Result<(), RateLimited>;
    /// Returns whether an account may be notified, now and then, that it exceeds its rate limit. Notifying requires a
    /// call.
    fn may_notify(&self, who: &Account) -> bool;
    /// Counts one miss by this address: a secret that was never given out, or is used up. All addresses of one IPv6 /64 count as one. Errors when the address
    /// exceeds its rate limit.
    fn count_miss(&self, address: IpAddr) -> Result<(), RateLimited>;
}

/// A rate limit is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rate limited for another {wait:?}")]
pub struct RateLimited {
    /// How long to wait.
    pub wait: Duration,
}

impl From<RateLimited> for Refusal {
    fn from(rate_limited: RateLimited) -> Self {
        Self::TooFast { seconds: rate_limited.seconds() }
    }
}

impl RateLimited {
    /// Returns how long to wait, in whole seconds.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)
    }
}
