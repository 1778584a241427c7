//! The content of a row: the domain's value as JSON in `body`, and the attributes that conditions and indexes use.
//!
//! Attributes in conditions have names that DynamoDB does not reserve
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html>).

use std::collections::HashMap;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use chrono::TimeDelta;
use serde::{Serialize, de::DeserializeOwned};

use super::keys::{self, Index, Key};
use crate::{
    domain::{
        account::MessageRef,
        account_event::{AccountRecord, Head},
        code::AwaitedCode,
        control::{Control, ControlRecord},
        ids::RequestId,
        job::{Job, LeaseOwner},
        person::{Groups, Link, Subject, ToldGroups},
        policy_in_force::{PolicyInForce, PolicySettings},
        press::Press,
        request::{Recorded, Request},
        secret::Sealed,
        ticket::Ticket,
        trail::canonical::{self, NotCanonical},
        window::Timestamp,
    },
    ports::{DeadLetter, JOB_LEASE, SealedToken, Surface},
};

/// How long an expired one-time secret or code is retained, so that its outcome can be looked up.
const EXPIRED_TICKET_STAYS: TimeDelta = TimeDelta::days(1);
/// How long a press is retained after its deadline. The platform does not deliver a press again that late.
const PRESS_IS_KNOWN_FOR: TimeDelta = TimeDelta::hours(48);
/// How long a sign-out is retained: longer than everything that an earlier sign-in may wait for. A sign-in, another at
/// the platform, a code and the press that types it wait for less than an hour together.
const SIGN_OUT_IS_KNOWN_FOR: TimeDelta = TimeDelta::days(1);

const BODY: &str = "body";
/// The version of every row that this program writes, and the only one that it reads or overwrites.
const KNOWN_VERSION: u64 = 1;

// ---------------------------------------------------------------------------------------------------------
// Requests

pub(super) fn request(request: &Request) -> serde_json::Result<Row> {
    let row = Row::at(keys::request(&request.id))
        .indexed(keys::BY_PERSON, keys::request_by_requester(request))
        .indexed(keys::BY_TARGET, keys::request_by_target(request))
        .indexed(keys::BY_MONTH, keys::request_by_month(request))
        .with("version", number(request.version));
    let row = match keys::request_by_status(request) {
        Some(key) => row.indexed(keys::BY_STATUS, key),
        None => row,
    };
    row.body(request)
}

pub(super) fn event(recorded: &Recorded) -> serde_json::Result<Row> {
    Row::at(keys::event(&recorded.stream, recorded.number)).canonical(recorded)
}

/// Records that a reviewer has answered a request. The row contains only its keys, for the index.
pub(super) fn answer(id: &RequestId, reviewer: &Subject) -> Row {
    Row::at(keys::answer(id, reviewer)).indexed(keys::BY_PERSON, keys::answer_by_reviewer(id, reviewer))
}

/// Returns the id of the request that an index found: the sort key of every list.
pub(super) fn listed(found: &Row, index: Index) -> Result<RequestId, BadRow> {
    let id = found.key_part(index.sk)?;
    id.parse().map_err(|_| found.bad(format!("{} is no request id", index.sk)))
}

/// The marker by which a request holds its target for its requester.
pub(super) fn marker(request: &Request, until: Timestamp) -> Row {
    Row::at(keys::marker(&request.requester.subject, &request.target))
        .with("held_by", text(request.id.as_str()))
        .with("held_until", millis(until))
}

pub(super) fn held_by(marker: &Row) -> Result<RequestId, BadRow> {
    let holder = marker.text("held_by")?;
    holder.parse().map_err(|_| marker.bad("held_by is no request id"))
}

pub(super) fn place(id: &RequestId, which: Surface, place: &MessageRef) -> serde_json::Result<Row> {
    Row::at(keys::place(id, which)).body(place)
}

// ---------------------------------------------------------------------------------------------------------
// Accounts

pub(super) fn account_event(recorded: &AccountRecord) -> serde_json::Result<Row> {
    Row::at(keys::account_event(&recorded.stream, recorded.number)).canonical(recorded)
}

/// The end of an account's stream after this event.
pub(super) fn head(recorded: &AccountRecord) -> Row {
    Row::at(keys::head(&recorded.stream))
        .with("version", number(recorded.number))
        .with("changed_at", millis(recorded.at))
}

pub(super) fn read_head(row: &Row) -> Result<Head, BadRow> {
    Ok(Head { number: row.number("version")?, at: row.time("changed_at")? })
}

