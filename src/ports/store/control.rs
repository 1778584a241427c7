//! The state of the whole app, and its events.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{
    control::{Control, ControlRecord},
    job::Job,
};

/// The state of the whole app, and its events.
#[async_trait]
pub trait Controls: Send + Sync {
    /// Returns the state of the whole app.
    async fn control(&self) -> Result<Control, StoreError>;
    /// Records an event of the whole app, with the state after it and the follow-up jobs. Returns `false` if another
    /// event was recorded first.
    async fn record_control(
        &self,
        recorded: &ControlRecord,
        after: &Control,
        jobs: &[Job],
    ) -> Result<bool, StoreError>;
    /// Returns the events of the whole app, oldest first.
    async fn control_events(&self) -> Result<Vec<ControlRecord>, StoreError>;
}
