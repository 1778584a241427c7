//! The locations of the messages about a request.

use async_trait::async_trait;

use super::{DynamoStore, keys, rows, rows::Row};
use crate::{
    domain::{account::MessageRef, ids::RequestId},
    ports::{Places, StoreError, Surface},
};

#[async_trait]
impl Places for DynamoStore {
    async fn place(&self, id: &RequestId, which: Surface) -> Result<Option<MessageRef>, StoreError> {
        let what = format!("load the place of a message about request {id}");
        self.load(what, keys::place(id, which), Row::read).await
    }

    async fn save_place(&self, id: &RequestId, which: Surface, place: &MessageRef) -> Result<(), StoreError> {
        let what = format!("note the place of a message about request {id}");
        self.put(what, rows::place(id, which, place)).await
    }
}
