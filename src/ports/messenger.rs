//! The messenger of a chat platform: posts, updates, and private words.

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{
    account::{Account, Conversation, MessageRef},
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

/// Slack did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// Slack said no, with this code.
    #[error("slack refused {method}: {code}")]
    Refused {
        /// The Web API method.
        method: &'static str,
        /// Slack's error code.
        code: String,
        /// What would have to change.
        because: Because,
    },
    /// Slack could not be asked; nobody knows whether it was done.
    #[error("slack did not answer {method}: {why}")]
    Unavailable {
        /// The Web API method.
        method: &'static str,
        /// What happened, without any body.
        why: String,
        /// How long Slack wants to be left alone, if it said so.
        retry_after: Option<Duration>,
    },
}

impl ChatError {
    /// How long Slack wants to be left alone, if it said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            Self::Refused { .. } => None,
        }
    }
}

/// What a refusal of Slack's is due to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The message that was to be replaced is not there any more.
    MessageGone,
    /// Whom or where it is meant for: a channel that is gone, somebody who has left.
    Addressee,
    /// What it says: Slack will not take it at any other time either.
    Content,
    /// Anything else, such as the app's token or scopes: somebody can mend it.
    Other,
}
