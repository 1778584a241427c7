//! Known: what the platform has recently reported about accounts, so that someone who is refused again and again costs
//! one call a minute.
//!
//! It serves refusals and invitations only. What changes something asks the platform again.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::domain::{account::Account, person::Member};

/// How long a report is used.
const KNOWN_FOR: Duration = Duration::from_secs(60);
/// How many accounts are kept before those whose report is too old are forgotten.
const KEPT: usize = 1_000;

/// The reports of this process, with the uptime at which each was made.
#[derive(Debug, Default)]
pub(in crate::flows) struct Known(Mutex<HashMap<Account, (Duration, Member)>>);

impl Known {
    /// Returns the report about an account, if it is recent.
    pub(super) fn get(&self, who: &Account, uptime: Duration) -> Option<Member> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = known.get(who).filter(|(since, _)| uptime.saturating_sub(*since) < KNOWN_FOR);
        recent.map(|(_, member)| member.clone())
    }

    /// Keeps a report.
    pub(super) fn keep(&self, who: &Account, member: &Member, uptime: Duration) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT {
            known.retain(|_, (since, _)| uptime.saturating_sub(*since) < KNOWN_FOR);
        }
        known.insert(who.clone(), (uptime, member.clone()));
    }
}
