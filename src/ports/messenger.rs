//! The messenger of a chat platform: posts, updates, and private words.

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{
    account::{Account, Conversation, MessageRef, Platform},
    message::Message,
    window::Timestamp,
};

/// What the app says on a chat platform.
#[async_trait]
pub trait Messenger: Send + Sync {
    /// Posts a message that lasts.
    async fn post(&self, to: &Address, message: &Message) -> Result<MessageRef, ChatError>;
    /// Looks in a conversation for a message about the same as `message` that was posted at `since` or later.
    async fn find(
        &self,
        channel: &Conversation,
        message: &Message,
        since: Timestamp,
    ) -> Result<Option<MessageRef>, ChatError>;
    /// Replaces a message, in place. Refused with [`Because::MessageGone`] where it is not there any more.
    async fn redraw(&self, place: &MessageRef, message: &Message) -> Result<(), ChatError>;
    /// Shows a message to one person, in their conversation with the app; it does not last.
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
    /// The platform that it is on.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        match self {
            Self::Conversation(conversation) => conversation.platform(),
            Self::Person(who) => who.platform(),
            Self::Thread(below) => below.conversation().platform(),
        }
    }
}

/// A chat platform did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The platform said no.
    #[error("{platform} refused {operation}: {reason}")]
    Refused {
        /// The platform.
        platform: Platform,
        /// What was asked, in the platform's word for it.
        operation: &'static str,
        /// Why, in the platform's word for it.
        reason: String,
        /// What would have to change.
        because: Because,
    },
    /// The platform could not be asked; nobody knows whether it was done.
    #[error("{platform} did not answer {operation}: {reason}")]
    Unavailable {
        /// The platform.
        platform: Platform,
        /// What was asked, in the platform's word for it.
        operation: &'static str,
        /// What happened, without any body.
        reason: String,
        /// How long the platform wants to be left alone, if it said so.
        retry_after: Option<Duration>,
    },
    /// The platform has nothing of the kind: no form, no word for one person alone, no update in place.
    #[error("{platform} cannot {operation}")]
    Unsupported {
        /// The platform.
        platform: Platform,
        /// What it cannot do.
        operation: &'static str,
    },
}

impl ChatError {
    /// How long the platform wants to be left alone, if it said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            Self::Refused { .. } | Self::Unsupported { .. } => None,
        }
    }
}

/// What a platform's refusal is due to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The message that was to be replaced is not there any more.
    MessageGone,
    /// Whom or where it is meant for: a channel that is gone, somebody who has left.
    Addressee,
    /// What it says: the platform will not take it at any other time either.
    Content,
    /// Anything else, such as the app's token or scopes: somebody can mend it.
    Other,
}
