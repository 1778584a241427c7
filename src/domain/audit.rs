//! What auditors see: every event of a request and of an account.

use serde::{Deserialize, Serialize};

use super::{
    account::Account,
    account_event::{AccountEvent, AccountRecord},
    burst::Kind,
    control::ControlRecord,
    ids::{RequestId, Target},
    person::Human,
    request::{Recorded, Request},
    window::{Minutes, Timestamp},
};

/// One line of the audit channel: the record of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditEntry {
    /// An event of a request, with the facts of the request that a reader needs.
    Request {
        /// The requester.
        requester: Box<Human>,
        /// The target.
        target: Target,
        /// The requested duration.
        duration: Minutes,
        /// What happened.
        recorded: Box<Recorded>,
    },
    /// An event of an account.
    Account(Box<AccountRecord>),
    /// An event of the whole app.
    Control(Box<ControlRecord>),
}

impl AuditEntry {
    /// Returns the entry for an event that has just happened to `request`.
    #[must_use]
    pub fn of(request: &Request, recorded: &Recorded) -> Self {
        Self::Request {
            requester: Box::new(request.requester.clone()),
            target: request.target.clone(),
            duration: request.duration,
            recorded: Box::new(recorded.clone()),
        }
    }

    /// Returns the entry for an event that has just happened to an account.
    #[must_use]
    pub fn of_account(recorded: &AccountRecord) -> Self {
        Self::Account(Box::new(recorded.clone()))
    }

    /// Returns the entry for another event of the same request.
    #[must_use]
    pub fn of_the_same_request(&self, event: Recorded) -> Self {
        match self {
            Self::Request { requester, target, duration, .. } => Self::Request {
                requester: requester.clone(),
                target: target.clone(),
                duration: *duration,
                recorded: Box::new(event),
            },
            Self::Account(recorded) => Self::Account(recorded.clone()),
            Self::Control(recorded) => Self::Control(recorded.clone()),
        }
    }

    /// Returns the event if it belongs to a request: auditors see those in order.
    #[must_use]
    pub fn of_a_request(&self) -> Option<&Recorded> {
        match self {
            Self::Request { recorded, .. } => Some(recorded),
            Self::Account(_) | Self::Control(_) => None,
        }
    }

    /// Returns whether this event directly precedes that of `other` in the same request.
    #[must_use]
    pub fn is_right_before(&self, other: &Self) -> bool {
        let events = self.of_a_request().zip(other.of_a_request());
        events
            .is_some_and(|(before, after)| before.stream == after.stream && before.number + 1 == after.number)
    }

    /// Returns the kind under which a burst counts this event. Returns `None` for events that always have a line of
    /// their own: those that grant or deny access, and those that report a failed delivery.
    #[must_use]
    pub fn burst_kind(&self) -> Option<Kind> {
        match self {
            Self::Request { recorded, .. } => recorded.what.burst_kind(),
            Self::Account(recorded) => recorded.what.burst_kind(),
            Self::Control(_) => None,
        }
    }

    /// Returns whether the entry reports that a message could not be delivered.
    #[must_use]
    pub fn is_undelivered(&self) -> bool {
        matches!(self, Self::Account(recorded) if matches!(recorded.what, AccountEvent::Undelivered { .. }))
    }

    /// Returns the account that caused the event, if any.
    #[must_use]
    pub fn concerned(&self) -> Option<&Account> {
        match self {
            Self::Request { requester, .. } => requester.account.as_ref(),
            Self::Account(recorded) => Some(&recorded.stream),
            Self::Control(_) => None,
        }
    }

    /// Returns the request that the entry is about, if any.
    #[must_use]
    pub fn request(&self) -> Option<&RequestId> {
        match self {
            Self::Request { recorded, .. } => Some(&recorded.stream),
            Self::Account(recorded) => recorded.what.request(),
            Self::Control(_) => None,
        }
    }

    /// Returns when the event happened.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Request { recorded, .. } => recorded.at,
            Self::Account(recorded) => recorded.at,
            Self::Control(recorded) => recorded.at,
        }
    }

    /// Returns the event's id, which is the same in every repeated post of the line.
    #[must_use]
    pub fn event_id(&self) -> String {
        match self {
            Self::Request { recorded, .. } => recorded.event_id(),
            Self::Account(recorded) => recorded.event_id(),
            Self::Control(recorded) => recorded.event_id(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{account_event::tests::refused, act::Tried, decide::tests::requested};

    #[test]
    fn a_line_names_its_event_and_what_it_counts_as() {
        let line = AuditEntry::of_account(&refused("U0ADA", Tried::Link, 7));
        assert_eq!(line.event_id(), "slack/T0123456/U0ADA/7");
        assert_eq!(line.burst_kind(), Some(Kind::Refused(Tried::Link)));

        let recorded = requested();
        let line = AuditEntry::of(&Request::opened(&recorded).unwrap(), &recorded);
        assert_eq!(line.event_id(), format!("{}/1", recorded.stream));
        assert_eq!(line.burst_kind(), Some(Kind::Requested));
    }
}
