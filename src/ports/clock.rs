//! The clock: the current time, and waiting.

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::window::Timestamp;

/// The current time, and waiting.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Returns the current time, to the millisecond.
    fn now(&self) -> Timestamp;
    /// Returns how long the process has been running. Unlike the time, this never goes back.
    fn uptime(&self) -> Duration;
    /// Returns after this much time has passed.
    async fn sleep(&self, time: Duration);
}
