//! Presses: accepted, then finished.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{
    ids::CommandId,
    press::{Asker, Press},
};

/// Accepted presses, until they are finished.
#[async_trait]
pub trait Presses: Send + Sync {
    /// Stores a press as accepted. The replica has [`JOB_LEASE`](super::JOB_LEASE) to finish it. Returns `false` if the
    /// press has already been accepted.
    async fn accept(&self, press: &Press) -> Result<bool, StoreError>;
    /// Returns a press that is accepted and not finished.
    async fn press(&self, id: &CommandId) -> Result<Option<Press>, StoreError>;
    /// Marks the accepted press of `asker` as finished.
    async fn finish(&self, asker: &Asker) -> Result<(), StoreError>;
}
