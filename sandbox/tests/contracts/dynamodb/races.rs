//! Many who want the same at once.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html>

use std::sync::Arc;

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    types::{Put, TransactWriteItem, Update},
};
use tokio::{sync::Barrier, task::JoinSet};

use super::world::{TABLE, World, item, key, number, text};

const RACERS: i64 = 64;

contracts! {
    judge decides {
        of_many_puts_of_one_item_one_wins,
        of_many_updates_of_one_version_one_wins,
        of_many_transactions_on_one_version_one_wins_and_leaves_its_trace,
        no_addition_is_lost,
    }
}

async fn of_many_puts_of_one_item_one_wins(world: World) {
    let outcomes = race(&world, |world, racer| async move {
        let put = world.client.put_item().table_name(TABLE).condition_expression("attribute_not_exists(pk)");
        put.set_item(Some(item("a", "1", &[("winner", number(racer))]))).send().await
    })
    .await;
    let winner = only_winner(outcomes, "ConditionalCheckFailedException");
    assert_eq!(world.get("a", "1").await.unwrap()["winner"], number(winner));
}

async fn of_many_updates_of_one_version_one_wins(world: World) {
    world.put(item("a", "1", &[("version", number(1))])).await;
    let outcomes = race(&world, |world, racer| async move {
        let update = world.update("a", "1").update_expression("SET version = :next, winner = :racer");
        let update =
            update.condition_expression("version = :seen").expression_attribute_values(":seen", number(1));
        let update = update.expression_attribute_values(":next", number(2));
        update.expression_attribute_values(":racer", number(racer)).send().await
    })
    .await;
    let winner = only_winner(outcomes, "ConditionalCheckFailedException");
    assert_eq!(world.get("a", "1").await.unwrap()["winner"], number(winner));
}

async fn of_many_transactions_on_one_version_one_wins_and_leaves_its_trace(world: World) {
    world.put(item("a", "META", &[("version", number(1))])).await;
    let outcomes = race(&world, |world, racer| async move {
        let update = Update::builder()
            .table_name(TABLE)
            .set_key(Some(key("a", "META")))
            .update_expression("SET version = :next")
            .condition_expression("version = :seen")
            .expression_attribute_values(":seen", number(1))
            .expression_attribute_values(":next", number(2));
        let trace = Put::builder().table_name(TABLE).set_item(Some(key("a", &format!("EVENT#{racer}"))));
        let transaction = world
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(update.build().unwrap()).build())
            .transact_items(TransactWriteItem::builder().put(trace.build().unwrap()).build());
        transaction.send().await
    })
    .await;
    let winner = only_winner(outcomes, "TransactionCanceledException");
    let events = world.query("a").key_condition_expression("pk = :pk AND begins_with(sk, :events)");
    let events = events.expression_attribute_values(":events", text("EVENT#")).send().await.unwrap();
    assert_eq!(events.items(), [key("a", &format!("EVENT#{winner}"))]);
}

async fn no_addition_is_lost(world: World) {
    world.put(item("a", "1", &[("tally", number(0))])).await;
    let outcomes = race(&world, |world, _| async move {
        let update = world.update("a", "1").update_expression("ADD tally :one");
        update.expression_attribute_values(":one", number(1)).send().await
    })
    .await;
    assert!(outcomes.iter().all(|(_, outcome)| outcome.is_ok()));
    assert_eq!(world.get("a", "1").await.unwrap()["tally"], number(RACERS));
}

/// What becomes of each racer: nothing, or the code of an error.
type Outcomes = Vec<(i64, Result<(), String>)>;

/// Lets all racers go at once.
async fn race<Racing, Answer, Error>(world: &World, run: impl Fn(World, i64) -> Racing) -> Outcomes
where
    Racing: Future<Output = Result<Answer, SdkError<Error>>> + Send + 'static,
    Error: ProvideErrorMetadata,
{
    let start = Arc::new(Barrier::new(64));
    let mut racers = JoinSet::new();
    for racer in 0..RACERS {
        let (start, running) = (start.clone(), run(World { client: world.client.clone() }, racer));
        racers.spawn(async move {
            start.wait().await;
            let outcome = running.await;
            (racer, outcome.map(|_| ()).map_err(|error| error.code().unwrap_or_default().to_owned()))
        });
    }
    racers.join_all().await
}

/// The one who won, where all others were told that they lost.
fn only_winner(outcomes: Outcomes, lost: &str) -> i64 {
    let (winners, losers): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|(_, outcome)| outcome.is_ok());
    for (_, outcome) in losers {
        assert_eq!(outcome, Err(lost.to_owned()));
    }
    let [(winner, _)] = winners[..] else { panic!("{} winners", winners.len()) };
    winner
}
