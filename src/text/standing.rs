//! The status of a request, in the same words wherever it is shown.

use super::{
    Names,
    people::{approvers, cause},
    rich::{Line, say},
    said::Part,
};
use crate::domain::{
    message::Drawn,
    request::{Request, Status},
    trail::actor::Actor,
    window::Timestamp,
};

/// A request as it is at the moment at which it is shown.
pub(super) struct Standing<'a> {
    /// The request.
    pub(super) request: &'a Request,
    /// What is true of it at that moment.
    pub(super) status: Status,
}

impl<'a> Standing<'a> {
    pub(super) fn of(drawn: &'a Drawn) -> Self {
        Self { request: &drawn.request, status: drawn.request.status_at(drawn.as_of) }
    }

    /// What is requested.
    pub(super) fn what(&self, names: &Names) -> Line {
        say!(
            "*{target}* for *{duration}*",
            target = names.target(&self.request.target),
            duration = self.request.duration
        )
    }

    /// Its reason and its outcome.
    pub(super) fn story(&self, names: &Names) -> Vec<Part> {
        let why = Part::Quote(self.request.justification.as_str().to_owned());
        let mut parts = vec![why, Part::paragraph(self.outcome(names))];
        if let Status::Rejected { reason, .. } = &self.status {
            parts.push(Part::Quote(reason.as_str().to_owned()));
        }
        parts
    }

    /// Which request it is.
    pub(super) fn reference(&self) -> Part {
        let Request { id, requested_at, .. } = self.request;
        Part::Small(say!("{id} · requested {at}", id, at = *requested_at))
    }

    fn outcome(&self, names: &Names) -> Line {
        let Request { answer_by, changed_at, .. } = *self.request;
        match &self.status {
            Status::Requested => say!(
                "*Waiting* for {reviewer} · expires unanswered {answer_by}",
                reviewer = names.a_reviewer(),
                answer_by
            ),
            Status::Approved { approvals, window } => say!(
                "*Approved* by {approvers} · access is open until {end}",
                approvers = approvers(approvals),
                end = window.ends()
            ),
            Status::Rejected { by, .. } => {
                say!("*Rejected* by {who} · {changed_at}", who = cause(by), changed_at)
            }
            Status::Withdrawn { by } => {
                say!("*Withdrawn* by {who} · {changed_at}", who = cause(by), changed_at)
            }
            Status::Expired => say!("*Expired* · not answered by {answer_by}", answer_by),
            Status::Ended { approvals, by: Actor::Clock, ended_at, .. } => say!(
                "*Ended* · the window closed {end} · approved by {approvers}",
                end = *ended_at,
                approvers = approvers(approvals)
            ),
            Status::Ended { approvals, by, ended_at, sessions_until } => say!(
                "*Ended early* by {who} · {end}{still_working} · approved by {approvers}",
                who = cause(by),
                end = *ended_at,
                still_working = still_working(*sessions_until),
                approvers = approvers(approvals)
            ),
        }
    }
}

/// How long sessions from before an early end still work.
pub(super) fn still_working(sessions_until: Option<Timestamp>) -> Line {
    sessions_until
        .map(|until| say!(" · a session opened before then works until {until}", until))
        .unwrap_or_default()
}
