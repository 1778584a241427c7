//! Where the messages about a request are.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{account::MessageRef, ids::RequestId};

/// Where a platform has put the messages about requests.
#[async_trait]
pub trait Places: Send + Sync {
    /// Where the platform has put a message about a request.
    async fn place(&self, id: &RequestId, which: Surface) -> Result<Option<MessageRef>, StoreError>;
    /// Notes where the platform has put a message about a request.
    async fn save_place(&self, id: &RequestId, which: Surface, place: &MessageRef) -> Result<(), StoreError>;
}

/// The messages about a request that are redrawn in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// In the review channel.
    Card,
    /// In the requester's conversation with the app.
    Receipt,
}
