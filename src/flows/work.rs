//! Work: what becomes of a piece that was tried.
//!
//! 1. What is done is struck off, together with putting down what follows it.
//! 2. What failed is given back, and tried again by whichever replica sweeps, ever more rarely.
//! 3. What Slack refuses for good is put aside where an operator finds it, and auditors hear of that. It never holds up
//!    what waits behind it.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{Broker, Error, Result};
use crate::{
    domain::{
        audit::{SideEvent, SideNews},
        ids::{CommandId, RequestId, SideEventId, UserId},
        person::SlackUser,
        window::Timestamp,
        work::{Notice, REFUSED_WORK_IS_TRIED_FOR, Task, Work, follow_ups_aside, rest_after},
    },
    ports::{Because, ChatError, CommitError, Parked},
};

/// How often at least work is looked at whose time has not come: what it waits for may be done at any moment.
const LOOKED_AT_EVERY: TimeDelta = TimeDelta::minutes(1);

/// The longest that Slack is believed when it says to come back later.
const LONGEST_TOLD: TimeDelta = TimeDelta::hours(1);

/// What is to become of a piece of work that did not fail.
#[derive(Clone, Debug)]
pub(super) enum Then {
    /// It is done; what follows it, if anything, is put down.
    StrikeOff(Option<Work>),
    /// It was struck off in the doing.
    Nothing,
    /// Its time has not come.
    Later,
    /// This replica does no more.
    ForOthers,
}

/// What became of a piece of work, for what waits behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// The next may be tried.
    GoOn,
    /// Slack cannot be asked, or this replica does no more.
    Wait,
}

impl Broker {
    /// Strikes a piece of work off, gives it back or puts it aside, as it went.
    pub(super) async fn close(self: &Arc<Self>, work: &Work, outcome: Result<Then>) -> Tried {
        let store = &self.ports.store;
        let now = self.ports.clock.now();
        let (closed, tried) = match outcome {
            Ok(Then::Nothing) => return Tried::GoOn,
            Ok(Then::StrikeOff(next)) => (store.done(work, next.as_ref()).await, Tried::GoOn), // 1
            Ok(Then::Later) => {
                let rest = rest_after(work, now).min(LOOKED_AT_EVERY);
                (store.give_back(work, now + rest).await, Tried::GoOn)
            }
            Ok(Then::ForOthers) => (store.give_back(work, now).await, Tried::Wait),
            Err(error) => return self.put_off(work, &error).await,
        };
        match closed {
            Ok(()) => tried,
            Err(error) => self.put_off(work, &error.into()).await,
        }
    }

    /// Decides what becomes of work that failed.
    pub(super) async fn put_off(self: &Arc<Self>, work: &Work, error: &Error) -> Tried {
        let now = self.ports.clock.now();
        let slack = error.of_slack();
        let outcome = if slack.is_some_and(|refusal| is_refused_for_good(work, refusal, now)) {
            self.park(work, &error.to_string(), now).await // 3
        } else {
            tracing::warn!(work = work.id, error = format!("{error:#}"), "work stays undone for now");
            let told = slack.and_then(ChatError::retry_after).unwrap_or_default();
            let told = TimeDelta::from_std(told).unwrap_or(LONGEST_TOLD).min(LONGEST_TOLD);
            let rest = rest_after(work, now).max(told);
            self.ports.store.give_back(work, now + rest).await.map_err(Error::from) // 2
        };
        if let Err(error) = outcome {
            tracing::warn!(
                work = work.id,
                error = format!("{error:#}"),
                "work stays where it is for a while"
            );
        }
        match slack {
            Some(ChatError::Unavailable { .. }) => Tried::Wait,
            Some(ChatError::Refused { .. }) | None => Tried::GoOn,
        }
    }

