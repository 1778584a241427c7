//! Crash: wherever a replica dies, another finishes what it began, and nothing has happened twice.
//!
//! A story is told once for each call that the replica makes of a counterpart, and on each side of it if it changes
//! anything: there the replica loses its power. Another one takes its address over, people do again what they have seen fail, time passes
//! and the sweeper runs. Then everything must have happened once, everybody must have heard of it, and the story must
//! have ended in one of the ways that are written down.

use std::{collections::BTreeMap, pin::pin, sync::Arc, thread, time::Duration};

use chrono::TimeDelta;
use elevate::{
    config::Transport,
    domain::{
        person::Subject,
        request::{Request, Status},
        work::Task,
    },
    flows::{Broker, sweep},
    ports::COMMITTER_HAS_WORK_FOR,
};
use futures_util::{FutureExt, future::BoxFuture};
use sandbox::{
    company::{ADA, AUDIT_CHANNEL, BOB, GENERAL_CHANNEL, Persona, REVIEW_CHANNEL},
    power::{Power, Side},
    slack::{Message, Submission, render},
};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Handle, Runtime},
};

use crate::{
    stage,
    world::{ASK, Counted, World},
};

/// A replica that may die: it has a runtime of its own, which can be taken away from it.
struct Mortal {
    runtime: Runtime,
    broker: Arc<Broker>,
}

/// The scene of an act: the world, and the replica that is at work in it.
#[derive(Clone, Copy)]
struct Scene<'s> {
    world: &'s World,
    broker: &'s Arc<Broker>,
    runtime: &'s Handle,
}

/// How often people try again what they have seen fail. The first time it may be Slack that has not noticed yet.
const PATIENCE: usize = 3;

/// What people do, and whether all of it went as they expected: what did not, they do again.
type Act = for<'s> fn(Scene<'s>) -> BoxFuture<'s, bool>;

/// Calls that change nothing where they land.
const READS: [&str; 8] = [
    "BatchGetItem",
    "GetItem",
    "Query",
    "conversations.history",
    "conversations.info",
    "jwks",
    "openid-configuration",
    "users.info",
];

/// In the middle of which call a replica has died, and how the story ended all the same.
struct Crash {
    call: String,
    ending: String,
}

struct Story {
    prepare: for<'w> fn(&'w World) -> BoxFuture<'w, ()>,
    act: Act,
    /// How it may end: what auditors have heard since it began.
    endings: &'static [&'static str],
}

// ---------------------------------------------------------------------------------------------------------
// The stories

/// It is nothing that auditors hear of.
const NOTHING: &str = "";
/// The provider has changed the refresh token, and nobody lived to save the new one: they must sign in again.
const TOKEN_IS_LOST: &str = "Refused";
/// They were not told that it had been done, did it again, and were told then.
const DONE_AGAIN: &str = "Requested > Refused";
const LINKED_AGAIN: &str = "Linked > Linked";
const REFUSED_AGAIN: &str = "Refused > Refused";
/// The page that the session was for was never shown, and they opened another.
const SESSION_IS_LOST: &str = "Session asked for > Session issued > Session asked for > Session issued";
/// Nobody lived to hear what AWS said.
const SESSION_IS_UNKNOWN: &str = "Session asked for > Session asked for > Session issued > Session unknown";

#[tokio::test]
async fn while_somebody_is_linked() {
    Story { prepare: nobody_is_linked, act: links, endings: &["Linked", LINKED_AGAIN] }.is_told().await;
}

#[tokio::test]
async fn while_somebody_is_unlinked() {
    Story {
        prepare: ada_is_linked,
        act: |scene| scene.types(ADA, "/elevate unlink"),
        endings: &["Unlinked"],
    }
    .is_told()
    .await;
}

#[tokio::test]
async fn while_a_request_is_made_in_one_line() {
    Story {
        prepare: ada_is_linked,
        act: |scene| scene.types(ADA, ASK),
        endings: &["Requested", DONE_AGAIN, TOKEN_IS_LOST],
    }
    .is_told()
    .await;
}

