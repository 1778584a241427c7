//! What auditors hear: every event of a request, and the events that belong to none.

use serde::{Deserialize, Serialize};

use super::{
    account::Account,
    burst::Kind,
    email::Email,
    ids::{RequestId, SideEventId, Target},
    linking::ShownBy,
    person::{Human, Subject},
    refusal::Refused,
    request::{Event, Recorded, Request},
    window::{Minutes, Timestamp},
};

/// An event that changes no request: somebody was linked or unlinked, something was refused or could not be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideEvent {
    /// Its name, forever.
    pub id: SideEventId,
    /// When.
    pub at: Timestamp,
    /// The account it concerns.
    pub who: Account,
    /// What happened.
    #[serde(flatten)]
    pub what: SideNews,
}

/// What a [`SideEvent`] tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SideNews {
    /// The account is linked to an identity.
    Linked {
        /// The address of the identity.
        email: Email,
        /// What has shown that the account is theirs.
        shown_by: ShownBy,
    },
    /// The account is linked to another identity than before, which has the same address.
    Relinked {
        /// The address of both identities.
        email: Email,
        /// The identity it was linked to.
        from: Subject,
        /// The identity it is linked to.
        to: Subject,
        /// What has shown that the account is theirs.
        shown_by: ShownBy,
    },
    /// The account is not linked any more.
    Unlinked {
        /// The address of the identity.
        email: Email,
    },
    /// The person has signed out at the identity provider, and must sign in again.
    SignedOut {
        /// The address both sides agree on.
        email: Email,
    },
    /// Something was tried and refused.
    Refused {
        /// What was tried.
        tried: Tried,
        /// The request it was about.
        request: Option<RequestId>,
        /// The target it was about.
        target: Option<Target>,
        /// Why, and what the person was given to find it by.
        #[serde(flatten)]
        why: Refused,
    },
    /// Something could not be told, and is not tried any more.
    Undelivered {
        /// What, in a few words.
        what: String,
        /// The request it was about.
        request: Option<RequestId>,
        /// Why not.
        why: String,
    },
}

/// What somebody tried in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tried {
    /// To use the app at all.
    Use,
    /// To link themselves.
    Link,
    /// To make a request.
    Request,
    /// To approve one.
    Approve,
    /// To reject one.
    Reject,
    /// To take one back.
    Withdraw,
    /// To end access.
    End,
    /// To open the AWS console.
    OpenConsole,
}

/// One line of the audit channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditEntry {
    /// An event of a request, with what a reader needs to know of that request.
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
    /// An event of no request.
    Side(SideEvent),
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
            Self::Side(event) => Self::Side(event.clone()),
        }
    }

    /// Whether its event is the one of the same request right before that of `other`.
    #[must_use]
    pub fn is_right_before(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Request { recorded: before, .. }, Self::Request { recorded: after, .. }) => {
                before.stream == after.stream && before.number + 1 == after.number
            }
            (Self::Side(_), _) | (_, Self::Side(_)) => false,
        }
    }

    /// What it counts as in a burst; nothing where it is always a line of its own: what lets somebody in or keeps them
    /// out, and what could not be told.
    #[must_use]
    pub fn burst_kind(&self) -> Option<Kind> {
        match self {
            Self::Request { recorded, .. } => match &recorded.what {
                Event::Requested { .. } => Some(Kind::Requested),
                Event::Withdrawn => Some(Kind::Withdrawn),
                Event::Expired => Some(Kind::Expired),
                Event::Approved { .. }
                | Event::Rejected { .. }
                | Event::Ended { .. }
                | Event::SessionIssuing { .. }
                | Event::SessionIssued { .. }
                | Event::SessionDropped { .. }
                | Event::SessionRefused { .. }
                | Event::SessionUnknown { .. } => None,
            },
            Self::Side(event) => match &event.what {
                SideNews::Linked { .. } => Some(Kind::Linked),
                SideNews::Unlinked { .. } => Some(Kind::Unlinked),
                SideNews::SignedOut { .. } => Some(Kind::SignedOut),
                SideNews::Refused { tried, .. } => Some(Kind::Refused(*tried)),
                SideNews::Relinked { .. } | SideNews::Undelivered { .. } => None,
            },
        }
    }

    /// Whether it tells that something else could not be told.
    #[must_use]
    pub fn is_undelivered(&self) -> bool {
        matches!(self, Self::Side(SideEvent { what: SideNews::Undelivered { .. }, .. }))
    }

    /// The account whose doing it tells of, where there is one.
    #[must_use]
    pub fn concerned(&self) -> Option<&Account> {
        match self {
            Self::Request { requester, .. } => requester.account.as_ref(),
            Self::Side(event) => Some(&event.who),
        }
    }

    /// When it happened.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Request { recorded, .. } => recorded.at,
            Self::Side(event) => event.at,
        }
    }

    /// The request it tells of, if it does.
    #[must_use]
    pub fn request(&self) -> Option<&RequestId> {
        match self {
            Self::Request { recorded, .. } => Some(&recorded.stream),
            Self::Side(SideEvent {
                what: SideNews::Refused { request, .. } | SideNews::Undelivered { request, .. },
                ..
            }) => request.as_ref(),
            Self::Side(_) => None,
        }
    }

    /// The event's id: what the line and a repeated post of it have in common.
    #[must_use]
    pub fn event_id(&self) -> String {
        match self {
            Self::Request { recorded, .. } => recorded.event_id(),
            Self::Side(event) => event.id.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        decide::tests::{minute, requested},
        ids::CommandId,
        refusal::Refusal,
    };

    fn refused(tried: Tried, at: i64) -> SideEvent {
        let who = Account::new("slack", "T0123456", "U0ADA");
        let what = SideNews::Refused { tried, request: None, target: None, why: Refusal::NotLinked.into() };
        SideEvent { id: SideEventId::of(&CommandId::random(1), minute(at)), at: minute(at), who, what }
    }

    #[test]
    fn a_line_names_its_event_and_what_it_counts_as() {
        let event = refused(Tried::Link, 1);
        let line = AuditEntry::Side(event.clone());
        assert_eq!(line.event_id(), event.id.to_string());
        assert_eq!(line.burst_kind(), Some(Kind::Refused(Tried::Link)));

        let recorded = requested();
        let line = AuditEntry::of(&Request::opened(&recorded).unwrap(), &recorded);
        assert_eq!(line.event_id(), format!("{}/1", recorded.stream));
        assert_eq!(line.burst_kind(), Some(Kind::Requested));
    }
}
