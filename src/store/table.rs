//! Access to the table: rows are read by key or by query, and changed by transactions.

use std::{collections::HashMap, time::Duration};

use anyhow::anyhow;
use aws_sdk_dynamodb::{
    Client,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
    operation::query::builders::QueryFluentBuilder,
    types::{KeysAndAttributes, Select},
};

use super::{
    keys::Key,
    rows::Row,
    transaction::{CancelledInPassing, Transaction, failure},
};

/// How many times a call is attempted before it fails: for about 2 s, with waits of 50, 100, 200, 400 and 500 ms at
/// the most. A person's press must be stored within the 3 s that a chat platform may grant.
const ATTEMPTS: u32 = 8;
/// The initial backoff between attempts. The SDK adds jitter.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// The longest backoff between attempts.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
/// How long one attempt may take.
const ATTEMPT_TAKES: Duration = Duration::from_secs(2);
/// How long a call may take, including all attempts.
const CALL_TAKES: Duration = Duration::from_secs(8);
/// The maximum number of rows in one `BatchGetItem`
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const BATCH: usize = 100;

/// The table and its client.
#[derive(Clone, Debug)]
pub(super) struct Table {
    client: Client,
    name: String,
}

impl Table {
    /// Sets retries and timeouts; all other settings are those of `client`.
    pub(super) fn new(client: &Client, name: String) -> Self {
        let retries = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS)
            .with_initial_backoff(FIRST_WAIT)
            .with_max_backoff(LONGEST_WAIT);
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT_TAKES)
            .operation_timeout(CALL_TAKES)
            .build();
        let config = client
            .config()
            .to_builder()
            .retry_config(retries)
            .retry_classifier(CancelledInPassing)
            .timeout_config(timeouts)
            .build();
        let client = Client::from_conf(config);
        Self { client, name }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Writes a change. The inner error is a failed condition. After the outer error, the outcome is unknown.
    pub(super) async fn make<E: 'static>(&self, change: Transaction<E>) -> anyhow::Result<Result<(), E>> {
        change.send(&self.client, &self.name).await
    }

    /// Returns the row with this key. The read is consistent.
    pub(super) async fn get(&self, key: Key) -> anyhow::Result<Option<Row>> {
        let request = self.client.get_item().table_name(&self.name);
        let request = request.set_key(Some(key.into())).consistent_read(true);
        let answer = request.send().await.map_err(|error| failure(&error))?;
        Ok(answer.item.map(Row::from))
    }

    /// Returns the rows with these keys, in the order of the keys. Reads are consistent. Errors if a row is missing.
    pub(super) async fn get_all(&self, keys: &[Key]) -> anyhow::Result<Vec<Row>> {
        let mut found = HashMap::new();
        for batch in keys.chunks(BATCH) {
            for row in self.get_batch(batch).await? {
                found.insert(row.key()?.to_string(), row);
            }
        }
        let mut take = |key: &Key| found.remove(&key.to_string());
        keys.iter().map(|key| take(key).ok_or_else(|| anyhow!("row {key} is gone"))).collect()
    }

    /// Starts a query of the table, for [`first`].
    pub(super) fn query(&self) -> QueryFluentBuilder {
        self.client.query().table_name(&self.name)
    }

    /// Reads one batch of rows, then the rows that DynamoDB left unprocessed.
    async fn get_batch(&self, keys: &[Key]) -> anyhow::Result<Vec<Row>> {
        let mut found = Vec::new();
        let mut missing: Vec<_> = keys.iter().cloned().map(HashMap::from).collect();
        for attempt in 1..=ATTEMPTS {
            let wanted = KeysAndAttributes::builder().consistent_read(true);
            let wanted = wanted.set_keys(Some(missing)).build()?;
            let request = self.client.batch_get_item().request_items(&self.name, wanted);
            let answer = request.send().await.map_err(|error| failure(&error))?;
            let rows = answer.responses.and_then(|mut tables| tables.remove(&self.name));
            found.extend(rows.unwrap_or_default().into_iter().map(Row::from));
            let left_out = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.name));
            missing = left_out.map(|rows| rows.keys).unwrap_or_default();
            if missing.is_empty() {
                return Ok(found);
            }
            tokio::time::sleep(FIRST_WAIT * 2_u32.pow(attempt)).await;
        }
        Err(anyhow!("DynamoDB left rows out, {ATTEMPTS} times"))
    }
}

/// Returns the first `most` rows that a query finds, across pages.
pub(super) async fn first(most: usize, query: QueryFluentBuilder) -> anyhow::Result<Vec<Row>> {
    let mut items = query.limit(page_of(most)).into_paginator().items().send();
    let mut rows = Vec::new();
    while rows.len() < most {
        let Some(item) = items.next().await else { break };
        rows.push(item.map_err(|error| failure(&error))?.into());
    }
    Ok(rows)
}

/// Returns the maximum number of rows in one response.
pub(super) fn page_of(most: usize) -> i32 {
    i32::try_from(most).unwrap_or(i32::MAX).max(1)
}

/// Returns the number of rows that a query finds.
pub(super) async fn count(query: QueryFluentBuilder) -> anyhow::Result<u64> {
    let mut pages = query.select(Select::Count).into_paginator().send();
    let mut counted = 0;
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| failure(&error))?;
        counted += u64::try_from(page.count()).unwrap_or_default();
    }
    Ok(counted)
}
