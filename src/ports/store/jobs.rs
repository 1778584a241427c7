//! Jobs, in their lanes.

use async_trait::async_trait;
use chrono::TimeDelta;

use super::{Appended, NewEvent, StoreError};
use crate::domain::{
    job::{Job, Lane, LeaseOwner, Leased},
    window::Timestamp,
};

/// What must be done.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// The head of a lane: at most `most` jobs that are due and not leased. Reads no other lane.
    async fn head(&self, lane: Lane, now: Timestamp, most: usize) -> Result<LaneHead, StoreError>;
    /// At most `most` jobs of each lane that are due and not leased, the one that has been due longest first.
    async fn due(&self, now: Timestamp, most: usize) -> Result<Vec<Job>, StoreError> {
        let mut due = Vec::new();
        for lane in Lane::ALL {
            due.extend(self.head(lane, now, most).await?.jobs);
        }
        due.sort_by(|one, other| (one.due, &one.id).cmp(&(other.due, &other.id)));
        Ok(due)
    }
    /// Leases a job for `owner`, for as long as [`JOB_LEASE`]; nothing when another replica has it, or it is done.
    async fn lease(&self, job: &Job, owner: LeaseOwner, now: Timestamp)
    -> Result<Option<Leased>, StoreError>;
    /// Completes a job, and enqueues the one that follows it, if any; `false` when the lease has been lost.
    async fn complete(&self, leased: &Leased, next: Option<&Job>) -> Result<bool, StoreError>;
    /// Releases a job that is not done: from `from` on, any replica may lease it; `false` when the lease has been lost.
    async fn release(&self, leased: &Leased, from: Timestamp) -> Result<bool, StoreError>;
    /// Whether the job of this name, due then, has yet to be done.
    async fn is_pending(&self, lane: Lane, due: Timestamp, id: &str) -> Result<bool, StoreError>;
    /// Makes a job that can never be done a dead letter, with the record of why, once.
    async fn dead_letter(&self, letter: &DeadLetter) -> Result<Option<Appended>, DeadLetterError>;
}

/// What is first in a lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneHead {
    /// The jobs that may be leased, the one that has been due longest first.
    pub jobs: Vec<Job>,
    /// How many jobs are due, leased or not, as far as was read.
    pub due: usize,
    /// When the oldest of them was due.
    pub oldest: Option<Timestamp>,
}

/// How long a job that was leased, or has just been committed, is kept from other replicas.
pub const JOB_LEASE: TimeDelta = TimeDelta::seconds(60);

/// A job that can never be done.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The job, on which this replica holds the lease.
    pub leased: Leased,
    /// When it was given up.
    pub at: Timestamp,
    /// Why, in the counterpart's words.
    pub why: String,
    /// What is recorded of it, unless it was about such a record.
    pub event: Option<NewEvent>,
}

/// A job did not become a dead letter.
#[derive(Debug, thiserror::Error)]
pub enum DeadLetterError {
    /// The job is done, or another replica holds its lease.
    #[error("the lease on the job has been lost")]
    LeaseLost,
    /// Nobody knows whether it did.
    #[error(transparent)]
    Failed(#[from] StoreError),
}
