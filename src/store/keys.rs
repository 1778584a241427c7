//! The names and keys of the one table.
//!
//! | row | pk | sk | gsi1 | gsi2 | gsi3 | gsi4 |
//! |---|---|---|---|---|---|---|
//! | request | `REQ#<id>` | `META` | `REQUESTER#<subject>` / id | `OPEN#<STATUS>` / id, while it is open | `TARGET#<account>#<role>` / id | `MONTH#<month>#<shard>` / id |
//! | who answered it | `REQ#<id>` | `ANSWER#<subject>` | `REVIEWER#<subject>` / id | – | – | – |
//! | its events | `REQ#<id>` | `EVENT#<number>` | – | – | – | – |
//! | its messages | `REQ#<id>` | `CARD#<where>` | – | – | – | – |
//! | who holds a target | `HOLDS#<subject>#<account>#<role>` | `LOCK` | – | – | – | – |
//! | job | `JOB#<lane>#<shard>` | due#id | – | – | – | – |
//! | dead letter | `DEAD#<month>` | time#id | – | – | – | – |
//! | link | `ACCOUNT#<account>` | `META` | – | – | – | – |
//! | its refresh token | `ACCOUNT#<account>` | `TOKEN` | – | – | – | – |
//! | link that waits for its code | `ACCOUNT#<account>` | `CODE` | – | – | – | – |
//! | where its events end | `ACCOUNT#<account>` | `HEAD` | – | – | – | – |
//! | its events | `ACCOUNT#<account>` | `EVENT#<number>` | – | – | – | – |
//! | which event a command caused | `ACCOUNT#<account>` | `COMMAND#<id>` | – | – | – | – |
//! | owner of an identity | `SUBJECT#<subject>` | `OWNER` | – | – | – | – |
//! | owner of an address | `ADDRESS#<hash>` | `OWNER` | – | – | – | – |
//! | when an identity was signed out | `SUBJECT#<subject>` | `SIGNED_OUT` | – | – | – | – |
//! | state of the whole app | `CONTROL` | `META` | – | – | – | – |
//! | its events | `CONTROL` | `EVENT#<number>` | – | – | – | – |
//! | policy that is or was in force | `CONTROL` | `POLICY#<digest>` | – | – | – | – |
//! | ticket | `TICKET#<hash>` | `META` | – | – | – | – |
//! | press | `INBOX#<id>` | `META` | – | – | – | – |
//!
//! `<subject>` is a hash of `iss` and `sub`; `<account>` is `platform/tenant/user`, each part escaped. The number of an
//! event has 12 digits. A time is RFC 3339 in UTC with milliseconds, except the due time of a job, which is a padded
//! number of milliseconds since 1970. All of them sort as text. Partitions that all writers share are sharded. Events,
//! the rows that map commands to them, and policies never expire.

use std::fmt;

use aws_lc_rs::digest;
use chrono::{SecondsFormat, TimeDelta};

use crate::{
    domain::{
        account::Account,
        email::Email,
        ids::{CommandId, RequestId, Target},
        job::{Job, Lane},
        person::Subject,
        policy_in_force::PolicyDigest,
        request::Request,
        secret::{SecretHash, hash_of},
        window::{Month, Timestamp},
    },
    ports::Surface,
};

/// The attribute that is the partition key.
pub const PK: &str = "pk";
/// The attribute that is the sort key.
pub const SK: &str = "sk";
/// The attribute that contains the schema version of a row. Every row has it.
pub const VERSION: &str = "v";
/// The attribute that contains when DynamoDB may delete a row, in seconds since 1970. No decision depends on it:
/// DynamoDB deletes rows late (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>).
pub const TTL: &str = "ttl";

/// A secondary index. It finds rows by another key, and projects only keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// The attribute that is its partition key.
    pub pk: &'static str,
    /// The attribute that is its sort key.
    pub sk: &'static str,
}

/// Finds requests by requester and by reviewer.
pub const BY_PERSON: Index = Index { name: "gsi1", pk: "gsi1pk", sk: "gsi1sk" };
/// Finds open requests by their status.
pub const BY_STATUS: Index = Index { name: "gsi2", pk: "gsi2pk", sk: "gsi2sk" };
/// Finds requests by their target.
pub const BY_TARGET: Index = Index { name: "gsi3", pk: "gsi3pk", sk: "gsi3sk" };
/// Finds all requests of a month.
pub const BY_MONTH: Index = Index { name: "gsi4", pk: "gsi4pk", sk: "gsi4sk" };

