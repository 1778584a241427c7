//! The events of accounts.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{
    account::Account,
    account_event::{AccountChange, AccountRecord},
    ids::CommandId,
    job::{AuditLine, Job},
    window::Timestamp,
};

/// What has happened to accounts.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Records an event of an account. Nothing where its command has caused an event of that account before: done
    /// twice, it is recorded once.
    async fn record(&self, event: &NewEvent) -> Result<Option<Appended>, StoreError>;
    /// The event of an account that a command has caused.
    async fn caused_by(
        &self,
        who: &Account,
        command: &CommandId,
    ) -> Result<Option<AccountRecord>, StoreError>;
    /// The events of an account, oldest first.
    async fn account_events(&self, who: &Account) -> Result<Vec<AccountRecord>, StoreError>;
}

/// An event of an account that is about to be recorded. The store numbers it, and commits with it what follows from
/// it under that number.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// What happens.
    pub change: AccountChange,
    /// How auditors hear of it.
    pub line: AuditLine,
    /// When it is recorded, which may be later than it happened. What follows is due at once.
    pub now: Timestamp,
}

/// An event of an account as it has been recorded.
#[derive(Clone, Debug)]
pub struct Appended {
    /// The event.
    pub recorded: AccountRecord,
    /// What must be done because of it.
    pub jobs: Vec<Job>,
}
