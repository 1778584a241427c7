//! Writing several items, or none.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>

use aws_sdk_dynamodb::{
    operation::transact_write_items::{TransactWriteItemsError, builders::TransactWriteItemsFluentBuilder},
    types::{
        CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem, Update,
    },
};

use super::world::{TABLE, World, item, key, number};
use crate::refusal::refusal;

contracts! {
    judge decides {
        puts_updates_deletes_and_checks_are_done_together,
        if_one_condition_fails_nothing_is_done,
        the_reasons_are_in_the_order_of_the_items,
        a_reason_shows_what_is_there_only_if_asked,
        a_cancellation_names_its_reasons,
        a_check_alone_writes_nothing,
        the_same_request_with_the_same_token_is_done_once,
        another_request_with_the_same_token_is_refused,
        without_a_token_a_request_is_done_each_time,
        an_item_has_one_operation,
        a_hundred_operations_are_the_most,
        no_operation_is_too_few,
        an_invalid_operation_cancels_nothing_it_is_refused,
    }
}

async fn puts_updates_deletes_and_checks_are_done_together(world: World) {
    for sk in ["updated", "deleted", "checked"] {
        world.put(item("a", sk, &[("tally", number(1))])).await;
    }
    let operations = [put_once("made"), add("updated", 1), delete("deleted"), check("checked", 1)];
    transaction(&world, operations).send().await.unwrap();
    assert_eq!(world.get("a", "made").await, Some(key("a", "made")));
    assert_eq!(world.get("a", "updated").await, Some(item("a", "updated", &[("tally", number(2))])));
    assert_eq!(world.get("a", "deleted").await, None);
    assert_eq!(world.get("a", "checked").await, Some(item("a", "checked", &[("tally", number(1))])));
}

async fn if_one_condition_fails_nothing_is_done(world: World) {
    for sk in ["updated", "deleted", "checked"] {
        world.put(item("a", sk, &[("tally", number(1))])).await;
    }
    let operations = [put_once("made"), add("updated", 1), delete("deleted"), check("checked", 2)];
    transaction(&world, operations).send().await.unwrap_err();
    assert_eq!(world.get("a", "made").await, None);
    assert_eq!(world.get("a", "updated").await, Some(item("a", "updated", &[("tally", number(1))])));
    assert_eq!(world.get("a", "deleted").await, Some(item("a", "deleted", &[("tally", number(1))])));
}

async fn the_reasons_are_in_the_order_of_the_items(world: World) {
    world.put(item("a", "there", &[("tally", number(1))])).await;
    let operations = [put_once("made"), put_once("there"), check("there too", 1), add("nowhere", 1)];
    let reasons = reasons(&world, operations).await;
    let codes: Vec<_> = reasons.iter().filter_map(CancellationReason::code).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed", "ConditionalCheckFailed", "ConditionalCheckFailed"]);
    let there = Some(item("a", "there", &[("tally", number(1))]));
    let shown: Vec<_> = reasons.into_iter().map(|reason| reason.item).collect();
    assert_eq!(shown, [None, there, None, None]);
}

async fn a_reason_shows_what_is_there_only_if_asked(world: World) {
    world.put(key("a", "there")).await;
    let silent = Put::builder().table_name(TABLE).set_item(Some(key("a", "there")));
    let silent = silent.condition_expression("attribute_not_exists(pk)").build().unwrap();
    let reasons = reasons(&world, [TransactWriteItem::builder().put(silent).build()]).await;
    assert_eq!(reasons[0].code(), Some("ConditionalCheckFailed"));
    assert_eq!(reasons[0].message(), Some("The conditional request failed"));
    assert_eq!(reasons[0].item, None);
}

async fn a_cancellation_names_its_reasons(world: World) {
    world.put(key("a", "there")).await;
    let refusal = refusal(transaction(&world, [put_once("made"), put_once("there")]).send().await);
    assert_eq!(refusal.kind(), (400, "TransactionCanceledException"));
    let expected = "Transaction cancelled, please refer cancellation reasons for specific reasons \
                    [None, ConditionalCheckFailed]";
    assert_eq!(refusal.message, expected);
}

async fn a_check_alone_writes_nothing(world: World) {
    world.put(item("a", "checked", &[("tally", number(1))])).await;
    transaction(&world, [check("checked", 1)]).send().await.unwrap();
    assert_eq!(world.get("a", "checked").await, Some(item("a", "checked", &[("tally", number(1))])));
}

async fn the_same_request_with_the_same_token_is_done_once(world: World) {
    world.put(item("a", "counter", &[("tally", number(1))])).await;
    for _ in 0..3 {
        let request = transaction(&world, [add("counter", 1), put_once("made")]);
        request.client_request_token("the-token").send().await.unwrap();
    }
    assert_eq!(world.get("a", "counter").await.unwrap()["tally"], number(2));
}

