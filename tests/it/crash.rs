//! Crash: wherever a replica dies, another finishes what it began, and nothing has happened twice.
//!
//! What leads up to a story is played once. Then the story is told for each call that the replica makes of a
//! counterpart, and on each side of it if it changes anything: there the replica loses its power. Each time it begins
//! from a copy of how things stood, with replicas that remember nothing. Another one takes its address over, people do
//! again what they have seen fail, time passes and the sweeper runs. Then everything must have happened once,
//! everybody must have heard of it, and the story must have ended in one of the ways that are written down.

mod acts;
mod truth;

use std::{collections::BTreeMap, pin::pin, sync::Arc, thread, time::Duration};

use chrono::TimeDelta;
use elevate::{config::Transport, flows::Broker};
use futures_util::future::BoxFuture;
use sandbox::{
    example_corp::{ADA, AUDIT_CHANNEL, BOB},
    kill_switch::{KillSwitch, Side},
};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Handle, Runtime},
};

use self::acts::{
    Scene, access_is_about_to_end, access_is_over, ada_asked_long_ago, ada_has_asked, ada_is_linked,
    asks_in_a_form, bob_has_approved, bob_has_pressed_approve, links, nobody_has_answered, nobody_is_linked,
    opens_the_console, rejects, signs_in_to_approve, signs_out_at_the_provider, sweeps,
};
use crate::world::{ASK, Counted, World, play};

/// A replica that may die: it has a runtime of its own, which can be taken away from it.
struct Mortal {
    runtime: Runtime,
    broker: Arc<Broker>,
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
const SESSION_IS_LOST: &str = "Session requested > Session issued > Session requested > Session issued";
/// Nobody lived to hear what AWS said.
const SESSION_IS_UNKNOWN: &str = "Session requested > Session requested > Session issued > Session unknown";

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
async fn while_a_reviewer_signs_in_to_approve() {
    let settings = [("ACCESS__STEP_UP__MAX_AGE", "5m"), ("ACCESS__STEP_UP__REVIEW", "true")];
    Story { prepare: bob_has_pressed_approve, act: signs_in_to_approve, endings: &["Approved"] }
        .is_told_where(&settings)
        .await;
}

#[tokio::test]
async fn while_somebody_signs_out_at_the_provider() {
    Story { prepare: ada_is_linked, act: signs_out_at_the_provider, endings: &["Signed out"] }
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
        endings: &["Session requested > Session issued", SESSION_IS_LOST, SESSION_IS_UNKNOWN],
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

// ---------------------------------------------------------------------------------------------------------
// How a story is told

impl Story {
    /// Tells it once for each call and side, as long as it makes so many calls.
    async fn is_told(&self) {
        self.is_told_where(&[]).await;
    }

    /// The same, where the operator has set these keys.
    #[expect(clippy::print_stdout, reason = "how many crashes were tried is the strength of the test")]
    async fn is_told_where(&self, settings: &[(&str, &str)]) {
        let mut endings: BTreeMap<String, usize> = BTreeMap::new();
        let mut crashes = 0;
        play(crate::world::Story::start().set(settings), async |world| {
            (self.prepare)(world).await;
            world.closes().await;
            let prepared = world.company.snapshot().unwrap();
            'calls: for call in 0.. {
                for side in [Side::BeforeItLands, Side::AfterItHasLanded] {
                    world.company.restore(&prepared).unwrap();
                    let Some(crash) = self.is_told_with_a_crash(world, call, side).await else {
                        break 'calls;
                    };
                    *endings.entry(crash.ending).or_default() += 1;
                    crashes += 1;
                    if READS.contains(&crash.call.as_str()) {
                        break; // it leaves nothing behind, on whichever side
                    }
                }
            }
            world.company.restore(&prepared).unwrap();
            world.everybody_puts_all_away();
        })
        .await;
        let story = thread::current().name().unwrap_or_default().to_owned();
        println!("{story}: {crashes} crashes, which ended so: {endings:?}");
        let unexpected: Vec<_> =
            endings.keys().filter(|ending| !self.endings.contains(&ending.as_str())).collect();
        assert!(unexpected.is_empty(), "{unexpected:?}");
    }

    /// Tells it with a crash in the middle of a call, unless it makes fewer calls.
    async fn is_told_with_a_crash(&self, prepared: &World, call: usize, side: Side) -> Option<Crash> {
        let world = &prepared.restarted().await;
        let heard = world.company.slack.messages(AUDIT_CHANNEL).len();
        let kill_switch = KillSwitch::default();
        world.company.connect_kill_switch(&kill_switch);
        let mortal = Mortal::begins(world).await;
        kill_switch.kill_at(call, side);

        let runtime = mortal.runtime.handle().clone();
        let broker = Arc::clone(&mortal.broker);
        let mut acting = pin!((self.act)(Scene { world, broker: &broker, runtime: &runtime }));
        let went_well = tokio::select! {
            went_well = &mut acting => Some(went_well),
            () = kill_switch.is_down() => None,
        };
        let is_reached = kill_switch.calls().len() > call;
        mortal.dies().await;
        let went_well = match went_well {
            Some(went_well) => went_well,
            None => acting.await,
        };
        let calls = kill_switch.calls();
        kill_switch.restore();
        world.opens().await;
        if !is_reached {
            assert!(went_well, "nothing was in its way");
            world.is_left().await;
            return None;
        }
        let survivor = Scene { world, broker: world.app.broker(), runtime: &Handle::current() };
        let mut goes_well = went_well;
        for _ in 0..PATIENCE {
            goes_well = goes_well || (self.act)(survivor).await;
        }
        assert!(goes_well, "nothing is in its way any more");
        for seconds in [61, 61, 5, 5] {
            world.passes(TimeDelta::seconds(seconds)).await;
        }
        let at = format!("{side:?} of call {call} of {calls:?}");
        // Taken by Slack, and not noted: the one doubt that nothing settles where the app cannot read along. Other
        // calls may have been under way between the post and its note.
        let landed = match side {
            Side::BeforeItLands => &calls[..call],
            Side::AfterItHasLanded => &calls[..=call],
        };
        let is_post_in_doubt = landed.iter().rev().take(3).any(|call| call == "chat.postMessage");
        world.has_told_everybody(is_post_in_doubt, &at).await;
        world.is_left().await;
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
            let random = Arc::new(Counted::from(1 << 33));
            let app = stage::build(&company, &url, Transport::Http, random).await.unwrap();
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
