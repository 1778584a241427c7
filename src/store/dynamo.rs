//! The [`Store`] over DynamoDB. Whatever decides is read consistently; an index only finds keys.

use std::convert::Infallible;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    commit::{self, Marker},
    could_not,
    keys::{self, Key},
    link, press,
    rows::{self, BadRow, Row},
    table::{Table, first, page_of},
    transaction::{Broken, Transaction, Write, failure},
};
use crate::{
    domain::{
        account::{Account, MessageRef},
        account_event::AccountRecord,
        code::AwaitedCode,
        ids::{CommandId, RequestId},
        job::{Job, Lane, LeaseOwner, Leased},
        person::{FreshGroups, Link, Subject},
        press::{Asker, Press},
        request::{Recorded, Request},
        secret::SecretHash,
        ticket::{LinkSecrets, Ticket},
        window::Timestamp,
    },
    ports::{
        Appended, CommitError, DeadLetter, JOB_LEASE, LaneHead, LinkError, NewEvent, NewLink, SealedToken,
        Step, Store, StoreError, Surface, UsedToken,
    },
};

/// The store in one table.
#[derive(Clone, Debug)]
pub struct DynamoStore {
    pub(super) table: Table,
}

impl DynamoStore {
    /// The store in the table of this name. How often calls are tried, and how long they may take, the store
    /// decides; all else is as `client` has it.
    #[must_use]
    pub fn new(client: &Client, table: impl Into<String>) -> Self {
        Self { table: Table::new(client, table.into()) }
    }
}

#[async_trait]
impl Store for DynamoStore {
    async fn check(&self) -> Result<(), StoreError> {
        let row = self.table.get(keys::nothing()).await;
        row.map(drop).map_err(could_not(format!("read table {}", self.table.name())))
    }

    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError> {
        self.load(format!("load request {id}"), keys::request(id), Row::read).await
    }

    async fn event(&self, id: &RequestId, version: u64) -> Result<Option<Recorded>, StoreError> {
        let what = format!("load event {version} of request {id}");
        self.load(what, keys::event(id, version), Row::read_event).await
    }

    async fn events(&self, id: &RequestId) -> Result<Vec<Recorded>, StoreError> {
        let events = self.query_events(keys::request_pk(id)).await.and_then(read_events);
        events.map_err(could_not(format!("load the events of request {id}")))
    }

    async fn commit(&self, step: &Step) -> Result<(), CommitError> {
        let marker = Marker::of(step);
        let made = self.commit_with(step, marker).await?;
        match (marker, made) {
            // By a faster clock this request had run out, and another one has taken the marker over. Only an
            // approval could take it back, and that would change the version which the step depends on: so the
            // marker can be left alone.
            (Marker::GivenBack, Err(CommitError::Held(_))) => {
                self.commit_with(step, Marker::LeftAlone).await?
            }
            (Marker::GivenBack | Marker::HeldUntil(_) | Marker::LeftAlone, made) => made,
        }
    }

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

    async fn link(&self, who: &Account) -> Result<Option<Link>, StoreError> {
        self.load(format!("load the link of {}", who), keys::link(who), rows::read_link).await
    }

    async fn save_link(&self, new: &NewLink) -> Result<Appended, LinkError> {
        let what = format!("link {}", new.made.link.account);
        self.append(what, &new.event, || link::save(new)).await?.ok_or(LinkError::UsedUp)
    }

    async fn remove_link(&self, link: &Link, event: &NewEvent) -> Result<Appended, CommitError> {
        let what = format!("unlink {}", link.account);
        self.append(what, event, || Ok(link::remove(link))).await?.ok_or(CommitError::Conflict)
    }

    async fn owner(&self, subject: &Subject) -> Result<Option<Account>, StoreError> {
        self.load("load whose an identity is".to_owned(), keys::owner(subject), Row::read).await
    }

    async fn sign_out(&self, link: &Link, event: &NewEvent) -> Result<Appended, CommitError> {
        let what = format!("sign {} out", link.account);
        let signed_out = self.append(what, event, || Ok(link::sign_out(link, event.change.at)));
        signed_out.await?.ok_or(CommitError::Conflict)
    }

    async fn save_groups(&self, link: &Link, groups: &FreshGroups) -> Result<(), StoreError> {
        let change = link::groups(link, groups.groups());
        match self.make(format!("note the groups of {}", link.account), change).await? {
            Ok(()) | Err(Broken) => Ok(()), // noted, or of interest to nobody, since the link is gone
        }
    }

    async fn token(&self, who: &Account) -> Result<Option<SealedToken>, StoreError> {
        let what = format!("load the refresh token of {}", who);
        self.load(what, keys::token(who), rows::read_token).await
    }

