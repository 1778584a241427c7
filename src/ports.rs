//! Everything this program can do to the world, on one page.

mod requests;

use std::{net::IpAddr, path::PathBuf, time::Duration};

use async_trait::async_trait;
use chrono::TimeDelta;
use secrecy::SecretString;
use url::Url;

pub use self::requests::{Cursor, Listed, OpenRequests, OpenStatus, Page, Requests};
use crate::domain::{
    account::{Account, Conversation, MessageRef, Tenant},
    audit::{SideEvent, SideNews},
    code::{AwaitedCode, Code},
    ids::{CommandId, RequestId, SideEventId},
    job::{Job, Lane, LeaseOwner, Leased, Task},
    linking::{PendingLink, ShownBy},
    message::{Form, Message},
    person::{FreshGroups, HeldAccount, Link, Member, SignedIn, Subject, ToldGroups},
    press::{Asker, Press},
    refusal::Refusal,
    request::{Event, Recorded, Request},
    secret::{Secret, SecretHash},
    session::SessionTerms,
    step_up::StepUp,
    ticket::{LinkSecrets, Ticket},
    window::Timestamp,
};

/// The time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time, to the millisecond.
    fn now(&self) -> Timestamp;
    /// For how long the process has been up: unlike the time, this never goes back.
    fn uptime(&self) -> Duration;
    /// Returns when so much time has passed.
    async fn sleep(&self, time: Duration);
}

/// Chance.
pub trait Ids: Send + Sync {
    /// Fills `bytes` from a cryptographically secure source.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Ids {
    /// A code that somebody will type.
    #[must_use]
    pub fn code(&self) -> Code {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        Code::of(bytes)
    }

    /// A new bearer secret.
    #[must_use]
    pub fn secret(&self) -> Secret {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        Secret::of(bytes)
    }

    /// The id of a request made at `now`.
    #[must_use]
    pub fn request_id(&self, now: Timestamp) -> RequestId {
        RequestId::new(now, self.chance())
    }

    /// The id of something that is not carried out twice.
    #[must_use]
    pub fn command_id(&self) -> CommandId {
        CommandId::random(self.chance())
    }

    /// What a person tells the operator, who finds it in the log.
    #[must_use]
    pub fn reference(&self) -> String {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        hex::encode(bytes)
    }

    fn chance(&self) -> u128 {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        u128::from_be_bytes(bytes)
    }
}

/// The operator's secrets, where they are kept.
#[async_trait]
pub trait SecretSource: Send + Sync {
    /// Reads one.
    async fn read(&self, place: &SecretPlace) -> Result<SecretString, SecretError>;
}

/// Where a secret of the operator's is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretPlace {
    /// In AWS Secrets Manager, under this name or ARN.
    SecretsManager(String),
    /// In AWS Systems Manager's Parameter Store, under this name or ARN.
    ParameterStore(String),
    /// In this file.
    File(PathBuf),
}

/// A secret could not be read, and why. Tells nothing of what is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SecretError(pub String);

/// Rate limits.
pub trait RateLimits: Send + Sync {
    /// Counts a command, a press or a form of an account. Errors when the account exceeds its rate limit.
    fn count_action(&self, who: &Account) -> Result<(), RateLimited>;
    /// Whether an account may be notified that it exceeds its rate limit, which requires a call: now and then.
    fn may_notify(&self, who: &Account) -> bool;
    /// Counts one page view by this address; neighbours in one IPv6 /64 count as one address. Errors when the
    /// address exceeds its rate limit.
    fn count_page_view(&self, address: IpAddr) -> Result<(), RateLimited>;
}

/// What a rate limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paced {
    /// Commands, presses and forms of an account.
    Account,
    /// Page views by an address.
    Address,
}

/// What the operator counts.
pub trait Counters: Send + Sync {
    /// Counts a committed event of a request.
    fn event(&self, event: &Event);
    /// Counts a committed event of no request.
    fn side_event(&self, news: &SideNews);
    /// Counts a job that became a dead letter.
    fn dead_letter(&self, task: &Task);
    /// Counts what a rate limit refused.
    fn rate_limited(&self, paced: Paced);
}

