//! Queue: completes, retries or gives up an attempted job.
//!
//! 1. A job that is done is completed, and its follow-up is enqueued in the same transaction.
//! 2. A job that failed is released, and retried with backoff by any replica that sweeps.
//! 3. A job that the platform refuses permanently becomes a dead letter, which operators can find and auditors are
//!    notified of. It never blocks the jobs behind it. Jobs that notify people in another way take its place.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{Broker, Error, Result, audit};
use crate::{
    domain::{
        account::{Account, Platform},
        account_event::{AccountChange, AccountEvent},
        ids::CommandId,
        job::{Job, Leased, Notice, REFUSED_CALL_IS_TRIED_FOR, REFUSED_JOB_IS_TRIED_FOR, Task, backoff},
        trail::actor::Actor,
        undelivered::NoticeKind,
        window::Timestamp,
    },
    ports::{Because, ChatError, DeadLetter, DeadLetterError, Surface},
};

/// The longest wait of a job that cannot run yet: what it waits for may be done at any moment. Audit lines of one
/// request wait for each other across lanes, so their waits add up.
const LOOKED_AT_EVERY: TimeDelta = TimeDelta::seconds(5);

/// The longest `Retry-After` that is honored.
const LONGEST_TOLD: TimeDelta = TimeDelta::hours(1);

/// The outcome of a job that did not fail.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// It is done. Contains its follow-up, if any.
    Done(Option<Job>),
    /// It was completed while it ran.
    Completed,
    /// It cannot run yet.
    NotYet,
    /// This replica is stopping, or the chat platform accepts nothing at the moment.
    Released,
}

/// What an attempted job means for the jobs behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The next job may be attempted.
    GoOn,
    /// The platform is unavailable, or this replica is stopping.
    Wait,
}

impl Broker {
    /// Completes a job, releases it or moves it to the dead letters, depending on its outcome.
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

    /// Releases a job that failed for a retry, or moves it to the dead letters.
    pub(super) async fn put_off(self: &Arc<Self>, leased: &Leased, error: &Error) -> Progress {
        let job = &leased.job;
        let now = self.ports.clock.now();
        let refused = error.of_platform();
        let permanent = match refused {
            Some(refusal) if self.is_refused_for_good(job, refusal, now).await => Some(refusal),
            Some(_) | None => None,
        };
        let outcome = if let Some(refusal) = permanent {
            self.dead_letter(leased, refusal, now).await // 3
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
                Progress::Wait // the channel does not accept other lines either
            }
            Some(ChatError::Refused { .. } | ChatError::Unsupported { .. }) | None => Progress::GoOn,
        }
    }

    async fn dead_letter(
        self: &Arc<Self>,
        leased: &Leased,
        refusal: &ChatError,
        now: Timestamp,
    ) -> Result<()> {
        let job = &leased.job;
        let why = refusal.to_string();
        tracing::error!(job = job.id, why, "jobs: moved to dead letters");
        let undelivered = self.undelivered(job, refusal, now).await?;
        let (event, counted) = undelivered.map(|change| audit::new_event(self, change)).unzip();
        let instead = job.instead(now);
        let letter = DeadLetter { leased: leased.clone(), at: now, why, event, instead: instead.clone() };
        match self.ports.store.dead_letter(&letter).await {
            Ok(appended) => {
                self.ports.counters.dead_letter(&job.task);
                self.deliver_soon(instead);
                if let Some((appended, counted)) = appended.zip(counted) {
                    audit::tell(self, appended, counted);
                }
            }
            Err(DeadLetterError::Failed(error)) => return Err(error.into()),
            Err(DeadLetterError::LeaseLost) => {} // already done
        }
        Ok(())
    }

    /// Returns the record of an undelivered notice; none if the notice is itself the audit line of such a record.
    async fn undelivered(
        &self,
        job: &Job,
        refusal: &ChatError,
        at: Timestamp,
    ) -> Result<Option<AccountChange>> {
        if let Task::Notify(Notice::Audit(entry)) = &job.task
            && entry.is_undelivered()
        {
            return Ok(None);
        }
        let (Some((notice, request)), Some(who)) = (job.task.notice(), self.concerned(job).await?) else {
            return Ok(None);
        };
        let (request, why) = (request.cloned(), refusal.not_accepted());
        let undelivered = AccountEvent::Undelivered { notice, request, why };
        let platform = Actor::Service { name: refusal.platform().to_string() };
        Ok(Some(undelivered.of(&who, platform, CommandId::of_dead_letter(&job.id), at)))
    }

    /// Returns the account that a job concerns.
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
            Task::Notify(
                Notice::Card(id)
                | Notice::Receipt(id)
                | Notice::ConsoleLink(id)
                | Notice::CardSeen(id)
                | Notice::PassOn(id, _),
            )
            | Task::WarnOfEnd(id)
            | Task::Remind(id)
            | Task::ShowCard(id)
            | Task::Elapse(id)
            | Task::SettleSession(id, _) => id,
            Task::FinishPress(_) => return Ok(None),
        };
        let request = self.ports.store.request(request).await?;
        Ok(request.and_then(|request| request.requester.account))
    }

    /// Returns whether a job is given up. An audit line is given up only if the platform can never accept its content. A
    /// missing channel, or an app that is not a member of it, will be repaired, and the lines are needed after that.
    async fn is_refused_for_good(&self, job: &Job, error: &ChatError, now: Timestamp) -> bool {
        let because = match error {
            ChatError::Refused { because, .. } => because,
            ChatError::Unsupported { .. } => return true,
            ChatError::Unavailable { .. } => return false,
        };
        if job.task.notice().is_none() {
            return false;
        }
        let is_for_auditors = job.is_for_auditors();
        match because {
            Because::Content => true,
            Because::Addressee => !is_for_auditors,
            Because::Other | Because::MessageGone | Because::TooLate => {
                !is_for_auditors && now - job.due > self.is_tried_for(job, error.platform()).await
            }
        }
    }

    /// Returns how long a job is retried if an operator can fix what the platform refuses. Those who must act are soon
    /// called in another way; what only shows how things stand can wait.
    async fn is_tried_for(&self, job: &Job, platform: &Platform) -> TimeDelta {
        if !self.ports.chats.contains_key(platform) {
            return REFUSED_JOB_IS_TRIED_FOR; // for a replica that serves the platform
        }
        let calls = match job.task.notice() {
            Some((NoticeKind::ConsoleLink | NoticeKind::EndIsNear, _)) => true,
            Some((NoticeKind::Card, Some(id))) => {
                matches!(self.ports.store.place(id, Surface::Card).await, Ok(None))
            }
            Some(_) | None => false,
        };
        if calls { REFUSED_CALL_IS_TRIED_FOR } else { REFUSED_JOB_IS_TRIED_FOR }
    }
}
