//! The state of the whole app, its events, and the policies that have been in force.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{
    control::{Control, ControlRecord},
    job::Job,
    policy_in_force::{PolicyDigest, PolicySettings},
};

/// The state of the whole app, and its events.
#[async_trait]
pub trait Controls: Send + Sync {
    /// Returns the state of the whole app.
    async fn control(&self) -> Result<Control, StoreError>;
    /// Records an event of the whole app. Returns `false` if another event was recorded first.
    async fn record_control(&self, step: &ControlStep) -> Result<bool, StoreError>;
    /// Returns the events of the whole app, oldest first.
    async fn control_events(&self) -> Result<Vec<ControlRecord>, StoreError>;
    /// Returns the settings of a policy that is or was in force.
    async fn policy(&self, digest: &PolicyDigest) -> Result<Option<PolicySettings>, StoreError>;
}

/// One change of the state of the whole app.
#[derive(Clone, Debug)]
pub struct ControlStep {
    /// The event. The commit requires that the stored state has the version that precedes the event's.
    pub recorded: ControlRecord,
    /// The state, with the event applied.
    pub after: Control,
    /// The follow-up jobs.
    pub jobs: Vec<Job>,
    /// The settings of the policy that the event puts in force, if it does.
    pub policy: Option<PolicySettings>,
}
