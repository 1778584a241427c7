//! Jobs: enqueued, leased, completed, released, or moved to the dead letters.

use async_trait::async_trait;

use super::{
    DynamoStore, could_not, keys,
    rows::{self, BadRow, Row},
    table::page_of,
    transaction::{Broken, Transaction, Write, failure},
};
use crate::{
    domain::{
        job::{Job, Lane, LeaseOwner, Leased},
        window::Timestamp,
    },
    ports::{Appended, DeadLetter, DeadLetterError, JOB_LEASE, Jobs, LaneHead, StoreError},
};

#[async_trait]
impl Jobs for DynamoStore {
    async fn head(&self, lane: Lane, now: Timestamp, most: usize) -> Result<LaneHead, StoreError> {
        let mut head = LaneHead::default();
        for shard in 0..keys::SHARDS {
            self.read_head(lane, shard, now, most, &mut head).await.map_err(could_not("look for jobs"))?;
        }
        head.jobs.sort_by(|one, other| (one.due, &one.id).cmp(&(other.due, &other.id)));
        head.jobs.truncate(most);
        Ok(head)
    }

    async fn lease(
        &self,
        job: &Job,
        owner: LeaseOwner,
        now: Timestamp,
    ) -> Result<Option<Leased>, StoreError> {
        let key = keys::job(job.lane(), job.due, &job.id);
        let lease = Write::update(key, "SET lease_until = :until, lease_owner = :owner")
            .only_if("lease_until <= :now OR lease_owner = :nobody")
            .with(":until", rows::millis(now + JOB_LEASE))
            .with(":owner", rows::text(owner.as_str()))
            .with(":nobody", rows::text(LeaseOwner::nobody().as_str()))
            .with(":now", rows::millis(now));
        let change = Transaction::new().and_or(lease, |_| Broken);
        let made = self.make(format!("lease job {}", job.id), Ok(change)).await?;
        Ok(made.is_ok().then(|| Leased { job: job.clone(), owner }))
    }

    async fn complete(&self, leased: &Leased, next: Option<&Job>) -> Result<bool, StoreError> {
        let complete = Transaction::new().and_or(completion(leased), |_| Broken);
        let next = next.map(std::slice::from_ref).unwrap_or_default();
        let change = with_jobs(complete, next, leased.job.due);
        let made = self.make(format!("complete job {}", leased.job.id), change).await?;
        Ok(made.is_ok())
    }

    async fn release(&self, Leased { job, owner }: &Leased, from: Timestamp) -> Result<bool, StoreError> {
        let lease = Write::update(
            keys::job(job.lane(), job.due, &job.id),
            "SET lease_until = :from REMOVE lease_owner",
        )
        .only_if("lease_owner = :owner")
        .with(":owner", rows::text(owner.as_str()))
        .with(":from", rows::millis(from));
        let change = Ok(Transaction::new().and_or(lease, |_| Broken));
        let made = self.make(format!("release job {}", job.id), change).await?;
        Ok(made.is_ok())
    }

    async fn is_pending(&self, lane: Lane, due: Timestamp, id: &str) -> Result<bool, StoreError> {
        let row = self.table.get(keys::job(lane, due, id)).await;
        Ok(row.map_err(could_not(format!("look for job {id}")))?.is_some())
    }

    async fn dead_letter(&self, letter: &DeadLetter) -> Result<Option<Appended>, DeadLetterError> {
        let what = format!("make job {} a dead letter", letter.leased.job.id);
        let Some(event) = &letter.event else {
            self.make(what, letter_of(letter)).await??;
            return Ok(None);
        };
        let appended = self.append(what.clone(), event, || letter_of(letter)).await?;
        if appended.is_none() {
            // It was a dead letter before, and an operator has enqueued it again: its event is in the stream already.
            self.make(what, letter_of(letter)).await??;
        }
        Ok(appended)
    }
}

impl DynamoStore {
    /// Moves a row of which no program can make a job to the dead letters, as it is, and returns `true`. A row of a version
    /// that this program does not know is left to the programs that do.
    async fn park(&self, row: &Row, bad: &BadRow, now: Timestamp) -> anyhow::Result<bool> {
        if row.check_version().is_err() {
            tracing::debug!(error = %bad, "jobs: row of another version left to other replicas");
            return Ok(false);
        }
        let key = row.key()?;
        tracing::error!(error = %bad, "jobs: unreadable row moved to dead letters");
        let letter = rows::parked(row, keys::parked(&key, now), bad);
        let moved = Transaction::<Broken>::new()
            .and_or(Write::delete(key).only_if("attribute_exists(pk)"), |_| Broken)
            .and(Write::put(letter));
        match self.table.make(moved).await? {
            Ok(()) | Err(Broken) => Ok(true), // moved, by this replica or by another
        }
    }

    /// Adds the head of a shard: reads its rows, oldest first, until `most` of them can be leased.
    async fn read_head(
        &self,
        lane: Lane,
        shard: u8,
        now: Timestamp,
        most: usize,
        head: &mut LaneHead,
    ) -> anyhow::Result<()> {
        let query = self
            .table
            .query()
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk < :not_due")
            .expression_attribute_values(":pk", rows::text(keys::job_pk(lane, shard)))
            .expression_attribute_values(":not_due", rows::text(keys::job_not_due(now)));
        let mut free = 0;
        let mut found = query.limit(page_of(most)).into_paginator().items().send();
        while free < most
            && let Some(item) = found.next().await
        {
            let row = Row::from(item.map_err(|error| failure(&error))?);
            let job: Job = match row.read() {
                Ok(job) => job,
                Err(bad) => {
                    if self.park(&row, &bad, now).await? {
                        continue;
                    }
                    head.due += 1;
                    continue;
                }
            };
            head.due += 1;
            head.oldest = head.oldest.map_or(Some(job.due), |oldest| Some(oldest.min(job.due)));
            if rows::is_free(&row, now) {
                head.jobs.push(job);
                free += 1;
            }
        }
        Ok(())
    }
}

/// Moves a job to the dead letters.
fn letter_of(letter: &DeadLetter) -> serde_json::Result<Transaction<DeadLetterError>> {
    let moved = Transaction::new()
        .and_or(completion(&letter.leased), |_| DeadLetterError::LeaseLost)
        .and(Write::put(rows::dead_letter(letter)?));
    with_jobs(moved, &letter.instead, letter.at)
}

/// Deletes a job from its lane, unless its lease has been lost.
fn completion(Leased { job, owner }: &Leased) -> Write {
    Write::delete(keys::job(job.lane(), job.due, &job.id))
        .only_if("lease_owner = :owner")
        .with(":owner", rows::text(owner.as_str()))
}

/// Enqueues jobs at `at`, in the same transaction as the change that requires them.
pub(super) fn with_jobs<E: 'static>(
    transaction: Transaction<E>,
    jobs: &[Job],
    at: Timestamp,
) -> serde_json::Result<Transaction<E>> {
    jobs.iter().try_fold(transaction, |transaction, job| Ok(transaction.and(Write::put(rows::job(job, at)?))))
}
