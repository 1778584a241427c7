//! The store, over a DynamoDB that runs in this process and refuses every scan.

mod accounts;
mod codes;
mod control;
mod errors;
mod jobs;
mod lists;
mod people;
mod requests;
mod schema;
mod targets;
mod versions;

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Config, Credentials, Region},
};
use chrono::TimeDelta;
use elevate::{
    domain::{
        account::Account,
        account_event::{AccountEvent, AccountRecord},
        ids::{RequestId, Target},
        job::{AuditLine, Job, follow_ups},
        linking::ShownBy,
        person::{Human, Link, Subject},
        request::{Change, Event, Opening, Recorded, Request, evolve},
        secret::Secret,
        ticket::{SignIn, Ticket, Visit},
        window::{Timestamp, Window},
    },
    ports::{
        Accounts, Appended, Codes, CommitError, Controls, Jobs, Links, Listed, NewEvent, Places, Presses,
        Requests, Step, Tickets, Tokens,
    },
    store::{DynamoStore, schema::create_table},
};
use sandbox::dynamo::Dynamo;

const TABLE: &str = "elevate-test";
const S3_ADMIN: &str = "111122223333/S3Admin";

/// A fresh table, the store in it, and a client of its own to look at rows.
struct Fixture {
    dynamo: Dynamo,
    client: Client,
    store: DynamoStore,
}

async fn fixture() -> Fixture {
    let dynamo = Dynamo::in_memory().unwrap();
    let client = client(&dynamo);
    create_table(&client, TABLE).await.unwrap();
    let store = DynamoStore::new(&client, TABLE);
    Fixture { dynamo, client, store }
}

/// Records an event that has not been recorded before.
async fn recorded(store: &DynamoStore, event: &NewEvent) -> Appended {
    store.record(event).await.unwrap().expect("it has not been recorded before")
}

pub(crate) fn client(dynamo: &Dynamo) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test"))
        .http_client(dynamo.http_client())
        .build();
    Client::from_conf(config)
}

impl Fixture {
    /// How often DynamoDB was called to do this.
    async fn calls_of(&self, doing: impl Future) -> Vec<String> {
        let before = self.dynamo.control().calls().len();
        doing.await;
        self.dynamo.control().calls().split_off(before)
    }

    /// All that the queue holds, whenever it is due and whoever has it.
    async fn jobs(&self) -> Vec<Job> {
        self.store.due(noon() + TimeDelta::days(10_000), 1_000).await.unwrap()
    }
}

// What the tests tell of.

fn noon() -> Timestamp {
    "2027-01-15T12:00:00Z".parse().unwrap()
}

fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

fn millisecond() -> TimeDelta {
    TimeDelta::milliseconds(1)
}

fn subject(name: &str) -> Subject {
    Subject { issuer: "https://idp.example.com".to_owned(), subject: name.to_owned() }
}

fn slack(name: &str) -> Account {
    Account::new("slack", "T0123456", format!("U0{}", name.to_uppercase()))
}

fn actor(name: &str) -> Human {
    Human {
        subject: subject(name),
        account: Some(slack(name)),
        email: format!("{name}@example.com").parse().unwrap(),
        person: None,
    }
}

fn link(name: &str) -> Link {
    Link {
        account: slack(name),
        subject: subject(name),
        email: format!("{name}@example.com").parse().unwrap(),
        person: None,
        groups: ["aws-temp#S3Admin#111122223333"].into_iter().collect(),
        signed_in_at: noon(),
        is_refreshable: false,
        is_signed_out: false,
    }
}

/// A secret that is always the same for the same number.
fn secret(n: u8) -> Secret {
    Secret::of([n; 32])
}

fn ticket(n: u8) -> Ticket {
    let visit = Visit::OpenConsole { request: RequestId::new(noon(), 1) };
    ticket_of("ada", n, visit, noon() + minutes(5))
}

fn ticket_of(name: &str, n: u8, visit: Visit, expires_at: Timestamp) -> Ticket {
    Ticket { key: secret(n).hash(), expires_at, who: slack(name), visit, sign_in: None, wish: None }
}

/// The step that makes a request, good to be answered for an hour. `n` tells requests apart.
fn asked(n: u128, name: &str, target: &str, at: Timestamp) -> Step {
    let opening = Opening {
        requester: actor(name),
        target: target.parse::<Target>().unwrap(),
        duration: "1h".parse().unwrap(),
        justification: "bucket policy broken".parse().unwrap(),
        answer_by: at + minutes(60),
    };
    let command = format!("ask-{n}").parse().unwrap();
    let (recorded, after) = opening.opens(RequestId::new(at, n), command, at);
    step(None, recorded, after)
}

/// The step that this event is.
fn then(before: &Request, change: Change, command: &str, at: Timestamp) -> Step {
    let recorded = before.next(change, command.parse().unwrap(), at);
    let after = evolve(before.clone(), &recorded);
    step(before.holds_until(), recorded, after)
}

fn step(held: Option<Timestamp>, recorded: Recorded, after: Request) -> Step {
    let jobs = follow_ups(&after, &recorded);
    let now = recorded.at;
    Step { recorded, after, held, jobs, uses_up: Vec::new(), now, given: Vec::new() }
}

fn approved(at: Timestamp) -> Change {
    Event::approved(actor("bob"), Window::new(at, "1h".parse().unwrap()))
}

fn rejected() -> Change {
    Event::Rejected { reason: "not today".parse().unwrap() }.by(actor("bob"))
}

/// All that this person has asked for.
fn of(name: &str) -> Listed {
    Listed::RequestedBy(subject(name), None)
}

async fn ask(store: &DynamoStore, n: u128, at: Timestamp) -> Request {
    let step = asked(n, "ada", S3_ADMIN, at);
    store.commit(&step).await.unwrap();
    step.after
}

async fn commit(store: &DynamoStore, before: &Request, change: Change, at: Timestamp) -> Request {
    let step = then(before, change, &format!("command-{}", before.version), at);
    store.commit(&step).await.unwrap();
    step.after
}

fn assert_held_by(holder: &RequestId, outcome: Result<(), CommitError>) {
    assert!(matches!(&outcome, Err(CommitError::Held(by)) if by == holder), "{outcome:?}");
}

fn linked(name: &str, at: Timestamp) -> NewEvent {
    new_event(name, AccountEvent::Linked { email: actor(name).email, shown_by: ShownBy::Address }, at)
}

fn unlinked(name: &str, at: Timestamp) -> NewEvent {
    new_event(name, AccountEvent::Unlinked { email: actor(name).email }, at)
}

/// An event of this person's account, that a command of that moment causes.
fn new_event(name: &str, what: AccountEvent, at: Timestamp) -> NewEvent {
    let command = format!("{name}-{}", at.timestamp_millis()).parse().unwrap();
    let change = what.of(&slack(name), actor(name).into(), command, at);
    NewEvent { change, line: AuditLine::Own, now: at }
}