async fn another_request_with_the_same_token_is_refused(world: World) {
    world.put(item("a", "counter", &[("tally", number(1))])).await;
    transaction(&world, [add("counter", 1)]).client_request_token("the-token").send().await.unwrap();
    let another = transaction(&world, [add("counter", 2)]).client_request_token("the-token");
    let refusal = refusal(another.send().await);
    assert_eq!(refusal.kind(), (400, "IdempotentParameterMismatchException"));
    assert_eq!(world.get("a", "counter").await.unwrap()["tally"], number(2));
}

async fn without_a_token_a_request_is_done_each_time(world: World) {
    world.put(item("a", "counter", &[("tally", number(1))])).await;
    for _ in 0..2 {
        transaction(&world, [add("counter", 1)]).send().await.unwrap();
    }
    assert_eq!(world.get("a", "counter").await.unwrap()["tally"], number(3));
}

async fn an_item_has_one_operation(world: World) {
    world.put(item("a", "counter", &[("tally", number(1))])).await;
    let refusal = refusal(transaction(&world, [check("counter", 1), add("counter", 1)]).send().await);
    assert_eq!(refusal.kind(), (400, "ValidationException"));
    assert_eq!(refusal.message, "Transaction request cannot include multiple operations on one item");
}

async fn a_hundred_operations_are_the_most(world: World) {
    let puts = |count: u32| (0..count).map(|number| put_once(&format!("{number:03}")));
    let refusal = refusal(transaction(&world, puts(101)).send().await);
    assert_eq!(refusal.kind(), (400, "ValidationException"));
    assert_eq!(world.get("a", "000").await, None);
    transaction(&world, puts(100)).send().await.unwrap();
    assert_eq!(world.get("a", "099").await, Some(key("a", "099")));
}

async fn no_operation_is_too_few(world: World) {
    let empty = world.client.transact_write_items().set_transact_items(Some(Vec::new()));
    let refusal = refusal(empty.send().await);
    assert_eq!(refusal.kind(), (400, "ValidationException"));
}

async fn an_invalid_operation_cancels_nothing_it_is_refused(world: World) {
    let broken = Update::builder().table_name(TABLE).set_key(Some(key("a", "1")));
    let broken = broken.update_expression("SET status = :undefined").build().unwrap();
    let operations = [put_once("made"), TransactWriteItem::builder().update(broken).build()];
    let refusal = refusal(transaction(&world, operations).send().await);
    assert_eq!(refusal.kind(), (400, "ValidationException"));
    assert_eq!(world.get("a", "made").await, None);
}

fn transaction(
    world: &World,
    operations: impl IntoIterator<Item = TransactWriteItem>,
) -> TransactWriteItemsFluentBuilder {
    let operations = operations.into_iter().collect();
    world.client.transact_write_items().set_transact_items(Some(operations))
}

/// Why a transaction was cancelled.
async fn reasons(
    world: &World,
    operations: impl IntoIterator<Item = TransactWriteItem>,
) -> Vec<CancellationReason> {
    let error = transaction(world, operations).send().await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { panic!("{error:?}") };
    cancelled.cancellation_reasons.unwrap()
}

const ALL_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

fn put_once(sk: &str) -> TransactWriteItem {
    let put = Put::builder().table_name(TABLE).set_item(Some(key("a", sk)));
    let put = put.condition_expression("attribute_not_exists(pk)");
    let put = put.return_values_on_condition_check_failure(ALL_OLD).build().unwrap();
    TransactWriteItem::builder().put(put).build()
}

/// Adds to the tally of an item that must be there.
fn add(sk: &str, amount: i64) -> TransactWriteItem {
    let update = Update::builder()
        .table_name(TABLE)
        .set_key(Some(key("a", sk)))
        .update_expression("SET tally = tally + :amount")
        .condition_expression("attribute_exists(pk)")
        .expression_attribute_values(":amount", number(amount))
        .return_values_on_condition_check_failure(ALL_OLD);
    TransactWriteItem::builder().update(update.build().unwrap()).build()
}

fn delete(sk: &str) -> TransactWriteItem {
    let delete = Delete::builder().table_name(TABLE).set_key(Some(key("a", sk))).build().unwrap();
    TransactWriteItem::builder().delete(delete).build()
}

/// Checks that an item has this tally.
fn check(sk: &str, tally: i64) -> TransactWriteItem {
    let check = ConditionCheck::builder()
        .table_name(TABLE)
        .set_key(Some(key("a", sk)))
        .condition_expression("tally = :tally")
        .expression_attribute_values(":tally", number(tally))
        .return_values_on_condition_check_failure(ALL_OLD);
    TransactWriteItem::builder().condition_check(check.build().unwrap()).build()
}
