//! What auditors hear: every event of a request and of an account.

use serde::{Deserialize, Serialize};

use super::{
    account::Account,
    account_event::{AccountEvent, AccountRecord},
    burst::Kind,
    ids::{RequestId, Target},
    person::Human,
    request::{Recorded, Request},
    window::{Minutes, Timestamp},
};

/// One line of the audit channel: the record of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditEntry {
    /// Of a request, with what a reader needs to know of that request.
    Request {
        /// Who asks.
        requester: Human,
        /// What for.
        target: Target,
        /// For how long.
        duration: Minutes,
        /// What happened.
        recorded: Box<Recorded>,
    },
    /// Of an account.
    Account(Box<AccountRecord>),
}

impl AuditEntry {
    /// The line that tells what has just happened to `request`.
    #[must_use]
    pub fn of(request: &Request, recorded: &Recorded) -> Self {
        Self::Request {
            requester: request.requester.clone(),
            target: request.target.clone(),
            duration: request.duration,
            recorded: Box::new(recorded.clone()),
        }
    }

    /// The line that tells what has just happened to an account.
    #[must_use]
    pub fn of_account(recorded: &AccountRecord) -> Self {
        Self::Account(Box::new(recorded.clone()))
    }

    /// The line of another event of the same request.
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
        }
    }

    /// The event, if it is one of a request: auditors hear of those in their order.
    #[must_use]
    pub fn of_a_request(&self) -> Option<&Recorded> {
        match self {
            Self::Request { recorded, .. } => Some(recorded),
            Self::Account(_) => None,
        }
    }

    /// Whether its event is the one of the same request right before that of `other`.
    #[must_use]
    pub fn is_right_before(&self, other: &Self) -> bool {
        let events = self.of_a_request().zip(other.of_a_request());
        events
            .is_some_and(|(before, after)| before.stream == after.stream && before.number + 1 == after.number)
    }

    /// What it counts as in a burst; nothing where it is always a line of its own: what lets somebody in or keeps them
    /// out, and what could not be told.
    #[must_use]
    pub fn burst_kind(&self) -> Option<Kind> {
        match self {
            Self::Request { recorded, .. } => recorded.what.burst_kind(),
            Self::Account(recorded) => recorded.what.burst_kind(),
        }
    }

    /// Whether it tells that something else could not be told.
    #[must_use]
    pub fn is_undelivered(&self) -> bool {
        matches!(self, Self::Account(recorded) if matches!(recorded.what, AccountEvent::Undelivered { .. }))
    }

    /// The account whose doing it tells of, where there is one.
    #[must_use]
    pub fn concerned(&self) -> Option<&Account> {
        match self {
            Self::Request { requester, .. } => requester.account.as_ref(),
            Self::Account(recorded) => Some(&recorded.stream),
        }
    }

    /// The request it tells of, if it does.
    #[must_use]
    pub fn request(&self) -> Option<&RequestId> {
        match self {
            Self::Request { recorded, .. } => Some(&recorded.stream),
            Self::Account(recorded) => recorded.what.request(),
        }
    }

    /// When it happened.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Request { recorded, .. } => recorded.at,
            Self::Account(recorded) => recorded.at,
        }
    }

    /// The event's id: what the line and a repeated post of it have in common.
    #[must_use]
    pub fn event_id(&self) -> String {
        match self {
            Self::Request { recorded, .. } => recorded.event_id(),
            Self::Account(recorded) => recorded.event_id(),
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
