//! An outage of one platform: what is said on the other one waits for nothing that is to be said there.

use std::time::Duration;

use chrono::TimeDelta;
use elevate::{
    domain::{
        act::Act,
        job::{Job, Lane, Notice, Task},
        press::Wish,
    },
    flows::{inbox, sweep},
    ports::JOB_LEASE,
};
use sandbox::example_corp::{ADA, BOB, REVIEW_CHANNEL};
use tokio::time::timeout;

use super::{
    DANA, ERIN,
    platform::{LINES_REVIEW, Lines, account_on_lines},
    request_on,
};
use crate::world::{ASK, Story, World, account_of, play};

const SECOND: TimeDelta = TimeDelta::seconds(1);

impl World {
    /// Bob approves what Ada has asked for; the replica that commits it stops before anybody has heard of it.
    async fn is_approved_by_a_dying_replica(&self) {
        let id = self.request_of(ADA).await;
        let dying = self.another_replica().await;
        dying.broker().stop();
        let approve = self.press(BOB, "1.1", Wish::Do(id, Act::Approve));
        inbox::accept(dying.broker(), approve).await.unwrap();
        dying.broker().idle().await;
        assert_eq!(self.unread_by_anybody(), Vec::<String>::new(), "nobody has heard of it");
    }

    /// Everybody in Slack has heard that Ada's request is approved.
    fn all_have_heard_in_slack(&self) {
        assert!(self.card().contains("*Approved*"), "the card waits for another platform: {}", self.card());
        assert!(self.ada().is_told().contains("*Approved*"));
        assert!(self.ada().hears().contains("Your link"));
        assert!(self.audit().iter().any(|line| line.contains("*Approved* · @Bob")));
    }

    fn threads(&self) -> usize {
        self.company.slack.messages(REVIEW_CHANNEL).iter().filter(|post| post.thread_ts.is_some()).count()
    }
}

#[tokio::test]
async fn a_card_waits_for_no_card_of_a_platform_that_is_down() {
    play(Story::asked(), async |world| {
        let lines = Lines::beside_slack(world, [DANA]).await;
        lines.links(DANA).await;
        lines.is_up(false);
        lines.writes(DANA, "111122223333/S3Admin 1h bucket policy broken").await;
        world.everybody_catches_up();
        world.company.clock.advance(SECOND);
        world.is_approved_by_a_dying_replica().await;

        world.company.clock.advance(JOB_LEASE);
        lines.sweeps_once().await;
        world.all_have_heard_in_slack();

        lines.is_up(true);
        world.company.clock.advance(TimeDelta::minutes(10));
        lines.sweeps().await;
        request_on(&lines.posts(LINES_REVIEW));
        lines.told(DANA);
    })
    .await;
}

#[tokio::test]
async fn a_reminder_waits_for_no_reminder_of_a_platform_that_is_down() {
    play(Story::with_linked([ADA]), async |world| {
        let lines = Lines::beside_slack(world, [DANA, ERIN]).await;
        lines.links(DANA).await;
        lines.writes(DANA, "111122223333/S3Admin 1h bucket policy broken").await;
        request_on(&lines.posts(LINES_REVIEW));
        lines.told(DANA);
        world.company.clock.advance(SECOND);
        world.ada().types(ASK).await;
        world.settle().await;
        world.everybody_catches_up();

        lines.is_up(false);
        world.company.clock.advance(TimeDelta::minutes(15));
        lines.sweeps_once().await;
        assert_eq!(world.threads(), 1, "reviewers in Slack are reminded of Ada's request");
        world.everybody_catches_up();

        lines.is_up(true);
        world.company.clock.advance(TimeDelta::minutes(10));
        lines.sweeps().await;
        let reminded = lines.posts(LINES_REVIEW);
        assert!(reminded.len() == 1 && reminded[0].contains("Still waiting"), "{reminded:?}");
    })
    .await;
}

/// More places than a round works on at a time.
const PEOPLE: u64 = 20;

#[tokio::test]
async fn people_wait_for_nobody_on_a_platform_that_does_not_answer() {
    play(Story::asked(), async |world| {
        let lines = Lines::beside_slack(world, [DANA]).await;
        let danas = (0..PEOPLE).map(|n| account_on_lines(&format!("dana{n}")));
        let due = world.company.clock.now();
        let jobs: Vec<Job> = danas
            .chain([account_of(ADA)])
            .map(|who| {
                let platform = Some(who.platform().clone());
                let id = format!("unlinked/{}", who.user());
                Job {
                    due,
                    id,
                    platform,
                    task: Task::Notify(Notice::Unlinked(who, ADA.email.parse().unwrap())),
                }
            })
            .collect();
        assert!(jobs.iter().all(|job| job.lane() == Lane::People));
        world.app.broker().ports().store.commit(&world.of_a_stranger(1, &jobs)).await.unwrap();

        world.company.clock.advance(JOB_LEASE);
        let told_before = world.company.slack.direct_messages(ADA.slack).len();
        lines.hangs(true);
        let heard = async {
            while world.company.slack.direct_messages(ADA.slack).len() == told_before {
                tokio::task::yield_now().await;
            }
            lines.is_up(false);
            lines.hangs(false);
        };
        let swept = async { tokio::join!(sweep::sweep(lines.broker()), heard).0.unwrap() };
        timeout(Duration::from_secs(30), swept).await.expect("Ada hears of it while Lines does not answer");
        world.settle().await;
        assert!(world.ada().is_told().contains("no longer linked"));

        lines.takes_everybody();
        lines.is_up(true);
        world.company.clock.advance(TimeDelta::minutes(10));
        lines.sweeps().await;
        assert_eq!(lines.reads_everything(), usize::try_from(PEOPLE).unwrap());
    })
    .await;
}