/// A rate limit is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rate limited for another {wait:?}")]
pub struct RateLimited {
    /// How long to wait.
    pub wait: Duration,
}

impl From<RateLimited> for Refusal {
    fn from(rate_limited: RateLimited) -> Self {
        Self::TooFast { seconds: rate_limited.seconds() }
    }
}

impl RateLimited {
    /// How long to wait, in whole seconds.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)
    }
}

// ---------------------------------------------------------------------------------------------------------
// The store

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
    /// Records an event that belongs to no request, with its jobs; done twice, it is recorded once.
    /// Says whether it was not recorded before.
    async fn record(&self, event: &SideEvent, jobs: &[Job], now: Timestamp) -> Result<bool, StoreError>;
    /// What was recorded under this id at this time.
    async fn side_event(&self, id: &SideEventId, at: Timestamp) -> Result<Option<SideEvent>, StoreError>;

    /// The link of a Slack account.
    async fn link(&self, who: &Account) -> Result<Option<Link>, StoreError>;
    /// Binds a Slack account to an identity, in place of the one it replaces; uses up the link token.
    async fn save_link(&self, new: &NewLink) -> Result<(), LinkError>;
    /// Dissolves a link, with its token.
    async fn remove_link(&self, link: &Link, event: &SideEvent, jobs: &[Job]) -> Result<(), CommitError>;
    /// The Slack account that an identity is bound to.
    async fn owner(&self, subject: &Subject) -> Result<Option<Account>, StoreError>;
    /// Drops the token of a link, and takes no sign-in before `event` for a recent one any more: in force from `now` on.
    async fn sign_out(
        &self,
        link: &Link,
        event: &SideEvent,
        jobs: &[Job],
        now: Timestamp,
    ) -> Result<(), CommitError>;
    /// Notes the groups last heard of, for display.
    async fn save_groups(&self, link: &Link, groups: &FreshGroups) -> Result<(), StoreError>;
    /// The sealed refresh token of a Slack account.
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
    /// The link of a Slack account that waits for its code.
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
    async fn dead_letter(&self, letter: &DeadLetter) -> Result<(), CommitError>;

    /// Where Slack has put a message about a request.
    async fn place(&self, id: &RequestId, which: Surface) -> Result<Option<MessageRef>, StoreError>;
    /// Notes where Slack has put a message about a request.
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

/// What the sweeper saw, for the operator.
pub trait Gauges: Send + Sync {
    /// The head of a lane, as it was read at `now`.
    fn saw_lane(&self, lane: Lane, head: &LaneHead, now: Timestamp);
    /// Whether open requests are to be counted again.
    fn wants_open_requests(&self, now: Timestamp) -> bool;
    /// How many requests were open at `now`.
    fn saw_open_requests(&self, open: OpenRequests, now: Timestamp);
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
    pub event: Option<SideEvent>,
    /// What must be done because of that.
    pub follow_ups: Vec<Job>,
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
    pub event: SideEvent,
    /// What must be done because of it.
    pub jobs: Vec<Job>,
}

/// What a link is made from, and uses up.
#[derive(Clone, Debug)]
pub enum LinkProof {
    /// A sign-in at the identity provider, whose address is the account's.
    SignIn(LinkSecrets),
    /// A sign-in at the identity provider, and one at Slack.
    SlackSignIn(LinkSecrets, SecretHash),
    /// A code that was typed, in the last try that was counted.
    Code(AwaitedCode),
}

