//! The locations of the messages about a request.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{account::MessageRef, ids::RequestId};

/// The locations of the messages about requests.
#[async_trait]
pub trait Places: Send + Sync {
    /// Returns the location of a message about a request.
    async fn place(&self, id: &RequestId, which: Surface) -> Result<Option<MessageRef>, StoreError>;
    /// Stores the location of a message about a request.
    async fn save_place(&self, id: &RequestId, which: Surface, place: &MessageRef) -> Result<(), StoreError>;
}

/// The messages about a request that are updated in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// In the review channel.
    Card,
    /// In the requester's conversation with the app.
    Receipt,
}
