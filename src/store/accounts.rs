//! The events of an account. The number of an event is known only once it is the next one, so an event is numbered
//! here, in the transaction that appends it.
//!
//! One transaction holds the event, the end of the stream (`HEAD`), which event the command caused, what else changes
//! and what follows. It is conditional on where the stream ended when that was read; whoever loses a race reads from
//! the answer where the stream ends by then, and tries the next number.

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

/// How often an event is numbered again because another one has come first. Each time another writer has got ahead.
const RACES: u32 = 64;

/// Why an event was not appended.
enum Lost<E> {
    /// What else was to change has not been as it must be.
    Refused(E),
    /// Its command has caused an event of this account before.
    Known,
    /// Another event has come first; this is where the stream ends since.
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
    /// Appends an event to the stream of its account, together with `other` writes. Nothing where its command has
    /// caused an event of that account before.
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

/// Where the stream ends with this event; before it, it must have ended at the event before.
fn next_head(recorded: &AccountRecord) -> Write {
    let row = rows::head(recorded);
    match recorded.number {
        0 | 1 => Write::create(row),
        number => Write::put(row).only_if("version = :before").with(":before", rows::number(number - 1)),
    }
}
