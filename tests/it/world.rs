//! The world of the stories: Example Corp, the product, and people who type, press and read.
//!
//! A story is a closure. [`play`] begins it with a [`Story`], hands it the world, and judges the world afterwards: it
//! fails on anything that nobody has read, that was not delivered, that is still open, or that contradicts itself.
//!
//! ```ignore
//! #[tokio::test]
//! async fn bob_approves_and_carol_may_not() {
//!     play(Story::asked(), async |world| {
//!         world.carol().is_refused("review.approve", "not_reviewer", "Only a member of aws-temp#Reviewer").await;
//!         world.bob().presses("review.approve").await;
//!         assert!(world.card().contains("*Approved* by @Bob"));
//!         assert!(world.ada().is_told().contains("*Approved*"));
//!         assert!(world.ada().hears().contains("Your link"));
//!         world.auditors_hear(["*Approved* · @Bob"]);
//!     })
//!     .await;
//! }
//! ```
//!
//! | where it begins | |
//! |---|---|
//! | `Story::start()` | nobody is linked |
//! | `Story::with_linked([ADA])` | these people are linked |
//! | `Story::asked()` | Ada, Bob and Carol are linked, and Ada has asked for [`ASK`] |
//! | `Story::approved()` | and Bob has approved it |
//! | `.over(transport)`, `.on(dynamo)`, `.set(keys)`, `.where_first(change)` | how the product is reached, where the table is kept, what the operator has set, what is different at Example Corp |
//!
//! | what people do | |
//! |---|---|
//! | `types(line)`, `presses(action)`, `submits(fields)` | in Slack, until the product is done with it |
//! | `sends(line)`, `presses_unawaited(action)` | the same, without waiting; `settles()` or `world.settle()` waits |
//! | `links()`, `asks_to_link()`, `follows_link(url)` | the way to a linked account: all of it, its first step, its rest |
//! | `console_link()`, `asks_for_the_console()`, `opens(url)` | the way to the console: the first link, another one, a browser that opens it |
//! | `is_refused(what, code, sentence)` | types or presses, and is refused: see [`Player::is_refused`] |
//!
//! | what people read, each version of a message once | |
//! |---|---|
//! | `form()` | the form in front of them |
//! | `hears()` | what only they see: all that is new, and there is something |
//! | `is_told()` | their messages with the app, likewise |
//! | `is_told_or_hears()` | both |
//! | `world.card()` | the newest card in the review channel |
//! | `world.auditors_hear([…])` | the audit channel: exactly these lines, in any order |
//! | `world.audit()` | the audit channel, as text |
//! | `world.everybody_catches_up()` | whatever is new to anybody, and there is something |
//! | `world.everybody_puts_all_away()` | likewise, if there is anything, and forms are closed |
//!
//! | what happens around them | |
//! |---|---|
//! | `world.passes(time)`, `world.sweep()` | time passes and what is due is done; only what is due is done |
//! | `world.another_replica()`, `world.is_served_by(&replica)`, `world.closes()`, `world.opens()` | replicas, and which of them Slack and browsers reach |
//! | `world.company` | the stand-ins: faults by `control()`, clock, people, channels |

mod player;
mod refusal;
mod story;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::Router;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use elevate::{
    app::App,
    config::Transport,
    domain::{
        account::Account,
        ids::{CommandId, RequestId},
        job::Task,
        person::Subject,
        press::{ActedIn, Asker, Press, ReplyTo, Wish},
        request::Request,
    },
    flows::{Broker, sweep},
    ports::{Ids, JOB_LEASE, Listed},
};
use sandbox::{
    browser::Browser,
    clock::Clock,
    example_corp::{
        self, ADA, AUDIT_CHANNEL, BOB, CAROL, Company, GENERAL_CHANNEL, Persona, REVIEW_CHANNEL, TEAM,
    },
    slack::render,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) use self::{
    player::Player,
    story::{Story, play},
};