/// All indexes.
pub const INDEXES: [Index; 4] = [BY_PERSON, BY_STATUS, BY_TARGET, BY_MONTH];

/// The number of shards of a partition that all writers share.
pub(super) const SHARDS: u8 = 4;

/// The prefixes of partitions whose rows are only put, never changed in place or deleted: requests with their events,
/// dead letters, and what the operator decided. The table's resource policy and `infra/broker.yaml` deny other writes.
pub const HISTORY: [&str; 3] = ["REQ#", "DEAD#", CONTROL];

/// The prefix of the sort key of every event, of a request or an account.
pub(super) const EVENTS: &str = "EVENT#";

/// The key of one row, in the table or in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// The partition key.
    pub(super) pk: String,
    /// The sort key.
    pub(super) sk: String,
}

impl Key {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// Returns whether the row is in a partition of [`HISTORY`].
    pub(super) fn is_history(&self) -> bool {
        HISTORY.iter().any(|prefix| self.pk.starts_with(prefix))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.pk, self.sk)
    }
}

// ---------------------------------------------------------------------------------------------------------
// Requests

pub(super) fn request(id: &RequestId) -> Key {
    Key::new(request_pk(id), "META")
}

pub(super) fn request_by_requester(request: &Request) -> Key {
    Key::new(requester_pk(&request.requester.subject), request.id.as_str())
}

/// Only open requests are indexed by status, because only they are looked up by it.
pub(super) fn request_by_status(request: &Request) -> Option<Key> {
    let is_open = request.holds_until().is_some();
    is_open.then(|| Key::new(open_pk(request.written_status()), request.id.as_str()))
}

pub(super) fn request_by_target(request: &Request) -> Key {
    Key::new(target_pk(&request.target), request.id.as_str())
}

pub(super) fn request_by_month(request: &Request) -> Key {
    let id = request.id.as_str();
    Key::new(month_pk(Month::of(request.id.made_at()), shard(id)), id)
}

pub(super) fn answer(id: &RequestId, reviewer: &Subject) -> Key {
    Key::new(request_pk(id), format!("ANSWER#{}", subject_hash(reviewer)))
}

pub(super) fn answer_by_reviewer(id: &RequestId, reviewer: &Subject) -> Key {
    Key::new(reviewer_pk(reviewer), id.as_str())
}

pub(super) fn requester_pk(requester: &Subject) -> String {
    format!("REQUESTER#{}", subject_hash(requester))
}

pub(super) fn reviewer_pk(reviewer: &Subject) -> String {
    format!("REVIEWER#{}", subject_hash(reviewer))
}

pub(super) fn open_pk(status: &str) -> String {
    format!("OPEN#{}", status.to_uppercase())
}

pub(super) fn target_pk(Target { account, role }: &Target) -> String {
    format!("TARGET#{account}#{role}")
}

/// Returns the partitions that contain all requests of a month.
pub(super) fn month_pks(month: Month) -> impl Iterator<Item = String> {
    (0..SHARDS).map(move |shard| month_pk(month, shard))
}

fn month_pk(month: Month, shard: u8) -> String {
    format!("MONTH#{month}#{shard}")
}

pub(super) fn event(id: &RequestId, number: u64) -> Key {
    Key::new(request_pk(id), event_sk(number))
}

pub(super) fn place(id: &RequestId, which: Surface) -> Key {
    let sk = match which {
        Surface::Card => "CARD#REVIEW",
        Surface::Receipt => "CARD#RECEIPT",
    };
    Key::new(request_pk(id), sk)
}

pub(super) fn marker(holder: &Subject, target: &Target) -> Key {
    let Target { account, role } = target;
    Key::new(format!("HOLDS#{}#{account}#{role}", subject_hash(holder)), "LOCK")
}

pub(super) fn request_pk(id: &RequestId) -> String {
    format!("REQ#{id}")
}

// ---------------------------------------------------------------------------------------------------------
// Accounts

pub(super) fn link(who: &Account) -> Key {
    Key::new(account_pk(who), "META")
}

pub(super) fn token(who: &Account) -> Key {
    Key::new(account_pk(who), "TOKEN")
}

pub(super) fn awaited_code(who: &Account) -> Key {
    Key::new(account_pk(who), "CODE")
}

pub(super) fn head(who: &Account) -> Key {
    Key::new(account_pk(who), "HEAD")
}

