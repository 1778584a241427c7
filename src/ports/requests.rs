//! Requests as people look through them: newest first, page by page.

use std::str::FromStr;

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{
    ids::{BadId, RequestId, Target},
    person::Subject,
    request::Request,
    window::Month,
};

/// Which requests there are, and how many.
#[async_trait]
pub trait Requests: Send + Sync {
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