impl LinkProof {
    /// What it shows that the account is theirs by.
    #[must_use]
    pub fn shown_by(&self) -> ShownBy {
        match self {
            Self::SignIn(_) => ShownBy::Address,
            Self::SlackSignIn(..) => ShownBy::SlackSignIn,
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
    /// The identity belongs to another Slack account.
    #[error("the identity belongs to another Slack account")]
    IdentityTaken,
    /// The Slack account does not belong to whom it should, if to anybody.
    #[error("the Slack account is linked to another identity")]
    LinkedToAnother,
    /// Nobody knows whether it was made.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

// ---------------------------------------------------------------------------------------------------------
// Slack

/// What the app does in Slack.
#[async_trait]
pub trait Chat: Send + Sync {
    /// Who the app is there. Fails where Slack cannot be reached or does not know the app.
    async fn identify(&self) -> Result<Workspace, ChatError>;
    /// What Slack says of an account.
    async fn member(&self, who: &Account) -> Result<Member, ChatError>;
    /// What Slack says of a channel.
    async fn channel(&self, id: &Conversation) -> Result<Channel, ChatError>;
    /// Opens a form. `trigger` lives 3 s and is good for one.
    async fn open(&self, trigger: &str, form: &Form) -> Result<(), ChatError>;
    /// Posts a message that lasts.
    async fn post(&self, to: &Address, message: &Message) -> Result<MessageRef, ChatError>;
    /// Looks in a channel for a message about the same as `message` that was posted at `since` or later.
    async fn find(
        &self,
        channel: &Conversation,
        message: &Message,
        since: Timestamp,
    ) -> Result<Option<MessageRef>, ChatError>;
    /// Draws a message anew, in place.
    async fn redraw(&self, place: &MessageRef, message: &Message) -> Result<(), ChatError>;
    /// Shows a message to one person, in their conversation with the app; it does not last.
    async fn whisper(&self, to: &Account, message: &Message) -> Result<(), ChatError>;
    /// Shows an answer to the person who pressed, where they pressed; it does not last.
    async fn reply(&self, response_url: &Url, message: &Message) -> Result<(), ChatError>;
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A conversation.
    Conversation(Conversation),
    /// A person's conversation with the app.
    Person(Account),
    /// The thread below a message.
    Thread(MessageRef),
}

/// The workspace the app is installed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub tenant: Tenant,
    /// Its name.
    pub name: String,
}

/// What matters about a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// Whether people of other organisations are in it.
    pub is_shared_outside: bool,
    /// Whether the app is in it.
    pub is_member: bool,
}

/// Slack did not do it.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// Slack said no, with this code.
    #[error("slack refused {method}: {code}")]
    Refused {
        /// The Web API method.
        method: &'static str,
        /// Slack's error code.
        code: String,
        /// What would have to change.
        because: Because,
    },
    /// Slack could not be asked; nobody knows whether it was done.
    #[error("slack did not answer {method}: {why}")]
    Unavailable {
        /// The Web API method.
        method: &'static str,
        /// What happened, without any body.
        why: String,
        /// How long Slack wants to be left alone, if it said so.
        retry_after: Option<Duration>,
    },
}

impl ChatError {
    /// How long Slack wants to be left alone, if it said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            Self::Refused { .. } => None,
        }
    }
}

/// What a refusal of Slack's is due to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// Whom or where it is meant for: a channel that is gone, somebody who has left.
    Addressee,
    /// What it says: Slack will not take it at any other time either.
    Content,
    /// Anything else, such as the app's token or scopes: somebody can mend it.
    Other,
}

// ---------------------------------------------------------------------------------------------------------
// The identity provider

/// What the identity provider tells.
#[async_trait]
pub trait Identity: Send + Sync {
    /// Whether the provider can be reached, and is what it says it is.
    async fn check(&self) -> Result<(), IdentityError>;
    /// Where a browser goes to sign in, in the way that is asked for.
    async fn sign_in_url(&self, proof: &SignInProof, asks: Option<&StepUp>) -> Result<Url, IdentityError>;
    /// Redeems what the browser brought back.
    async fn redeem(&self, answer: Answer, proof: &SignInProof) -> Result<Redeemed, IdentityError>;
    /// Asks for the groups of `expected` as they are now.
    async fn refresh(&self, token: &SecretString, expected: &Subject) -> Result<Refreshed, IdentityError>;
    /// Who has signed out there, by what the provider says to us and not through a browser.
    async fn signed_out(&self, logout_token: &str) -> Result<SignedOut, IdentityError>;
}

/// The secrets of one sign-in: the code is worth nothing without them.
#[derive(Clone, Debug)]
pub struct SignInProof {
    /// `state`.
    pub state: Secret,
    /// `nonce`.
    pub nonce: Secret,
    /// The PKCE code verifier.
    pub verifier: Secret,
}