    async fn park(self: &Arc<Self>, work: &Work, why: &str, now: Timestamp) -> Result<()> {
        tracing::error!(work = work.id, why, "work is put aside");
        let event = self.undelivered(work, why, now).await?;
        let follow_ups = event.as_ref().map(|event| follow_ups_aside(event, now)).unwrap_or_default();
        let parked = Parked { work: work.clone(), at: now, why: why.to_owned(), event, follow_ups };
        match self.ports.store.park(&parked).await {
            Ok(()) => self.deliver_soon(parked.follow_ups),
            Err(CommitError::Failed(error)) => return Err(error.into()),
            Err(CommitError::Conflict | CommitError::Held(_) | CommitError::UsedUp) => {} // done meanwhile
        }
        Ok(())
    }

    /// The record that something could not be told; none where that is what could not be told.
    async fn undelivered(&self, work: &Work, why: &str, at: Timestamp) -> Result<Option<SideEvent>> {
        if let Task::Notify(Notice::Audit(entry)) = &work.task
            && entry.is_undelivered()
        {
            return Ok(None);
        }
        let (Some((what, request)), Some(user)) = (subject(work), self.concerned(work).await?) else {
            return Ok(None);
        };
        let id = SideEventId::of(&CommandId::of_parked_work(&work.id), at);
        let who = SlackUser { team: self.settings.team.clone(), user };
        let (what, why) = (what.to_owned(), why.to_owned());
        let what = SideNews::Undelivered { what, request: request.cloned(), why };
        Ok(Some(SideEvent { id, at, who, what }))
    }

    /// Whom a piece of work concerns.
    async fn concerned(&self, work: &Work) -> Result<Option<UserId>> {
        let request = match &work.task {
            Task::Notify(
                Notice::Linked(user, _)
                | Notice::Relinked(user, _)
                | Notice::Unlinked(user, _)
                | Notice::SignedOut(user, _),
            ) => {
                return Ok(Some(user.clone()));
            }
            Task::Notify(Notice::Audit(entry)) => return Ok(Some(entry.concerned().clone())),
            Task::Notify(Notice::Card(id) | Notice::Receipt(id) | Notice::ConsoleLink(id))
            | Task::WarnOfEnd(id)
            | Task::Remind(id)
            | Task::Elapse(id)
            | Task::SettleSession(id, _) => id,
            Task::FinishPress(_) => return Ok(None),
        };
        let request = self.ports.store.request(request).await?;
        Ok(request.map(|request| request.requester.slack))
    }
}

/// Whether no later try can succeed. A line for auditors is given up only where Slack will never take it: that the
/// channel is gone, or the app not in it, somebody will mend, and then the lines are wanted.
fn is_refused_for_good(work: &Work, error: &ChatError, now: Timestamp) -> bool {
    let ChatError::Refused { because, .. } = error else { return false };
    if subject(work).is_none() {
        return false;
    }
    let is_for_auditors = matches!(work.task, Task::Notify(Notice::Audit(_)));
    match because {
        Because::Content => true,
        Because::Addressee => !is_for_auditors,
        Because::Other => !is_for_auditors && now - work.due > REFUSED_WORK_IS_TRIED_FOR,
    }
}

/// What somebody was to be told, in a few words, and of which request; nothing where it is no telling.
fn subject(work: &Work) -> Option<(&'static str, Option<&RequestId>)> {
    Some(match &work.task {
        Task::Notify(Notice::Card(id)) => ("the review card", Some(id)),
        Task::Notify(Notice::Receipt(id)) => ("the receipt", Some(id)),
        Task::Notify(Notice::ConsoleLink(id)) => ("the link to the AWS console", Some(id)),
        Task::Notify(Notice::Audit(entry)) => ("a line of this channel", entry.request()),
        Task::Notify(Notice::Linked(..)) => ("word of being linked", None),
        Task::Notify(Notice::SignedOut(..)) => ("word of having to sign in again", None),
        Task::Notify(Notice::Relinked(..)) => ("word of being linked to another identity", None),
        Task::Notify(Notice::Unlinked(..)) => ("word of not being linked", None),
        Task::WarnOfEnd(id) => ("word that access is about to end", Some(id)),
        Task::Elapse(_) | Task::SettleSession(..) | Task::FinishPress(_) | Task::Remind(_) => return None,
    })
}
