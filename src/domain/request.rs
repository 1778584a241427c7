//! One request for access, from asking to its end.
//!
//! ```text
//!   Requested ──approve──▶ Approved ──the window ends, or somebody ends it──▶ Ended
//!      ├──reject───▶ Rejected
//!      ├──withdraw─▶ Withdrawn
//!      └──nobody answers in time──▶ Expired
//! ```
//!
//! A request is what its events add up to: [`evolve`] applies one, decides nothing and never refuses. `Expired` and
//! `Ended` are true as soon as the clock says so, whether or not anybody has written them down.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    burst::Kind,
    ids::{CommandId, RequestId, Target},
    person::Human,
    reason::Reason,
    trail::{
        actor::{Actor, Approval},
        record::{Record, Schema},
    },
    window::{Minutes, Timestamp, Window},
};

/// A request for access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its name, forever.
    pub id: RequestId,
    /// Who asks.
    pub requester: Human,
    /// What for.
    pub target: Target,
    /// For how long, counted from the approval.
    pub duration: Minutes,
    /// Why.
    pub justification: Reason,
    /// When it was made.
    pub requested_at: Timestamp,
    /// The first moment at which it can no longer be answered.
    pub answer_by: Timestamp,
    /// The number of its last event: the optimistic lock.
    pub version: u64,
    /// The time of its last event.
    pub changed_at: Timestamp,
    /// As written down; ask [`Request::status_at`] for what is true.
    status: Status,
    sessions: Sessions,
}

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// Waiting for an answer.
    Requested,
    /// Access is open.
    Approved {
        /// Who agreed.
        approvals: Vec<Approval>,
        /// While it is open.
        window: Window,
    },
    /// A reviewer said no.
    Rejected {
        /// The reviewer.
        by: Actor,
        /// Why.
        reason: Reason,
    },
    /// Taken back before it was answered.
    Withdrawn {
        /// The requester, or a reviewer.
        by: Actor,
    },
    /// Nobody answered in time.
    Expired,
    /// Access is over.
    Ended {
        /// Who had agreed.
        approvals: Vec<Approval>,
        /// Who ended it early; the clock when the window ran out.
        by: Actor,
        /// When access was over.
        ended_at: Timestamp,
        /// Until when sessions that were issued before may still work, where access was ended early.
        sessions_until: Option<Timestamp>,
    },
}

/// A [`Status`] without its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the status it names")]
pub enum StatusKind {
    Requested,
    Approved,
    Rejected,
    Withdrawn,
    Expired,
    Ended,
}

/// Why credentials were dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum DropReason {
    /// Access ended before the credentials were there.
    AccessEnded,
    /// The console gave no address for them.
    NoConsole {
        /// What happened.
        why: String,
    },
}

/// The sessions of one request, counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sessions {
    begun: u32,
    issued: u32,
    unsettled: BTreeSet<u32>,
}

/// What a request is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Who it is for.
    pub requester: Human,
    /// What for.
    pub target: Target,
    /// For how long.
    pub duration: Minutes,
    /// Why.
    pub justification: Reason,
    /// When it expires unanswered.
    pub answer_by: Timestamp,
}

/// What has happened to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", content = "facts", rename_all = "snake_case")]
pub enum Event {
    /// It was made.
    Requested(Opening),
    /// A reviewer said yes.
    Approved {
        /// Who agreed.
        approvals: Vec<Approval>,
        /// While access is open.
        window: Window,
    },
    /// A reviewer said no.
    Rejected {
        /// Why.
        reason: Reason,
    },
    /// It was taken back.
    Withdrawn,
    /// Nobody answered in time.
    Expired,
    /// Access is over.
    Ended {
        /// When access was over.
        ended_at: Timestamp,
        /// Until when sessions that were issued before may still work, where access was ended early.
        sessions_until: Option<Timestamp>,
    },
    /// AWS is about to be asked for a session.
    SessionIssuing {
        /// Its number.
        session: u32,
    },
    /// The session is about to be handed to the requester's browser.
    SessionIssued {
        /// Its number.
        session: u32,
        /// When AWS lets it expire, at the latest.
        expires_at: Timestamp,
    },
    /// AWS gave credentials, and they were thrown away.
    SessionDropped {
        /// Its number.
        session: u32,
        /// Why.
        why: DropReason,
    },
    /// AWS gave no session.
    SessionRefused {
        /// Its number.
        session: u32,
        /// What AWS said.
        why: String,
    },
    /// AWS was asked, and nobody knows what it answered. The credentials, if there are any, were never handed out.
    SessionUnknown {
        /// Its number.
        session: u32,
    },
}

