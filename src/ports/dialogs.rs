//! The dialogs of a chat platform: forms and answers for the person who has just acted.

use async_trait::async_trait;

use super::ChatError;
use crate::domain::{
    message::{Form, Message},
    press::{FormHandle, ReplyHandle},
};

/// Opens forms for the person who has just acted, and answers them.
#[async_trait]
pub trait Dialogs: Send + Sync {
    /// Opens a form for the person who has just acted. The handle works for one form and may expire within seconds.
    async fn open(&self, at: &FormHandle, form: &Form) -> Result<(), ChatError>;
    /// Shows a transient answer to the person who acted, where they acted. Refused if the handle is used up or belongs
    /// to another platform.
    async fn reply(&self, to: &ReplyHandle, message: &Message) -> Result<(), ChatError>;
}
