//! What comes twice.

use sandbox::company::ADA;
use serde_json::json;

use super::scene::{ScriptedSlack, ask, envelope};
use crate::world::World;

#[tokio::test]
async fn an_envelope_on_two_connections_and_once_more_counts_once() {
    let world = World::with_linked([ADA]).await;
    let slack = ScriptedSlack::start().await;
    let bot = slack.meets(&world);
    let (mut one, mut other) = (slack.greets().await, slack.greets().await);
    let command = envelope("slash_commands", ask(&world, "a command"));
    world.company.dynamo.gather("TransactWriteItems", "INBOX#", 2);
    one.says(&command).await;
    other.says(&command).await;
    for connection in [&mut one, &mut other] {
        assert_eq!(connection.hears().await, json!({ "envelope_id": "slash_commands" }));
    }
    one.says(&command).await;
    assert_eq!(one.hears().await, json!({ "envelope_id": "slash_commands" }));
    world.settle().await;
    let heard = world.ada().unread_whispers();
    assert!(heard.len() == 1 && heard[0].contains("on its way"), "{heard:?}");
    world.card();
    world.ada().is_told();
    assert_eq!(world.audit().len(), 1);
    drop(bot);
    world.finish().await;
}