    async fn take_token(
        &self,
        who: &Account,
        read: &SealedToken,
        until: Timestamp,
    ) -> Result<SealedToken, CommitError> {
        let change = Ok(link::take_token(who, read, until));
        self.make(format!("take the refresh token of {}", who), change).await??;
        Ok(SealedToken { version: read.version + 1, taken_until: Some(until), ..read.clone() })
    }

    async fn give_token_back(
        &self,
        who: &Account,
        taken: &SealedToken,
        used: UsedToken,
    ) -> Result<(), CommitError> {
        let change = link::give_token_back(who, taken, used);
        self.make(format!("give the refresh token of {} back", who), change).await?
    }

    async fn keep_ticket(&self, ticket: &Ticket) -> Result<(), StoreError> {
        self.put("keep a ticket".to_owned(), rows::ticket(ticket)).await
    }

    async fn ticket(&self, key: &SecretHash) -> Result<Option<Ticket>, StoreError> {
        self.load("load a ticket".to_owned(), keys::ticket(key), Row::read).await
    }

    async fn start_link(
        &self,
        token: &SecretHash,
        sign_in: &Ticket,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let change = link::start(token, sign_in, now);
        self.make("start a sign-in from a link".to_owned(), change).await?
    }

    async fn await_code(
        &self,
        awaited: &AwaitedCode,
        uses_up: &LinkSecrets,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let what = format!("keep the link of {} for its code", awaited.pending.link.account);
        self.make(what, link::await_code(awaited, uses_up, now)).await?
    }

    async fn awaited_code(&self, who: &Account) -> Result<Option<AwaitedCode>, StoreError> {
        let what = format!("load the link of {} that waits for its code", who);
        self.load(what, keys::awaited_code(who), rows::read_awaited_code).await
    }

    async fn count_try(&self, read: &AwaitedCode) -> Result<AwaitedCode, CommitError> {
        let what = format!("count a code of {}", read.pending.link.account);
        self.make(what, Ok(link::count_try(read))).await??;
        Ok(AwaitedCode { tries: read.tries + 1, ..read.clone() })
    }

    async fn accept(&self, press: &Press) -> Result<bool, StoreError> {
        let made = self.make(format!("accept press {}", press.asker.id), press::accept(press)).await?;
        Ok(made.is_ok())
    }

    async fn press(&self, id: &CommandId) -> Result<Option<Press>, StoreError> {
        let press = self.load(format!("load press {id}"), keys::press(id), rows::read_press).await?;
        Ok(press.flatten())
    }

    async fn finish(&self, asker: &Asker) -> Result<(), StoreError> {
        match self.make(format!("finish press {}", asker.id), Ok(press::finish(asker))).await? {
            Ok(()) | Err(Broken) => Ok(()), // done, or so long ago that nobody remembers
        }
    }

    async fn head(&self, lane: Lane, now: Timestamp, most: usize) -> Result<LaneHead, StoreError> {
        let mut head = LaneHead::default();
        for shard in 0..keys::SHARDS {
            self.read_head(lane, shard, now, most, &mut head).await.map_err(could_not("look for jobs"))?;
        }
        head.jobs.sort_by(|one, other| (one.due, &one.id).cmp(&(other.due, &other.id)));
        head.jobs.truncate(most);
        Ok(head)
    }

    async fn lease(
        &self,
        job: &Job,
        owner: LeaseOwner,
        now: Timestamp,
    ) -> Result<Option<Leased>, StoreError> {
        let key = keys::job(job.lane(), job.due, &job.id);
        let lease = Write::update(key, "SET lease_until = :until, lease_owner = :owner")
            .only_if("lease_until <= :now OR lease_owner = :nobody")
            .with(":until", rows::millis(now + JOB_LEASE))
            .with(":owner", rows::text(owner.as_str()))
            .with(":nobody", rows::text(LeaseOwner::nobody().as_str()))
            .with(":now", rows::millis(now));
        let change = Transaction::new().and_or(lease, |_| Broken);
        let made = self.make(format!("lease job {}", job.id), Ok(change)).await?;
        Ok(made.is_ok().then(|| Leased { job: job.clone(), owner }))
    }

    async fn complete(&self, leased: &Leased, next: Option<&Job>) -> Result<bool, StoreError> {
        let complete = Transaction::new().and_or(commit::complete(leased), |_| Broken);
        let next = next.map(std::slice::from_ref).unwrap_or_default();
        let change = commit::with_jobs(complete, next, leased.job.due);
        let made = self.make(format!("complete job {}", leased.job.id), change).await?;
        Ok(made.is_ok())
    }

