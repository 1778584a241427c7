//! A press as one transaction: promised, or done.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    commit::with_jobs,
    keys, rows,
    transaction::{Broken, Transaction, Write},
};
use crate::{
    domain::{
        job::{Job, Task},
        press::{Asker, Press},
    },
    ports::JOB_LEASE,
};

/// Keeps a press that has not come in before, and enqueues the job that sees to it that it is finished.
pub(super) fn accept(press: &Press) -> serde_json::Result<Transaction<Broken>> {
    let job = finishing(&press.asker);
    let keep = Write::create(rows::press(press, job.due)?);
    let change = Transaction::new().and_or(keep, |_| Broken);
    with_jobs(change, &[job], press.asker.at)
}

/// Completes the job, and forgets what was pressed; that it was, is known for a while.
pub(super) fn finish(asker: &Asker) -> Transaction<Broken> {
    let forget = Write::update(keys::press(&asker.id), "SET finished = :true REMOVE body")
        .only_if("attribute_exists(pk)")
        .with(":true", AttributeValue::Bool(true));
    let job = finishing(asker);
    let complete = Write::delete(keys::job(job.lane(), job.due, &job.id));
    Transaction::new().and_or(forget, |_| Broken).and(complete)
}

/// The job to finish a press, which is due once its own replica has had its time.
fn finishing(Asker { id, at, .. }: &Asker) -> Job {
    Job { due: *at + JOB_LEASE, id: id.to_string(), task: Task::FinishPress(id.clone()) }
}
