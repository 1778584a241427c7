//! Clocks: to the millisecond, off from each other, and gone back.

mod gone_back;

use chrono::{DateTime, TimeDelta, Utc};
use elevate::{
    app::App,
    domain::{
        act::Act,
        press::Wish,
        request::{Event, Recorded, Status},
    },
    flows::{inbox, sweep},
};
use sandbox::example_corp::{ADA, BOB, Persona};

use crate::world::{ASK, Story, World, may_call, nine, play};

const MILLISECOND: TimeDelta = TimeDelta::milliseconds(1);
/// How far the clocks of two replicas are apart.
const APART: TimeDelta = TimeDelta::seconds(2);

impl World {
    /// Moves the clock on to this moment, or back to it.
    fn is_at(&self, moment: DateTime<Utc>) {
        self.company.clock.advance(moment - self.company.clock.now());
    }

    /// Another replica, whose clock is ahead.
    async fn fast_replica(&self) -> App {
        self.another_replica_by(&self.company.clock.ahead_by(APART)).await
    }

    /// What has happened to Ada's newest request; each event is dated after the one before it, or as that.
    async fn history(&self) -> Vec<Recorded> {
        let store = &self.app.broker().ports().store;
        let history = store.events(&self.request_of(ADA).await).await.unwrap();
        assert!(history.is_sorted_by_key(|recorded| recorded.at), "{history:?}");
        history
    }

    /// Whether the newest of Ada's requests is as `is` says, by this replica's clock.
    async fn stands(&self, replica: &App, is: fn(&Status) -> bool) -> bool {
        let ports = replica.broker().ports();
        let request = ports.store.request(&self.request_of(ADA).await).await.unwrap().unwrap();
        is(&request.status_at(ports.clock.now()))
    }

    /// Somebody presses what was there before a card was drawn anew.
    async fn presses_late(&self, persona: Persona, wish: Wish) {
        let press = self.press(persona, "late", wish);
        inbox::accept(self.app.broker(), press).await.unwrap();
        self.settle().await;
    }
}

async fn sweeps(replica: &App) {
    sweep::sweep(replica.broker()).await.unwrap();
    replica.broker().idle().await;
}

// ---------------------------------------------------------------------------------------------------------
// To the millisecond

#[tokio::test]
async fn a_request_can_be_answered_up_to_its_last_millisecond_and_not_at_its_deadline() {
    for (press, done) in [("approve", "*Approved*"), ("reject", "*Rejected*"), ("withdraw", "*Withdrawn*")] {
        for left in [MILLISECOND, TimeDelta::zero()] {
            play(Story::asked(), async |world| {
                world.is_at(nine() + TimeDelta::hours(24) - left);
                match press {
                    "withdraw" => drop(world.ada().presses("request.withdraw").await),
                    "approve" => drop(world.bob().presses("review.approve").await),
                    _ => {
                        world.bob().presses("review.reject").await;
                        world.bob().submits(&[("reason", "read-only will do")]).await;
                    }
                }
                if left.is_zero() {
                    let told =
                        [world.ada().unread_whispers(), world.bob().unread_whispers()].concat().join("");
                    assert!(told.contains("expired before anyone answered"), "{press}: {told}");
                    world.sweep().await;
                }
                let card = world.card();
                assert!(card.contains(if left.is_zero() { "*Expired*" } else { done }), "{press}: {card}");
                world.everybody_catches_up();
            })
            .await;
        }
    }
}

/// Lets access end half a second after ten, and returns when that is.
async fn ends_between_two_seconds(world: &World) -> DateTime<Utc> {
    world.is_at(nine() + TimeDelta::milliseconds(500));
    world.bob().presses("review.approve").await;
    world.everybody_catches_up();
    nine() + TimeDelta::hours(1) + TimeDelta::milliseconds(500)
}

