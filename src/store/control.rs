//! The state of the whole app: one row, and one row for each of its events.

use async_trait::async_trait;

use super::{
    DynamoStore, could_not,
    dynamo::read_events,
    jobs::with_jobs,
    keys,
    rows::{self, Row},
    transaction::{Broken, Transaction, Write},
};
use crate::{
    domain::{
        control::{Control, ControlRecord},
        job::Job,
    },
    ports::{Controls, StoreError},
};

#[async_trait]
impl Controls for DynamoStore {
    async fn control(&self) -> Result<Control, StoreError> {
        let control = self.load("load the state of the app".to_owned(), keys::control(), Row::read).await?;
        Ok(control.unwrap_or_default())
    }

    async fn record_control(
        &self,
        recorded: &ControlRecord,
        after: &Control,
        jobs: &[Job],
    ) -> Result<bool, StoreError> {
        let what = format!("record event {} of the app", recorded.number);
        let made = self.make(what, change(recorded, after, jobs)).await?;
        Ok(made.is_ok())
    }

    async fn control_events(&self) -> Result<Vec<ControlRecord>, StoreError> {
        let events = self.query_events(keys::CONTROL.to_owned()).await.and_then(read_events);
        events.map_err(could_not("load the events of the app"))
    }
}

/// Writes an event and the state after it. Requires that the stored state has the preceding version.
fn change(
    recorded: &ControlRecord,
    after: &Control,
    jobs: &[Job],
) -> serde_json::Result<Transaction<Broken>> {
    let row = rows::control(after)?;
    let state = match after.version {
        0 | 1 => Write::create(row),
        version => Write::put(row).only_if("version = :before").with(":before", rows::number(version - 1)),
    };
    let event = Write::create(rows::control_event(recorded)?);
    let change = Transaction::new().and_or(state, |_| Broken).and_or(event, |_| Broken);
    with_jobs(change, jobs, recorded.at)
}