/// What the identity provider sent back through the browser.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The authorization code.
    pub code: SecretString,
    /// The issuer that answered (RFC 9207).
    pub issuer: Option<String>,
}

/// What a sign-in brought.
#[derive(Clone, Debug)]
pub struct Redeemed {
    /// Who signed in.
    pub signed_in: SignedIn,
    /// The refresh token, where the provider gives one.
    pub refresh_token: Option<SecretString>,
}

/// What a refresh brought.
#[derive(Clone, Debug)]
pub struct Refreshed {
    /// The groups as they are now, or why they cannot be told.
    pub groups: Result<FreshGroups, IdentityError>,
    /// The refresh token that takes the place of the one used.
    pub refresh_token: Option<SecretString>,
}

/// Somebody has signed out at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOut {
    /// Names what the provider said, so that it counts once however often it comes.
    pub id: String,
    /// Who it was.
    pub subject: Subject,
    /// When, by the provider's clock.
    pub at: Timestamp,
}

/// The identity provider did not tell.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IdentityError {
    /// It could not be asked.
    #[error("the identity provider did not answer: {0}")]
    Unavailable(String),
    /// The refresh token, or the code, is worth nothing any more (`invalid_grant`).
    #[error("the grant is gone")]
    Gone,
    /// Its answer cannot be trusted or used.
    #[error("the identity provider's answer was not accepted: {0}")]
    Unusable(String),
}

/// What Slack tells of a browser, by Sign in with Slack.
#[async_trait]
pub trait SlackAccounts: Send + Sync {
    /// Whether Slack's provider can be reached, and is what it says it is.
    async fn check(&self) -> Result<(), IdentityError>;
    /// Where a browser goes to sign in.
    async fn sign_in_url(&self, proof: &SignInProof) -> Result<Url, IdentityError>;
    /// Redeems what the browser brought back.
    async fn redeem(&self, answer: Answer, proof: &SignInProof) -> Result<HeldAccount, IdentityError>;
}

/// Keeps refresh tokens from whoever reads the store.
#[async_trait]
pub trait Sealer: Send + Sync {
    /// Seals `secret` for the row that `row` names.
    async fn seal(&self, secret: &SecretString, row: &SealedRow<'_>) -> Result<Vec<u8>, SealError>;
    /// Opens what was sealed for that very row.
    async fn open(&self, sealed: &[u8], row: &SealedRow<'_>) -> Result<Opened, SealError>;
}

/// What something sealed is for and whose it is, each by its name: it opens for nothing and nobody else.
pub type SealedRow<'a> = [(&'static str, &'a str)];

/// What was sealed.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The secret.
    pub secret: SecretString,
    /// Whether it is sealed as it would be at this moment. Otherwise its key is on its way out.
    pub is_up_to_date: bool,
}

/// Something was not sealed, or not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It stays shut for good: it was changed, was sealed for another row, or takes a key that is not ours.
    #[error("it stays shut: {0}")]
    Shut(String),
    /// Whoever has the key did not give it.
    #[error("{0}")]
    Unavailable(String),
}

// ---------------------------------------------------------------------------------------------------------
// AWS

/// What AWS hands out.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// Asks STS for a session on these terms.
    async fn assume_role(&self, terms: &SessionTerms) -> Result<Credentials, CloudError>;
    /// Turns credentials into the address of the console, signed in: a bearer secret for 15 minutes.
    async fn console_url(&self, credentials: &Credentials) -> Result<SecretString, CloudError>;
}

/// Temporary AWS credentials. Never stored, posted or logged.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The access key's id.
    pub access_key_id: SecretString,
    /// The access key.
    pub secret_access_key: SecretString,
    /// The session token.
    pub session_token: SecretString,
    /// When AWS lets them expire.
    pub expires_at: Timestamp,
}

/// AWS handed nothing out.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// AWS said no.
    #[error("aws refused: {0}")]
    Refused(String),
    /// AWS could not be asked; nobody knows whether a session exists.
    #[error("aws did not answer: {0}")]
    Unavailable(String),
}
