//! What an item may hold, and how much.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>

use std::collections::HashMap;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};

use super::world::{Item, TABLE, World, item, key, number, text};
use crate::refusal::{Refusal, refusal};

/// The most bytes of an item, names and values together.
const LARGEST_ITEM: usize = 400 * 1024;

contracts! {
    judge decides {
        every_kind_of_value_comes_back_as_it_was,
        an_item_has_400_kib_at_most,
        an_update_does_not_make_an_item_larger,
        a_number_has_38_digits_at_most,
        a_number_comes_back_without_what_means_nothing,
        what_is_no_number_is_refused,
        a_text_may_be_empty_but_no_key,
        a_set_is_neither_empty_nor_has_twins,
        an_item_has_all_its_keys,
        a_key_has_its_type,
        a_key_has_its_length,
        a_key_names_the_keys_only,
        a_table_that_is_not_there_has_no_items,
    }
}

async fn every_kind_of_value_comes_back_as_it_was(world: World) {
    let map =
        AttributeValue::M(HashMap::from([("x".to_owned(), AttributeValue::L(vec![number(1), text("")]))]));
    let item = item(
        "a",
        "1",
        &[
            ("text", text("\u{1f600} \u{0} \"quoted\"\n")),
            ("number", number(-42)),
            ("yes", AttributeValue::Bool(true)),
            ("nothing", AttributeValue::Null(true)),
            ("bytes", AttributeValue::B(Blob::new([0, 255]))),
            ("list", AttributeValue::L(Vec::new())),
            ("map", map),
        ],
    );
    world.put(item.clone()).await;
    assert_eq!(world.get("a", "1").await, Some(item));
}

async fn an_item_has_400_kib_at_most(world: World) {
    // The names pk, sk and bulk, and the keys' values.
    let rest = "pk".len() + "a".len() + "sk".len() + "1".len() + "bulk".len();
    let with_bulk = |length| item("a", "1", &[("bulk", text(&"x".repeat(length)))]);
    let refusal = refused(&world, with_bulk(LARGEST_ITEM - rest + 1)).await;
    assert_invalid(&refusal);
    assert_eq!(refusal.message, "Item size has exceeded the maximum allowed size");
    world.put(with_bulk(LARGEST_ITEM - rest)).await;
}

async fn an_update_does_not_make_an_item_larger(world: World) {
    world.put(item("a", "1", &[("bulk", text(&"x".repeat(LARGEST_ITEM - 100)))])).await;
    let update = world.update("a", "1").update_expression("SET more = :more");
    let refusal = refusal(update.expression_attribute_values(":more", text(&"x".repeat(100))).send().await);
    assert_invalid(&refusal);
    assert_eq!(refusal.message, "Item size to update has exceeded the maximum allowed size");
    assert_eq!(world.get("a", "1").await.unwrap().len(), 3);
}

async fn a_number_has_38_digits_at_most(world: World) {
    let digits = |count| AttributeValue::N("1234567890".repeat(4)[..count].to_owned());
    world.put(item("a", "1", &[("tally", digits(38))])).await;
    assert_eq!(world.get("a", "1").await.unwrap()["tally"], digits(38));
    assert_invalid(&refused(&world, item("a", "1", &[("tally", digits(39))])).await);
}

async fn a_number_comes_back_without_what_means_nothing(world: World) {
    for (given, stored) in [
        ("007", "7"),
        ("1.50", "1.5"),
        ("1e3", "1000"),
        ("-0", "0"),
        ("+5", "5"),
        ("1.0", "1"),
        ("0.00", "0"),
    ] {
        world.put(item("a", "1", &[("tally", AttributeValue::N(given.to_owned()))])).await;
        assert_eq!(
            world.get("a", "1").await.unwrap()["tally"],
            AttributeValue::N(stored.to_owned()),
            "{given}"
        );
    }
}

async fn what_is_no_number_is_refused(world: World) {
    for wrong in ["", "ten", "1,5", "0x10", "NaN", "Infinity", "1e126", "1e-131"] {
        let item = item("a", "1", &[("tally", AttributeValue::N(wrong.to_owned()))]);
        assert_invalid(&refused(&world, item).await);
    }
}

async fn a_text_may_be_empty_but_no_key(world: World) {
    world.put(item("a", "1", &[("phase", text(""))])).await;
    assert_eq!(world.get("a", "1").await.unwrap()["phase"], text(""));
    for (pk, sk) in [("", "1"), ("a", "")] {
        let refusal = refused(&world, key(pk, sk)).await;
        assert_invalid(&refusal);
        assert!(refusal.message.contains("empty string value"), "{}", refusal.message);
    }
}

async fn a_set_is_neither_empty_nor_has_twins(world: World) {
    let set = |members: &[&str]| AttributeValue::Ss(members.iter().map(ToString::to_string).collect());
    world.put(item("a", "1", &[("labels", set(&["x", "y"]))])).await;
    for wrong in [set(&[]), set(&["x", "x"])] {
        assert_invalid(&refused(&world, item("a", "1", &[("labels", wrong)])).await);
    }
}

async fn an_item_has_all_its_keys(world: World) {
    for missing in ["pk", "sk"] {
        let mut item = key("a", "1");
        item.remove(missing);
        let refusal = refused(&world, item).await;
        assert_invalid(&refusal);
        assert!(refusal.message.contains("Missing the key"), "{}", refusal.message);
    }
}

async fn a_key_has_its_type(world: World) {
    for wrong in ["pk", "sk"] {
        let mut item = key("a", "1");
        item.insert(wrong.to_owned(), number(1));
        let refusal = refused(&world, item).await;
        assert_invalid(&refusal);
        assert!(refusal.message.contains("Type mismatch for key"), "{}", refusal.message);
    }
}

async fn a_key_has_its_length(world: World) {
    world.put(key(&"x".repeat(2048), &"x".repeat(1024))).await;
    for (pk, sk) in [(2049, 1), (1, 1025)] {
        assert_invalid(&refused(&world, key(&"x".repeat(pk), &"x".repeat(sk))).await);
    }
}

async fn a_key_names_the_keys_only(world: World) {
    let mut half = key("a", "1");
    half.remove("sk");
    for wrong in [item("a", "1", &[("tally", number(1))]), half] {
        let get = world.client.get_item().table_name(TABLE).set_key(Some(wrong));
        let refusal = refusal(get.send().await);
        assert_invalid(&refusal);
        assert_eq!(refusal.message, "The provided key element does not match the schema");
    }
}

async fn a_table_that_is_not_there_has_no_items(world: World) {
    let get = world.client.get_item().table_name("nowhere").set_key(Some(key("a", "1")));
    let refusal = refusal(get.send().await);
    assert_eq!(refusal.kind(), (400, "ResourceNotFoundException"));
}

async fn refused(world: &World, item: Item) -> Refusal {
    refusal(world.client.put_item().table_name(TABLE).set_item(Some(item)).send().await)
}

#[track_caller]
fn assert_invalid(refusal: &Refusal) {
    assert_eq!(refusal.kind(), (400, "ValidationException"), "{}", refusal.message);
}
