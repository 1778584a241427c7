//! The messenger of a chat platform: posts, updates, and messages that only one person sees.

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{
    account::{Account, Conversation, MessageRef, Platform},
    message::Message,
    refusal::Refusal,
    undelivered::NotAccepted,
    window::Timestamp,
};

/// Sends messages on a chat platform.
#[async_trait]
pub trait Messenger: Send + Sync {
    /// Posts a lasting message.
    async fn post(&self, to: &Address, message: &Message) -> Result<MessageRef, ChatError>;
    /// Searches a conversation for a message with the same subject as `message` that was posted at `since` or later.
    async fn find(
        &self,
        channel: &Conversation,
        message: &Message,
        since: Timestamp,
    ) -> Result<Option<MessageRef>, ChatError>;
    /// Replaces a message in place. Refused with [`Because::MessageGone`] if it no longer exists.
    async fn redraw(&self, place: &MessageRef, message: &Message) -> Result<(), ChatError>;
    /// Shows a transient message to one person, in their conversation with the app.
    async fn whisper(&self, to: &Account, message: &Message) -> Result<(), ChatError>;
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A conversation.
    Conversation(Conversation),
    /// A person's conversation with the app.
    Person(Account),
    /// The thread below a message.
    Thread(MessageRef),
}

impl Address {
    /// Returns the platform that the address is on.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        match self {
            Self::Conversation(conversation) => conversation.platform(),
            Self::Person(who) => who.platform(),
            Self::Thread(below) => below.conversation().platform(),
        }
    }
}

/// A chat platform did not perform an operation.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The platform refused.
    #[error("{platform} refused {operation}: {reason}")]
    Refused {
        /// The platform.
        platform: Platform,
        /// The operation, in the platform's terms.
        operation: &'static str,
        /// The reason, in the platform's terms.
        reason: String,
        /// The cause that would have to be removed.
        because: Because,
    },
    /// The platform did not answer. It is unknown whether the operation was performed.
    #[error("{platform} did not answer {operation}: {reason}")]
    Unavailable {
        /// The platform.
        platform: Platform,
        /// The operation, in the platform's terms.
        operation: &'static str,
        /// What happened, without any part of a body.
        reason: String,
        /// How long the platform asks clients to wait, if it says so.
        retry_after: Option<Duration>,
    },
    /// The platform lacks the feature, such as forms, messages that only one person sees, or updates in place.
    #[error("{platform} cannot {operation}")]
    Unsupported {
        /// The platform.
        platform: Platform,
        /// The operation.
        operation: &'static str,
    },
}

impl ChatError {
    /// Returns the platform.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        match self {
            Self::Refused { platform, .. }
            | Self::Unavailable { platform, .. }
            | Self::Unsupported { platform, .. } => platform,
        }
    }

    /// Returns the refusal for the person who acted, if the platform refuses the app whatever people do.
    #[must_use]
    pub fn for_the_operator(&self) -> Option<Refusal> {
        match self {
            Self::Refused { operation, reason, because: Because::Other, .. } => {
                Some(Refusal::PlatformRefused { operation: (*operation).to_owned(), reason: reason.clone() })
            }
            Self::Refused {
                because: Because::MessageGone | Because::TooLate | Because::Addressee | Because::Content,
                ..
            }
            | Self::Unavailable { .. }
            | Self::Unsupported { .. } => None,
        }
    }

    /// Returns what was not accepted, as it is recorded.
    #[must_use]
    pub fn not_accepted(&self) -> NotAccepted {
        let (operation, reason) = match self {
            Self::Refused { operation, reason, .. } | Self::Unavailable { operation, reason, .. } => {
                (operation, Some(reason.clone()))
            }
            Self::Unsupported { operation, .. } => (operation, None),
        };
        NotAccepted { operation: (*operation).to_owned(), reason }
    }

    /// Returns how long the platform asks clients to wait, if it says so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            Self::Refused { .. } | Self::Unsupported { .. } => None,
        }
    }
}

/// The cause of a platform's refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The message to replace no longer exists, or cannot be replaced any more.
    MessageGone,
    /// The person acted too long ago for this.
    TooLate,
    /// The addressee, such as a channel that is gone or a person who has left.
    Addressee,
    /// The content, which the platform would never accept.
    Content,
    /// Any other cause that an operator can fix, such as the app's token or scopes.
    Other,
}