pub(super) fn account_event(who: &Account, number: u64) -> Key {
    Key::new(account_pk(who), event_sk(number))
}

pub(super) fn command(who: &Account, command: &CommandId) -> Key {
    Key::new(account_pk(who), format!("COMMAND#{command}"))
}

pub(super) fn account_pk(who: &Account) -> String {
    format!("ACCOUNT#{who}")
}

pub(super) fn owner(subject: &Subject) -> Key {
    Key::new(subject_pk(subject), "OWNER")
}

pub(super) fn address(email: &Email) -> Key {
    Key::new(format!("ADDRESS#{}", hash_of([email.as_str()])), "OWNER")
}

pub(super) fn signed_out(subject: &Subject) -> Key {
    Key::new(subject_pk(subject), "SIGNED_OUT")
}

fn subject_pk(subject: &Subject) -> String {
    format!("SUBJECT#{}", subject_hash(subject))
}

pub(super) fn subject_hash(subject: &Subject) -> String {
    hash_of([subject.issuer.as_str(), subject.subject.as_str()])
}

// ---------------------------------------------------------------------------------------------------------
// The whole app

/// The partition of the state of the whole app, and of its events.
pub(super) const CONTROL: &str = "CONTROL";

pub(super) fn control() -> Key {
    Key::new(CONTROL, "META")
}

pub(super) fn control_event(number: u64) -> Key {
    Key::new(CONTROL, event_sk(number))
}

pub(super) fn policy(digest: &PolicyDigest) -> Key {
    Key::new(CONTROL, format!("POLICY#{digest}"))
}

// ---------------------------------------------------------------------------------------------------------
// Tickets, presses, jobs

pub(super) fn ticket(key: &SecretHash) -> Key {
    Key::new(format!("TICKET#{}", key.as_str()), "META")
}

pub(super) fn press(id: &CommandId) -> Key {
    Key::new(format!("INBOX#{id}"), "META")
}

/// Derived from the due time and the id, so that a replica that knows both can complete the job.
pub(super) fn job(lane: Lane, at: Timestamp, id: &str) -> Key {
    Key::new(job_pk(lane, shard(id)), format!("{}#{id}", due(at)))
}

/// Dead letters are partitioned by month, because operators browse them by month.
pub(super) fn dead_letter(job: &Job, at: Timestamp) -> Key {
    Key::new(format!("DEAD#{}", Month::of(at)), timed(at, &job.id))
}

/// A row that is no job, among the dead letters of its month.
pub(super) fn parked(job: &Key, at: Timestamp) -> Key {
    Key::new(format!("DEAD#{}", Month::of(at)), timed(at, &job.to_string()))
}

pub(super) fn job_pk(lane: Lane, shard: u8) -> String {
    let lane = match lane {
        Lane::History => "HISTORY",
        Lane::People => "PEOPLE",
        Lane::Auditors => "AUDITORS",
        Lane::AuditorsLater => "AUDITORS_LATER",
        Lane::Timers => "TIMERS",
    };
    format!("JOB#{lane}#{shard}")
}

/// Sorts after all jobs that are due by `now`, and before all others.
pub(super) fn job_not_due(now: Timestamp) -> String {
    due(now + TimeDelta::milliseconds(1))
}

fn event_sk(number: u64) -> String {
    format!("{EVENTS}{number:012}")
}

fn due(at: Timestamp) -> String {
    format!("{:013}", at.timestamp_millis())
}

fn timed(at: Timestamp, id: &str) -> String {
    format!("{}#{id}", time(at))
}

fn time(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn shard(id: &str) -> u8 {
    digest::digest(&digest::SHA256, id.as_bytes()).as_ref()[0] % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_timestamp_millis(millis).unwrap()
    }

    #[test]
    fn jobs_sort_by_when_they_are_due() {
        assert!(job(Lane::People, at(999), "z").sk < job(Lane::People, at(1_800_000_000_000), "a").sk);
    }

    #[test]
    fn a_job_is_due_at_its_very_millisecond() {
        let due = at(1_800_000_000_000);
        assert!(job(Lane::People, due, "z").sk < job_not_due(due));
        assert!(job(Lane::People, at(1_800_000_000_001), "").sk > job_not_due(due));
    }

    #[test]
    fn every_shard_is_used() {
        let used: std::collections::BTreeSet<u8> = (0..64).map(|n| shard(&format!("job/{n}"))).collect();
        assert_eq!(used, (0..SHARDS).collect());
    }
}
