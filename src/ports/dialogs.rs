//! The dialogs of a chat platform: forms and answers for the person at hand.

use async_trait::async_trait;
use url::Url;

use super::ChatError;
use crate::domain::message::{Form, Message};

/// What the app asks on a chat platform, and how it answers the person who has just acted.
#[async_trait]
pub trait Dialogs: Send + Sync {
    /// Opens a form. `trigger` lives 3 s and is good for one.
    async fn open(&self, trigger: &str, form: &Form) -> Result<(), ChatError>;
    /// Shows an answer to the person who acted, where they acted; it does not last.
    async fn reply(&self, response_url: &Url, message: &Message) -> Result<(), ChatError>;
}
