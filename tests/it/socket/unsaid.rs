//! What nobody may read in the log: tickets, and what Slack sends.

use sandbox::{example_corp::ADA, http::Fault};
use serde_json::json;

use super::scene::{APP_TOKEN, ScriptedSlack, TICKET, ask, envelope};
use crate::{
    log::{self, Log, PLANTED},
    world::{Story, play},
};

/// What people write into what Slack sends.
const WRITTEN: &str = "the canary died";

#[tokio::test]
async fn nothing_of_a_ticket_or_a_frame_is_logged() {
    play(Story::with_linked([ADA]), async |world| {
        let log = Log::into(&log::folder("nothing_of_a_ticket_or_a_frame_is_logged"), "trace");
        let slack = ScriptedSlack::start().await;
        slack.control.fail_next("apps.connections.open", Fault::Garbage);
        let bot = slack.meets(world);
        slack.hangs_up().await;
        let (mut one, mut other) = (slack.greets().await, slack.greets().await);
        bot.serves_on(2).await;

        let mut command = ask(world, "a command");
        command["text"] = format!("111122223333/S3Admin 1h {WRITTEN}").into();
        one.says(&envelope("slash_commands", command)).await;
        one.hears().await;
        world.settle().await;
        assert!(world.card().contains(WRITTEN), "it was read");
        world.company.dynamo.control().fail_always("TransactWriteItems", Fault::Status(500));
        let mut command = ask(world, "a command that is not stored");
        command["text"] = format!("444455556666/ReadOnly 1h {WRITTEN}").into();
        one.says(&envelope("slash_commands", command)).await;
        one.hears().await;
        world.company.dynamo.control().heal();
        for kind in ["slash_commands", "interactive", "events_api"] {
            one.says(&envelope(kind, json!({ "type": "block_actions", "actions": WRITTEN }))).await;
            one.hears().await;
        }
        one.says(&json!({ "type": 1, "text": WRITTEN })).await;
        other.says(&json!({ "type": "disconnect", "reason": "refresh_requested", "text": WRITTEN })).await;
        let _successor = slack.greets().await;
        bot.serves_on(3).await;
        one.says(&json!({ "type": "disconnect", "reason": "link_disabled", "text": WRITTEN })).await;
        drop((one, other));
        bot.serves_on(1).await;

        let log = log.text();
        for logged in [
            PLANTED,
            "slack: connection failed",
            "a press was not stored",
            "slack: unreadable command",
            "slack: unknown interaction ignored",
            "slack: unknown frame ignored",
            "slack: connection closed by Slack",
        ] {
            assert!(log.contains(logged), "{logged}");
        }
        for secret in [TICKET, APP_TOKEN, WRITTEN] {
            let lines: Vec<&str> = log.lines().filter(|line| line.contains(secret)).collect();
            assert!(lines.is_empty(), "{lines:#?}");
        }
        world.everybody_catches_up();
    })
    .await;
}
