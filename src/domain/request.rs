//! One request for access, from asking to its end.
//!
//! ```text
//!   Requested ──approve──▶ Approved ──the window ends, or somebody ends it──▶ Ended
//!      ├──reject───▶ Rejected
//!      ├──withdraw─▶ Withdrawn
//!      └──nobody answers in time──▶ Expired
//! ```
//!
//! [`decide`] may refuse and changes nothing; [`evolve`] applies and never refuses. `Expired` and `Ended` are
//! true as soon as the clock says so, whether or not anybody has written them down.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    ids::{CommandId, RequestId, Target},
    person::{Actor, Person, SignedIn},
    policy::{Policy, Reason},
    refusal::Refusal,
    window::{Minutes, Timestamp, Window},
};

/// A request for access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its name, forever.
    pub id: RequestId,
    /// Who asks.
    pub requester: Actor,
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
        /// The reviewer.
        by: Actor,
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
        /// The reviewer who had approved.
        approved_by: Actor,
        /// Who ended it early; nobody when the window ran out.
        by: Option<Actor>,
        /// When access was over.
        at: Timestamp,
    },
}

/// The sessions of one request, counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sessions {
    begun: u32,
    unsettled: BTreeSet<u32>,
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The role and its account.
    pub target: Target,
    /// For how long.
    pub duration: Minutes,
    /// Why.
    pub justification: Reason,
}

/// What is to be done with a request.
#[derive(Clone, Debug)]
pub enum Command {
    /// A reviewer says yes.
    Approve {
        /// The presser, as they are now.
        by: Person,
    },
    /// A reviewer says no.
    Reject {
        /// The presser, as they are now.
        by: Person,
        /// Why.
        reason: Reason,
    },
    /// The requester, or a reviewer, takes it back.
    Withdraw {
        /// The presser, as they are now.
        by: Person,
    },
    /// The requester, or a reviewer, ends access early.
    End {
        /// The presser, as they are now.
        by: Person,
    },
    /// What the clock has made true is written down.
    Elapse,
    /// The requester, back from the identity provider, wants a session.
    BeginSession {
        /// Whom the browser came back as.
        by: SignedIn,
    },
    /// A session that was begun has turned out somehow.
    SettleSession {
        /// Its number.
        session: u32,
        /// How.
        outcome: SessionOutcome,
    },
}

/// How issuing a session turned out, as far as AWS is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionOutcome {
    /// Credentials are at hand.
    Ready {
        /// When AWS lets them expire, at the latest.
        expires_at: Timestamp,
    },
    /// Credentials were at hand, and could not be used.
    Unusable {
        /// Why not, in a few words.
        why: String,
    },
    /// AWS gave none.
    Refused {
        /// What AWS said, in one sentence.
        why: String,
    },
    /// The answer never came.
    Unknown,
}

