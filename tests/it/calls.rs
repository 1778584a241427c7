//! What a step costs: the calls to DynamoDB that the broker makes for it, deliveries included.

use std::collections::BTreeMap;

use sandbox::call_log::{CallLog, Party};

use crate::world::{ASK, Story, play};

/// More calls than these need a reason; fewer need a smaller number here.
#[tokio::test]
async fn each_step_of_the_story_costs_so_many_calls_to_dynamodb() {
    play(Story::start(), async |world| {
        let (ada, bob) = (world.ada(), world.bob());
        let log = world.company.watch();
        let mut costs = Vec::new();
        let mut seen = 0;
        let mut cost_of = |step: &str| costs.push(format!("{step}: {}", new_calls(&log, &mut seen)));

        ada.types("/elevate help").await;
        cost_of("help");
        ada.links().await;
        cost_of("link");
        bob.links().await;
        cost_of("another link");
        ada.types(ASK).await;
        cost_of("request");
        bob.presses("review.approve").await;
        cost_of("approve");
        let link = ada.presses("session.open").await.expect("the button is a link");
        ada.opens(&link).await;
        cost_of("open the console");
        ada.types("/elevate status").await;
        cost_of("status");
        ada.presses("request.end").await;
        cost_of("end");
        world.everybody_catches_up();
        insta::assert_snapshot!(costs.join("\n"), @r"
        help: 0 ()
        link: 12 (5 GetItem, 7 TransactWriteItems)
        another link: 12 (5 GetItem, 7 TransactWriteItems)
        request: 19 (8 GetItem, 1 Query, 10 TransactWriteItems)
        approve: 25 (15 GetItem, 10 TransactWriteItems)
        open the console: 14 (8 GetItem, 1 Query, 5 TransactWriteItems)
        status: 3 (1 BatchGetItem, 1 GetItem, 1 Query)
        end: 20 (12 GetItem, 8 TransactWriteItems)
        ");
    })
    .await;
}

/// Returns the calls since `seen`, by operation.
fn new_calls(log: &CallLog, seen: &mut u64) -> String {
    let mut calls = BTreeMap::<String, usize>::new();
    let before = *seen;
    for exchange in log.exchanges().into_iter().filter(|exchange| exchange.number > before) {
        if exchange.to == Party::Dynamo {
            *calls.entry(exchange.call).or_default() += 1;
        }
        *seen = exchange.number;
    }
    let sum: usize = calls.values().sum();
    let by_operation: Vec<_> = calls.iter().map(|(call, times)| format!("{times} {call}")).collect();
    format!("{sum} ({})", by_operation.join(", "))
}
