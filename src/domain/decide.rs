//! What may be done with a request: [`decide`] may refuse, and changes nothing.

use serde::{Deserialize, Serialize};

use super::{
    audit::Tried,
    ids::Target,
    person::{Human, Person, SignedIn},
    policy::Policy,
    reason::Reason,
    refusal::Refusal,
    request::{Change, DropReason, Event, Request, Status},
    session::Beginning,
    trail::actor::{Actor, Approval},
    window::{Minutes, Timestamp, Window},
};

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The role and its account.
    pub target: Target,
    /// For how long.
    pub duration: Minutes,
    /// Why.
    pub justification: Reason,
}

/// A reviewer's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No, and why.
    Reject(Reason),
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
        /// Why not.
        why: DropReason,
    },
    /// AWS gave none.
    Refused {
        /// What AWS said, in one sentence.
        why: String,
    },
    /// The answer never came.
    Unknown,
}

impl Verdict {
    /// The command that this person gives with it.
    #[must_use]
    pub fn by(self, by: Person) -> Command {
        match self {
            Self::Approve => Command::Approve { by },
            Self::Reject(reason) => Command::Reject { by, reason },
        }
    }

    /// What auditors are told was tried when it is refused.
    #[must_use]
    pub fn tried(&self) -> Tried {
        match self {
            Self::Approve => Tried::Approve,
            Self::Reject(_) => Tried::Reject,
        }
    }
}

/// Decides whether `person` may make this request. Changes nothing.
///
/// # Errors
/// [`Refusal::NotEligible`], [`Refusal::TooLong`].
pub fn ask(person: &Person, ask: Ask, policy: &Policy, now: Timestamp) -> Result<Change, Refusal> {
    policy.check_eligible(person.groups(), &ask.target)?;
    policy.check_duration(ask.duration)?;
    Ok(Event::Requested {
        requester: person.human().clone(),
        target: ask.target,
        duration: ask.duration,
        justification: ask.justification,
        answer_by: now + policy.request_ttl.as_delta(),
    }
    .by(person.human().clone()))
}

/// Decides whether the requester, back from the identity provider, may have a session. Changes nothing.
///
/// # Errors
/// [`Refusal::NotLive`]; those of [`LiveGrant::elevated`](super::grant::LiveGrant::elevated).
pub fn begin_session(
    request: &Request,
    by: &SignedIn,
    policy: &Policy,
    now: Timestamp,
) -> Result<Beginning, Refusal> {
    Ok(Beginning::of(&request.live_at(now)?.elevated(policy, by)?))
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
) -> Result<Option<Change>, Refusal> {
    let change = match command {
        // Whoever presses twice has done it once: that is nobody's mistake, and nothing to be told of.
        Command::Approve { by }
        | Command::Reject { by, .. }
        | Command::Withdraw { by }
        | Command::End { by }
            if request.is_so_already(command, by.human(), now) =>
        {
            return Ok(None);
        }
        Command::Approve { by } => {
            request.check_reviewer(by, policy)?;
            request.check_unanswered(now)?;
            policy.check_answering(by)?;
            // By the clock that opens it, even where that is behind the one that took the request: it lasts no longer
            // than was asked for.
            let window = Window::new(now, request.duration);
            Event::approved(by.human().clone(), window)
        }
        Command::Reject { by, reason } => {
            request.check_reviewer(by, policy)?;
            request.check_unanswered(now)?;
            policy.check_answering(by)?;
            Event::Rejected { reason: reason.clone() }.by(by.human().clone())
        }
        Command::Withdraw { by } => {
            request.check_party(by, policy)?;
            request.check_unanswered(now)?;
            Event::Withdrawn.by(by.human().clone())
        }
        Command::End { by } => {
            request.check_party(by, policy)?;
            let window_ends = request.live_at(now)?.window().ends();
            let sessions_until = request.has_issued_sessions().then_some(window_ends);
            Event::Ended { ended_at: request.not_before(now), sessions_until }.by(by.human().clone())
        }
        Command::Elapse => return Ok(request.elapsed(now).map(|event| event.by(Actor::Clock))),
        Command::SettleSession { session, .. } if !request.is_unsettled(*session) => return Ok(None),
        // What comes of a session is the requester's doing.
        Command::SettleSession { session, outcome } => {
            request.settled(*session, outcome, now).by(request.requester.clone())
        }
    };
    Ok(Some(change))
}

impl Request {
    /// Whether it stands where it stands because this very person has given this very command before.
    fn is_so_already(&self, command: &Command, person: &Human, now: Timestamp) -> bool {
        let done_by = match (command, self.status_at(now)) {
            (Command::Approve { .. }, Status::Approved { approvals, .. }) => {
                return approvals.iter().any(|approval| approval.by.is(person));
            }
            (Command::Reject { .. }, Status::Rejected { by, .. })
            | (Command::Withdraw { .. }, Status::Withdrawn { by })
            | (Command::End { .. }, Status::Ended { by, .. }) => by,
            _ => return false,
        };
        done_by.is(person)
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
