//! The directory of a chat platform: who is behind an account, and what a conversation is.

use async_trait::async_trait;

use super::ChatError;
use crate::domain::{
    account::{Account, Conversation, Tenant},
    person::Member,
};

/// What a chat platform knows of accounts and conversations.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Who the app is there. Fails where the platform cannot be reached or does not know the app.
    async fn identify(&self) -> Result<Workspace, ChatError>;
    /// Who is behind an account.
    async fn member(&self, who: &Account) -> Result<Member, ChatError>;
    /// What a conversation is.
    async fn channel(&self, id: &Conversation) -> Result<Channel, ChatError>;
}

/// The workspace the app is installed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub tenant: Tenant,
    /// Its name.
    pub name: String,
}

/// What matters about a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// Whether people of other organisations are in it.
    pub is_shared_outside: bool,
    /// Whether the app is in it.
    pub is_member: bool,
}