/// What Ada asks for in most stories.
pub(crate) const ASK: &str = "/elevate 111122223333/S3Admin 1h bucket policy broken";

/// Example Corp with the product at work.
pub(crate) struct World {
    pub(crate) company: Company,
    pub(crate) app: App,
    pub(crate) url: String,
    /// Where the operator's machines reach the product.
    pub(crate) admin_url: String,
    hired: Mutex<Vec<Persona>>,
    read: Mutex<HashMap<String, u32>>,
    door: Mutex<Option<Door>>,
    /// The brokers that have served behind the door, besides the first replica's.
    others: Mutex<Vec<Arc<Broker>>>,
    /// The product takes its end for the world's.
    _stop: DropGuard,
}

/// Where Slack and browsers come in.
struct Door {
    close: watch::Sender<bool>,
    is_closed: JoinHandle<std::io::Result<()>>,
}

/// Chance that comes out the same in every run.
#[derive(Default)]
pub(crate) struct Counted(AtomicU64);

impl Counted {
    /// Chance that is another than that of who counts from somewhere else.
    pub(crate) fn from(start: u64) -> Self {
        Self(AtomicU64::new(start))
    }
}

impl Ids for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let count = self.0.fetch_add(1, Ordering::SeqCst) + 1;
            let mixed = count.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            chunk.copy_from_slice(&(mixed ^ (mixed >> 32)).to_be_bytes()[..chunk.len()]);
        }
    }
}

/// Another replica at this address, configured as `company` has it.
pub(crate) async fn replica_in(company: &Company, url: &str) -> App {
    let other_chance = Arc::new(Counted::from(1 << 32));
    stage::build(company, url, Transport::Http, other_chance).await.unwrap()
}

/// Somebody's account in Slack.
pub(crate) fn account_of(persona: Persona) -> Account {
    Account::new("slack", TEAM, persona.slack)
}

/// Nine o'clock on a Wednesday, by the world's clock.
pub(crate) fn nine() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2030, 1, 2, 9, 0, 0).unwrap()
}