/// What is about to happen to a request, and by whom: an event that has no number and no date yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Who causes it.
    pub actor: Actor,
    /// What happens.
    pub what: Event,
}

/// An event of a request, as it is kept.
pub type Recorded = Record<RequestId, Event>;

impl Event {
    /// What it counts as in a burst, if it may be part of one.
    #[must_use]
    pub fn burst_kind(&self) -> Option<Kind> {
        match self {
            Self::Requested { .. } => Some(Kind::Requested),
            Self::Withdrawn => Some(Kind::Withdrawn),
            Self::Expired => Some(Kind::Expired),
            Self::Approved { .. }
            | Self::Rejected { .. }
            | Self::Ended { .. }
            | Self::SessionIssuing { .. }
            | Self::SessionIssued { .. }
            | Self::SessionDropped { .. }
            | Self::SessionRefused { .. }
            | Self::SessionUnknown { .. } => None,
        }
    }

    /// The change that this event is when `actor` causes it.
    #[must_use]
    pub fn by(self, actor: impl Into<Actor>) -> Change {
        Change { actor: actor.into(), what: self }
    }

    /// That one reviewer said yes, which opens the window.
    #[must_use]
    pub fn approved(by: Human, window: Window) -> Change {
        let approval = Approval { by: by.clone().into(), at: window.starts() };
        Self::Approved { approvals: vec![approval], window }.by(by)
    }
}

impl Opening {
    /// The request `id`, and its first event, by which its requester makes it at `now`.
    #[must_use]
    pub fn opens(self, id: RequestId, command: CommandId, now: Timestamp) -> (Recorded, Request) {
        let request = self.clone().request(id.clone(), now);
        let actor = self.requester.clone().into();
        let what = Event::Requested(self);
        (Record { schema: Schema, stream: id, number: 1, at: now, command, actor, what }, request)
    }

    fn request(self, id: RequestId, at: Timestamp) -> Request {
        let Self { requester, target, duration, justification, answer_by } = self;
        Request {
            id,
            requester,
            target,
            duration,
            justification,
            requested_at: at,
            answer_by,
            version: 1,
            changed_at: at,
            status: Status::Requested,
            sessions: Sessions::default(),
        }
    }
}

/// Applies an event that has happened. Decides nothing and never fails.
#[must_use]
pub fn evolve(mut request: Request, recorded: &Recorded) -> Request {
    request.version = recorded.number;
    request.changed_at = recorded.at;
    match &recorded.what {
        Event::Requested(_) => {}
        Event::Approved { approvals, window } => {
            request.status = Status::Approved { approvals: approvals.clone(), window: *window };
        }
        Event::Rejected { reason } => {
            request.status = Status::Rejected { by: recorded.actor.clone(), reason: reason.clone() };
        }
        Event::Withdrawn => request.status = Status::Withdrawn { by: recorded.actor.clone() },
        Event::Expired => request.status = Status::Expired,
        Event::Ended { ended_at, sessions_until } => {
            request.status = request.status.ended(recorded.actor.clone(), *ended_at, *sessions_until);
        }
        Event::SessionIssuing { session } => {
            request.sessions.begun = *session;
            request.sessions.unsettled.insert(*session);
        }
        Event::SessionIssued { session, .. } => {
            request.sessions.issued += 1;
            request.sessions.unsettled.remove(session);
        }
        Event::SessionDropped { session, .. }
        | Event::SessionRefused { session, .. }
        | Event::SessionUnknown { session } => {
            request.sessions.unsettled.remove(session);
        }
    }
    request
}