#[tokio::test]
async fn while_a_request_is_made_in_a_form() {
    Story { prepare: ada_is_linked, act: asks_in_a_form, endings: &["Requested", DONE_AGAIN, TOKEN_IS_LOST] }
        .is_told()
        .await;
}

#[tokio::test]
async fn while_a_request_is_approved() {
    Story {
        prepare: ada_has_asked,
        act: |scene| scene.presses(BOB, "review.approve"),
        endings: &["Approved", TOKEN_IS_LOST],
    }
    .is_told()
    .await;
}

#[tokio::test]
async fn while_a_request_is_rejected() {
    Story { prepare: ada_has_asked, act: rejects, endings: &["Rejected", TOKEN_IS_LOST] }.is_told().await;
}

#[tokio::test]
async fn while_somebody_answers_their_own_request() {
    Story {
        prepare: ada_has_asked,
        act: |scene| scene.presses(ADA, "review.approve"),
        endings: &["Refused", REFUSED_AGAIN],
    }
    .is_told()
    .await;
}

#[tokio::test]
async fn while_a_request_is_withdrawn() {
    Story {
        prepare: ada_has_asked,
        act: |scene| scene.presses(ADA, "request.withdraw"),
        endings: &["Withdrawn", TOKEN_IS_LOST],
    }
    .is_told()
    .await;
}

#[tokio::test]
async fn while_access_is_ended() {
    Story {
        prepare: bob_has_approved,
        act: |scene| scene.presses(ADA, "request.end"),
        endings: &["Ended early", TOKEN_IS_LOST],
    }
    .is_told()
    .await;
}

#[tokio::test]
async fn while_a_link_to_the_console_is_asked_for() {
    Story {
        prepare: bob_has_approved,
        act: |scene| scene.presses(ADA, "session.console"),
        endings: &[NOTHING],
    }
    .is_told()
    .await;
}

#[tokio::test]
async fn while_the_console_is_opened() {
    Story {
        prepare: bob_has_approved,
        act: opens_the_console,
        endings: &["Session asked for > Session issued", SESSION_IS_LOST, SESSION_IS_UNKNOWN],
    }
    .is_told()
    .await;
}

#[tokio::test]
async fn while_reviewers_are_reminded() {
    Story { prepare: ada_asked_long_ago, act: sweeps, endings: &[NOTHING] }.is_told().await;
}

#[tokio::test]
async fn while_a_request_expires() {
    Story { prepare: nobody_has_answered, act: sweeps, endings: &["Expired"] }.is_told().await;
}

#[tokio::test]
async fn while_the_end_of_access_is_near() {
    Story { prepare: access_is_about_to_end, act: sweeps, endings: &[NOTHING] }.is_told().await;
}

#[tokio::test]
async fn while_access_runs_out() {
    Story { prepare: access_is_over, act: sweeps, endings: &["Ended"] }.is_told().await;
}

fn nobody_is_linked(_: &World) -> BoxFuture<'_, ()> {
    async {}.boxed()
}

fn ada_is_linked(world: &World) -> BoxFuture<'_, ()> {
    async move { world.ada().links().await }.boxed()
}

fn ada_has_asked(world: &World) -> BoxFuture<'_, ()> {
    async move {
        for person in [ADA, BOB] {
            world.player(person).links().await;
        }
        world.ada().types(ASK).await;
    }
    .boxed()
}

fn bob_has_approved(world: &World) -> BoxFuture<'_, ()> {
    async move {
        ada_has_asked(world).await;
        world.bob().presses("review.approve").await;
    }
    .boxed()
}

fn ada_asked_long_ago(world: &World) -> BoxFuture<'_, ()> {
    async move {
        ada_has_asked(world).await;
        world.company.clock.advance(TimeDelta::minutes(15));
    }
    .boxed()
}

fn nobody_has_answered(world: &World) -> BoxFuture<'_, ()> {
    async move {
        ada_has_asked(world).await;
        world.passes(TimeDelta::hours(23)).await;
        world.company.clock.advance(TimeDelta::hours(1));
    }
    .boxed()
}