#[tokio::test]
async fn the_console_opens_up_to_the_last_millisecond_of_a_window_and_not_at_its_end() {
    for left in [MILLISECOND, TimeDelta::zero()] {
        play(Story::asked(), async |world| {
            let end = ends_between_two_seconds(world).await;
            let ada = world.ada();
            world.is_at(end - TimeDelta::minutes(1));
            let link = ada.asks_for_the_console().await;
            world.is_at(end - left);
            let console = ada.opens(&link).await;
            ada.presses("session.console").await;
            let heard = ada.hears();
            if left.is_zero() {
                assert_eq!(console.status, 403, "{}", console.text());
                assert!(heard.contains("this request is ended"), "{heard}");
                assert!(world.company.aws.assumptions().is_empty());
            } else {
                assert_eq!(console.status, 200, "{}", console.text());
                assert!(heard.contains("Your link"), "{heard}");
                assert_eq!(world.company.aws.assumptions()[0].duration_seconds, Some(900));
                let is_of_use = (0..1_000).any(|later| may_call(world, end + TimeDelta::seconds(later)));
                assert!(!is_of_use, "it outlives the window");
            }
            world.everybody_catches_up();
        })
        .await;
    }
}

#[tokio::test]
async fn a_session_policy_ends_with_the_last_whole_second_of_the_window() {
    play(Story::asked(), async |world| {
        let end = ends_between_two_seconds(world).await;
        let ada = world.ada();
        assert_eq!(ada.opens(&ada.presses("session.open").await.unwrap()).await.status, 200);
        let last_second = end - TimeDelta::milliseconds(500);
        assert!(may_call(world, last_second - MILLISECOND));
        for later in [last_second, end - MILLISECOND, end, end + MILLISECOND] {
            assert!(!may_call(world, later), "{later}");
        }
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn who_comes_back_from_the_sign_in_at_the_end_is_too_late() {
    for left in [MILLISECOND, TimeDelta::zero()] {
        play(Story::asked(), async |world| {
            let end = ends_between_two_seconds(world).await;
            let ada = world.ada();
            world.is_at(end - TimeDelta::minutes(1));
            let link = ada.asks_for_the_console().await;
            let at_idp = ada.browser.open(&link).await.unwrap();
            world.is_at(end - left);
            let page = ada.browser.press(&at_idp, "Continue as Ada").await.unwrap();
            world.settle().await;
            assert_eq!(page.status, if left.is_zero() { 403 } else { 200 }, "{}", page.text());
            assert_eq!(world.company.aws.assumptions().is_empty(), left.is_zero());
            world.everybody_catches_up();
        })
        .await;
    }
}

#[tokio::test]
async fn access_can_be_ended_up_to_the_last_millisecond_of_its_window() {
    for (left, told) in [(MILLISECOND, "*Ended early*"), (TimeDelta::zero(), "this request is ended")] {
        play(Story::asked(), async |world| {
            let end = ends_between_two_seconds(world).await;
            world.is_at(end - left);
            world.bob().presses("request.end").await;
            let heard = [world.bob().unread_whispers(), world.audit()].concat().join("\n");
            assert!(heard.contains(told), "{heard}");
            world.sweep().await;
            let ends = world.history().await.into_iter().filter(|it| matches!(it.what, Event::Ended { .. }));
            assert_eq!(ends.count(), 1);
            world.everybody_catches_up();
        })
        .await;
    }
}

// ---------------------------------------------------------------------------------------------------------
// Off from each other

#[tokio::test]
async fn what_a_fast_clock_has_approved_is_open_by_a_slow_one() {
    play(Story::asked(), async |world| {
        let fast = world.fast_replica().await;
        let ada = world.ada();
        world.is_served_by(&fast).await;
        world.bob().presses("review.approve").await;
        let link = ada.presses("session.open").await.unwrap();
        world.is_served_by(&world.app).await;
        assert_eq!(ada.opens(&link).await.status, 200, "by the slow clock, the window has not begun");
        let [_, approved, issuing, issued] = &world.history().await[..] else { panic!("four events") };
        assert!([issuing, issued].iter().all(|later| later.at == approved.at), "the slow clock was behind");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_slow_clock_answers_what_a_fast_one_has_taken() {
    play(Story::with_linked([ADA, BOB]), async |world| {
        let fast = world.fast_replica().await;
        world.is_served_by(&fast).await;
        world.ada().types(ASK).await;
        world.is_served_by(&world.app).await;
        world.bob().presses("review.approve").await;
        assert!(world.card().contains("*Approved*"));
        let [asked, approved] = &world.history().await[..] else { panic!("two events") };
        assert_eq!((asked.at, approved.at), (nine() + APART, nine() + APART), "the slow clock was behind");
        let Event::Approved { window, .. } = &approved.what else { panic!("it is approved") };
        assert_eq!((window.starts(), window.ends()), (nine(), nine() + TimeDelta::hours(1)));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn nobody_gets_in_after_the_end_by_the_clock_of_whoever_is_asked() {
    play(Story::approved(), async |world| {
        let fast = world.fast_replica().await;
        let (ada, end) = (world.ada(), nine() + TimeDelta::hours(1));
        world.is_at(end - APART - MILLISECOND);
        let links = [ada.asks_for_the_console().await, ada.asks_for_the_console().await];
        world.is_at(end - APART);
        world.is_served_by(&fast).await;
        let page = ada.opens(&links[0]).await;
        assert_eq!(page.status, 403, "{}", page.text());
        assert!(world.company.aws.assumptions().is_empty());
        world.is_served_by(&world.app).await;
        assert_eq!(ada.opens(&links[1]).await.status, 200, "nobody has written down the end");
        world.everybody_catches_up();

        sweeps(&fast).await;
        assert!(world.card().contains("*Ended*"));
        world.presses_late(ADA, Wish::OpenConsole(world.request_of(ADA).await)).await;
        assert!(ada.hears().contains("this request is ended"), "written down, it is over by every clock");
        world.is_at(end);
        world.sweep().await;
        let ends = world.history().await.into_iter().filter(|it| matches!(it.what, Event::Ended { .. }));
        assert_eq!(ends.count(), 1);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn what_has_expired_by_a_fast_clock_is_not_approved_by_a_slow_one() {
    play(Story::asked(), async |world| {
        let fast = world.fast_replica().await;
        world.passes(TimeDelta::hours(24) - APART).await;
        world.everybody_catches_up();
        world.is_served_by(&fast).await;
        sweeps(&fast).await;
        assert!(world.card().contains("*Expired*"));
        world.is_served_by(&world.app).await;
        assert!(world.stands(&world.app, |status| matches!(status, Status::Expired)).await);
        world.presses_late(BOB, Wish::Do(world.request_of(ADA).await, Act::Approve)).await;
        assert!(world.bob().hears().contains("expired before anyone answered"));
        assert_eq!(world.history().await.len(), 2);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_target_is_open_once_though_clocks_differ() {
    play(Story::asked(), async |world| {
        let fast = world.fast_replica().await;
        world.passes(TimeDelta::hours(24) - APART).await;
        world.everybody_catches_up();
        let first = world.request_of(ADA).await;
        world.ada().types(ASK).await;
        assert!(world.ada().hears().contains("You already have a request"), "by the slow clock");
        world.is_served_by(&fast).await;
        world.ada().types(ASK).await;
        assert!(world.ada().hears().contains("on its way"), "by the fast clock, the first has run out");
        world.is_served_by(&world.app).await;
        world.presses_late(BOB, Wish::Do(first, Act::Approve)).await;
        assert!(
            world.bob().hears().contains("expired before anyone answered"),
            "the second holds the target"
        );
        world.bob().presses("review.approve").await;
        assert!(
            world.stands(&world.app, |status| matches!(status, Status::Approved { .. })).await,
            "the second"
        );
        world.everybody_catches_up();
        world.passes(APART).await;
        world.everybody_catches_up();
    })
    .await;
}
