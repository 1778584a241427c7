//! The state of the whole app: one row, one for each of its events, and one for each policy.

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
        policy_in_force::{PolicyDigest, PolicySettings},
    },
    ports::{ControlStep, Controls, StoreError},
};

#[async_trait]
impl Controls for DynamoStore {
    async fn control(&self) -> Result<Control, StoreError> {
        let what = format!("load the state of the app from table {}", self.table.name());
        let control = self.load(what, keys::control(), Row::read).await?;
        Ok(control.unwrap_or_default())
    }

    async fn record_control(&self, step: &ControlStep) -> Result<bool, StoreError> {
        let what = format!("record event {} of the app", step.recorded.number);
        Ok(self.make(what, change(step)).await?.is_ok())
    }

    async fn control_events(&self) -> Result<Vec<ControlRecord>, StoreError> {
        let events = self.query_events(keys::CONTROL.to_owned()).await.and_then(read_events);
        events.map_err(could_not("load the events of the app"))
    }

    async fn policy(&self, digest: &PolicyDigest) -> Result<Option<PolicySettings>, StoreError> {
        let what = format!("load the policy {}", digest.shown());
        self.load(what, keys::policy(digest), rows::read_policy).await
    }
}

/// Writes an event, the state after it, and the policy that it puts in force. Requires that the stored state has the
/// preceding version.
fn change(
    ControlStep { recorded, after, jobs, policy }: &ControlStep,
) -> serde_json::Result<Transaction<Broken>> {
    let row = rows::control(after)?;
    let state = match after.version {
        0 | 1 => Write::create(row),
        version => Write::put(row).only_if("version = :before").with(":before", rows::number(version - 1)),
    };
    let event = Write::create(rows::control_event(recorded)?);
    let mut change = Transaction::new().and_or(state, |_| Broken).and_or(event, |_| Broken);
    if let Some(settings) = policy {
        change = change.and(Write::put(rows::policy(settings)?));
    }
    with_jobs(change, jobs, recorded.at)
}
