//! Answer: what the person at hand sees, and nobody else.
//!
//! 1. They see it where they acted, as long as the platform still takes an answer there.
//! 2. Where it does not, they see it in their conversation with the app; where the platform has no word for one person
//!    alone, that is a direct message, never a post in a shared conversation.
//! 3. Where it has no forms, they see what the form would have said, and how to write the same in one line.

use super::{Broker, Result};
use crate::{
    domain::{
        account::Account,
        message::{Form, Message},
        press::{Asker, FormHandle, ReplyTo},
    },
    ports::{Address, ChatError},
};

/// Opens a form for the person who has just acted.
pub(super) async fn open(broker: &Broker, asker: &Asker, at: &FormHandle, form: Form) -> Result<()> {
    match broker.chat(asker.who.platform())?.dialogs.open(at, &form).await {
        Err(ChatError::Unsupported { .. }) => reply(broker, asker, &Message::WithoutForm(form)).await, // 3
        outcome => Ok(outcome?),
    }
}

/// Answers the person who has just acted. What the platform accepts neither where they acted nor in their conversation
/// with the app is left unsaid.
pub(super) async fn reply(broker: &Broker, asker: &Asker, message: &Message) -> Result<()> {
    if let ReplyTo::Handle(handle) = &asker.reply_to {
        match broker.chat(asker.who.platform())?.dialogs.reply(handle, message).await {
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

/// Says something to one person alone, in their conversation with the app.
pub(super) async fn whisper(broker: &Broker, who: &Account, message: &Message) -> Result<(), ChatError> {
    match broker.chat(who.platform())?.messenger.whisper(who, message).await {
        Err(ChatError::Unsupported { .. }) => {
            broker.post(&Address::Person(who.clone()), message).await.map(drop) // 2
        }
        outcome => outcome,
    }
}
