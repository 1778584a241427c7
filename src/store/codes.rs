//! Pending links, which wait for their code to be entered.

use async_trait::async_trait;

use super::{
    DynamoStore, keys, rows,
    tickets::use_up_secrets,
    transaction::{Transaction, Write},
};
use crate::{
    domain::{account::Account, code::AwaitedCode, ticket::LinkSecrets, window::Timestamp},
    ports::{CodeError, Codes, StoreError, TicketError},
};

#[async_trait]
impl Codes for DynamoStore {
    async fn await_code(
        &self,
        awaited: &AwaitedCode,
        uses_up: &LinkSecrets,
        now: Timestamp,
    ) -> Result<(), TicketError> {
        let what = format!("keep the link of {} for its code", awaited.pending.link.account);
        self.make(what, keep(awaited, uses_up, now)).await?
    }

    async fn awaited_code(&self, who: &Account) -> Result<Option<AwaitedCode>, StoreError> {
        let what = format!("load the link of {} that waits for its code", who);
        self.load(what, keys::awaited_code(who), rows::read_awaited_code).await
    }

    async fn count_try(&self, read: &AwaitedCode) -> Result<AwaitedCode, CodeError> {
        let what = format!("count a code of {}", read.pending.link.account);
        self.make(what, Ok(counted(read))).await??;
        Ok(AwaitedCode { tries: read.tries + 1, ..read.clone() })
    }
}

/// Stores a link until its code is entered, and uses up the secrets that led to it.
fn keep(
    awaited: &AwaitedCode,
    uses_up: &LinkSecrets,
    now: Timestamp,
) -> serde_json::Result<Transaction<TicketError>> {
    let used_up = use_up_secrets(uses_up, now, |_| TicketError::UsedUp);
    Ok(used_up.and(Write::put(rows::awaited_code(awaited)?)))
}

/// Counts an attempt at a code, if none was counted since the code was read.
fn counted(read: &AwaitedCode) -> Transaction<CodeError> {
    let who = &read.pending.link.account;
    let count = if_no_other_try(Write::update(keys::awaited_code(who), "SET tries = :next"), read);
    let count = count.with(":next", rows::number(read.tries + 1));
    Transaction::new().and_or(count, |_| CodeError::OtherTry)
}

/// Adds the condition that the code is the one that was read, with no attempt since.
pub(super) fn if_no_other_try(write: Write, read: &AwaitedCode) -> Write {
    write
        .only_if("sealed = :sealed AND tries = :tries")
        .with(":sealed", rows::bytes(read.code.0.as_slice()))
        .with(":tries", rows::number(read.tries))
}
