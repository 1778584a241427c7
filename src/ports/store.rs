//! The store: what has happened, and what must still be done.

use async_trait::async_trait;
use chrono::TimeDelta;

use super::Requests;
use crate::domain::{
    account::{Account, MessageRef},
    account_event::{AccountChange, AccountRecord},
    code::AwaitedCode,
    ids::{CommandId, RequestId},
    job::{AuditLine, Job, Lane, LeaseOwner, Leased},
    linking::{PendingLink, ShownBy},
    person::{FreshGroups, Link, Subject, ToldGroups},
    press::{Asker, Press},
    request::{Recorded, Request},
    secret::SecretHash,
    ticket::{LinkSecrets, Ticket},
    window::Timestamp,
};

/// The truth: what has happened, and what must still be done. Every change is one transaction.
#[async_trait]
pub trait Store: Requests {
    /// Whether the table can be read.
    async fn check(&self) -> Result<(), StoreError>;

    /// The request as it is.
    async fn request(&self, id: &RequestId) -> Result<Option<Request>, StoreError>;
    /// One of its events.
    async fn event(&self, id: &RequestId, version: u64) -> Result<Option<Recorded>, StoreError>;
    /// Its events, oldest first.
    async fn events(&self, id: &RequestId) -> Result<Vec<Recorded>, StoreError>;
    /// Makes a request, or changes one: state, event and jobs, or nothing.
    async fn commit(&self, step: &Step) -> Result<(), CommitError>;
    /// Records an event of an account. Nothing where its command has caused an event of that account before: done
    /// twice, it is recorded once.
    async fn record(&self, event: &NewEvent) -> Result<Option<Appended>, StoreError>;
    /// The event of an account that a command has caused.
    async fn caused_by(
        &self,
        who: &Account,
        command: &CommandId,
    ) -> Result<Option<AccountRecord>, StoreError>;
    /// The events of an account, oldest first.
    async fn account_events(&self, who: &Account) -> Result<Vec<AccountRecord>, StoreError>;

    /// The link of an account.
    async fn link(&self, who: &Account) -> Result<Option<Link>, StoreError>;
    /// Binds an account to an identity, in place of the one it replaces; uses up the link token.
    async fn save_link(&self, new: &NewLink) -> Result<Appended, LinkError>;
    /// Dissolves a link, with its token.
    async fn remove_link(&self, link: &Link, event: &NewEvent) -> Result<Appended, CommitError>;
    /// The account that an identity is bound to.
    async fn owner(&self, subject: &Subject) -> Result<Option<Account>, StoreError>;
    /// Drops the token of a link, and takes no sign-in before `event` for a recent one any more.
    async fn sign_out(&self, link: &Link, event: &NewEvent) -> Result<Appended, CommitError>;
    /// Notes the groups last heard of, for display.
    async fn save_groups(&self, link: &Link, groups: &FreshGroups) -> Result<(), StoreError>;
    /// The sealed refresh token of an account.
    async fn token(&self, who: &Account) -> Result<Option<SealedToken>, StoreError>;
    /// Takes the sealed refresh token for one turn at the identity provider, if it is still as it was read.
    /// Others leave it alone until `until`.
    async fn take_token(
        &self,
        who: &Account,
        read: &SealedToken,
        until: Timestamp,
    ) -> Result<SealedToken, CommitError>;
    /// Ends the turn for which the token was `taken`.
    async fn give_token_back(
        &self,
        who: &Account,
        taken: &SealedToken,
        used: UsedToken,
    ) -> Result<(), CommitError>;

    /// Keeps what a one-time secret stands for.
    async fn keep_ticket(&self, ticket: &Ticket) -> Result<(), StoreError>;
    /// What a one-time secret stands for, if it has not been used up.
    async fn ticket(&self, key: &SecretHash) -> Result<Option<Ticket>, StoreError>;
    /// Keeps a sign-in that starts from a link token, and makes it the only one that may use it up.
    async fn start_link(
        &self,
        link: &SecretHash,
        sign_in: &Ticket,
        now: Timestamp,
    ) -> Result<(), CommitError>;

