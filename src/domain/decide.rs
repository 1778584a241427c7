//! What may be done with a request: [`decide`] may refuse, and changes nothing.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{
    act::Act,
    cloud_refusal::CloudRefusal,
    ids::Target,
    person::{Confirmed, Human, Person, StandingSignIn},
    policy::Policy,
    reason::Reason,
    refusal::Refusal,
    request::{Change, DropReason, Event, Opening, Recorded, Request, Status},
    session::Beginning,
    trail::actor::{Actor, Approval},
    window::{Minutes, Timestamp, Window},
};

/// What a requester asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The role and its account.
    pub target: Target,
    /// How long access should last.
    pub duration: Minutes,
    /// The reason.
    pub justification: Reason,
}

/// What to do with a request.
#[derive(Clone, Debug)]
pub enum Command {
    /// A person, with their current groups, acts on it.
    By(Box<Person>, Act),
    /// The operator ends it, at a command line: open access, or a request that waits for an answer.
    ByOperator,
    /// Record what has become true by the passage of time.
    Elapse,
    /// Record the outcome of a session that was begun.
    SettleSession {
        /// The session's number.
        session: u32,
        /// The outcome.
        outcome: SessionOutcome,
    },
}

/// The outcome of asking AWS for a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionOutcome {
    /// AWS returned credentials.
    Ready {
        /// When AWS lets them expire, at the latest.
        expires_at: Timestamp,
    },
    /// AWS returned credentials that could not be used.
    Unusable {
        /// Why they could not be used.
        why: DropReason,
    },
    /// AWS refused.
    Refused {
        /// The cause, and AWS's own words.
        why: CloudRefusal,
    },
    /// No answer arrived.
    Unknown,
}

impl Command {
    /// Returns the sign-in that the command is based on, if a person gives it.
    #[must_use]
    pub fn stands_on(&self) -> Option<&StandingSignIn> {
        match self {
            Self::By(by, _) => Some(by.stands()),
            Self::ByOperator | Self::Elapse | Self::SettleSession { .. } => None,
        }
    }
}

impl Act {
    /// Returns the command by which this person performs the act.
    #[must_use]
    pub fn by(self, by: Person) -> Command {
        Command::By(Box::new(by), self)
    }
}

/// How long a request counts towards those that a person may make.
pub const REQUESTS_COUNT_FOR: TimeDelta = TimeDelta::hours(1);

/// Decides whether `person` may make this request. `earlier` are the times of their latest requests. Changes nothing.
///
/// # Errors
/// [`Refusal::NotEligible`], [`Refusal::TooLong`], [`Refusal::TooManyRequests`].
pub fn ask(
    person: &Person,
    ask: Ask,
    earlier: &[Timestamp],
    policy: &Policy,
    now: Timestamp,
) -> Result<Opening, Refusal> {
    policy.check_eligible(person.groups(), &ask.target)?;
    policy.check_duration(ask.duration)?;
    policy.check_requests(earlier.iter().filter(|at| **at > now - REQUESTS_COUNT_FOR).count())?;
    let Ask { target, duration, justification } = ask;
    let answer_by = now + policy.request_ttl.as_delta();
    Ok(Opening { requester: person.human().clone(), target, duration, justification, answer_by })
}

/// Decides whether the requester, back from the identity provider, may have a session. `history` must be all events of
/// the request. Changes nothing.
///
/// # Errors
/// [`Refusal::NotLive`], [`Refusal::TooManySessions`]; those of
/// [`LiveGrant::elevated`](super::grant::LiveGrant::elevated).
pub fn begin_session(
    request: &Request,
    history: &[Recorded],
    by: &Confirmed,
    policy: &Policy,
    now: Timestamp,
) -> Result<Beginning, Refusal> {
    let elevated = request.live_at(now)?.elevated(policy, by, history)?;
    policy.check_sessions(open_sessions(history, now))?;
    Ok(Beginning::of(&elevated))
}

/// Returns how many sessions may still work: those that AWS has issued and not let expire, and those that it is asked
/// for.
fn open_sessions(history: &[Recorded], now: Timestamp) -> usize {
    let mut open = BTreeSet::new();
    for recorded in history {
        match &recorded.what {
            Event::SessionIssuing { session } => drop(open.insert(*session)),
            Event::SessionIssued { session, expires_at } if *expires_at <= now => drop(open.remove(session)),
            Event::SessionDropped { session, .. }
            | Event::SessionRefused { session, .. }
            | Event::SessionUnknown { session } => drop(open.remove(session)),
            Event::SessionIssued { .. }
            | Event::Requested(_)
            | Event::Approved { .. }
            | Event::Rejected { .. }
            | Event::Withdrawn
            | Event::Expired
            | Event::Ended { .. } => {}
        }
    }
    open.len()
}

