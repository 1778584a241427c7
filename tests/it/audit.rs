//! Audit: what is refused is recorded, and told so that it drowns nothing else.

use chrono::TimeDelta;
use futures_util::future::join_all;
use sandbox::example_corp::{ADA, AUDIT_CHANNEL, BOB};

use crate::world::{ASK, Story, play};

#[tokio::test]
async fn a_flood_of_refused_presses_does_not_keep_bob_from_approving() {
    const FLOOD: usize = 100;
    const LET_THROUGH: usize = 20;
    play(Story::asked(), async |world| {
        world.company.clock.advance(TimeDelta::minutes(1));
        let (bob, carol) = (world.bob(), world.carol());
        let flood = join_all((0..FLOOD).map(|_| carol.presses_unawaited("review.approve")));
        tokio::join!(flood, bob.presses_unawaited("review.approve"));
        world.settle().await;

        let request = world.app.broker().ports().store.request(&world.request_of(ADA).await).await.unwrap();
        assert_eq!(request.unwrap().version, 2, "a refused press touches no request");
        assert!(world.card().contains("*Approved*"));
        world.ada().is_told();
        world.ada().hears();
        let whispers = carol.unread_whispers();
        let (rate_limited, refused): (Vec<_>, Vec<_>) =
            whispers.iter().partition(|whisper| whisper.contains("too many actions at once"));
        assert_eq!((refused.len(), rate_limited.len()), (LET_THROUGH, 1));
        let audit = world.audit();
        assert_eq!(audit.iter().filter(|line| line.contains("*Approved*")).count(), 1, "{audit:?}");
        assert_eq!(
            audit.iter().filter(|line| line.contains("@Carol tried to approve")).count(),
            5,
            "{audit:?}"
        );

        world.passes(TimeDelta::minutes(1)).await;
        let audit = world.audit();
        assert!(audit.iter().all(|line| line.contains("*Burst* · 15 events of @Carol")), "{audit:?}");
        let counted: usize = audit.iter().map(|line| times(line, "approve ")).sum();
        assert_eq!(counted, LET_THROUGH - 5, "none is left out: {audit:?}");
        assert_eq!(audit.len(), 1, "{audit:?}");
    })
    .await;
}

/// The count behind a word of a line.
fn times(line: &str, word: &str) -> usize {
    let (_, rest) = line.split_once(&format!("to {word}")).unwrap();
    rest.split_once('×').unwrap().0.parse().unwrap()
}

/// Ada asks and takes it back, again and again, and in the end Bob approves.
#[tokio::test]
async fn what_somebody_does_again_and_again_is_one_line_and_an_approval_waits_for_none() {
    play(Story::with_linked([ADA, BOB]), async |world| {
        world.everybody_puts_all_away();
        world.company.clock.advance(TimeDelta::minutes(1));
        for _ in 0..4 {
            world.ada().types(ASK).await;
            world.ada().presses("request.withdraw").await;
        }
        world.auditors_hear(["*Requested*", "*Withdrawn*", "*Requested*", "*Withdrawn*", "*Requested*"]);
        world.ada().types(ASK).await;
        assert_eq!(world.audit(), Vec::<String>::new());
        world.bob().presses("review.approve").await;
        world.sweep().await;
        let audit = world.audit();
        let [requested, approved] = &audit[..] else { panic!("{audit:?}") };
        assert!(
            requested.contains("*Requested* · @Ada") && approved.contains("*Approved* · @Bob"),
            "{audit:?}"
        );

        world.passes(TimeDelta::minutes(1)).await;
        let audit = world.audit();
        let [burst] = &audit[..] else { panic!("{audit:?}") };
        assert!(burst.contains("*Burst* · 3 events of @Ada"), "{burst}");
        assert!(burst.contains("requested access 1×, withdrew 2×"), "{burst}");
        assert_eq!(burst.matches("req_").count(), 3, "every event is named: {burst}");
        world.everybody_puts_all_away();
    })
    .await;
}

#[tokio::test]
async fn refusals_that_wait_for_their_minute_outlive_their_replica() {
    play(Story::asked(), async |world| {
        let carol = world.carol();
        for _ in 0..7 {
            carol.presses("request.withdraw").await;
        }
        world.everybody_catches_up();
        let posted = world.company.slack.messages(AUDIT_CHANNEL).len();
        let other = world.another_replica().await;
        world.company.clock.advance(TimeDelta::minutes(1));
        elevate::flows::sweep::sweep(other.broker()).await.unwrap();
        other.broker().idle().await;
        let audit = world.audit();
        assert_eq!(world.company.slack.messages(AUDIT_CHANNEL).len(), posted + 1);
        insta::assert_snapshot!(audit[0]);
    })
    .await;
}