/// What has happened to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// It was made.
    Requested {
        /// Who asks.
        requester: Actor,
        /// What for.
        target: Target,
        /// For how long.
        duration: Minutes,
        /// Why.
        justification: Reason,
        /// When it expires unanswered.
        answer_by: Timestamp,
    },
    /// A reviewer said yes.
    Approved {
        /// The reviewer.
        by: Actor,
        /// While access is open.
        window: Window,
    },
    /// A reviewer said no.
    Rejected {
        /// The reviewer.
        by: Actor,
        /// Why.
        reason: Reason,
    },
    /// It was taken back.
    Withdrawn {
        /// The requester, or a reviewer.
        by: Actor,
    },
    /// Nobody answered in time.
    Expired,
    /// Access is over.
    Ended {
        /// Who ended it early; nobody when the window ran out.
        by: Option<Actor>,
        /// When access was over.
        at: Timestamp,
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
        /// Why, in a few words.
        why: String,
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

/// An event as it is kept: which one of its request, when, and what caused it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The request it happened to.
    pub request: RequestId,
    /// Its number, from 1 without a gap.
    pub version: u64,
    /// When: never before its predecessor.
    pub at: Timestamp,
    /// What caused it.
    pub command: CommandId,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Decides whether `person` may make this request. Changes nothing.
///
/// # Errors
/// [`Refusal::NotEligible`], [`Refusal::TooLong`].
pub fn ask(person: &Person, ask: Ask, policy: &Policy, now: Timestamp) -> Result<Event, Refusal> {
    policy.check_eligible(person.groups(), &ask.target)?;
    policy.check_duration(ask.duration)?;
    Ok(Event::Requested {
        requester: person.actor().clone(),
        target: ask.target,
        duration: ask.duration,
        justification: ask.justification,
        answer_by: now + policy.request_ttl.as_delta(),
    })
}

/// Decides what a command does to a request, if anything. Changes nothing.
///
/// # Errors
/// A [`Refusal`] that says why not.
pub fn decide(
    request: &Request,
    command: &Command,
    policy: &Policy,
    now: Timestamp,
) -> Result<Option<Event>, Refusal> {
    let event = match command {
        Command::Approve { by } => {
            request.check_reviewer(by, policy)?;
            request.check_unanswered(now)?;
            let window = Window::new(request.not_before(now), request.duration);
            Event::Approved { by: by.actor().clone(), window }
        }
        Command::Reject { by, reason } => {
            request.check_reviewer(by, policy)?;
            request.check_unanswered(now)?;
            Event::Rejected { by: by.actor().clone(), reason: reason.clone() }
        }
        Command::Withdraw { by } => {
            request.check_party(by, policy)?;
            request.check_unanswered(now)?;
            Event::Withdrawn { by: by.actor().clone() }
        }
        Command::End { by } => {
            request.check_party(by, policy)?;
            request.live_at(now)?;
            Event::Ended { by: Some(by.actor().clone()), at: request.not_before(now) }
        }
        Command::Elapse => return Ok(request.elapsed(now)),
        Command::BeginSession { by } => {
            request.live_at(now)?.elevated(policy, by)?;
            Event::SessionIssuing { session: request.sessions.begun + 1 }
        }
        Command::SettleSession { session, .. } if !request.is_unsettled(*session) => return Ok(None),
        Command::SettleSession { session, outcome } => request.settled(*session, outcome, now),
    };
    Ok(Some(event))
}

/// Applies an event that has happened. Decides nothing and never fails.
#[must_use]
pub fn evolve(mut request: Request, recorded: &Recorded) -> Request {
    request.version = recorded.version;
    request.changed_at = recorded.at;
    match &recorded.event {
        Event::Requested { .. } => {}
        Event::Approved { by, window } => {
            request.status = Status::Approved { by: by.clone(), window: *window };
        }
        Event::Rejected { by, reason } => {
            request.status = Status::Rejected { by: by.clone(), reason: reason.clone() };
        }
        Event::Withdrawn { by } => request.status = Status::Withdrawn { by: by.clone() },
        Event::Expired => request.status = Status::Expired,
        Event::Ended { by, at } => request.status = request.status.ended(by.clone(), *at),
        Event::SessionIssuing { session } => {
            request.sessions.begun = *session;
            request.sessions.unsettled.insert(*session);
        }
        Event::SessionIssued { session, .. }
        | Event::SessionDropped { session, .. }
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
        let Event::Requested { requester, target, duration, justification, answer_by } = &first.event else {
            return None;
        };
        Some(Self {
            id: first.request.clone(),
            requester: requester.clone(),
            target: target.clone(),
            duration: *duration,
            justification: justification.clone(),
            requested_at: first.at,
            answer_by: *answer_by,
            version: first.version,
            changed_at: first.at,
            status: Status::Requested,
            sessions: Sessions::default(),
        })
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
    pub fn next(&self, event: Event, command: CommandId, now: Timestamp) -> Recorded {
        let at = self.not_before(now);
        Recorded { request: self.id.clone(), version: self.version + 1, at, command, event }
    }

    /// Where the request stands at `now`: what the clock has done counts, written down or not.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> Status {
        match self.elapsed(now) {
            Some(Event::Expired) => Status::Expired,
            Some(Event::Ended { by, at }) => self.status.ended(by, at),
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

    /// Proof that access is open at `now`.
    ///
    /// # Errors
    /// [`Refusal::NotLive`].
    pub fn live_at(&self, now: Timestamp) -> Result<LiveGrant<'_>, Refusal> {
        match self.status_at(now) {
            Status::Approved { by, window } => Ok(LiveGrant { request: self, approved_by: by, window, now }),
            status @ (Status::Requested
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Expired
            | Status::Ended { .. }) => Err(Refusal::NotLive { status: status.word() }),
        }
    }

    /// Whether AWS has been asked for this session and nobody has written down yet what came of it.
    #[must_use]
    pub fn is_unsettled(&self, session: u32) -> bool {
        self.sessions.unsettled.contains(&session)
    }

    /// How many sessions have been begun.
    #[must_use]
    pub fn sessions_begun(&self) -> u32 {
        self.sessions.begun
    }

    /// What the clock has made true and nobody has written down.
    fn elapsed(&self, now: Timestamp) -> Option<Event> {
        match &self.status {
            Status::Requested if self.answer_by <= now => Some(Event::Expired),
            Status::Approved { window, .. } if window.is_over(now) => {
                Some(Event::Ended { by: None, at: window.ends() })
            }
            Status::Requested
            | Status::Approved { .. }
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Expired
            | Status::Ended { .. } => None,
        }
    }

    fn settled(&self, session: u32, outcome: &SessionOutcome, now: Timestamp) -> Event {
        match outcome {
            SessionOutcome::Ready { expires_at } if self.live_at(now).is_ok() => {
                Event::SessionIssued { session, expires_at: *expires_at }
            }
            SessionOutcome::Ready { .. } => {
                Event::SessionDropped { session, why: "access ended while AWS was answering".to_owned() }
            }
            SessionOutcome::Unusable { why } => Event::SessionDropped { session, why: why.clone() },
            SessionOutcome::Refused { why } => Event::SessionRefused { session, why: why.clone() },
            SessionOutcome::Unknown => Event::SessionUnknown { session },
        }
    }

    fn check_reviewer(&self, by: &Person, policy: &Policy) -> Result<(), Refusal> {
        if by.actor().is(&self.requester) {
            return Err(Refusal::OwnRequest { reviewers: policy.reviewers.clone() });
        }
        if !policy.is_reviewer(by) {
            return Err(Refusal::NotReviewer { reviewers: policy.reviewers.clone() });
        }
        Ok(())
    }

    fn check_party(&self, by: &Person, policy: &Policy) -> Result<(), Refusal> {
        if by.actor().subject == self.requester.subject || policy.is_reviewer(by) {
            return Ok(());
        }
        Err(Refusal::NotParty { reviewers: policy.reviewers.clone() })
    }

    fn check_unanswered(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.status_at(now) {
            Status::Requested => Ok(()),
            Status::Approved { by, .. } => Err(Refusal::Answered { status: "approved", by: by.email }),
            Status::Rejected { by, .. } => Err(Refusal::Answered { status: "rejected", by: by.email }),
            Status::Withdrawn { by } => Err(Refusal::Answered { status: "withdrawn", by: by.email }),
            Status::Expired => Err(Refusal::ExpiredUnanswered),
            Status::Ended { approved_by, .. } => Err(Refusal::ApprovedAndOver { by: approved_by.email }),
        }
    }

    fn not_before(&self, now: Timestamp) -> Timestamp {
        now.max(self.changed_at)
    }
}

impl Status {
    /// The status in a word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved { .. } => "approved",
            Self::Rejected { .. } => "rejected",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Expired => "expired",
            Self::Ended { .. } => "ended",
        }
    }

    /// What an approved request becomes when access is over; any other status stays.
    fn ended(&self, by: Option<Actor>, at: Timestamp) -> Self {
        match self {
            Self::Approved { by: approved_by, .. } => {
                Self::Ended { approved_by: approved_by.clone(), by, at }
            }
            Self::Requested
            | Self::Rejected { .. }
            | Self::Withdrawn { .. }
            | Self::Expired
            | Self::Ended { .. } => self.clone(),
        }
    }
}