/// The event that a command has caused.
pub(super) fn command(recorded: &AccountRecord) -> Row {
    Row::at(keys::command(&recorded.stream, &recorded.command)).with("event_number", number(recorded.number))
}

pub(super) fn read_command(row: &Row) -> Result<u64, BadRow> {
    row.number("event_number")
}

/// A link. Its groups are a separate attribute, because only they change while the link exists.
pub(super) fn link(link: &Link) -> serde_json::Result<Row> {
    let lasting = Link { groups: Groups::default(), ..link.clone() };
    Row::at(keys::link(&link.account))
        .with("subject_hash", text(keys::subject_hash(&link.subject)))
        .with("signed_in_at", millis(link.signed_in_at))
        .with("groups", groups(&link.groups)?)
        .body(&lasting)
}

pub(super) fn read_link(row: &Row) -> Result<Link, BadRow> {
    let lasting: Link = row.read()?;
    Ok(Link { groups: row.json("groups")?, is_signed_out: row.has("signed_out_at")?, ..lasting })
}

/// The account that owns an identity or an address.
pub(super) fn owner(owned: Key, link: &Link) -> serde_json::Result<Row> {
    Row::at(owned).with("account_key", text(link.account.to_string())).body(&link.account)
}

/// When an identity was last signed out.
pub(super) fn signed_out(subject: &Subject, at: Timestamp) -> Row {
    Row::at(keys::signed_out(subject))
        .with("signed_out_at", millis(at))
        .with(keys::TTL, seconds(at + SIGN_OUT_IS_KNOWN_FOR))
}

/// The refresh token of a new link. Its version starts at the current time, so that a reader of an earlier link's token
/// does not replace this one.
pub(super) fn token(link: &Link, sealed: &[u8], at: Timestamp) -> Row {
    Row::at(keys::token(&link.account)).with("sealed", bytes(sealed)).with("version", millis(at))
}

pub(super) fn read_token(row: &Row) -> Result<SealedToken, BadRow> {
    let taken_until = if row.has("taken_until")? { Some(row.time("taken_until")?) } else { None };
    let told = if row.has("told")? { Some(row.json("told")?) } else { None };
    let sealed = row.bytes("sealed")?.to_vec();
    Ok(SealedToken { sealed, version: row.number("version")?, taken_until, told })
}

/// A link that waits for its code. Only its number of attempts changes.
pub(super) fn awaited_code(awaited: &AwaitedCode) -> serde_json::Result<Row> {
    Row::at(keys::awaited_code(&awaited.pending.link.account))
        .with("sealed", bytes(awaited.code.0.as_slice()))
        .with("tries", number(awaited.tries))
        .with("expires_at", millis(awaited.expires_at))
        .with(keys::TTL, seconds(awaited.expires_at + EXPIRED_TICKET_STAYS))
        .body(&awaited.pending)
}

pub(super) fn read_awaited_code(row: &Row) -> Result<AwaitedCode, BadRow> {
    Ok(AwaitedCode {
        pending: row.read()?,
        code: Sealed(row.bytes("sealed")?.to_vec()),
        expires_at: row.time("expires_at")?,
        tries: row.number("tries")?,
    })
}

pub(super) fn told(told: &ToldGroups) -> serde_json::Result<AttributeValue> {
    serde_json::to_string(told).map(text)
}

// ---------------------------------------------------------------------------------------------------------
// The whole app

pub(super) fn control(control: &Control) -> serde_json::Result<Row> {
    let row = Row::at(keys::control()).with("version", number(control.version));
    let row = if control.frozen.is_some() { row.with("frozen", AttributeValue::Bool(true)) } else { row };
    let row = match &control.policy {
        Some(PolicyInForce { number: its_number, digest }) => {
            row.with("policy_number", number(its_number)).with("policy_digest", text(digest.as_str()))
        }
        None => row,
    };
    row.body(control)
}

/// Returns whether access is frozen. A row that does not exist is empty, and freezes nothing.
pub(super) fn is_frozen(control: &Row) -> bool {
    control.has("frozen").unwrap_or(false)
}

/// Returns the number of the policy in force, if one has been adopted.
pub(super) fn policy_number(control: &Row) -> Option<u64> {
    control.number("policy_number").ok()
}

/// The settings of a policy, under their digest.
pub(super) fn policy(settings: &PolicySettings) -> serde_json::Result<Row> {
    Row::at(keys::policy(&settings.digest())).canonical(settings)
}