    async fn release(&self, Leased { job, owner }: &Leased, from: Timestamp) -> Result<bool, StoreError> {
        let lease = Write::update(
            keys::job(job.lane(), job.due, &job.id),
            "SET lease_until = :from REMOVE lease_owner",
        )
        .only_if("lease_owner = :owner")
        .with(":owner", rows::text(owner.as_str()))
        .with(":from", rows::millis(from));
        let change = Ok(Transaction::new().and_or(lease, |_| Broken));
        let made = self.make(format!("release job {}", job.id), change).await?;
        Ok(made.is_ok())
    }

    async fn is_pending(&self, lane: Lane, due: Timestamp, id: &str) -> Result<bool, StoreError> {
        let row = self.table.get(keys::job(lane, due, id)).await;
        Ok(row.map_err(could_not(format!("look for job {id}")))?.is_some())
    }

    async fn dead_letter(&self, letter: &DeadLetter) -> Result<Option<Appended>, CommitError> {
        let what = format!("make job {} a dead letter", letter.leased.job.id);
        let Some(event) = &letter.event else {
            self.make(what, commit::dead_letter(letter)).await??;
            return Ok(None);
        };
        let appended = self.append(what, event, || commit::dead_letter(letter)).await?;
        appended.map(Some).ok_or(CommitError::Conflict)
    }

    async fn place(&self, id: &RequestId, which: Surface) -> Result<Option<MessageRef>, StoreError> {
        let what = format!("load the place of a message about request {id}");
        self.load(what, keys::place(id, which), Row::read).await
    }

    async fn save_place(&self, id: &RequestId, which: Surface, place: &MessageRef) -> Result<(), StoreError> {
        let what = format!("note the place of a message about request {id}");
        self.put(what, rows::place(id, which, place)).await
    }
}

impl DynamoStore {
    pub(super) async fn load<T>(
        &self,
        what: String,
        key: Key,
        read: fn(&Row) -> Result<T, BadRow>,
    ) -> Result<Option<T>, StoreError> {
        let row = self.table.get(key).await;
        let value = row.and_then(|row| Ok(row.as_ref().map(read).transpose()?));
        value.map_err(could_not(what))
    }

    /// The events of the stream that is kept in this partition.
    async fn query_events(&self, pk: String) -> anyhow::Result<Vec<Row>> {
        let query = self
            .table
            .query()
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :events)")
            .expression_attribute_values(":pk", rows::text(pk))
            .expression_attribute_values(":events", rows::text(keys::EVENTS));
        first(usize::MAX, query).await
    }

    /// Adds the head of a shard: its rows from the oldest on, until `most` of them may be leased.
    async fn read_head(
        &self,
        lane: Lane,
        shard: u8,
        now: Timestamp,
        most: usize,
        head: &mut LaneHead,
    ) -> anyhow::Result<()> {
        let query = self
            .table
            .query()
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk < :not_due")
            .expression_attribute_values(":pk", rows::text(keys::job_pk(lane, shard)))
            .expression_attribute_values(":not_due", rows::text(keys::job_not_due(now)));
        let mut free = 0;
        let mut found = query.limit(page_of(most)).into_paginator().items().send();
        while free < most
            && let Some(item) = found.next().await
        {
            let row = Row::from(item.map_err(|error| failure(&error))?);
            head.due += 1;
            let Some(job) = readable(&row) else { continue };
            head.oldest = head.oldest.map_or(Some(job.due), |oldest| Some(oldest.min(job.due)));
            if rows::is_free(&row, now) {
                head.jobs.push(job);
                free += 1;
            }
        }
        Ok(())
    }

    async fn commit_with(&self, step: &Step, marker: Marker) -> Result<Result<(), CommitError>, StoreError> {
        let Recorded { stream, number, .. } = &step.recorded;
        let what = format!("record event {number} of request {stream}");
        self.make(what, commit::step(step, marker)).await
    }

    async fn put(&self, what: String, row: serde_json::Result<Row>) -> Result<(), StoreError> {
        let change = row.map(|row| Transaction::new().and(Write::put(row)));
        let Ok(()) = self.make::<Infallible>(what, change).await?;
        Ok(())
    }

    /// Makes a change. The inner error is a broken condition; after the outer one, nobody knows.
    pub(super) async fn make<E: 'static>(
        &self,
        what: String,
        change: serde_json::Result<Transaction<E>>,
    ) -> Result<Result<(), E>, StoreError> {
        let change = change.map_err(could_not(what.clone()))?;
        self.table.make(change).await.map_err(could_not(what))
    }
}

/// A job, unless it cannot be read: that is told, and must not keep all others from being done.
fn readable(row: &Row) -> Option<Job> {
    row.read().map_err(|bad| tracing::error!(error = %bad, "jobs: unreadable row skipped")).ok()
}

fn read_events<T: Serialize + DeserializeOwned>(rows: Vec<Row>) -> anyhow::Result<Vec<T>> {
    let events: Result<_, _> = rows.iter().map(Row::read_event).collect();
    Ok(events?)
}
