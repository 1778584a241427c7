//! Presses: promised, and done.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{
    ids::CommandId,
    press::{Asker, Press},
};

/// What people have asked for, until it is done.
#[async_trait]
pub trait Presses: Send + Sync {
    /// Promises to do what a press asks within [`JOB_LEASE`](super::JOB_LEASE); `false` when that is promised already.
    async fn accept(&self, press: &Press) -> Result<bool, StoreError>;
    /// A press that is promised and not done.
    async fn press(&self, id: &CommandId) -> Result<Option<Press>, StoreError>;
    /// Keeps the promise that was made to `asker`.
    async fn finish(&self, asker: &Asker) -> Result<(), StoreError>;
}
