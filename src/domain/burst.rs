//! Burst: one line of the audit channel for events that one person causes in quick succession.
//!
//! A chat platform accepts about one message per second in a channel, so no person may fill the audit channel with
//! lines of their own. The first few of a person's events in a clock minute each get a line; later ones wait for the
//! next minute and are summed up in one line. Every event is still recorded, and an event that grants access always
//! has its own line.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::{account::Account, act::Tried, audit::AuditEntry, window::Timestamp};

/// How many events of one person get a line of their own in each minute.
const LINES_PER_MINUTE: u32 = 5;
/// The length of a clock minute.
const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// How many events of one person have happened in the current clock minute.
#[derive(Clone, Debug)]
pub struct Recent {
    minute_ends: Timestamp,
    events: u32,
}

impl Recent {
    /// Starts with no events.
    #[must_use]
    pub fn none(now: Timestamp) -> Self {
        Self { minute_ends: minute_end(now), events: 0 }
    }

    /// Counts an event and returns whether it joins a burst.
    pub fn joins_burst(&mut self, now: Timestamp) -> bool {
        if self.is_over(now) {
            *self = Self::none(now);
        }
        self.events += 1;
        self.events > LINES_PER_MINUTE
    }

    /// Uncounts an event that was counted but not recorded.
    pub fn take_back(&mut self, now: Timestamp) {
        if !self.is_over(now) {
            self.events = self.events.saturating_sub(1);
        }
    }

    /// Returns whether there is nothing to remember, even if the clock has gone back since.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.minute_ends != minute_end(now)
    }
}

/// Returns when the clock minute that contains a moment ends.
#[must_use]
pub fn minute_end(at: Timestamp) -> Timestamp {
    let begun = at.timestamp_millis().rem_euclid(MINUTE.num_milliseconds());
    at - TimeDelta::milliseconds(begun) + MINUTE
}

/// The kinds of events that a burst counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A request was made.
    Requested,
    /// A request was withdrawn.
    Withdrawn,
    /// A request expired unanswered.
    Expired,
    /// An account was linked.
    Linked,
    /// An account was unlinked.
    Unlinked,
    /// A person signed out at the identity provider.
    SignedOut,
    /// An attempt was refused.
    Refused(Tried),
}

/// Several events of one person, reported in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burst {
    /// The account whose events they are.
    pub who: Account,
    /// When the first event happened.
    pub since: Timestamp,
    /// The last event.
    pub last: AuditEntry,
    /// How often each kind of event happened.
    pub kinds: BTreeMap<Kind, u32>,
    /// The ids of the events, oldest first.
    pub ids: Vec<String>,
}

impl Burst {
    /// Sums up the events of one person, oldest first. Returns `None` if none of them may join a burst.
    #[must_use]
    pub fn of(entries: &[&AuditEntry]) -> Option<Self> {
        let (first, last) = (entries.first()?, entries.last()?);
        let mut kinds = BTreeMap::new();
        for kind in entries.iter().filter_map(|entry| entry.burst_kind()) {
            *kinds.entry(kind).or_default() += 1;
        }
        let ids = entries.iter().map(|entry| entry.event_id()).collect();
        let who = last.concerned()?.clone();
        Some(Self { who, since: first.at(), last: AuditEntry::clone(last), kinds, ids })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{account_event::tests::refused, decide::tests::requested, request::Request};

    #[test]
    fn the_first_five_of_a_clock_minute_are_lines_and_the_others_a_burst() {
        let start = Timestamp::UNIX_EPOCH + TimeDelta::seconds(10);
        let after = |seconds| start + TimeDelta::seconds(seconds);
        let mut recent = Recent::none(start);
        assert!(!(0..5).any(|second| recent.joins_burst(after(second))));
        assert!([5, 49].iter().all(|second| recent.joins_burst(after(*second))));
        assert!(!recent.is_over(after(49)) && recent.is_over(after(50)));
        assert!(!recent.joins_burst(after(50)), "another minute");
        assert!(!(0..4).any(|_| recent.joins_burst(after(51))));
        assert!(recent.joins_burst(after(52)));
        assert!(!recent.joins_burst(after(-11)), "the clock has gone back");
        assert_eq!([0, 49, 50].map(|second| minute_end(after(second))), [50, 50, 110].map(after));
    }

    #[test]
    fn an_event_that_was_not_recorded_does_not_count() {
        let start = Timestamp::UNIX_EPOCH;
        let mut recent = Recent::none(start);
        recent.take_back(start);
        for _ in 0..50 {
            assert!(!recent.joins_burst(start));
            recent.take_back(start);
        }
        assert!(!(0..5).any(|_| recent.joins_burst(start)));
        recent.take_back(start + MINUTE);
        assert!(recent.joins_burst(start), "what belongs to another minute takes nothing back");
    }

    #[test]
    fn a_burst_counts_its_events_by_kind_and_names_each() {
        let refused = |tried, at| AuditEntry::of_account(&refused("U0ADA", tried, at));
        let recorded = requested();
        let request = AuditEntry::of(&Request::opened(&recorded).unwrap(), &recorded);
        let [second, third, last] = [(Tried::Approve, 1), (Tried::Reject, 2), (Tried::Approve, 3)]
            .map(|(tried, at)| refused(tried, at));
        let entries = [&request, &second, &third, &last];
        let kinds =
            [(Kind::Requested, 1), (Kind::Refused(Tried::Approve), 2), (Kind::Refused(Tried::Reject), 1)];
        let burst = Burst {
            who: requested_by(),
            since: request.at(),
            last: last.clone(),
            kinds: kinds.into(),
            ids: entries.map(AuditEntry::event_id).to_vec(),
        };
        assert_eq!(Burst::of(&entries), Some(burst));
        assert_eq!(Burst::of(&[]), None);
    }

    fn requested_by() -> Account {
        Request::opened(&requested()).unwrap().requester.account.unwrap()
    }
}
