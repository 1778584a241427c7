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

/// The event streams of accounts.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Records an event of an account. Idempotent: returns `None` if the command has already caused an event of that
    /// account.
    async fn record(&self, event: &NewEvent) -> Result<Option<Appended>, StoreError>;
    /// Returns the event of an account that a command has caused.
    async fn caused_by(
        &self,
        who: &Account,
        command: &CommandId,
    ) -> Result<Option<AccountRecord>, StoreError>;
    /// Returns the events of an account, oldest first.
    async fn account_events(&self, who: &Account) -> Result<Vec<AccountRecord>, StoreError>;
}

/// An event of an account to record. The store assigns its number, and commits the follow-up jobs for that number in
/// the same transaction.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The change.
    pub change: AccountChange,
    /// How its audit line is posted.
    pub line: AuditLine,
    /// When it is recorded, which may be later than when it happened. Follow-up jobs are due immediately.
    pub now: Timestamp,
}

/// A recorded event of an account.
#[derive(Clone, Debug)]
pub struct Appended {
    /// The event.
    pub recorded: AccountRecord,
    /// The follow-up jobs.
    pub jobs: Vec<Job>,
}
