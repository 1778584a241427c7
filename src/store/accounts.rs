//! The events of an account. An event is numbered here, in the transaction that appends it, because its number depends
//! on where the stream ends at that moment.
//!
//! One transaction writes the event, the end of the stream (`HEAD`), the number of the event that the command caused,
//! the other changes and the follow-up jobs. It is conditional on the end of the stream as read. A writer that loses a
//! race reads the current end of the stream from the response, and retries with the next number.

use anyhow::anyhow;
use async_trait::async_trait;

use super::{
    DynamoStore, could_not,
    dynamo::read_events,
    jobs::with_jobs,
    keys,
    rows::{self, BadRow, Row},
    transaction::{Transaction, Write},
};
use crate::{
    domain::{
        account::Account,
        account_event::{AccountRecord, Head},
        ids::CommandId,
        job::follow_ups_of_account,
    },
    ports::{Accounts, Appended, NewEvent, StoreError},
};

/// How many numbers are tried for an event. Each failed attempt means that another writer has appended an event first.
const RACES: u32 = 64;

/// Why an event was not appended.
enum Lost<E> {
    /// A condition of the other writes failed.
    Refused(E),
    /// The command has already caused an event of this account.
    Known,
    /// Another event was appended first. Contains the current end of the stream.
    Race(Result<Head, BadRow>),
}

#[async_trait]
impl Accounts for DynamoStore {
    async fn record(&self, event: &NewEvent) -> Result<Option<Appended>, StoreError> {
        self.append(format!("record an event of {}", event.change.account), event, || Ok(Transaction::new()))
            .await
    }

    async fn caused_by(
        &self,
        who: &Account,
        command: &CommandId,
    ) -> Result<Option<AccountRecord>, StoreError> {
        let what = format!("load the event of {who} that {command} caused");
        let number = self.load(what.clone(), keys::command(who, command), rows::read_command).await?;
        let Some(number) = number else { return Ok(None) };
        self.load(what, keys::account_event(who, number), Row::read_event).await
    }

    async fn account_events(&self, who: &Account) -> Result<Vec<AccountRecord>, StoreError> {
        let events = self.query_events(keys::account_pk(who)).await.and_then(read_events);
        events.map_err(could_not(format!("load the events of {who}")))
    }
}

impl DynamoStore {
    /// Appends an event to the stream of its account, together with `other` writes. Returns `None` if the command has
    /// already caused an event of that account.
    pub(super) async fn append<E: From<StoreError> + Send + 'static>(
        &self,
        what: String,
        new: &NewEvent,
        other: impl Fn() -> serde_json::Result<Transaction<E>>,
    ) -> Result<Option<Appended>, E> {
        let who = &new.change.account;
        let mut head = self.load(what.clone(), keys::head(who), rows::read_head).await?;
        for _ in 0..RACES {
            let recorded = new.change.after(head);
            let jobs = follow_ups_of_account(&recorded, new.line, new.now);
            let appended = Appended { recorded, jobs };
            let change = other().and_then(|other| append(other, &appended, new));
            match self.make(what.clone(), change).await? {
                Ok(()) => return Ok(Some(appended)),
                Err(Lost::Refused(why)) => return Err(why),
                Err(Lost::Known) => return Ok(None),
                Err(Lost::Race(now)) => head = Some(now.map_err(could_not(what.clone()))?),
            }
        }
        let source = anyhow!("{RACES} times in a row, another event of {who} came first");
        Err(StoreError { what, source }.into())
    }
}

fn append<E: 'static>(
    other: Transaction<E>,
    Appended { recorded, jobs }: &Appended,
    new: &NewEvent,
) -> serde_json::Result<Transaction<Lost<E>>> {
    let transaction = other
        .map(Lost::Refused)
        .and_or(Write::create(rows::command(recorded)), |_| Lost::Known)
        .and_or(next_head(recorded), |row| Lost::Race(rows::read_head(row)))
        .and(Write::create(rows::account_event(recorded)?));
    with_jobs(transaction, jobs, new.now)
}

/// Moves the end of the stream to this event. Requires that the stream ends at the preceding event.
fn next_head(recorded: &AccountRecord) -> Write {
    let row = rows::head(recorded);
    match recorded.number {
        0 | 1 => Write::create(row),
        number => Write::put(row).only_if("version = :before").with(":before", rows::number(number - 1)),
    }
}
