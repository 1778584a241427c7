//! A press as one transaction: promised, or done.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    commit::with_jobs,
    keys, rows,
    transaction::{Broken, Transaction, Write},
};
use crate::domain::{
    ids::CommandId,
    job::{Job, Task},
    press::Press,
    window::Timestamp,
};

/// Keeps a press that has not come in before, and enqueues the job that sees to it that it is finished.
pub(super) fn accept(press: &Press, finish_by: Timestamp) -> serde_json::Result<Transaction<Broken>> {
    let keep = Write::create(rows::press(press, finish_by)?);
    let change = Transaction::new().and_or(keep, |_| Broken);
    with_jobs(change, &[finishing(&press.asker.id, finish_by)], press.asker.at)
}

/// Completes the job, and forgets what was pressed; that it was, is known for a while.
pub(super) fn finish(id: &CommandId, finish_by: Timestamp) -> Transaction<Broken> {
    let forget = Write::update(keys::press(id), "SET finished = :true REMOVE body")
        .only_if("attribute_exists(pk)")
        .with(":true", AttributeValue::Bool(true));
    let job = finishing(id, finish_by);
    let complete = Write::delete(keys::job(job.lane(), job.due, &job.id));
    Transaction::new().and_or(forget, |_| Broken).and(complete)
}

fn finishing(id: &CommandId, finish_by: Timestamp) -> Job {
    Job { due: finish_by, id: id.to_string(), task: Task::FinishPress(id.clone()) }
}
