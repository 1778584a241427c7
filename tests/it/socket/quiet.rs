//! Being left alone: when Slack says for how long it gives out no connections.

use std::{ops::Range, time::Duration};

use elevate::slack::socket::LONGEST_QUIET;
use sandbox::http::Fault;
use tokio::time::Instant;

use super::scene::{ScriptedSlack, passes};
use crate::world::{Story, play};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn slack_is_asked_for_no_connection_before_it_wants_to_be() {
    assert_asked_again_within(Duration::from_secs(30)..Duration::from_secs(40), 30).await;
}

#[tokio::test]
async fn slack_is_left_alone_for_five_minutes_at_most() {
    assert_asked_again_within(LONGEST_QUIET..LONGEST_QUIET + 10 * SECOND, u32::MAX).await;
}

/// Both places ask for a connection, and hear to come back after so many seconds.
async fn assert_asked_again_within(when: Range<Duration>, retry_after: u32) {
    play(Story::start(), async |world| {
        let slack = ScriptedSlack::start().await;
        for _ in 0..2 {
            slack.control.fail_next("apps.connections.open", Fault::RateLimited(retry_after));
        }
        let bot = slack.meets(world);
        let health = format!("{}/health", world.admin_url);
        let started = Instant::now();
        while slack.asked().len() < 4 {
            assert!(started.elapsed() < when.end, "{:?}", slack.asked());
            passes(SECOND).await;
            // While this is answered, so is whatever was asked before it.
            world.ada().browser.get_raw(&health).await.unwrap();
        }
        let asked = slack.asked();
        assert!(asked[1] < when.start && when.contains(&asked[2]) && when.contains(&asked[3]), "{asked:?}");
        let _connections = (slack.greets().await, slack.greets().await);
        bot.serves_on(2).await;
    })
    .await;
}
