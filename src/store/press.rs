//! A press as one transaction: promised, or done.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    commit::with_work,
    keys, rows,
    transaction::{Broken, Transaction, Write},
};
use crate::domain::{
    ids::CommandId,
    press::Press,
    window::Timestamp,
    work::{Task, Work},
};

/// Keeps a press that has not come in before, and puts down the work that sees to it that it is finished.
pub(super) fn accept(press: &Press, finish_by: Timestamp) -> serde_json::Result<Transaction<Broken>> {
    let keep = Write::create(rows::press(press, finish_by)?);
    let change = Transaction::new().and_or(keep, |_| Broken);
    with_work(change, &[finishing(&press.asker.id, finish_by)], press.asker.at)
}

/// Strikes off the work, and forgets what was pressed; that it was, is known for a while.
pub(super) fn finish(id: &CommandId, finish_by: Timestamp) -> Transaction<Broken> {
    let forget = Write::update(keys::press(id), "SET finished = :true REMOVE body")
        .only_if("attribute_exists(pk)")
        .with(":true", AttributeValue::Bool(true));
    let Work { due, id: work, .. } = finishing(id, finish_by);
    let strike_off = Write::delete(keys::work(due, &work));
    Transaction::new().and_or(forget, |_| Broken).and(strike_off)
}

fn finishing(id: &CommandId, finish_by: Timestamp) -> Work {
    Work { due: finish_by, id: id.to_string(), task: Task::FinishPress(id.clone()) }
}