    /// Keeps a link until its code is typed, in place of one that waits for the same account; uses up what led to it.
    async fn await_code(
        &self,
        awaited: &AwaitedCode,
        uses_up: &LinkSecrets,
        now: Timestamp,
    ) -> Result<(), CommitError>;
    /// The link of an account that waits for its code.
    async fn awaited_code(&self, who: &Account) -> Result<Option<AwaitedCode>, StoreError>;
    /// Counts a try, if there has been none since `read` was.
    async fn count_try(&self, read: &AwaitedCode) -> Result<AwaitedCode, CommitError>;

    /// Promises to do what a press asks within [`JOB_LEASE`]; `false` when that is promised already.
    async fn accept(&self, press: &Press) -> Result<bool, StoreError>;
    /// A press that is promised and not done.
    async fn press(&self, id: &CommandId) -> Result<Option<Press>, StoreError>;
    /// Keeps the promise that was made to `asker`.
    async fn finish(&self, asker: &Asker) -> Result<(), StoreError>;

    /// The head of a lane: at most `most` jobs that are due and not leased. Reads no other lane.
    async fn head(&self, lane: Lane, now: Timestamp, most: usize) -> Result<LaneHead, StoreError>;
    /// At most `most` jobs of each lane that are due and not leased, the one that has been due longest first.
    async fn due(&self, now: Timestamp, most: usize) -> Result<Vec<Job>, StoreError> {
        let mut due = Vec::new();
        for lane in Lane::ALL {
            due.extend(self.head(lane, now, most).await?.jobs);
        }
        due.sort_by(|one, other| (one.due, &one.id).cmp(&(other.due, &other.id)));
        Ok(due)
    }
    /// Leases a job for `owner`, for as long as [`JOB_LEASE`]; nothing when another replica has it, or it is done.
    async fn lease(&self, job: &Job, owner: LeaseOwner, now: Timestamp)
    -> Result<Option<Leased>, StoreError>;
    /// Completes a job, and enqueues the one that follows it, if any; `false` when the lease has been lost.
    async fn complete(&self, leased: &Leased, next: Option<&Job>) -> Result<bool, StoreError>;
    /// Releases a job that is not done: from `from` on, any replica may lease it; `false` when the lease has been lost.
    async fn release(&self, leased: &Leased, from: Timestamp) -> Result<bool, StoreError>;
    /// Whether the job of this name, due then, has yet to be done.
    async fn is_pending(&self, lane: Lane, due: Timestamp, id: &str) -> Result<bool, StoreError>;
    /// Makes a job that can never be done a dead letter, with the record of why, once.
    async fn dead_letter(&self, letter: &DeadLetter) -> Result<Option<Appended>, CommitError>;

    /// Where the platform has put a message about a request.
    async fn place(&self, id: &RequestId, which: Surface) -> Result<Option<MessageRef>, StoreError>;
    /// Notes where the platform has put a message about a request.
    async fn save_place(&self, id: &RequestId, which: Surface, place: &MessageRef) -> Result<(), StoreError>;
}

/// What is first in a lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneHead {
    /// The jobs that may be leased, the one that has been due longest first.
    pub jobs: Vec<Job>,
    /// How many jobs are due, leased or not, as far as was read.
    pub due: usize,
    /// When the oldest of them was due.
    pub oldest: Option<Timestamp>,
}

/// How long a job that was leased, or has just been committed, is kept from other replicas.
pub const JOB_LEASE: TimeDelta = TimeDelta::seconds(60);

/// One change of one request.
#[derive(Clone, Debug)]
pub struct Step {
    /// The event. Its version is the condition: the stored request must have the one before it.
    pub recorded: Recorded,
    /// The request, with the event applied.
    pub after: Request,
    /// What must be done because of it.
    pub jobs: Vec<Job>,
    /// One-time secrets that are used up by it.
    pub uses_up: Vec<SecretHash>,
    /// The moment at which they must be good. The event may be dated later, where its predecessor was.
    pub now: Timestamp,
}