/// Returns the settings in a row. Errors unless they are those that its key names.
pub(super) fn read_policy(row: &Row) -> Result<PolicySettings, BadRow> {
    let settings: PolicySettings = row.read_event()?;
    if row.key()? == keys::policy(&settings.digest()) {
        return Ok(settings);
    }
    Err(row.bad("the settings have another digest"))
}

pub(super) fn control_event(recorded: &ControlRecord) -> serde_json::Result<Row> {
    Row::at(keys::control_event(recorded.number)).canonical(recorded)
}

// ---------------------------------------------------------------------------------------------------------
// Tickets, presses, jobs

pub(super) fn ticket(ticket: &Ticket) -> serde_json::Result<Row> {
    Row::at(keys::ticket(&ticket.key))
        .with("expires_at", millis(ticket.expires_at))
        .with(keys::TTL, seconds(ticket.expires_at + EXPIRED_TICKET_STAYS))
        .body(ticket)
}

pub(super) fn press(press: &Press, finish_by: Timestamp) -> serde_json::Result<Row> {
    Row::at(keys::press(&press.asker.id)).with(keys::TTL, seconds(finish_by + PRESS_IS_KNOWN_FOR)).body(press)
}

/// Returns the press, unless it is finished. The content of a finished press is not retained.
pub(super) fn read_press(row: &Row) -> Result<Option<Press>, BadRow> {
    if row.has("finished")? { Ok(None) } else { row.read().map(Some) }
}

/// Returns whether a job is not leased. A job whose lease cannot be read counts as leased.
pub(super) fn is_free(job: &Row, now: Timestamp) -> bool {
    job.time("lease_until").is_ok_and(|until| until <= now)
}

/// A job that is enqueued at `at`. A job that is due immediately is leased to the replica that enqueues it, unless the
/// job is held.
pub(super) fn job(job: &Job, at: Timestamp) -> serde_json::Result<Row> {
    let (lease_until, owner) = match job.held_until() {
        Some(until) => (millis(until), LeaseOwner::nobody()),
        None if job.due <= at => (millis(at + JOB_LEASE), LeaseOwner::committer()),
        None => (number(0), LeaseOwner::committer()),
    };
    Row::at(keys::job(job.lane(), job.due, &job.id))
        .with("lease_until", lease_until)
        .with("lease_owner", text(owner.as_str()))
        .body(job)
}

pub(super) fn dead_letter(letter: &DeadLetter) -> serde_json::Result<Row> {
    Row::at(keys::dead_letter(&letter.leased.job, letter.at))
        .with("why", text(&letter.why))
        .body(&letter.leased.job)
}

/// A row that is no job, with all that it contains, at another key.
pub(super) fn parked(row: &Row, key: Key, bad: &BadRow) -> Row {
    let mut attributes = row.0.clone();
    attributes.extend(key_attributes(keys::PK, keys::SK, key));
    Row(attributes).with("why", text(bad.to_string()))
}

// ---------------------------------------------------------------------------------------------------------
// Rows and their attributes

/// A row of the table in DynamoDB's representation. It has no `Debug`, because it may contain a secret.
#[derive(Clone, Default)]
pub(super) struct Row(HashMap<String, AttributeValue>);

/// A row is invalid. The error contains its key and the fault, and nothing of its content.
#[derive(Debug, thiserror::Error)]
#[error("row {pk} / {sk} cannot be read: {fault}")]
pub(super) struct BadRow {
    pk: String,
    sk: String,
    fault: String,
}

impl Row {
    pub(super) fn at(key: Key) -> Self {
        Self(key_attributes(keys::PK, keys::SK, key)).with(keys::VERSION, known_version())
    }

    fn indexed(mut self, index: Index, key: Key) -> Self {
        self.0.extend(key_attributes(index.pk, index.sk, key));
        self
    }

    fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    fn body(self, value: &impl Serialize) -> serde_json::Result<Self> {
        let body = serde_json::to_string(value)?;
        Ok(self.with(BODY, text(body)))
    }

    /// Sets the body of an event: its canonical form, and nothing else.
    fn canonical(self, event: &impl Serialize) -> serde_json::Result<Self> {
        let form = canonical::form(event)?;
        Ok(self.with(BODY, text(form)))
    }

    /// Returns the key of the row. An index contains nothing else of a row.
    pub(super) fn key(&self) -> Result<Key, BadRow> {
        let (pk, sk) = (self.key_part(keys::PK)?, self.key_part(keys::SK)?);
        Ok(Key { pk: pk.to_owned(), sk: sk.to_owned() })
    }