/// Proof that a request was approved and its window was open when it was checked.
///
/// Only [`Request::live_at`] makes one.
#[derive(Clone, Debug)]
pub struct LiveGrant<'a> {
    request: &'a Request,
    approved_by: Actor,
    window: Window,
    now: Timestamp,
}

impl<'a> LiveGrant<'a> {
    /// While access is open.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
    }

    /// Proof that the requester is authenticated, eligible and elevated.
    ///
    /// `browser` must have come back from the identity provider as the requester's `iss` and `sub`, with groups
    /// that still make them eligible for the target.
    ///
    /// # Errors
    /// [`Refusal::OtherPerson`], [`Refusal::NotEligible`].
    pub fn elevated(self, policy: &Policy, browser: &SignedIn) -> Result<Elevated<'a>, Refusal> {
        if *browser.subject() != self.request.requester.subject {
            return Err(Refusal::OtherPerson);
        }
        policy.check_eligible(browser.groups(), &self.request.target)?;
        Ok(Elevated { grant: self })
    }
}

/// Proof that this person, in this browser, may have a session at this moment.
///
/// Only [`LiveGrant::elevated`] makes one, and without one no session is asked for.
#[derive(Clone, Debug)]
pub struct Elevated<'a> {
    grant: LiveGrant<'a>,
}

impl<'a> Elevated<'a> {
    /// The request it stands on.
    #[must_use]
    pub fn request(&self) -> &'a Request {
        self.grant.request
    }

    /// Who approved it.
    #[must_use]
    pub fn approved_by(&self) -> &Actor {
        &self.grant.approved_by
    }

    /// While access is open.
    #[must_use]
    pub fn window(&self) -> Window {
        self.grant.window
    }

    /// When this was checked.
    #[must_use]
    pub fn checked_at(&self) -> Timestamp {
        self.grant.now
    }
}
