//! Queue: what becomes of a job that was tried.
//!
//! 1. A job that is done is completed, together with enqueuing the one that follows it.
//! 2. A job that failed is released, and retried with backoff by whichever replica sweeps.
//! 3. A job that the platform refuses for good becomes a dead letter, which an operator finds and auditors hear of. It never
//!    holds up what waits behind it.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{Broker, Error, Result, audit};
use crate::{
    domain::{
        account::Account,
        account_event::{AccountChange, AccountEvent},
        ids::{CommandId, RequestId},
        job::{Job, Leased, Notice, REFUSED_JOB_IS_TRIED_FOR, Task, backoff},
        trail::actor::Actor,
        window::Timestamp,
    },
    ports::{Because, ChatError, DeadLetter, DeadLetterError},
};

/// The longest wait of a job whose time has not come: what it waits for may be done at any moment. Lines of one request
/// wait for one another across lanes, so their waits add up.
const LOOKED_AT_EVERY: TimeDelta = TimeDelta::seconds(5);

/// The longest that a platform is believed when it says to come back later.
const LONGEST_TOLD: TimeDelta = TimeDelta::hours(1);

/// What is to become of a job that did not fail.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// It is done, and followed by this job, if any.
    Done(Option<Job>),
    /// It was completed in the doing.
    Completed,
    /// Its time has not come.
    NotYet,
    /// This replica is stopping, or the chat platform takes nothing at the moment.
    Released,
}

/// What a job that was tried means for those behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The next may be tried.
    GoOn,
    /// The platform cannot be asked, or this replica does no more.
    Wait,
}

impl Broker {
    /// Completes a job, releases it or makes it a dead letter, as it went.
    pub(super) async fn close(self: &Arc<Self>, leased: &Leased, outcome: Result<Outcome>) -> Progress {
        let store = &self.ports.store;
        let now = self.ports.clock.now();
        let (closed, progress) = match outcome {
            Ok(Outcome::Completed) => return Progress::GoOn,
            Ok(Outcome::Done(next)) => (store.complete(leased, next.as_ref()).await, Progress::GoOn), // 1
            Ok(Outcome::NotYet) => {
                let rest = backoff(&leased.job, now).min(LOOKED_AT_EVERY);
                (store.release(leased, now + rest).await, Progress::GoOn)
            }
            Ok(Outcome::Released) => (store.release(leased, now).await, Progress::Wait),
            Err(error) => return self.put_off(leased, &error).await,
        };
        match closed {
            Ok(is_held) => {
                if !is_held {
                    tracing::warn!(
                        job = leased.job.id,
                        "jobs: lease lost, the job is done or leased by another replica"
                    );
                }
                progress
            }
            Err(error) => self.put_off(leased, &error.into()).await,
        }
    }

    /// Decides what becomes of a job that failed.
    pub(super) async fn put_off(self: &Arc<Self>, leased: &Leased, error: &Error) -> Progress {
        let job = &leased.job;
        let now = self.ports.clock.now();
        let refused = error.of_platform();
        let outcome = if refused.is_some_and(|refusal| is_refused_for_good(job, refusal, now)) {
            self.dead_letter(leased, &error.to_string(), now).await // 3
        } else {
            tracing::warn!(job = job.id, error = format!("{error:#}"), "jobs: attempt failed, will retry");
            let told = refused.and_then(ChatError::retry_after).unwrap_or_default();
            let told = TimeDelta::from_std(told).unwrap_or(LONGEST_TOLD).min(LONGEST_TOLD);
            let rest = backoff(job, now).max(told);
            self.ports.store.release(leased, now + rest).await.map(drop).map_err(Error::from) // 2
        };
        if let Err(error) = outcome {
            tracing::warn!(
                job = job.id,
                error = format!("{error:#}"),
                "jobs: release failed, the lease must expire"
            );
        }
        match refused {
            Some(ChatError::Unavailable { .. }) => Progress::Wait,
            Some(ChatError::Refused { because: Because::Addressee | Because::Other, .. })
                if job.is_for_auditors() =>
            {
                Progress::Wait // the channel takes no other line, either
            }
            Some(ChatError::Refused { .. } | ChatError::Unsupported { .. }) | None => Progress::GoOn,
        }
    }