    fn key_part(&self, name: &str) -> Result<&str, BadRow> {
        let part = self.0.get(name).and_then(|value| value.as_s().ok());
        part.map(String::as_str).ok_or_else(|| self.bad(format!("no text in {name}")))
    }

    /// Errors for a row of an unknown version. Its meaning is unknown, so it must not be overwritten.
    pub(super) fn check_version(&self) -> Result<(), BadRow> {
        let version = self.0.get(keys::VERSION).and_then(|value| value.as_n().ok());
        match version.and_then(|digits| digits.parse::<u64>().ok()) {
            Some(KNOWN_VERSION) => Ok(()),
            Some(other) => Err(self.bad(format!("version {other} is unknown to this program"))),
            None => Err(self.bad("it has no version")),
        }
    }

    /// Returns the domain's value in the body.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, BadRow> {
        self.json(BODY)
    }

    /// Returns the event in the body. Errors unless it is in its canonical form.
    pub(super) fn read_event<T: Serialize + DeserializeOwned>(&self) -> Result<T, BadRow> {
        canonical::read(self.text(BODY)?).map_err(|fault| match fault {
            NotCanonical::Unreadable(error) => self.unparsed(BODY, &error),
            NotCanonical::OtherForm => self.bad("the event is not in its canonical form"),
        })
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, BadRow> {
        serde_json::from_str(self.text(name)?).map_err(|error| self.unparsed(name, &error))
    }

    fn text(&self, name: &str) -> Result<&str, BadRow> {
        let value = self.value(name)?.and_then(|value| value.as_s().ok());
        value.map(String::as_str).ok_or_else(|| self.bad(format!("no text in {name}")))
    }

    fn number<N: std::str::FromStr>(&self, name: &str) -> Result<N, BadRow> {
        let value = self.value(name)?.and_then(|value| value.as_n().ok());
        value
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| self.bad(format!("no fitting number in {name}")))
    }

    fn bytes(&self, name: &str) -> Result<&[u8], BadRow> {
        let value = self.value(name)?.and_then(|value| value.as_b().ok());
        value.map(Blob::as_ref).ok_or_else(|| self.bad(format!("no bytes in {name}")))
    }

    fn time(&self, name: &str) -> Result<Timestamp, BadRow> {
        let at = Timestamp::from_timestamp_millis(self.number(name)?);
        at.ok_or_else(|| self.bad(format!("{name} is no time")))
    }

    fn has(&self, name: &str) -> Result<bool, BadRow> {
        Ok(self.value(name)?.is_some())
    }

    /// Returns an attribute. All attributes except the key are read through this function, which checks the version.
    fn value(&self, name: &str) -> Result<Option<&AttributeValue>, BadRow> {
        self.check_version()?;
        Ok(self.0.get(name))
    }

    fn bad(&self, fault: impl Into<String>) -> BadRow {
        let key = |name| self.0.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        BadRow { pk: key(keys::PK), sk: key(keys::SK), fault: fault.into() }
    }

    /// Reports the position of a JSON error. The error's own message is not used, because it quotes the content.
    fn unparsed(&self, name: &str, error: &serde_json::Error) -> BadRow {
        self.bad(format!("{:?} error in {name} at column {}", error.classify(), error.column()))
    }
}

impl From<HashMap<String, AttributeValue>> for Row {
    fn from(attributes: HashMap<String, AttributeValue>) -> Self {
        Self(attributes)
    }
}

impl From<Row> for HashMap<String, AttributeValue> {
    fn from(row: Row) -> Self {
        row.0
    }
}

impl From<Key> for HashMap<String, AttributeValue> {
    fn from(key: Key) -> Self {
        key_attributes(keys::PK, keys::SK, key)
    }
}

fn key_attributes(pk: &str, sk: &str, key: Key) -> HashMap<String, AttributeValue> {
    HashMap::from([(pk.to_owned(), text(key.pk)), (sk.to_owned(), text(key.sk))])
}

/// The value that `keys::VERSION` of a row must have for this program to read or overwrite it.
pub(super) fn known_version() -> AttributeValue {
    number(KNOWN_VERSION)
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn millis(at: Timestamp) -> AttributeValue {
    number(at.timestamp_millis())
}

pub(super) fn bytes(value: impl Into<Vec<u8>>) -> AttributeValue {
    AttributeValue::B(Blob::new(value.into()))
}

pub(super) fn groups(groups: &Groups) -> serde_json::Result<AttributeValue> {
    serde_json::to_string(groups).map(text)
}

fn seconds(at: Timestamp) -> AttributeValue {
    number(at.timestamp())
}
