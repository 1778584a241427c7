//! Lanes: no backlog of one lane delays another, and no flood of one person what auditors hear of others.

use std::time::Duration;

use chrono::TimeDelta;
use elevate::{
    domain::{
        account_event::{AccountEvent, AccountRecord, Head},
        act::{Act, Tried},
        audit::AuditEntry,
        ids::{CommandId, RequestId},
        job::{Job, Lane, Notice, Task},
        person::{Human, Subject},
        press::Wish,
        refusal::Refusal,
        request::{Opening, Status},
        trail::actor::Actor,
        undelivered::{NotAccepted, NoticeKind},
    },
    flows::{inbox, sweep},
    ports::{JOB_LEASE, Step},
};
use futures_util::future::join_all;
use sandbox::example_corp::{ADA, AUDIT_CHANNEL, BOB, CAROL, Persona};

use crate::world::{ASK, Story, World, account_of, play};

/// More jobs than any round begins.
const FLOOD: u64 = 1_001;
/// How many jobs fit into one transaction, with the request, its event and its marker.
const AT_ONCE: usize = 97;

impl World {
    /// Enqueues [`FLOOD`] jobs in a lane, all of them due before anything else.
    async fn is_flooded(&self, lane: Lane) {
        let jobs: Vec<Job> = (0..FLOOD).map(|n| self.drop_in(lane, n)).collect();
        assert!(jobs.iter().all(|job| job.lane() == lane));
        for (n, jobs) in jobs.chunks(AT_ONCE).enumerate() {
            self.app.broker().ports().store.commit(&self.of_a_stranger(n as u128, jobs)).await.unwrap();
        }
    }

    fn drop_in(&self, lane: Lane, n: u64) -> Job {
        let nowhere = RequestId::new(self.company.clock.now(), n.into());
        let audit = |record| Task::Notify(Notice::Audit(Box::new(AuditEntry::of_account(&record))));
        let task = match lane {
            Lane::History => Task::Elapse(nowhere),
            Lane::People => Task::Notify(Notice::Card(nowhere)),
            Lane::Timers => Task::WarnOfEnd(nowhere),
            Lane::AuditorsLater => audit(self.refusal(n)),
            Lane::Auditors => {
                let why = NotAccepted { operation: "post".to_owned(), reason: None };
                audit(AccountRecord {
                    what: AccountEvent::Undelivered { notice: NoticeKind::Receipt, request: None, why },
                    ..self.refusal(n)
                })
            }
        };
        let job = Job { due: self.company.clock.now(), id: format!("flood/{n}"), platform: None, task };
        if lane == Lane::AuditorsLater { job.in_burst() } else { job }
    }

    fn refusal(&self, n: u64) -> AccountRecord {
        let (at, carol) = (self.company.clock.now(), account_of(CAROL));
        let why = Refusal::NotLinked.into();
        let what = AccountEvent::Refused { tried: Tried::Use, request: None, target: None, why };
        let actor = Actor::Account { account: carol.clone() };
        what.of(&carol, actor, CommandId::random(n.into()), at).after(Some(Head { number: n, at }))
    }

    /// The commit of somebody's request, after which this is to be done.
    pub(crate) fn of_a_stranger(&self, n: u128, jobs: &[Job]) -> Step {
        let now = self.company.clock.now();
        let subject = Subject { issuer: "https://elsewhere.example".to_owned(), subject: n.to_string() };
        let stranger =
            Human { subject, account: None, email: "stranger@example.com".parse().unwrap(), person: None };
        let opening = Opening {
            requester: stranger,
            target: "111122223333/S3Admin".parse().unwrap(),
            duration: "1h".parse().unwrap(),
            justification: "a flood".parse().unwrap(),
            answer_by: now,
        };
        let id = RequestId::new(now, u128::from(u64::MAX) + n);
        let (recorded, after) = opening.opens(id, CommandId::random(n), now);
        Step { recorded, after, held: None, jobs: jobs.to_vec(), uses_up: Vec::new(), now, given: Vec::new() }
    }

    /// Whether there is a job of a lane that may be begun.
    async fn is_left_in(&self, lane: Lane) -> bool {
        let now = self.company.clock.now();
        !self.app.broker().ports().store.head(lane, now, 1).await.unwrap().jobs.is_empty()
    }

    async fn sweeps_once_despite(&self, flooded: Lane) {
        sweep::sweep(self.app.broker()).await.unwrap();
        self.settle().await;
        assert!(self.is_left_in(flooded).await, "{flooded:?} is still flooded");
        for lane in Lane::ALL {
            assert!(lane == flooded || !self.is_left_in(lane).await, "{flooded:?} holds up {lane:?}");
        }
    }
}

