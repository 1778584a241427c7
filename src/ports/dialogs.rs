//! The dialogs of a chat platform: forms and answers for the person at hand.

use async_trait::async_trait;

use super::ChatError;
use crate::domain::{
    message::{Form, Message},
    press::{FormHandle, ReplyHandle},
};

/// What the app asks on a chat platform, and how it answers the person who has just acted.
#[async_trait]
pub trait Dialogs: Send + Sync {
    /// Opens a form for the person who has just acted. The handle is good for one form, and may live for seconds only.
    async fn open(&self, at: &FormHandle, form: &Form) -> Result<(), ChatError>;
    /// Shows an answer to the person who acted, where they acted; it does not last. Refused where the handle is used up
    /// or is none of the platform's.
    async fn reply(&self, to: &ReplyHandle, message: &Message) -> Result<(), ChatError>;
}