/// Decides which event a command causes, if any. Changes nothing.
///
/// # Errors
/// A [`Refusal`] that states the reason.
pub fn decide(
    request: &Request,
    command: &Command,
    policy: &Policy,
    now: Timestamp,
) -> Result<Option<Change>, Refusal> {
    let change = match command {
        // Pressing twice is the same as pressing once: it is nobody's mistake, and there is nothing to report.
        Command::By(by, act) if request.is_so_already(act, by.human(), now) => return Ok(None),
        Command::By(by, act) => request.act(by, act, policy, now)?,
        Command::ByOperator => return Ok(request.ended_by_operator(now)),
        Command::Elapse => return Ok(request.elapsed(now).map(|event| event.by(Actor::Clock))),
        Command::SettleSession { session, .. } if !request.is_unsettled(*session) => return Ok(None),
        // The requester causes the outcome of a session.
        Command::SettleSession { session, outcome } => {
            request.settled(*session, outcome, now).by(request.requester.clone())
        }
    };
    Ok(Some(change))
}

impl Request {
    fn act(&self, by: &Person, act: &Act, policy: &Policy, now: Timestamp) -> Result<Change, Refusal> {
        let human = by.human().clone();
        Ok(match act {
            Act::Approve => {
                self.check_answer(by, policy, now)?;
                // The policy may have changed since the request was made.
                policy.check_offered(&self.target)?;
                policy.check_duration(self.duration)?;
                // The window starts by the clock of the replica that approves, even if it is behind the one that
                // accepted the request, so access never lasts longer than requested.
                Event::approved(human, Window::new(now, self.duration))
            }
            Act::Reject(reason) => {
                self.check_answer(by, policy, now)?;
                Event::Rejected { reason: reason.clone() }.by(human)
            }
            Act::Withdraw => {
                self.check_party(by, policy)?;
                self.check_unanswered(now)?;
                Event::Withdrawn.by(human)
            }
            Act::End => {
                self.check_party(by, policy)?;
                let window_ends = self.live_at(now)?.window().ends();
                let sessions_until = self.has_issued_sessions().then_some(window_ends);
                Event::Ended { ended_at: self.not_before(now), sessions_until }.by(human)
            }
        })
    }

    /// Returns the change by which the operator ends it, if there is anything to end.
    fn ended_by_operator(&self, now: Timestamp) -> Option<Change> {
        let what = match self.status_at(now) {
            Status::Requested => Event::Withdrawn,
            Status::Approved { window, .. } => {
                let sessions_until = self.has_issued_sessions().then_some(window.ends());
                Event::Ended { ended_at: self.not_before(now), sessions_until }
            }
            Status::Rejected { .. } | Status::Withdrawn { .. } | Status::Expired | Status::Ended { .. } => {
                return None;
            }
        };
        Some(what.by(Actor::Operator))
    }

    /// Returns whether the request has its status because this person has already performed this act.
    fn is_so_already(&self, act: &Act, person: &Human, now: Timestamp) -> bool {
        let done_by = match (act, self.status_at(now)) {
            (Act::Approve, Status::Approved { approvals, .. }) => {
                return approvals.iter().any(|approval| approval.by.is(person));
            }
            (Act::Reject(_), Status::Rejected { by, .. })
            | (Act::Withdraw, Status::Withdrawn { by })
            | (Act::End, Status::Ended { by, .. }) => by,
            _ => return false,
        };
        done_by.is(person)
    }

    /// Checks what every answer requires, approval or rejection.
    fn check_answer(&self, by: &Person, policy: &Policy, now: Timestamp) -> Result<(), Refusal> {
        self.check_reviewer(by, policy)?;
        self.check_unanswered(now)?;
        policy.check_answering(by)
    }

    fn check_reviewer(&self, by: &Person, policy: &Policy) -> Result<(), Refusal> {
        if by.human().is_same_person(&self.requester) {
            return Err(Refusal::OwnRequest { reviewers: policy.reviewers.clone() });
        }
        policy.check_reviewer(by, |reviewers| Refusal::NotReviewer { reviewers })
    }

    fn check_party(&self, by: &Person, policy: &Policy) -> Result<(), Refusal> {
        if by.human().is_same_person(&self.requester) {
            return Ok(());
        }
        policy.check_reviewer(by, |reviewers| Refusal::NotParty { reviewers })
    }

    fn check_unanswered(&self, now: Timestamp) -> Result<(), Refusal> {
        let stands = self.status_at(now);
        let status = stands.kind();
        match stands {
            Status::Requested => Ok(()),
            Status::Approved { approvals, .. } => {
                Err(Refusal::AlreadyAnswered { status, by: Approval::names(&approvals) })
            }
            Status::Rejected { by, .. } | Status::Withdrawn { by } => {
                Err(Refusal::AlreadyAnswered { status, by: by.name() })
            }
            Status::Expired => Err(Refusal::ExpiredUnanswered),
            Status::Ended { approvals, .. } => {
                Err(Refusal::ApprovedAndOver { by: Approval::names(&approvals) })
            }
        }
    }

    fn settled(&self, session: u32, outcome: &SessionOutcome, now: Timestamp) -> Event {
        match outcome {
            SessionOutcome::Ready { expires_at } if self.live_at(now).is_ok() => {
                Event::SessionIssued { session, expires_at: *expires_at }
            }
            SessionOutcome::Ready { .. } => Event::SessionDropped { session, why: DropReason::AccessEnded },
            SessionOutcome::Unusable { why } => Event::SessionDropped { session, why: why.clone() },
            SessionOutcome::Refused { why } => Event::SessionRefused { session, why: why.clone() },
            SessionOutcome::Unknown => Event::SessionUnknown { session },
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