/// A replica that dies has left everything to do that there is, behind a flood in one lane: all of it is done in the
/// next rounds, but for what waits in that very lane.
async fn a_flood_holds_up_no_other_lane(flooded: Lane) {
    play(Story::asked(), async |world| {
        let is_of_auditors = matches!(flooded, Lane::Auditors | Lane::AuditorsLater);
        world.company.slack.update_channel(AUDIT_CHANNEL, |channel| channel.is_archived = is_of_auditors);
        world.is_flooded(flooded).await;
        world.company.clock.advance(JOB_LEASE);

        let dying = world.another_replica().await;
        dying.broker().stop();
        let id = world.request_of(ADA).await;
        let approve = world.press(BOB, "1.1", Wish::Do(id.clone(), Act::Approve));
        inbox::accept(dying.broker(), approve).await.unwrap();
        dying.broker().idle().await;
        let store = &world.app.broker().ports().store;
        let asks_for_a_link = world.press(ADA, "1.2", Wish::Link);
        assert!(store.accept(&asks_for_a_link).await.unwrap());
        assert_eq!(world.unread_by_anybody(), Vec::<String>::new(), "nobody has heard of anything");

        world.company.clock.advance(JOB_LEASE);
        world.sweeps_once_despite(flooded).await;
        if flooded != Lane::History {
            assert_eq!(store.press(&asks_for_a_link.asker.id).await.unwrap(), None, "the press is finished");
        }
        if flooded != Lane::People {
            assert!(world.card().contains("*Approved*"));
            assert!(world.ada().is_told().contains("*Approved*"));
        }
        if !is_of_auditors {
            assert!(world.audit().iter().any(|line| line.contains("*Approved*")));
        }
        let request = store.request(&id).await.unwrap().unwrap();
        let Status::Approved { window, .. } = &request.status_at(world.company.clock.now()) else { panic!() };
        let ends = window.ends();
        world.company.clock.advance(ends - world.company.clock.now() - TimeDelta::minutes(5));
        world.sweeps_once_despite(flooded).await;
        world.company.clock.advance(TimeDelta::minutes(5));
        world.sweeps_once_despite(flooded).await;
        let version = store.request(&id).await.unwrap().unwrap().version;
        assert_eq!(version, if flooded == Lane::History { 2 } else { 3 }, "the end is written");

        world.company.slack.update_channel(AUDIT_CHANNEL, |channel| channel.is_archived = false);
        for _ in 0..12 {
            world.passes(TimeDelta::minutes(10)).await;
        }
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_thousand_ends_hold_up_no_other_lane() {
    a_flood_holds_up_no_other_lane(Lane::History).await;
}

#[tokio::test]
async fn a_thousand_cards_hold_up_no_other_lane() {
    a_flood_holds_up_no_other_lane(Lane::People).await;
}

#[tokio::test]
async fn a_thousand_lines_that_auditors_cannot_be_told_hold_up_no_other_lane() {
    a_flood_holds_up_no_other_lane(Lane::Auditors).await;
}

#[tokio::test]
async fn a_thousand_refusals_that_auditors_cannot_be_told_hold_up_no_other_lane() {
    a_flood_holds_up_no_other_lane(Lane::AuditorsLater).await;
}

#[tokio::test]
async fn a_thousand_timers_hold_up_no_other_lane() {
    a_flood_holds_up_no_other_lane(Lane::Timers).await;
}

const DAN: Persona = Persona { slack: "U0DAN", login: "dan", name: "Dan", email: "dan@example.com", ..ADA };
const ERIN: Persona =
    Persona { slack: "U0ERIN", login: "erin", name: "Erin", email: "erin@example.com", ..ADA };
const FRED: Persona =
    Persona { slack: "U0FRED", login: "fred", name: "Fred", email: "fred@example.com", ..ADA };

/// Three people do all that they may do at once. Then Bob approves what Ada has asked for.
#[tokio::test]
async fn an_approval_is_heard_within_ten_seconds_of_a_flood() {
    /// How often somebody presses without being held back.
    const AT_ONCE: usize = 20;
    play(Story::asked(), async |world| {
        let id = world.request_of(ADA).await;
        let flooders = [DAN, ERIN, FRED].map(|persona| world.hire(persona));
        for flooder in &flooders {
            flooder.links().await;
        }
        for flooder in &flooders {
            flooder.types(ASK).await;
        }
        world.everybody_puts_all_away();
        world.company.clock.advance(TimeDelta::minutes(1));
        world.company.slack.control().slow("chat.postMessage", Duration::from_millis(200));
        join_all(flooders.iter().map(async |flooder| {
            flooder.presses_unawaited("request.withdraw").await;
            join_all((1..AT_ONCE).map(|_| flooder.presses_unawaited("review.approve"))).await
        }))
        .await;
        inbox::accept(world.app.broker(), world.press(BOB, "1.1", Wish::Do(id.clone(), Act::Approve)))
            .await
            .unwrap();
        world.settle().await;

        let approved = world.app.broker().ports().store.event(&id, 2).await.unwrap().unwrap();
        let lines = world.company.slack.messages(AUDIT_CHANNEL);
        let line = lines.iter().find(|line| line.text.contains("*Approved*")).expect("auditors hear of it");
        let heard: f64 = line.ts.parse().unwrap();
        let after = heard - approved.at.timestamp() as f64;
        assert!(after <= 10.0, "auditors hear of the approval {after} s later");

        world.company.slack.control().heal();
        let mut audit = world.audit();
        for _ in 0..3 {
            world.passes(TimeDelta::minutes(1)).await;
            audit.extend(world.audit());
        }
        let of_a_flooder = |line: &&String| !line.contains("*Approved*");
        assert!(audit.iter().filter(of_a_flooder).count() <= 3 * (5 + 1), "{audit:?}");
        assert_eq!(audit.iter().filter(|line| line.contains("*Burst* · ")).count(), 3, "{audit:?}");
        world.everybody_puts_all_away();
    })
    .await;
}