impl World {
    /// The product at work in `company`, which Slack reaches over `transport`.
    async fn staff(transport: Transport, company: Company) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let random = Arc::new(Counted::default());
        let app = stage::build(&company, &url, transport, random).await.unwrap();
        let door = Mutex::new(Some(Door::open(listener, app.router())));
        let admin_url = machines_reach(&app).await;
        let stop = app.broker().stopping().drop_guard();
        if let Some(sockets) = app.sockets() {
            tokio::spawn(Arc::clone(sockets).hold(app.broker().stopping()));
        }
        let (hired, read, others) = (Mutex::default(), Mutex::default(), Mutex::default());
        let world = Self { company, app, url, admin_url, hired, read, door, others, _stop: stop };
        if transport == Transport::Socket {
            world.serves_on(2).await;
        }
        world.settle().await;
        world.auditors_hear(["*⚠ Policy changed* · elevate put policy 1 "]);
        world
    }

    /// Waits until Slack has said hello on so many connections, and all others have ended.
    pub(crate) async fn serves_on(&self, connections: usize) {
        let mut serving = self.app.sockets().expect("the world is one of Socket Mode").serving();
        let waited = serving.wait_for(|serving| *serving == connections);
        timeout(Duration::from_secs(60), waited).await.expect("they come").unwrap();
    }

    /// Another replica, at work on the same table. What Slack and browsers send goes to the first one.
    pub(crate) async fn another_replica(&self) -> App {
        self.another_replica_by(&self.company.clock).await
    }

    /// Another replica, which goes by a clock of its own.
    pub(crate) async fn another_replica_by(&self, clock: &Clock) -> App {
        let company = Company { clock: clock.clone(), ..self.company.clone() };
        replica_in(&company, &self.url).await
    }

    /// The same world, whose door is closed, with a replica that knows nothing but what is in the table.
    pub(crate) async fn restarted(&self) -> Self {
        let random = Arc::new(Counted::from(1 << 34));
        let app = stage::build(&self.company, &self.url, Transport::Http, random).await.unwrap();
        Self {
            company: self.company.clone(),
            url: self.url.clone(),
            admin_url: machines_reach(&app).await,
            app,
            hired: Mutex::new(self.hired.lock().unwrap().clone()),
            read: Mutex::new(self.read.lock().unwrap().clone()),
            door: Mutex::default(),
            others: Mutex::default(),
            _stop: CancellationToken::new().drop_guard(),
        }
    }

    /// Leaves what Slack and browsers send to this replica.
    pub(crate) async fn is_served_by(&self, replica: &App) {
        self.is_served_by_broker(replica.broker(), replica.router()).await;
    }

    /// Leaves what Slack and browsers send to this broker, behind these routes.
    pub(crate) async fn is_served_by_broker(&self, broker: &Arc<Broker>, router: Router) {
        self.closes().await;
        self.others.lock().unwrap().push(Arc::clone(broker));
        self.lets_in(router).await;
    }

    /// Takes in nothing any more, and leaves the address to another replica.
    pub(crate) async fn closes(&self) {
        let Door { close, is_closed } = self.door.lock().unwrap().take().expect("the door is open");
        close.send_replace(true);
        is_closed.await.unwrap().unwrap();
    }

    /// Takes in what Slack and browsers send again.
    pub(crate) async fn opens(&self) {
        self.lets_in(self.app.router()).await;
    }

    async fn lets_in(&self, router: Router) {
        let listener = TcpListener::bind(self.url.trim_start_matches("http://")).await.unwrap();
        *self.door.lock().unwrap() = Some(Door::open(listener, router));
    }

    /// What this person asks for in Slack, as it is once it has been verified and parsed. `trigger` tells presses
    /// apart.
    pub(crate) fn press(&self, persona: Persona, trigger: &str, wish: Wish) -> Press {
        let who = account_of(persona);
        let id = CommandId::of_press(&who, trigger);
        Press {
            asker: Asker {
                id,
                at: self.company.clock.now(),
                who,
                acted_in: ActedIn::Words,
                reply_to: ReplyTo::Direct,
            },
            wish,
        }
    }

    pub(crate) fn player(&self, persona: Persona) -> Player<'_> {
        Player { world: self, persona, browser: Browser::with_clock(self.company.clock.clone()) }
    }

    pub(crate) fn ada(&self) -> Player<'_> {
        self.player(ADA)
    }

    pub(crate) fn bob(&self) -> Player<'_> {
        self.player(BOB)
    }

    pub(crate) fn carol(&self) -> Player<'_> {
        self.player(CAROL)
    }

    /// Hires somebody who is not of the usual cast.
    pub(crate) fn hire(&self, persona: Persona) -> Player<'_> {
        self.hired.lock().unwrap().push(persona);
        self.company.slack.add_person(example_corp::slack_account(&persona));
        self.company.idp.add_person(example_corp::identity(&persona));
        for channel in [GENERAL_CHANNEL, REVIEW_CHANNEL] {
            self.company.slack.update_channel(channel, |channel| {
                channel.members.insert(persona.slack.to_owned());
            });
        }
        self.player(persona)
    }

    /// Where Slack says that a button of the newest card was pressed.
    pub(crate) fn card_as_container(&self) -> Value {
        let cards = self.company.slack.messages(REVIEW_CHANNEL);
        let card = cards.last().expect("a card was posted");
        json!({ "type": "message", "channel_id": REVIEW_CHANNEL, "message_ts": card.ts })
    }

    /// Waits until the product has nothing left to do.
    pub(crate) async fn settle(&self) {
        self.app.broker().idle().await;
        let others = self.others.lock().unwrap().clone();
        for other in others {
            other.idle().await;
        }
    }

    /// Lets time pass, and the sweeper do what has become due.
    pub(crate) async fn passes(&self, time: TimeDelta) {
        self.company.clock.advance(time);
        self.sweep().await;
    }

    pub(crate) async fn sweep(&self) {
        while sweep::sweep(self.app.broker()).await.unwrap() > 0 {
            self.settle().await;
        }
        self.settle().await;
    }

    /// The newest request of this person.
    pub(crate) async fn request_of(&self, persona: Persona) -> RequestId {
        let [newest] = self.requests_of(persona).await;
        newest
    }

    /// The newest requests of this person, newest first.
    pub(crate) async fn requests_of<const N: usize>(&self, persona: Persona) -> [RequestId; N] {
        let ports = self.app.broker().ports();
        let who = account_of(persona);
        let link = ports.store.link(&who).await.unwrap().expect("they are linked");
        let own = Listed::RequestedBy(link.subject, None);
        let page = ports.store.requests(&own, None, N).await.unwrap();
        page.requests.into_iter().map(|request| request.id).collect::<Vec<_>>().try_into().unwrap()
    }

    /// What is new in the audit channel: a line each, as Carol sees it.
    pub(crate) fn audit(&self) -> Vec<String> {
        self.unread(AUDIT_CHANNEL, CAROL)
    }

    /// Auditors hear exactly these lines: for each of these texts there is one new line that contains it, and no other.
    #[track_caller]
    pub(crate) fn auditors_hear<const N: usize>(&self, expected: [&str; N]) {
        let audit = self.audit();
        let mut unmatched: Vec<&String> = audit.iter().collect();
        for text in expected {
            let at = unmatched.iter().position(|line| line.contains(text));
            unmatched.remove(at.unwrap_or_else(|| panic!("auditors do not hear {text:?}, but {audit:?}")));
        }
        assert!(unmatched.is_empty(), "auditors hear more: {unmatched:?}");
    }

    /// What is new in the review channel, as Bob sees it.
    pub(crate) fn review(&self) -> Vec<String> {
        self.unread(REVIEW_CHANNEL, BOB)
    }

    /// The newest card in the review channel, as Bob sees it. Older versions of it count as read.
    pub(crate) fn card(&self) -> String {
        self.unread(REVIEW_CHANNEL, BOB).pop().expect("nothing is new in the review channel")
    }

    /// Everybody reads what is new to them, and there is something: for what a story does not look at.
    pub(crate) fn everybody_catches_up(&self) {
        assert!(!self.unread_by_anybody().is_empty(), "there is nothing to catch up on");
    }

    /// What nobody has read, anywhere. It counts as read from then on.
    pub(crate) fn unread_by_anybody(&self) -> Vec<String> {
        let mut unread = Vec::new();
        for channel in [AUDIT_CHANNEL, REVIEW_CHANNEL, GENERAL_CHANNEL] {
            unread.extend(self.unread(channel, CAROL));
        }
        for persona in self.everybody() {
            unread.extend(self.player(persona).unread_messages());
            unread.extend(self.player(persona).unread_whispers());
        }
        unread
    }

    /// Everybody reads what is new to them, if anything is, and closes their forms: for stories that have looked at
    /// all they want to know.
    pub(crate) fn everybody_puts_all_away(&self) {
        for persona in self.everybody() {
            self.company.slack.reload(persona.slack);
        }
        self.unread_by_anybody();
    }

    fn everybody(&self) -> Vec<Persona> {
        [&example_corp::EVERYBODY[..], &self.hired.lock().unwrap()[..]].concat()
    }

    /// What is new in a channel, oldest first, as `viewer` sees it. It counts as read from then on.
    fn unread(&self, channel: &str, viewer: Persona) -> Vec<String> {
        let viewer = self.company.slack.viewer(viewer.slack);
        let messages = self.company.slack.messages(channel);
        let new = messages.iter().filter(|message| self.reads(message.key(), message.edits));
        new.map(|message| masked(&render::message(message, &viewer))).collect()
    }

    /// Notes that a version of a message has been read; whether it was new.
    fn reads(&self, key: String, edits: u32) -> bool {
        self.read.lock().unwrap().insert(key, edits) != Some(edits)
    }

    /// Requests of this person whose history cannot be read, has a gap, or adds up to something else.
    pub(crate) async fn contradictions(&self, persona: Persona) -> Vec<String> {
        let store = &self.app.broker().ports().store;
        let (issuer, subject) = (self.company.idp.issuer(), persona.login.to_owned());
        let mut found = Vec::new();
        let own = Listed::RequestedBy(Subject { issuer, subject }, None);
        for request in store.requests(&own, None, 1_000).await.unwrap().requests {
            let history = store.events(&request.id).await.unwrap();
            let versions: Vec<u64> = history.iter().map(|recorded| recorded.number).collect();
            let is_whole = versions.iter().copied().eq(1..=request.version);
            if !is_whole || Request::replayed(&history).as_ref() != Some(&request) {
                found.push(format!("{request:?} is not what its events {versions:?} add up to"));
            }
        }
        found
    }

    /// Fails unless nothing is unread, undelivered or open, and every request is what its events add up to.
    pub(crate) async fn is_at_rest(&self) {
        self.settle().await;
        let mut left = self.unread_by_anybody();
        for persona in self.everybody() {
            let open = self.company.slack.open_views(persona.slack);
            left.extend(open.iter().map(|view| format!("{} has an open form: {view:?}", persona.name)));
        }
        for persona in self.everybody() {
            left.extend(self.contradictions(persona).await);
        }
        let later = self.company.clock.now() + JOB_LEASE;
        for job in self.app.broker().ports().store.due(later, 1_000).await.unwrap() {
            if let Task::Notify(_) | Task::FinishPress(_) = job.task {
                left.push(format!("undone: {job:?}"));
            }
        }
        left.extend(self.company.dynamo.still_gathering());
        assert!(left.is_empty(), "the story left something behind:\n{}", left.join("\n\n"));
    }
}