fn access_is_about_to_end(world: &World) -> BoxFuture<'_, ()> {
    async move {
        bob_has_approved(world).await;
        world.company.clock.advance(TimeDelta::minutes(50));
    }
    .boxed()
}

fn access_is_over(world: &World) -> BoxFuture<'_, ()> {
    async move {
        bob_has_approved(world).await;
        world.passes(TimeDelta::minutes(50)).await;
        world.company.clock.advance(TimeDelta::minutes(10));
    }
    .boxed()
}

fn links(scene: Scene<'_>) -> BoxFuture<'_, bool> {
    async move {
        scene.types(ADA, "/elevate link").await && scene.goes(ADA, "person.link", &["This is me"]).await
    }
    .boxed()
}

fn asks_in_a_form(scene: Scene<'_>) -> BoxFuture<'_, bool> {
    async move {
        let fields = [
            ("target", "111122223333/S3Admin"),
            ("duration", "1h"),
            ("justification", "bucket policy broken"),
        ];
        scene.types(ADA, "/elevate").await && scene.submits(ADA, &fields).await
    }
    .boxed()
}

fn rejects(scene: Scene<'_>) -> BoxFuture<'_, bool> {
    async move {
        scene.presses(BOB, "review.reject").await
            && scene.submits(BOB, &[("reason", "read-only will do")]).await
    }
    .boxed()
}

fn opens_the_console(scene: Scene<'_>) -> BoxFuture<'_, bool> {
    async move {
        if scene.goes(ADA, "session.open", &[]).await {
            return true;
        }
        scene.presses(ADA, "session.console").await && scene.goes(ADA, "session.open", &[]).await
    }
    .boxed()
}

fn sweeps(scene: Scene<'_>) -> BoxFuture<'_, bool> {
    async move {
        let broker = Arc::clone(scene.broker);
        let swept = scene.runtime.spawn(async move {
            sweep::sweep(&broker).await.unwrap();
            broker.idle().await;
        });
        swept.await.is_ok()
    }
    .boxed()
}

impl<'s> Scene<'s> {
    /// Somebody types a command, and sees whether Slack says that it failed.
    fn types(self, persona: Persona, line: &'s str) -> BoxFuture<'s, bool> {
        async move {
            let typed = self.slack(persona).types(GENERAL_CHANNEL, line).await;
            self.broker.idle().await;
            typed.is_ok_and(|ack| ack.is_ok())
        }
        .boxed()
    }

    /// Somebody presses the newest button of a kind, and sees whether Slack says that it failed.
    fn presses(self, persona: Persona, action: &'s str) -> BoxFuture<'s, bool> {
        async move {
            let Some(place) = self.slack(persona).finds(action) else { return false };
            let pressed = self.slack(persona).presses(place, action).await;
            self.broker.idle().await;
            pressed.is_ok_and(|pressed| pressed.ack.is_ok())
        }
        .boxed()
    }

    /// Somebody submits the form in front of them; where none has opened, that has failed.
    async fn submits(self, persona: Persona, fields: &[(&str, &str)]) -> bool {
        let Some(form) = self.world.company.slack.open_views(persona.slack).pop() else { return false };
        let submitted = self.slack(persona).submits(&form.id, fields).await;
        self.broker.idle().await;
        submitted.is_ok_and(|submitted| submitted.outcome == Submission::Closed)
    }

    /// Somebody goes where a button leads, presses these buttons there, and signs in where they are asked to.
    async fn goes(self, persona: Persona, action: &str, buttons: &[&str]) -> bool {
        let Some(place) = self.slack(persona).finds(action) else { return false };
        let pressed = self.slack(persona).presses(place, action).await;
        let Some(url) = pressed.ok().and_then(|pressed| pressed.url) else { return false };
        let browser = self.world.player(persona).browser;
        let Ok(mut page) = browser.open(&url).await else { return false };
        let sign_in = format!("Continue as {}", persona.name);
        for button in buttons.iter().copied().chain([sign_in.as_str()]) {
            if page.button(button).is_some() {
                let Ok(next) = browser.press(&page, button).await else { return false };
                page = next;
            }
        }
        self.broker.idle().await;
        page.status == 200
    }

    fn slack(self, persona: Persona) -> sandbox::slack::Actor {
        self.world.company.slack.person(persona.slack)
    }
}

// ---------------------------------------------------------------------------------------------------------
// How a story is told

impl Story {
    /// Tells it once for each call and side, as long as it makes so many calls.
    #[expect(clippy::print_stdout, reason = "how many crashes were tried is the strength of the test")]
    async fn is_told(&self) {
        let mut endings: BTreeMap<String, usize> = BTreeMap::new();
        let mut crashes = 0;
        'calls: for call in 0.. {
            for side in [Side::BeforeItLands, Side::AfterItHasLanded] {
                let Some(crash) = self.is_told_with_a_crash(call, side).await else { break 'calls };
                *endings.entry(crash.ending).or_default() += 1;
                crashes += 1;
                if READS.contains(&crash.call.as_str()) {
                    break; // it leaves nothing behind, on whichever side
                }
            }
        }
        let story = thread::current().name().unwrap_or_default().to_owned();
        println!("{story}: {crashes} crashes, which ended so: {endings:?}");
        let unexpected: Vec<_> =
            endings.keys().filter(|ending| !self.endings.contains(&ending.as_str())).collect();
        assert!(unexpected.is_empty(), "{unexpected:?}");
    }

    /// Tells it with a crash in the middle of a call, unless it makes fewer calls.
    async fn is_told_with_a_crash(&self, call: usize, side: Side) -> Option<Crash> {
        let world = World::start().await;
        (self.prepare)(&world).await;
        let heard = world.company.slack.messages(AUDIT_CHANNEL).len();
        let power = Power::default();
        world.company.plug_in(&power);
        world.closes().await;
        let mortal = Mortal::begins(&world).await;
        power.cut_at(call, side);

        let runtime = mortal.runtime.handle().clone();
        let broker = Arc::clone(&mortal.broker);
        let mut acting = pin!((self.act)(Scene { world: &world, broker: &broker, runtime: &runtime }));
        let went_well = tokio::select! {
            went_well = &mut acting => Some(went_well),
            () = power.is_out() => None,
        };
        let is_reached = power.calls().len() > call;
        mortal.dies().await;
        let went_well = match went_well {
            Some(went_well) => went_well,
            None => acting.await,
        };
        let calls = power.calls();
        power.restore();
        world.opens().await;
        if !is_reached {
            assert!(went_well, "nothing was in its way");
            return None;
        }
        let survivor = Scene { world: &world, broker: world.app.broker(), runtime: &Handle::current() };
        let mut goes_well = went_well;
        for _ in 0..PATIENCE {
            goes_well = goes_well || (self.act)(survivor).await;
        }
        assert!(goes_well, "nothing is in its way any more");
        for seconds in [61, 61, 5, 5] {
            world.passes(TimeDelta::seconds(seconds)).await;
        }
        let at = format!("{side:?} of call {call} of {calls:?}");
        // Taken by Slack, and not noted: the one doubt that nothing settles where the app cannot read along.
        let taken_at = match side {
            Side::BeforeItLands => call.checked_sub(1),
            Side::AfterItHasLanded => Some(call),
        };
        let is_post_in_doubt = taken_at.is_some_and(|call| calls[call] == "chat.postMessage");
        world.has_told_everybody(is_post_in_doubt, &at).await;
        Some(Crash { call: calls[call].clone(), ending: world.ending(heard) })
    }
}

impl Mortal {
    /// Takes over where Slack and browsers come in.
    async fn begins(world: &World) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (company, url) = (world.company.clone(), world.url.clone());
        let begun = runtime.spawn(async move {
            let listener = TcpListener::bind(url.trim_start_matches("http://")).await.unwrap();
            let chance = Arc::new(Counted::from(1 << 33));
            let app = stage::build(&company, &url, Transport::Http, chance).await.unwrap();
            let (broker, router) = (Arc::clone(app.broker()), app.router());
            tokio::spawn(async move { axum::serve(listener, router).await });
            broker
        });
        let broker = begun.await.unwrap();
        Self { runtime, broker }
    }

    /// Is gone from one moment to the next, with all that it was about to do.
    async fn dies(self) {
        let Self { runtime, broker } = self;
        drop(broker);
        let gone = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(10)));
        gone.await.unwrap();
    }
}

// ---------------------------------------------------------------------------------------------------------
// What must be true in the end

impl World {
    /// What auditors have heard since they had heard so many lines.
    fn ending(&self, heard: usize) -> String {
        let lines = self.company.slack.messages(AUDIT_CHANNEL);
        let title = |line: &Message| line.text.split('*').nth(1).unwrap_or_default().to_owned();
        lines[heard..].iter().map(title).collect::<Vec<_>>().join(" > ")
    }

    /// Fails if something has happened twice or not at all, or if somebody has not heard of it.
    async fn has_told_everybody(&self, is_post_in_doubt: bool, at: &str) {
        let ports = self.app.broker().ports();
        assert_eq!(self.contradictions(ADA).await, Vec::<String>::new(), "{at}");
        let undone = ports.store.due(self.company.clock.now() + COMMITTER_HAS_WORK_FOR, 100).await.unwrap();
        let undone: Vec<_> = undone
            .into_iter()
            .filter(|work| matches!(work.task, Task::Notify(_) | Task::FinishPress(_)))
            .collect();
        assert_eq!(undone, [], "{at}");

        let told = about(&self.company.slack.messages(AUDIT_CHANNEL), "event");
        let cards = self.company.slack.messages(REVIEW_CHANNEL);
        let receipts = self.company.slack.direct_messages(ADA.slack);
        for request in self.requests().await {
            let id = request.id.to_string();
            let events: Vec<String> =
                (1..=request.version).map(|version| format!("{id}/{version}")).collect();
            let told: Vec<String> = told.iter().filter(|event| event.starts_with(&id)).cloned().collect();
            assert_eq!(told, events, "auditors hear of each event once and in order: {at}");
            let status = request.status_at(self.company.clock.now());
            let shown = |messages: &[Message], what, viewer: Persona| {
                let viewer = self.company.slack.viewer(viewer.slack);
                let of = |message: &&Message| subject(message, what).as_deref() == Some(&id);
                messages
                    .iter()
                    .filter(of)
                    .map(|message| render::message(message, &viewer))
                    .collect::<Vec<_>>()
            };
            let cards = shown(&cards, "review_card", BOB);
            let [card] = &cards[..] else { panic!("one card: {at}: {cards:?}") };
            let receipts = shown(&receipts, "receipt", ADA);
            assert!((1..=1 + usize::from(is_post_in_doubt)).contains(&receipts.len()), "{at}: {receipts:?}");
            for message in [Some(card), receipts.last()].into_iter().flatten() {
                assert!(message.contains(word(&status)), "{at}: {status:?} is not what it says: {message}");
            }
        }
    }

    async fn requests(&self) -> Vec<Request> {
        let subject = Subject { issuer: self.company.idp.issuer(), subject: ADA.login.to_owned() };
        self.app.broker().ports().store.requests_of(&subject, 10).await.unwrap()
    }
}

/// What these messages are about, as far as they are about something of this kind.
fn about(messages: &[Message], kind: &str) -> Vec<String> {
    messages.iter().filter_map(|message| subject(message, kind)).collect()
}

fn subject(message: &Message, kind: &str) -> Option<String> {
    let subject = message.metadata.as_ref()?["event_payload"][kind].as_str()?;
    Some(subject.to_owned())
}

/// What cards and receipts say of a status.
fn word(status: &Status) -> &'static str {
    match status {
        Status::Requested => "*Waiting*",
        Status::Approved { .. } => "*Approved*",
        Status::Rejected { .. } => "*Rejected*",
        Status::Withdrawn { .. } => "*Withdrawn*",
        Status::Expired => "*Expired*",
        Status::Ended { .. } => "*Ended",
    }
}
