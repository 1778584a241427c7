//! The clock: the time, and waiting for it.

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::window::Timestamp;

/// The time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time, to the millisecond.
    fn now(&self) -> Timestamp;
    /// For how long the process has been up: unlike the time, this never goes back.
    fn uptime(&self) -> Duration;
    /// Returns when so much time has passed.
    async fn sleep(&self, time: Duration);
}