/// An event of an account that is about to be recorded. The store numbers it, and commits with it what follows from
/// it under that number.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// What happens.
    pub change: AccountChange,
    /// How auditors hear of it.
    pub line: AuditLine,
    /// When it is recorded, which may be later than it happened. What follows is due at once.
    pub now: Timestamp,
}

/// An event of an account as it has been recorded.
#[derive(Clone, Debug)]
pub struct Appended {
    /// The event.
    pub recorded: AccountRecord,
    /// What must be done because of it.
    pub jobs: Vec<Job>,
}

/// A job that can never be done.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The job, on which this replica holds the lease.
    pub leased: Leased,
    /// When it was given up.
    pub at: Timestamp,
    /// Why, in the counterpart's words.
    pub why: String,
    /// What is recorded of it, unless it was about such a record.
    pub event: Option<NewEvent>,
}

/// A link that is about to be made.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// The link, with its refresh token where the provider gives one.
    pub made: PendingLink,
    /// The other identity that the account is linked to, and has to be still.
    pub replaces: Option<Subject>,
    /// What is used up by it.
    pub uses_up: LinkProof,
    /// What is recorded.
    pub event: NewEvent,
}

/// What a link is made from, and uses up.
#[derive(Clone, Debug)]
pub enum LinkProof {
    /// A sign-in at the identity provider, whose address is the account's.
    SignIn(LinkSecrets),
    /// A sign-in at the identity provider, and one at the platform.
    PlatformSignIn(LinkSecrets, SecretHash),
    /// A code that was typed, in the last try that was counted.
    Code(AwaitedCode),
}

impl LinkProof {
    /// What it shows that the account is theirs by.
    #[must_use]
    pub fn shown_by(&self) -> ShownBy {
        match self {
            Self::SignIn(_) => ShownBy::Address,
            Self::PlatformSignIn(..) => ShownBy::PlatformSignIn,
            Self::Code(_) => ShownBy::Code,
        }
    }
}

/// A refresh token, sealed. It is used in turns, since a provider that rotates tokens takes two uses of one for
/// theft (<https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2>).
#[derive(Clone, Debug)]
pub struct SealedToken {
    /// The sealed token.
    pub sealed: Vec<u8>,
    /// Counts changes, which are all conditional on it. The change that begins a turn numbers the turn.
    pub version: u64,
    /// Until when the turn that is under way may last.
    pub taken_until: Option<Timestamp>,
    /// What the latest turn brought, if it brought groups.
    pub told: Option<ToldGroups>,
}

/// What became of a refresh token in its turn.
#[derive(Clone, Debug)]
pub enum UsedToken {
    /// It is good for another turn.
    Kept {
        /// What takes the place of what is stored: the token that the provider has put in its place, or the same
        /// one sealed with another key.
        resealed: Option<Vec<u8>>,
        /// The groups that the provider told, if it did.
        told: Option<ToldGroups>,
    },
    /// It is worth nothing any more.
    Gone,
}

/// The messages about a request that are redrawn in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// In the review channel.
    Card,
    /// In the requester's conversation with the app.
    Receipt,
}

/// The store could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("could not {what}")]
pub struct StoreError {
    /// What was being done, as in "could not load request req_…".
    pub what: String,
    /// The cause.
    #[source]
    pub source: anyhow::Error,
}

/// A change was not made.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody else changed it first.
    #[error("somebody else changed it first")]
    Conflict,
    /// The person has another request for the same target.
    #[error("{0} holds the target")]
    Held(RequestId),
    /// The one-time secret has been used up.
    #[error("the one-time secret has been used up")]
    UsedUp,
    /// Nobody knows whether it was made.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// A link was not made.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The link token has been used up, or a later browser has taken it over.
    #[error("the link token has been used up")]
    UsedUp,
    /// The identity belongs to another account.
    #[error("the identity belongs to another account")]
    IdentityTaken,
    /// The account does not belong to whom it should, if to anybody.
    #[error("the account is linked to another identity")]
    LinkedToAnother,
    /// Nobody knows whether it was made.
    #[error(transparent)]
    Failed(#[from] StoreError),
}
