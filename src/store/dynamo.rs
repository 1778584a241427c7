//! The [`Store`] over DynamoDB. Decisions are based on consistent reads; an index is used only to find keys.

use std::convert::Infallible;

use aws_sdk_dynamodb::Client;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    could_not,
    keys::{self, Key},
    rows::{self, BadRow, Row},
    table::{Table, first},
    transaction::{Transaction, Write},
};
use crate::ports::{Store, StoreError};

/// The store in one table.
#[derive(Clone, Debug)]
pub struct DynamoStore {
    pub(super) table: Table,
}

impl DynamoStore {
    /// Creates a store over the table with this name. The store sets its own retries and timeouts; all other settings
    /// are those of `client`.
    #[must_use]
    pub fn new(client: &Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(client, table.into()) }
    }
}

impl Store for DynamoStore {}

impl DynamoStore {
    pub(super) async fn load<T>(
        &self,
        what: String,
        key: Key,
        read: fn(&Row) -> Result<T, BadRow>,
    ) -> Result<Option<T>, StoreError> {
        let row = self.table.get(key).await;
        let value = row.and_then(|row| Ok(row.as_ref().map(read).transpose()?));
        value.map_err(could_not(what))
    }

    /// Returns the events of the stream in this partition.
    pub(super) async fn query_events(&self, pk: String) -> anyhow::Result<Vec<Row>> {
        let query = self
            .table
            .query()
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :events)")
            .expression_attribute_values(":pk", rows::text(pk))
            .expression_attribute_values(":events", rows::text(keys::EVENTS));
        first(usize::MAX, query).await
    }

    pub(super) async fn put(&self, what: String, row: serde_json::Result<Row>) -> Result<(), StoreError> {
        let change = row.map(|row| Transaction::new().and(Write::put(row)));
        let Ok(()) = self.make::<Infallible>(what, change).await?;
        Ok(())
    }

    /// Writes a change. The inner error is a failed condition. After the outer error, the outcome is unknown.
    pub(super) async fn make<E: 'static>(
        &self,
        what: String,
        change: serde_json::Result<Transaction<E>>,
    ) -> Result<Result<(), E>, StoreError> {
        let change = change.map_err(could_not(what.clone()))?;
        self.table.make(change).await.map_err(could_not(what))
    }
}

pub(super) fn read_events<T: Serialize + DeserializeOwned>(rows: Vec<Row>) -> anyhow::Result<Vec<T>> {
    let events: Result<_, _> = rows.iter().map(Row::read_event).collect();
    Ok(events?)
}
