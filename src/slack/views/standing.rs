//! Where a request stands, told in the same words wherever it is shown.

use slack_morphism::prelude::SlackBlock;

use super::{
    blocks::{context, quote, section},
    text::{approvers, cause, code, date},
};
use crate::{
    domain::{
        message::Drawn,
        request::{Request, Status},
        trail::actor::Actor,
        window::Timestamp,
    },
    text::Names,
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

    /// What is asked for, in Slack's markup.
    pub(super) fn what(&self, names: &Names) -> String {
        format!("*{}* for *{}*", super::target(&self.request.target, names), self.request.duration)
    }

    /// Why it is asked for and what has become of it.
    pub(super) fn story(&self, names: &Names) -> Vec<SlackBlock> {
        let mut blocks = vec![quote(self.request.justification.as_str()), section(self.outcome(names))];
        if let Status::Rejected { reason, .. } = &self.status {
            blocks.push(quote(reason.as_str()));
        }
        blocks
    }

    /// Which request it is.
    pub(super) fn reference(&self) -> SlackBlock {
        let Request { id, requested_at, .. } = self.request;
        context(format!("{} · requested {}", code(id.as_str()), date(*requested_at)))
    }

    fn outcome(&self, names: &Names) -> String {
        match &self.status {
            Status::Requested => format!(
                "*Waiting* for {} · expires unanswered {}",
                super::a_reviewer(names),
                date(self.request.answer_by)
            ),
            Status::Approved { approvals, window } => {
                format!(
                    "*Approved* by {} · access is open until {}",
                    approvers(approvals),
                    date(window.ends())
                )
            }
            Status::Rejected { by, .. } => {
                format!("*Rejected* by {} · {}", cause(by), date(self.request.changed_at))
            }
            Status::Withdrawn { by } => {
                format!("*Withdrawn* by {} · {}", cause(by), date(self.request.changed_at))
            }
            Status::Expired => format!("*Expired* · nobody answered until {}", date(self.request.answer_by)),
            Status::Ended { approvals, by: Actor::Clock, ended_at, .. } => format!(
                "*Ended* · the window ran out {} · had been approved by {}",
                date(*ended_at),
                approvers(approvals)
            ),
            Status::Ended { approvals, by, ended_at, sessions_until } => format!(
                "*Ended early* by {} · {}{} · had been approved by {}",
                cause(by),
                date(*ended_at),
                still_working(*sessions_until),
                approvers(approvals)
            ),
        }
    }
}

/// What becomes of sessions that were handed out before access was ended early.
pub(super) fn still_working(sessions_until: Option<Timestamp>) -> String {
    let until = sessions_until.map(|until| format!(" · a session opened before works until {}", date(until)));
    until.unwrap_or_default()
}
