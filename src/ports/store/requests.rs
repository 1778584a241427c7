//! Requests and their events: changed one event at a time, and listed newest first, page by page.

use std::str::FromStr;

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{
    ids::{BadId, RequestId, Target},
    job::Job,
    person::Subject,
    request::{Recorded, Request},
    secret::SecretHash,
    window::{Month, Timestamp},
};

/// Requests, their events, and the lists that they are in.
#[async_trait]
pub trait Requests: Send + Sync {
    /// The request as it is.
    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError>;
    /// One of its events.
    async fn event(&self, id: &RequestId, version: u64) -> Result<Option<Recorded>, StoreError>;
    /// Its events, oldest first.
    async fn events(&self, id: &RequestId) -> Result<Vec<Recorded>, StoreError>;
    /// Makes a request, or changes one: state, event and jobs, or nothing.
    async fn commit(&self, step: &Step) -> Result<(), CommitError>;
    /// The requests that `listed` names, newest first: at most `most` of them, and only those behind `after`.
    async fn requests(
        &self,
        listed: &Listed,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page, StoreError>;
    /// How many requests are written down as waiting or approved.
    async fn open_requests(&self) -> Result<OpenRequests, StoreError>;
}

/// One change of one request.
#[derive(Clone, Debug)]
pub struct Step {
    /// The event. Its version is the condition: the stored request must have the one before it.
    pub recorded: Recorded,
    /// The request, with the event applied.
    pub after: Request,
    /// Until when the request kept its requester from making another for the same target before this, if it did.
    pub held: Option<Timestamp>,
    /// What must be done because of it.
    pub jobs: Vec<Job>,
    /// One-time secrets that are used up by it.
    pub uses_up: Vec<SecretHash>,
    /// The moment at which they must be good. The event may be dated later, where its predecessor was.
    pub now: Timestamp,
}

/// A change of a request was not made.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody else changed it first.
    #[error("somebody else changed it first")]
    Conflict,
    /// The person has another request for the same target.
    #[error("{0} holds the target")]
    Held(RequestId),
    /// The one-time secret has been used up.
    #[error("the one-time secret has been used up")]
    UsedUp,
    /// Nobody knows whether it was made.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// Which requests a list shows: of one month, by when they were made, or, where there is none, of all time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Those that a person made.
    RequestedBy(Subject, Option<Month>),
    /// Those that a person approved or rejected, alone or with others.
    AnsweredBy(Subject, Option<Month>),
    /// Those for a target.
    For(Target, Option<Month>),
    /// All that were made in a month.
    Made(Month),
    /// Those that are open, as written down.
    Open(OpenStatus),
}

/// The statuses in which a request keeps its requester from making another for the same target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenStatus {
    /// Nobody has answered it.
    Requested,
    /// Access is open.
    Approved,
}

/// Some of the requests of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The requests as they are, newest first. One that has left the list meanwhile is not among them.
    pub requests: Vec<Request>,
    /// Where the list goes on, if it does.
    pub next: Option<Cursor>,
}

/// A place in a list. It stays good however many requests are made or changed meanwhile: what was ahead of it is
/// not shown again, and what was behind it is not left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(RequestId);

/// How many requests are open, as written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenRequests {
    /// Nobody has answered them.
    pub requested: u64,
    /// Access is open.
    pub approved: u64,
}

impl OpenStatus {
    /// The word of [`Request::written_status`].
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
        }
    }
}

impl Cursor {
    /// The place behind this request.
    #[must_use]
    pub fn behind(request: RequestId) -> Self {
        Self(request)
    }

    /// The request that it is behind.
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