impl Door {
    fn open(listener: TcpListener, router: Router) -> Self {
        let close = watch::Sender::new(false);
        let mut told = close.subscribe();
        let closing = async move { drop(told.wait_for(|told| *told).await) };
        let is_closed =
            tokio::spawn(axum::serve(listener, router).with_graceful_shutdown(closing).into_future());
        Self { close, is_closed }
    }
}

/// Serves what machines ask of this replica; hands back where.
pub(crate) async fn machines_reach(app: &App) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let admin = app.admin();
    tokio::spawn(async move { axum::serve(listener, admin).await });
    url
}

/// The sort key of a request's event, which all who commit that event write.
pub(crate) fn event_row(number: u64) -> String {
    format!("EVENT#{number:012}")
}

/// The text with the ids in it blanked out: they hold chance, and the order in which tasks ask for it.
pub(crate) fn masked(text: &str) -> String {
    const ULID: usize = 26;
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("req_") {
        let (before, id) = rest.split_at(at);
        let is_id = id[4..].chars().take(ULID).filter(char::is_ascii_alphanumeric).count() == ULID;
        masked.push_str(before);
        masked.push_str(&id[..4]);
        masked.push_str(if is_id { "…" } else { "" });
        rest = &id[if is_id { 4 + ULID } else { 4 }..];
    }
    masked + rest
}

/// What AWS's stand-in says of the credentials behind the newest session.
pub(crate) fn may_call(world: &World, at: DateTime<Utc>) -> bool {
    let key = world.company.aws.access_keys().pop().expect("no session was issued");
    let decision = world.company.aws.is_allowed(&key, "s3:ListAllMyBuckets", "*", at);
    decision == sandbox::aws::Decision::Allowed
}
