//! The directory of a chat platform: accounts and conversations.

use async_trait::async_trait;

use super::ChatError;
use crate::domain::{
    account::{Account, Conversation, Tenant},
    person::Member,
};

/// A chat platform's accounts and conversations.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Returns the workspace of the app. Fails if the platform cannot be reached or does not know the app.
    async fn identify(&self) -> Result<Workspace, ChatError>;
    /// Returns the person behind an account.
    async fn member(&self, who: &Account, priority: Priority) -> Result<Member, ChatError>;
    /// Returns a conversation's properties.
    async fn channel(&self, id: &Conversation) -> Result<Channel, ChatError>;
}

/// For whom a platform is asked. Each platform keeps a part of what it may be asked for the more urgent ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// For an account that is not linked.
    Stranger,
    /// For a person.
    Person,
    /// For a person who answers a request.
    Reviewer,
}

/// The workspace the app is installed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub tenant: Tenant,
    /// Its name.
    pub name: String,
}

/// The properties of a channel that the app relies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// Whether members of other organizations are in it.
    pub is_shared_outside: bool,
    /// Whether the app is in it.
    pub is_member: bool,
    /// Whether it is archived.
    pub is_archived: bool,
}
