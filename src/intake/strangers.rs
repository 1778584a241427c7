//! Strangers: requests in the name of Slack or of the identity provider that neither has sent. Anyone can send them, so
//! each is counted, and one line a minute says how many there were, from which addresses.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::metrics::Metrics;

/// How often a line is logged.
pub(crate) const EVERY: Duration = Duration::from_secs(60);
/// How many addresses a line names.
const NAMED: usize = 10;

/// In whose name a request was forged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum InTheNameOf {
    /// The chat platform's.
    Slack,
    /// The identity provider's: a logout token.
    IdentityProvider,
}

/// Counts forged requests.
#[derive(Debug)]
pub(crate) struct Strangers {
    metrics: Arc<Metrics>,
    slack: Mutex<Tally>,
    identity_provider: Mutex<Tally>,
}

/// The forged requests that are not logged yet.
#[derive(Debug, Default)]
struct Tally {
    logged_at: Option<Instant>,
    requests: u64,
    addresses: BTreeMap<IpAddr, u64>,
    elsewhere: u64,
    why: String,
}

impl InTheNameOf {
    pub(crate) const ALL: [Self; 2] = [Self::Slack, Self::IdentityProvider];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::IdentityProvider => "identity_provider",
        }
    }
}

impl Strangers {
    pub(crate) fn new(metrics: &Arc<Metrics>) -> Self {
        let (slack, identity_provider) = (Mutex::default(), Mutex::default());
        Self { metrics: Arc::clone(metrics), slack, identity_provider }
    }

    /// Counts a forged request. Logs it, unless one was logged within the last minute.
    pub(crate) fn note(&self, name: InTheNameOf, from: Option<IpAddr>, why: String) {
        self.metrics.forged(name.word());
        let mut tally = self.tally(name).lock().unwrap_or_else(PoisonError::into_inner);
        tally.requests += 1;
        tally.why = why;
        match from {
            Some(address) if tally.addresses.len() < NAMED || tally.addresses.contains_key(&address) => {
                *tally.addresses.entry(address).or_default() += 1;
            }
            Some(_) | None => tally.elsewhere += 1,
        }
        if let Some(due) = tally.take_if_due() {
            due.log(name);
        }
    }

    /// Logs what was counted more than a minute after the last line.
    pub(crate) fn log_when_due(&self) {
        for name in InTheNameOf::ALL {
            let due = self.tally(name).lock().unwrap_or_else(PoisonError::into_inner).take_if_due();
            if let Some(due) = due {
                due.log(name);
            }
        }
    }

    fn tally(&self, name: InTheNameOf) -> &Mutex<Tally> {
        match name {
            InTheNameOf::Slack => &self.slack,
            InTheNameOf::IdentityProvider => &self.identity_provider,
        }
    }
}

impl Tally {
    /// Returns what is counted, once it may be logged.
    fn take_if_due(&mut self) -> Option<Self> {
        let is_due = self.logged_at.is_none_or(|logged| logged.elapsed() >= EVERY);
        let next = Self { logged_at: Some(Instant::now()), ..Self::default() };
        (self.requests > 0 && is_due).then(|| std::mem::replace(self, next))
    }

    fn log(&self, name: InTheNameOf) {
        let Self { logged_at: _, requests, addresses, elsewhere, why } = self;
        let named: Vec<String> =
            addresses.iter().map(|(address, requests)| format!("{address} ({requests})")).collect();
        let addresses = named.join(", ");
        match name {
            InTheNameOf::Slack => {
                tracing::warn!(
                    requests,
                    addresses,
                    elsewhere,
                    why,
                    "slack: requests with an invalid signature"
                );
            }
            InTheNameOf::IdentityProvider => {
                tracing::warn!(requests, addresses, elsewhere, why, "identity: logout tokens rejected");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn forged_requests_are_one_line_a_minute_with_their_number_and_addresses() {
        let strangers = Strangers::new(&Metrics::new());
        let forge = |n: u8| strangers.note(InTheNameOf::Slack, Some([192, 0, 2, n].into()), "why".to_owned());
        let waiting = || strangers.slack.lock().unwrap().requests;
        forge(1);
        assert_eq!(waiting(), 0, "the first one is logged at once");
        for n in 0..100 {
            forge(n % 20);
        }
        strangers.note(InTheNameOf::Slack, None, "why".to_owned());
        strangers.log_when_due();
        assert_eq!(waiting(), 101, "the others are not");
        tokio::time::advance(EVERY).await;
        let due = strangers.slack.lock().unwrap().take_if_due().unwrap();
        assert_eq!((due.requests, due.elsewhere, due.addresses.len()), (101, 51, NAMED));
        assert!(due.addresses.values().all(|requests| *requests == 5), "{due:?}");
        assert!(strangers.slack.lock().unwrap().take_if_due().is_none());
    }
}
