//! Jobs, in their lanes.

use async_trait::async_trait;
use chrono::TimeDelta;

use super::{Appended, NewEvent, StoreError};
use crate::domain::{
    job::{Job, Lane, LeaseOwner, Leased},
    window::Timestamp,
};

/// The jobs that are not done.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Returns the head of a lane: at most `most` jobs that are due and not leased. Reads no other lane.
    async fn head(&self, lane: Lane, now: Timestamp, most: usize) -> Result<LaneHead, StoreError>;
    /// Returns at most `most` jobs of each lane that are due and not leased, the longest overdue first.
    async fn due(&self, now: Timestamp, most: usize) -> Result<Vec<Job>, StoreError> {
        let mut due = Vec::new();
        for lane in Lane::ALL {
            due.extend(self.head(lane, now, most).await?.jobs);
        }
        due.sort_by(|one, other| (one.due, &one.id).cmp(&(other.due, &other.id)));
        Ok(due)
    }
    /// Leases a job to `owner` for [`JOB_LEASE`]. Returns `None` if another replica holds the lease or the job is done.
    async fn lease(&self, job: &Job, owner: LeaseOwner, now: Timestamp)
    -> Result<Option<Leased>, StoreError>;
    /// Completes a job and enqueues its follow-up, if any. Returns `false` if the lease has been lost.
    async fn complete(&self, leased: &Leased, next: Option<&Job>) -> Result<bool, StoreError>;
    /// Releases a job that is not done. Any replica may lease it from `from` on. Returns `false` if the lease has been
    /// lost.
    async fn release(&self, leased: &Leased, from: Timestamp) -> Result<bool, StoreError>;
    /// Returns whether the job with this id and due time is not done.
    async fn is_pending(&self, lane: Lane, due: Timestamp, id: &str) -> Result<bool, StoreError>;
    /// Moves a job that cannot succeed to the dead letters, and records the reason, once.
    async fn dead_letter(&self, letter: &DeadLetter) -> Result<Option<Appended>, DeadLetterError>;
}

/// The head of a lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneHead {
    /// The jobs that can be leased, the longest overdue first.
    pub jobs: Vec<Job>,
    /// How many due jobs were read, leased or not.
    pub due: usize,
    /// When the oldest of them was due.
    pub oldest: Option<Timestamp>,
}

/// How long other replicas cannot lease a job after it is leased or committed.
pub const JOB_LEASE: TimeDelta = TimeDelta::seconds(60);

/// A job that cannot succeed.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The job, on which this replica holds the lease.
    pub leased: Leased,
    /// When it was given up.
    pub at: Timestamp,
    /// The reason, as the platform reported it.
    pub why: String,
    /// The event that records it; none if the job was itself the audit line of such an event.
    pub event: Option<NewEvent>,
    /// The jobs that take its place.
    pub instead: Vec<Job>,
}

/// A job was not moved to the dead letters.
#[derive(Debug, thiserror::Error)]
pub enum DeadLetterError {
    /// The job is done, or another replica holds its lease.
    #[error("the lease on the job has been lost")]
    LeaseLost,
    /// The store failed. Whether the job was moved is unknown.
    #[error(transparent)]
    Failed(#[from] StoreError),
}
