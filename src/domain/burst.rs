//! Burst: what one person brings about again and again is one line of the audit channel.
//!
//! A chat platform takes about one message a second in a channel, so nobody may fill the audit channel with lines of
//! their own.
//! The first few of a person's events in a clock minute are lines of their own; those after them wait for the next
//! minute and are added up. Every event is recorded all the same, and what lets somebody in is always a line.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::{account::Account, act::Tried, audit::AuditEntry, window::Timestamp};

/// How many events of one person are lines of their own, in each minute.
const LINES_PER_MINUTE: u32 = 5;
/// How long a clock minute is.
const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// How many events of one person there were in the current clock minute.
#[derive(Clone, Debug)]
pub struct Recent {
    minute_ends: Timestamp,
    events: u32,
}

impl Recent {
    /// No event so far.
    #[must_use]
    pub fn none(now: Timestamp) -> Self {
        Self { minute_ends: minute_end(now), events: 0 }
    }

    /// Counts an event, and returns whether it is part of a burst.
    pub fn joins_burst(&mut self, now: Timestamp) -> bool {
        if self.is_over(now) {
            *self = Self::none(now);
        }
        self.events += 1;
        self.events > LINES_PER_MINUTE
    }

    /// Takes back an event that was counted and then not recorded.
    pub fn take_back(&mut self, now: Timestamp) {
        if !self.is_over(now) {
            self.events = self.events.saturating_sub(1);
        }
    }

    /// Whether there is nothing left to remember, also where the clock has gone back since.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.minute_ends != minute_end(now)
    }
}

/// When the clock minute of a moment ends.
#[must_use]
pub fn minute_end(at: Timestamp) -> Timestamp {
    let begun = at.timestamp_millis().rem_euclid(MINUTE.num_milliseconds());
    at - TimeDelta::milliseconds(begun) + MINUTE
}

/// What a burst consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A request.
    Requested,
    /// A request that was withdrawn.
    Withdrawn,
    /// A request that nobody answered.
    Expired,
    /// An account that was linked.
    Linked,
    /// An account that was unlinked.
    Unlinked,
    /// A sign-out at the identity provider.
    SignedOut,
    /// An attempt that was refused.
    Refused(Tried),
}

/// Several events of one person, told in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burst {
    /// Whose events they are.
    pub who: Account,
    /// When the first of them was.
    pub since: Timestamp,
    /// The last of them.
    pub last: AuditEntry,
    /// How often what happened.
    pub kinds: BTreeMap<Kind, u32>,
    /// The ids of the events, oldest first.
    pub ids: Vec<String>,
}

impl Burst {
    /// Adds up events of one person, oldest first; nothing where there is none that bursts are made of.
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
