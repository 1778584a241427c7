//! A request for access, from its creation to the end of access.
//!
//! ```text
//!   Requested ──approve──▶ Approved ──the window ends, or somebody ends it──▶ Ended
//!      ├──reject───▶ Rejected
//!      ├──withdraw─▶ Withdrawn
//!      └──nobody answers in time──▶ Expired
//! ```
//!
//! A request is the sum of its events: [`evolve`] applies one, decides nothing and never refuses. `Expired` and
//! `Ended` become true with the passage of time, whether or not they have been recorded.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    burst::Kind,
    cloud_refusal::CloudRefusal,
    control::Footing,
    ids::{CommandId, RequestId, Target},
    person::{Human, Subject},
    reason::Reason,
    trail::{
        actor::{Actor, Approval},
        record::{Record, Schema},
    },
    window::{Minutes, Timestamp, Window},
};

/// A request for access. A program that does not know all of its fields neither reads it nor writes over it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The request's permanent id.
    pub id: RequestId,
    /// The requester.
    pub requester: Human,
    /// The target.
    pub target: Target,
    /// How long access lasts, counted from the approval.
    pub duration: Minutes,
    /// The reason.
    pub justification: Reason,
    /// When the request was made.
    pub requested_at: Timestamp,
    /// The first moment at which the request can no longer be answered.
    pub answer_by: Timestamp,
    /// The number of its last event: the optimistic lock.
    pub version: u64,
    /// The time of its last event.
    pub changed_at: Timestamp,
    /// The status as recorded; [`Request::status_at`] returns the actual one.
    status: Status,
    sessions: Sessions,
}

/// The status of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case", deny_unknown_fields)]
pub enum Status {
    /// The request waits for an answer.
    Requested,
    /// Access is open.
    Approved {
        /// Who approved it.
        approvals: Vec<Approval>,
        /// The window in which access is open.
        window: Window,
    },
    /// A reviewer rejected the request.
    Rejected {
        /// The reviewer.
        by: Actor,
        /// The reason.
        reason: Reason,
    },
    /// The request was withdrawn before it was answered.
    Withdrawn {
        /// The requester or a reviewer.
        by: Actor,
    },
    /// The request was not answered in time.
    Expired,
    /// Access has ended.
    Ended {
        /// Who had approved it.
        approvals: Vec<Approval>,
        /// Who ended it early, or the clock if the window ran out.
        by: Actor,
        /// When access ended.
        ended_at: Timestamp,
        /// If access ended early: until when sessions that were issued before may still work.
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
    /// Access ended before the credentials arrived.
    AccessEnded,
    /// The console returned no sign-in link for them.
    NoConsole {
        /// The failure.
        why: String,
    },
    /// Access was frozen before the credentials arrived.
    Frozen,
    /// Another policy was put in force before the credentials arrived.
    PolicyChanged,
    /// The person signed out at the identity provider before the credentials arrived.
    SignedOut,
}

/// The sessions of a request, counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sessions {
    begun: u32,
    issued: u32,
    unsettled: BTreeSet<u32>,
}

/// The content of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The requester.
    pub requester: Human,
    /// The target.
    pub target: Target,
    /// How long access lasts.
    pub duration: Minutes,
    /// The reason.
    pub justification: Reason,
    /// When the request expires if it is not answered.
    pub answer_by: Timestamp,
}

/// An event of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", content = "facts", rename_all = "snake_case")]
pub enum Event {
    /// The request was made.
    Requested(Opening),
    /// A reviewer approved the request.
    Approved {
        /// Who approved it.
        approvals: Vec<Approval>,
        /// The window in which access is open.
        window: Window,
    },
    /// A reviewer rejected the request.
    Rejected {
        /// The reason.
        reason: Reason,
    },
    /// The request was withdrawn.
    Withdrawn,
    /// The request was not answered in time.
    Expired,
    /// Access has ended.
    Ended {
        /// When access ended.
        ended_at: Timestamp,
        /// If access ended early: until when sessions that were issued before may still work.
        sessions_until: Option<Timestamp>,
    },
    /// A session is about to be requested from AWS.
    SessionIssuing {
        /// The session's number.
        session: u32,
    },
    /// The session is about to be passed to the requester's browser.
    SessionIssued {
        /// The session's number.
        session: u32,
        /// When AWS lets it expire, at the latest.
        expires_at: Timestamp,
    },
    /// AWS issued credentials, which were discarded.
    SessionDropped {
        /// The session's number.
        session: u32,
        /// The reason.
        why: DropReason,
    },
    /// AWS issued no session.
    SessionRefused {
        /// The session's number.
        session: u32,
        /// The cause, and AWS's own words.
        why: CloudRefusal,
    },
    /// AWS was asked, but its answer is unknown. The credentials, if any, were never passed on.
    SessionUnknown {
        /// The session's number.
        session: u32,
    },
}

/// An event that is about to happen to a request and has no number and no date yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Who causes it.
    pub actor: Actor,
    /// What happens.
    pub what: Event,
}

/// An event of a request, as it is stored.
pub type Recorded = Record<RequestId, Event>;

impl Event {
    /// The names of all events of this kind.
    pub const NAMES: [&str; 11] = [
        "requested",
        "approved",
        "rejected",
        "withdrawn",
        "expired",
        "ended",
        "session_issuing",
        "session_issued",
        "session_dropped",
        "session_refused",
        "session_unknown",
    ];

