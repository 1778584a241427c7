//! Requests and their events. Requests change one event at a time, and are listed newest first, in pages.

use std::str::FromStr;

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{
    ids::{BadId, RequestId, Target},
    job::Job,
    person::{StandingSignIn, Subject},
    policy_in_force::PolicyDigest,
    request::{Recorded, Request},
    secret::SecretHash,
    window::{Month, Timestamp},
};

/// Requests, their events and their lists.
#[async_trait]
pub trait Requests: Send + Sync {
    /// Returns the current request.
    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError>;
    /// Returns one event of a request.
    async fn event(&self, id: &RequestId, version: u64) -> Result<Option<Recorded>, StoreError>;
    /// Returns the events of a request, oldest first.
    async fn events(&self, id: &RequestId) -> Result<Vec<Recorded>, StoreError>;
    /// Creates or changes a request. Its state, event and jobs are committed together or not at all.
    async fn commit(&self, step: &Step) -> Result<(), CommitError>;
    /// Returns at most `most` requests of the list `listed`, newest first, starting after `after`.
    async fn requests(
        &self,
        listed: &Listed,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page, StoreError>;
    /// Returns how many requests are stored as requested or approved.
    async fn open_requests(&self) -> Result<OpenRequests, StoreError>;
}

/// One change of one request.
#[derive(Clone, Debug)]
pub struct Step {
    /// The event. The commit requires that the stored request has the version that precedes the event's.
    pub recorded: Recorded,
    /// The request, with the event applied.
    pub after: Request,
    /// Until when the request, before this step, prevented its requester from making another one for the same target.
    pub held: Option<Timestamp>,
    /// The follow-up jobs.
    pub jobs: Vec<Job>,
    /// The one-time secrets that it uses up.
    pub uses_up: Vec<SecretHash>,
    /// When they must be valid. The event may be dated later, if the event before it was.
    pub now: Timestamp,
    /// What must still be true when it is committed.
    pub given: Vec<Given>,
}

/// What a change is based on and must still be true when the change is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// The identity has not been signed out since this sign-in.
    SignedIn(StandingSignIn),
    /// This policy is in force.
    Policy(PolicyDigest),
    /// This policy is in force, and access is not frozen.
    LetsIn(PolicyDigest),
}

/// A change of a request was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another change was committed first.
    #[error("somebody else changed it first")]
    Conflict,
    /// The person has another request for the same target.
    #[error("{0} holds the target")]
    Held(RequestId),
    /// The one-time secret has been used up.
    #[error("the one-time secret has been used up")]
    UsedUp,
    /// Access is frozen.
    #[error("access is frozen")]
    Frozen,
    /// Another policy is in force than the one that decided, or none.
    #[error("the policy that decided is not in force")]
    Outdated {
        /// The number of the policy in force, if one has been adopted.
        in_force: Option<u64>,
    },
    /// The identity has been signed out since the sign-in that the change is based on.
    #[error("the identity has been signed out since")]
    SignedOut,
    /// The store failed. Whether the change was committed is unknown.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// The requests that a list contains: those created in one month, or all if no month is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// The requests that a person made.
    RequestedBy(Subject, Option<Month>),
    /// The requests that a person approved or rejected, alone or with others.
    AnsweredBy(Subject, Option<Month>),
    /// The requests for a target.
    For(Target, Option<Month>),
    /// All requests that were made in a month.
    Made(Month),
    /// The requests that are stored as open.
    Open(OpenStatus),
}

/// The statuses in which a request prevents its requester from making another one for the same target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenStatus {
    /// No reviewer has answered it.
    Requested,
    /// Access is open.
    Approved,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The current requests, newest first. Requests that have left the list since it was indexed are omitted.
    pub requests: Vec<Request>,
    /// Where the next page starts; none on the last page.
    pub next: Option<Cursor>,
}

/// A position in a list. It stays valid while requests are made or changed: requests before it are not repeated, and
/// requests after it are not skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(RequestId);

/// How many requests are stored as open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenRequests {
    /// No reviewer has answered them.
    pub requested: u64,
    /// Access is open.
    pub approved: u64,
}

impl OpenStatus {
    /// Returns the status as [`Request::written_status`] spells it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
        }
    }
}

impl Cursor {
    /// Returns the position after this request.
    #[must_use]
    pub fn behind(request: RequestId) -> Self {
        Self(request)
    }

    /// Returns the request that precedes this position.
    #[must_use]
    pub fn request(&self) -> &RequestId {
        &self.0
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Cursor {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        text.parse().map(Self)
    }
}