impl Request {
    /// The request that its first event made; `None` for any other event.
    #[must_use]
    pub fn opened(first: &Recorded) -> Option<Self> {
        let Event::Requested(opening) = &first.what else { return None };
        Some(opening.clone().request(first.stream.clone(), first.at))
    }

    /// The request that these events, oldest first, add up to; `None` when the first one did not make it.
    #[must_use]
    pub fn replayed<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Option<Self> {
        let mut events = events.into_iter();
        let opened = Self::opened(events.next()?)?;
        Some(events.fold(opened, evolve))
    }

    /// Numbers and dates the event that comes next.
    #[must_use]
    pub fn next(&self, change: Change, command: CommandId, now: Timestamp) -> Recorded {
        let at = self.not_before(now);
        let Change { actor, what } = change;
        Record { schema: Schema, stream: self.id.clone(), number: self.version + 1, at, command, actor, what }
    }

    /// Where the request stands at `now`: what the clock has done counts, written down or not.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> Status {
        match self.elapsed(now) {
            Some(Event::Expired) => Status::Expired,
            Some(Event::Ended { ended_at, sessions_until }) => {
                self.status.ended(Actor::Clock, ended_at, sessions_until)
            }
            Some(_) | None => self.status.clone(),
        }
    }

    /// Until when this request keeps its requester from making another for the same target, as written down.
    #[must_use]
    pub fn holds_until(&self) -> Option<Timestamp> {
        match &self.status {
            Status::Requested => Some(self.answer_by),
            Status::Approved { window, .. } => Some(window.ends()),
            Status::Rejected { .. } | Status::Withdrawn { .. } | Status::Expired | Status::Ended { .. } => {
                None
            }
        }
    }

    /// The status as it is written down, in a word that the store can index.
    #[must_use]
    pub fn written_status(&self) -> &'static str {
        self.status.word()
    }

    /// Whether AWS has been asked for this session and nobody has written down yet what came of it.
    #[must_use]
    pub fn is_unsettled(&self, session: u32) -> bool {
        self.sessions.unsettled.contains(&session)
    }

    /// Whether any session has been handed out.
    #[must_use]
    pub fn has_issued_sessions(&self) -> bool {
        self.sessions.issued > 0
    }

    /// How many sessions have been begun.
    #[must_use]
    pub fn sessions_begun(&self) -> u32 {
        self.sessions.begun
    }

    /// What the clock has made true and nobody has written down.
    pub(super) fn elapsed(&self, now: Timestamp) -> Option<Event> {
        match &self.status {
            Status::Requested if self.answer_by <= now => Some(Event::Expired),
            Status::Approved { window, .. } if window.is_over(now) => {
                Some(Event::Ended { ended_at: window.ends(), sessions_until: None })
            }
            Status::Requested
            | Status::Approved { .. }
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Expired
            | Status::Ended { .. } => None,
        }
    }

    pub(super) fn not_before(&self, now: Timestamp) -> Timestamp {
        now.max(self.changed_at)
    }
}

impl StatusKind {
    /// The word that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Ended => "ended",
        }
    }
}

impl Status {
    /// The status in a word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.kind().as_str()
    }

    /// The status without its facts.
    #[must_use]
    pub fn kind(&self) -> StatusKind {
        match self {
            Self::Requested => StatusKind::Requested,
            Self::Approved { .. } => StatusKind::Approved,
            Self::Rejected { .. } => StatusKind::Rejected,
            Self::Withdrawn { .. } => StatusKind::Withdrawn,
            Self::Expired => StatusKind::Expired,
            Self::Ended { .. } => StatusKind::Ended,
        }
    }

    /// What an approved request becomes when access is over; any other status stays.
    fn ended(&self, by: Actor, ended_at: Timestamp, sessions_until: Option<Timestamp>) -> Self {
        match self {
            Self::Approved { approvals, .. } => {
                Self::Ended { approvals: approvals.clone(), by, ended_at, sessions_until }
            }
            Self::Requested
            | Self::Rejected { .. }
            | Self::Withdrawn { .. }
            | Self::Expired
            | Self::Ended { .. } => self.clone(),
        }
    }
}