    /// Returns the word under which it is stored and counted.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Requested(_) => "requested",
            Self::Approved { .. } => "approved",
            Self::Rejected { .. } => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Ended { .. } => "ended",
            Self::SessionIssuing { .. } => "session_issuing",
            Self::SessionIssued { .. } => "session_issued",
            Self::SessionDropped { .. } => "session_dropped",
            Self::SessionRefused { .. } => "session_refused",
            Self::SessionUnknown { .. } => "session_unknown",
        }
    }

    /// Returns the kind under which a burst counts this event, or `None` if it never joins a burst.
    #[must_use]
    pub fn burst_kind(&self) -> Option<Kind> {
        match self {
            Self::Requested(_) => Some(Kind::Requested),
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

    /// Returns how the event depends on the state of the whole app.
    #[must_use]
    pub fn footing(&self) -> Footing {
        match self {
            Self::Approved { .. } | Self::SessionIssuing { .. } | Self::SessionIssued { .. } => {
                Footing::LetsIn
            }
            Self::Requested(_) | Self::Rejected { .. } => Footing::ByPolicy,
            Self::Withdrawn
            | Self::Expired
            | Self::Ended { .. }
            | Self::SessionDropped { .. }
            | Self::SessionRefused { .. }
            | Self::SessionUnknown { .. } => Footing::Always,
        }
    }

    /// Returns the change that makes this event happen, caused by `actor`.
    #[must_use]
    pub fn by(self, actor: impl Into<Actor>) -> Change {
        Change { actor: actor.into(), what: self }
    }

    /// Returns the approval by one reviewer, which opens the window.
    #[must_use]
    pub fn approved(by: Human, window: Window) -> Change {
        let approval = Approval { by: by.clone().into(), at: window.starts() };
        Self::Approved { approvals: vec![approval], window }.by(by)
    }
}

impl Opening {
    /// Returns the request `id` and its first event, by which its requester makes it at `now`.
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

impl Recorded {
    /// The people whose answer it is: of an approval, all who agreed.
    #[must_use]
    pub fn answered_by(&self) -> Vec<&Subject> {
        match &self.what {
            Event::Approved { approvals, .. } => {
                approvals.iter().filter_map(|approval| approval.by.subject()).collect()
            }
            Event::Rejected { .. } => self.actor.subject().into_iter().collect(),
            Event::Requested(_)
            | Event::Withdrawn
            | Event::Expired
            | Event::Ended { .. }
            | Event::SessionIssuing { .. }
            | Event::SessionIssued { .. }
            | Event::SessionDropped { .. }
            | Event::SessionRefused { .. }
            | Event::SessionUnknown { .. } => Vec::new(),
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
    /// Returns the request that its first event creates, or `None` for any other event.
    #[must_use]
    pub fn opened(first: &Recorded) -> Option<Self> {
        let Event::Requested(opening) = &first.what else { return None };
        Some(opening.clone().request(first.stream.clone(), first.at))
    }

    /// Returns the request that these events, oldest first, add up to, or `None` if the first one does not create it.
    #[must_use]
    pub fn replayed<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Option<Self> {
        let mut events = events.into_iter();
        let opened = Self::opened(events.next()?)?;
        Some(events.fold(opened, evolve))
    }

    /// Returns whether this is exactly what these events add up to, which are all events of this request, in order.
    #[must_use]
    pub fn is_sum_of(&self, history: &[Recorded]) -> bool {
        let are_numbered = history.iter().map(|event| event.number).eq(1..=self.version);
        let are_ours = history.iter().all(|event| event.stream == self.id);
        let are_in_order = history.is_sorted_by_key(|event| event.at);
        are_numbered && are_ours && are_in_order && Self::replayed(history).as_ref() == Some(self)
    }

    /// Numbers and dates the next event.
    #[must_use]
    pub fn next(&self, change: Change, command: CommandId, now: Timestamp) -> Recorded {
        let at = self.not_before(now);
        let Change { actor, what } = change;
        Record { schema: Schema, stream: self.id.clone(), number: self.version + 1, at, command, actor, what }
    }

    /// Returns the status at `now`. The passage of time counts, whether or not it has been recorded.
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

    /// Returns until when this request prevents its requester from making another for the same target, as recorded.
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

    /// Returns the recorded status as a word that the store can index.
    #[must_use]
    pub fn written_status(&self) -> &'static str {
        self.status.word()
    }

    /// Returns whether this session was requested from AWS and its outcome is not recorded yet.
    #[must_use]
    pub fn is_unsettled(&self, session: u32) -> bool {
        self.sessions.unsettled.contains(&session)
    }

    /// Returns whether any session was issued.
    #[must_use]
    pub fn has_issued_sessions(&self) -> bool {
        self.sessions.issued > 0
    }

    /// Returns how many sessions have been begun.
    #[must_use]
    pub fn sessions_begun(&self) -> u32 {
        self.sessions.begun
    }

    /// Returns the event that time has made true and that is not recorded yet.
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
    /// Returns the word that is stored.
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
    /// Returns the status as a word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.kind().as_str()
    }

    /// Returns the status without its facts.
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

    /// Returns what an approved request becomes when access ends. Any other status stays the same.
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
