//! Reading a partition in its order, page by page.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html>

use aws_sdk_dynamodb::types::Select;

use super::world::{World, item, key, number, sort_keys, text};
use crate::refusal::refusal;

contracts! {
    judge decides {
        a_partition_is_read_in_the_order_of_its_sort_keys,
        sort_keys_are_ordered_by_their_bytes,
        a_partition_can_be_read_backwards,
        a_part_of_a_partition_can_be_read,
        pages_go_on_where_the_last_one_ended,
        a_filter_is_applied_after_the_limit,
        a_projection_shows_what_it_names,
        a_count_shows_nothing,
        a_partition_that_is_not_there_is_empty,
        a_query_must_name_one_partition,
        a_page_must_begin_in_the_partition,
    }
    judge departs from
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html" {
        a_query_does_not_name_one_key_or_another: "it takes OR in a key condition",
    }
    judge departs from
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.FilterExpression.html" {
        a_key_is_not_filtered: "it takes keys in a filter",
    }
}

async fn a_partition_is_read_in_the_order_of_its_sort_keys(world: World) {
    for (pk, sk) in [("a", "3"), ("b", "0"), ("a", "1"), ("a", "2")] {
        world.put(key(pk, sk)).await;
    }
    let read = world.query("a").send().await.unwrap();
    assert_eq!(sort_keys(read.items()), ["1", "2", "3"]);
    assert_eq!((read.count(), read.scanned_count()), (3, 3));
    assert_eq!(read.last_evaluated_key, None);
}

async fn sort_keys_are_ordered_by_their_bytes(world: World) {
    for sk in ["a", "B", "\u{e4}", "10", "9", "a#", "\u{1f600}", "\u{fffd}"] {
        world.put(key("a", sk)).await;
    }
    let read = world.query("a").send().await.unwrap();
    assert_eq!(sort_keys(read.items()), ["10", "9", "B", "a", "a#", "\u{e4}", "\u{fffd}", "\u{1f600}"]);
}

async fn a_partition_can_be_read_backwards(world: World) {
    fill(&world, 5).await;
    let read = world.query("a").scan_index_forward(false).limit(2).send().await.unwrap();
    assert_eq!(sort_keys(read.items()), ["EVENT#4", "EVENT#3"]);
    let read = world.query("a").scan_index_forward(false).set_exclusive_start_key(read.last_evaluated_key);
    assert_eq!(sort_keys(read.send().await.unwrap().items()), ["EVENT#2", "EVENT#1", "EVENT#0"]);
}

async fn a_part_of_a_partition_can_be_read(world: World) {
    fill(&world, 5).await;
    world.put(key("a", "META")).await;
    for (condition, first, second, expected) in [
        ("begins_with(sk, :1)", "EVENT#", None, &["EVENT#0", "EVENT#1", "EVENT#2", "EVENT#3", "EVENT#4"][..]),
        ("sk < :1", "EVENT#2", None, &["EVENT#0", "EVENT#1"]),
        ("sk <= :1", "EVENT#1", None, &["EVENT#0", "EVENT#1"]),
        ("sk > :1", "EVENT#4", None, &["META"]),
        ("sk >= :1", "EVENT#4", None, &["EVENT#4", "META"]),
        ("sk = :1", "META", None, &["META"]),
        ("sk BETWEEN :1 AND :2", "EVENT#3", Some("META"), &["EVENT#3", "EVENT#4", "META"]),
    ] {
        let query = world.query("a").key_condition_expression(format!("pk = :pk AND {condition}"));
        let mut query = query.expression_attribute_values(":1", text(first));
        if let Some(second) = second {
            query = query.expression_attribute_values(":2", text(second));
        }
        assert_eq!(sort_keys(query.send().await.unwrap().items()), expected, "{condition}");
    }
}

async fn pages_go_on_where_the_last_one_ended(world: World) {
    fill(&world, 5).await;
    let (mut seen, mut from) = (Vec::new(), None);
    for is_last in [false, false, true] {
        let page = world.query("a").limit(2).set_exclusive_start_key(from).send().await.unwrap();
        seen.extend(sort_keys(page.items()).into_iter().map(str::to_owned));
        from = page.last_evaluated_key;
        let last_seen = page.items.unwrap().pop();
        assert_eq!(from, last_seen.filter(|_| !is_last));
    }
    assert_eq!(seen, ["EVENT#0", "EVENT#1", "EVENT#2", "EVENT#3", "EVENT#4"]);
}

async fn a_filter_is_applied_after_the_limit(world: World) {
    for tally in 0..5 {
        world.put(item("a", &tally.to_string(), &[("tally", number(tally))])).await;
    }
    let query = world.query("a").filter_expression("tally >= :few");
    let query = query.expression_attribute_values(":few", number(2));
    let page = query.clone().limit(3).send().await.unwrap();
    assert_eq!(sort_keys(page.items()), ["2"]);
    assert_eq!((page.count(), page.scanned_count()), (1, 3));
    assert_eq!(page.last_evaluated_key, Some(key("a", "2")));
    let empty = query.limit(2).send().await.unwrap();
    assert_eq!((empty.count(), empty.last_evaluated_key), (0, Some(key("a", "1"))));
}

async fn a_projection_shows_what_it_names(world: World) {
    world.put(item("a", "1", &[("phase", text("open")), ("tally", number(1))])).await;
    let read = world.query("a").projection_expression("sk, tally, nowhere").send().await.unwrap();
    let mut expected = item("a", "1", &[("tally", number(1))]);
    expected.remove("pk");
    assert_eq!(read.items(), [expected]);
}

async fn a_count_shows_nothing(world: World) {
    fill(&world, 3).await;
    let read = world.query("a").select(Select::Count).send().await.unwrap();
    assert_eq!((read.count(), read.items().len()), (3, 0));
}

async fn a_partition_that_is_not_there_is_empty(world: World) {
    let read = world.query("nowhere").send().await.unwrap();
    assert_eq!((read.count(), read.last_evaluated_key), (0, None));
}

async fn a_query_must_name_one_partition(world: World) {
    for condition in ["begins_with(pk, :pk)", "sk = :pk", "pk <> :pk", "pk = :pk AND phase = :pk"] {
        let refusal = refusal(world.query("a").key_condition_expression(condition).send().await);
        assert_eq!(refusal.kind(), (400, "ValidationException"), "{condition}");
    }
}

async fn a_query_does_not_name_one_key_or_another(world: World) {
    let refusal = refusal(world.query("a").key_condition_expression("pk = :pk OR sk = :pk").send().await);
    assert_eq!(refusal.kind(), (400, "ValidationException"));
}

async fn a_key_is_not_filtered(world: World) {
    let query =
        world.query("a").filter_expression("sk > :from").expression_attribute_values(":from", text("1"));
    let refusal = refusal(query.send().await);
    assert_eq!(refusal.kind(), (400, "ValidationException"));
    assert!(refusal.message.contains("Filter Expression can only contain non-primary key attributes"));
}

async fn a_page_must_begin_in_the_partition(world: World) {
    let query = world.query("a").set_exclusive_start_key(Some(key("b", "1")));
    let refusal = refusal(query.send().await);
    assert_eq!(refusal.kind(), (400, "ValidationException"));
}

/// Puts so many events into the partition `a`.
async fn fill(world: &World, events: u32) {
    for number in 0..events {
        world.put(key("a", &format!("EVENT#{number}"))).await;
    }
}
