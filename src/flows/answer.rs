//! Answer: replies to the person who has just acted, visible only to them.
//!
//! 1. The reply appears where they acted, as long as the platform accepts it there.
//! 2. Otherwise it appears in their conversation with the app. If the platform has no messages that only one person
//!    sees, it is a direct message, never a post in a shared conversation.
//! 3. If the platform has no forms, the reply contains the form's content and how to enter the same in one line.

use super::{Broker, Error, Result};
use crate::{
    domain::{
        account::Account,
        message::{Form, Message},
        press::{Asker, FormHandle, ReplyHandle, ReplyTo},
        refusal::Refusal,
    },
    ports::{Address, Because, ChatError},
};

/// Opens a form for the person who has just acted.
pub(super) async fn open(broker: &Broker, asker: &Asker, at: &FormHandle, form: Form) -> Result<()> {
    match broker.chat(asker.who.platform())?.dialogs.open(at, &form).await {
        Err(ChatError::Unsupported { .. }) => reply(broker, asker, &Message::WithoutForm(form)).await, // 3
        Err(late @ ChatError::Refused { because: Because::TooLate, .. }) => {
            tracing::warn!(error = %late, "chat: form could not be opened in time");
            Err(Refusal::FormTooLate.into())
        }
        outcome => outcome.map_err(Error::of_an_act),
    }
}

/// Answers the person who has just acted. A reply that the platform accepts neither there nor in their conversation
/// with the app is dropped.
pub(super) async fn reply(broker: &Broker, asker: &Asker, message: &Message) -> Result<()> {
    if let ReplyTo::Handle(handle) = &asker.reply_to {
        match reply_at(broker, &asker.who, handle, message).await {
            Err(ChatError::Refused { .. } | ChatError::Unsupported { .. }) => {} // used up, too old, or not theirs
            outcome => return Ok(outcome?),                                      // 1
        }
    }
    match whisper(broker, &asker.who, message).await {
        Err(refused @ (ChatError::Refused { .. } | ChatError::Unsupported { .. })) => {
            tracing::warn!(error = %refused, "inbox: reply refused");
            Ok(())
        }
        outcome => Ok(outcome?),
    }
}

/// Replies where the person acted.
async fn reply_at(
    broker: &Broker,
    who: &Account,
    at: &ReplyHandle,
    message: &Message,
) -> Result<(), ChatError> {
    broker.chat(who.platform())?.dialogs.reply(at, message).await
}

/// Sends a message to one person alone, in their conversation with the app.
pub(super) async fn whisper(broker: &Broker, who: &Account, message: &Message) -> Result<(), ChatError> {
    match broker.chat(who.platform())?.messenger.whisper(who, message).await {
        Err(ChatError::Unsupported { .. }) => {
            broker.post(&Address::Person(who.clone()), message).await.map(drop) // 2
        }
        outcome => outcome,
    }
}
