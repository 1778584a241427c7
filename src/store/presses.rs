//! Accepts or finishes a press in one transaction.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    DynamoStore,
    jobs::with_jobs,
    keys, rows,
    transaction::{Broken, Transaction, Write},
};
use crate::{
    domain::{
        ids::CommandId,
        job::{Job, Task},
        press::{Asker, Press},
    },
    ports::{JOB_LEASE, Presses, StoreError},
};

#[async_trait]
impl Presses for DynamoStore {
    async fn accept(&self, press: &Press) -> Result<bool, StoreError> {
        let made = self.make(format!("accept press {}", press.asker.id), promise(press)).await?;
        Ok(made.is_ok())
    }

    async fn press(&self, id: &CommandId) -> Result<Option<Press>, StoreError> {
        let press = self.load(format!("load press {id}"), keys::press(id), rows::read_press).await?;
        Ok(press.flatten())
    }

    async fn finish(&self, asker: &Asker) -> Result<(), StoreError> {
        match self.make(format!("finish press {}", asker.id), Ok(done(asker))).await? {
            Ok(()) | Err(Broken) => Ok(()), // finished, or already expired
        }
    }
}

/// Stores a press on its first delivery, and enqueues the job that ensures that it is finished.
fn promise(press: &Press) -> serde_json::Result<Transaction<Broken>> {
    let job = finishing(&press.asker);
    let keep = Write::create(rows::press(press, job.due)?);
    let change = Transaction::new().and_or(keep, |_| Broken);
    with_jobs(change, &[job], press.asker.at)
}

/// Completes the job and deletes the content of the press. The row itself remains until its TTL, for de-duplication.
fn done(asker: &Asker) -> Transaction<Broken> {
    let forget = Write::update(keys::press(&asker.id), "SET finished = :true REMOVE body")
        .only_if("attribute_exists(pk)")
        .with(":true", AttributeValue::Bool(true));
    let job = finishing(asker);
    let complete = Write::delete(keys::job(job.lane(), job.due, &job.id));
    Transaction::new().and_or(forget, |_| Broken).and(complete)
}

/// The job that finishes a press. It is due once the lease of the accepting replica has ended.
fn finishing(Asker { id, at, who, .. }: &Asker) -> Job {
    let platform = Some(who.platform().clone());
    Job { due: *at + JOB_LEASE, id: id.to_string(), platform, task: Task::FinishPress(id.clone()) }
}