    async fn dead_letter(self: &Arc<Self>, leased: &Leased, why: &str, now: Timestamp) -> Result<()> {
        let job = &leased.job;
        tracing::error!(job = job.id, why, "jobs: moved to dead letters");
        let undelivered = self.undelivered(job, why, now).await?;
        let (event, counted) = undelivered.map(|change| audit::new_event(self, change)).unzip();
        let letter = DeadLetter { leased: leased.clone(), at: now, why: why.to_owned(), event };
        match self.ports.store.dead_letter(&letter).await {
            Ok(appended) => {
                self.ports.counters.dead_letter(&job.task);
                if let Some((appended, counted)) = appended.zip(counted) {
                    audit::tell(self, appended, counted);
                }
            }
            Err(DeadLetterError::Failed(error)) => return Err(error.into()),
            Err(DeadLetterError::LeaseLost) => {} // done meanwhile
        }
        Ok(())
    }

    /// The record that something could not be told; none where that is what could not be told.
    async fn undelivered(&self, job: &Job, why: &str, at: Timestamp) -> Result<Option<AccountChange>> {
        if let Task::Notify(Notice::Audit(entry)) = &job.task
            && entry.is_undelivered()
        {
            return Ok(None);
        }
        let (Some((what, request)), Some(who)) = (subject(job), self.concerned(job).await?) else {
            return Ok(None);
        };
        let (what, why) = (what.to_owned(), why.to_owned());
        let undelivered = AccountEvent::Undelivered { what, request: request.cloned(), why };
        let platform = Actor::Service { name: who.platform().to_string() };
        Ok(Some(undelivered.of(&who, platform, CommandId::of_dead_letter(&job.id), at)))
    }

    /// Whom a job concerns.
    async fn concerned(&self, job: &Job) -> Result<Option<Account>> {
        let request = match &job.task {
            Task::Notify(
                Notice::Linked(user, _)
                | Notice::Relinked(user, _)
                | Notice::Unlinked(user, _)
                | Notice::SignedOut(user, _),
            ) => {
                return Ok(Some(user.clone()));
            }
            Task::Notify(Notice::Audit(entry) | Notice::Burst(entry)) => {
                return Ok(entry.concerned().cloned());
            }
            Task::Notify(Notice::Card(id) | Notice::Receipt(id) | Notice::ConsoleLink(id))
            | Task::WarnOfEnd(id)
            | Task::Remind(id)
            | Task::Elapse(id)
            | Task::SettleSession(id, _) => id,
            Task::FinishPress(_) => return Ok(None),
        };
        let request = self.ports.store.request(request).await?;
        Ok(request.and_then(|request| request.requester.account))
    }
}

/// Whether no later try can succeed. A line for auditors is given up only where the platform will never take it: that the
/// channel is gone, or the app not in it, somebody will mend, and then the lines are wanted.
fn is_refused_for_good(job: &Job, error: &ChatError, now: Timestamp) -> bool {
    let because = match error {
        ChatError::Refused { because, .. } => because,
        ChatError::Unsupported { .. } => return true,
        ChatError::Unavailable { .. } => return false,
    };
    if subject(job).is_none() {
        return false;
    }
    let is_for_auditors = job.is_for_auditors();
    match because {
        Because::Content => true,
        Because::Addressee => !is_for_auditors,
        Because::Other | Because::MessageGone => !is_for_auditors && now - job.due > REFUSED_JOB_IS_TRIED_FOR,
    }
}

/// What somebody was to be told, in a few words, and of which request; nothing where it is no telling.
fn subject(job: &Job) -> Option<(&'static str, Option<&RequestId>)> {
    Some(match &job.task {
        Task::Notify(Notice::Card(id)) => ("the review card", Some(id)),
        Task::Notify(Notice::Receipt(id)) => ("the receipt", Some(id)),
        Task::Notify(Notice::ConsoleLink(id)) => ("the link to the AWS console", Some(id)),
        Task::Notify(Notice::Audit(entry) | Notice::Burst(entry)) => {
            ("a line of this channel", entry.request())
        }
        Task::Notify(Notice::Linked(..)) => ("word of being linked", None),
        Task::Notify(Notice::SignedOut(..)) => ("word of having to sign in again", None),
        Task::Notify(Notice::Relinked(..)) => ("word of being linked to another identity", None),
        Task::Notify(Notice::Unlinked(..)) => ("word of not being linked", None),
        Task::WarnOfEnd(id) => ("word that access is about to end", Some(id)),
        Task::Elapse(_) | Task::SettleSession(..) | Task::FinishPress(_) | Task::Remind(_) => return None,
    })
}
