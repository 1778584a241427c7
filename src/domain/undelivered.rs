//! Undelivered: which notice a platform did not accept, and its reason.

use serde::{Deserialize, Serialize};

/// A kind of notice that a person or a channel receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The review channel's card.
    Card,
    /// The requester's lasting message.
    Receipt,
    /// The one-time link to the console.
    ConsoleLink,
    /// Whether reviewers see a request.
    CardSeen,
    /// What a requester cannot be told, for reviewers to pass on.
    PassOn,
    /// The warning that access is about to end.
    EndIsNear,
    /// A line of the audit channel.
    AuditLine,
    /// The notice of being linked.
    Linked,
    /// The notice of being linked to another identity than before.
    Relinked,
    /// The notice of being linked no longer.
    Unlinked,
    /// The notice of having to sign in again.
    SignedOut,
}

/// What a platform did not accept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotAccepted {
    /// The operation, in the platform's terms.
    pub operation: String,
    /// The reason, in the platform's terms. `None` if the platform lacks the operation.
    pub reason: Option<String>,
}
