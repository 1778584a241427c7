//! What conditions and updates are made of.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>

use aws_sdk_dynamodb::types::AttributeValue;

use super::world::{World, item, number, text};
use crate::refusal::{Refusal, refusal};

contracts! {
    judge decides {
        conditions_compare_and_combine,
        what_is_not_there_compares_with_nothing,
        numbers_are_compared_as_numbers_and_texts_by_their_bytes,
        an_update_sets_removes_and_adds,
        an_update_sees_the_item_as_it_was,
        a_reserved_word_needs_another_name,
        a_placeholder_must_be_defined,
        a_placeholder_must_be_used,
        an_expression_must_be_one,
        a_key_is_not_updated,
    }
    judge departs from "https://github.com/HENNGE/aiodynamo/issues/2, where DynamoDB says so" {
        one_attribute_is_updated_once: "it takes one attribute twice in an update",
    }
}

async fn conditions_compare_and_combine(world: World) {
    let tags = AttributeValue::L(vec![text("red"), text("blue")]);
    world.put(item("a", "1", &[("phase", text("open")), ("tally", number(5)), ("tags", tags)])).await;
    for (condition, holds) in [
        ("phase = :open", true),
        ("phase <> :open", false),
        ("tally > :four AND tally <= :five", true),
        ("tally < :five OR tally >= :six", false),
        ("NOT tally = :four", true),
        ("tally BETWEEN :four AND :six", true),
        ("tally IN (:four, :six)", false),
        ("(phase = :open OR tally = :six) AND attribute_exists(pk)", true),
        ("begins_with(phase, :op)", true),
        ("contains(phase, :pe)", true),
        ("contains(tags, :red)", true),
        ("contains(tags, :pe)", false),
        ("size(phase) = :four", true),
        ("attribute_type(tally, :N)", true),
        ("attribute_exists(tags[1])", true),
        ("attribute_not_exists(tags[2])", true),
    ] {
        assert_eq!(holds_for(&world, condition).await, holds, "{condition}");
    }
}

async fn what_is_not_there_compares_with_nothing(world: World) {
    world.put(item("a", "1", &[])).await;
    for condition in [
        "deadline = :five",
        "deadline < :five",
        "deadline >= :five",
        "contains(deadline, :op)",
        "size(deadline) >= :five",
    ] {
        assert!(!holds_for(&world, condition).await, "{condition}");
    }
    for condition in
        ["deadline <> :five", "NOT deadline = :five", "attribute_not_exists(deadline) OR deadline < :five"]
    {
        assert!(holds_for(&world, condition).await, "{condition}");
    }
}

async fn numbers_are_compared_as_numbers_and_texts_by_their_bytes(world: World) {
    world.put(item("a", "1", &[("tally", number(10)), ("phase", text("Z"))])).await;
    for (condition, holds) in [
        ("tally > :five", true),
        ("tally > :negative", true),
        ("phase < :op", true),
        ("phase < :umlaut", true),
        ("phase = :five", false),
        ("phase > :five", false),
    ] {
        assert_eq!(holds_for(&world, condition).await, holds, "{condition}");
    }
}

async fn an_update_sets_removes_and_adds(world: World) {
    let notes = AttributeValue::L(vec![text("one")]);
    world.put(item("a", "1", &[("tally", number(5)), ("gone", text("x")), ("notes", notes)])).await;
    world
        .update("a", "1")
        .update_expression(
            "SET made = if_not_exists(made, :one), notes = list_append(notes, :more) REMOVE gone, never \
             ADD tally :one, fresh :one",
        )
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":more", AttributeValue::L(vec![text("two")]))
        .send()
        .await
        .unwrap();
    let notes = AttributeValue::L(vec![text("one"), text("two")]);
    let expected = [("tally", number(6)), ("fresh", number(1)), ("made", number(1)), ("notes", notes)];
    assert_eq!(world.get("a", "1").await, Some(item("a", "1", &expected)));
}

async fn an_update_sees_the_item_as_it_was(world: World) {
    world.put(item("a", "1", &[("here", text("x")), ("there", text("y"))])).await;
    world.update("a", "1").update_expression("SET here = there, there = here").send().await.unwrap();
    assert_eq!(world.get("a", "1").await, Some(item("a", "1", &[("here", text("y")), ("there", text("x"))])));
}

async fn a_reserved_word_needs_another_name(world: World) {
    let update = world.update("a", "1").expression_attribute_values(":new", text("x"));
    let refusal = refusal(update.clone().update_expression("SET status = :new").send().await);
    assert_invalid(&refusal);
    assert!(refusal.message.contains("reserved keyword: status"), "{}", refusal.message);
    let update =
        update.update_expression("SET #status = :new").expression_attribute_names("#status", "status");
    update.send().await.unwrap();
}

async fn a_placeholder_must_be_defined(world: World) {
    for expression in ["SET made = :nothing", "SET #nothing = :new"] {
        let update = world.update("a", "1").update_expression(expression);
        let update = update.expression_attribute_values(":new", text("x"));
        assert_invalid(&refusal(update.send().await));
    }
}

async fn a_placeholder_must_be_used(world: World) {
    let update = || {
        let update = world.update("a", "1").update_expression("SET made = :new");
        update.expression_attribute_values(":new", text("x"))
    };
    let refusals = [
        refusal(update().expression_attribute_values(":unused", text("x")).send().await),
        refusal(update().expression_attribute_names("#unused", "x").send().await),
    ];
    for refusal in refusals {
        assert_invalid(&refusal);
        assert!(refusal.message.contains("unused in expressions"), "{}", refusal.message);
    }
}

async fn an_expression_must_be_one(world: World) {
    for expression in
        ["", "SET", "SET made", "SET made = ", "MAKE made = :new", "SET made = :new SET other = :new"]
    {
        let update = world.update("a", "1").update_expression(expression);
        let update = update.expression_attribute_values(":new", text("x"));
        assert_invalid(&refusal(update.send().await));
    }
}

async fn a_key_is_not_updated(world: World) {
    let update = world.update("a", "1").update_expression("SET sk = :new");
    let refusal = refusal(update.expression_attribute_values(":new", text("2")).send().await);
    assert_invalid(&refusal);
    assert!(refusal.message.contains("part of the key"), "{}", refusal.message);
}

async fn one_attribute_is_updated_once(world: World) {
    let update = world.update("a", "1").update_expression("SET made = :new REMOVE made");
    let refusal = refusal(update.expression_attribute_values(":new", text("2")).send().await);
    assert_invalid(&refusal);
    assert!(refusal.message.contains("Two document paths overlap"), "{}", refusal.message);
}

/// Whether an update of the item `a`/`1` may go ahead on a condition.
async fn holds_for(world: &World, condition: &str) -> bool {
    let values = [
        (":open", text("open")),
        (":op", text("op")),
        (":pe", text("pe")),
        (":red", text("red")),
        (":umlaut", text("\u{e4}")),
        (":N", text("N")),
        (":negative", number(-100)),
        (":four", number(4)),
        (":five", number(5)),
        (":six", number(6)),
    ];
    let update = world.update("a", "1").update_expression("SET seen = :seen").condition_expression(condition);
    let used = values.into_iter().filter(|(placeholder, _)| is_in(condition, placeholder));
    let update = used
        .fold(update, |update, (placeholder, value)| update.expression_attribute_values(placeholder, value));
    let update = update.expression_attribute_values(":seen", number(1));
    match update.send().await {
        Ok(_) => true,
        Err(failed) => {
            assert_eq!(refusal::<(), _>(Err(failed)).code, "ConditionalCheckFailedException", "{condition}");
            false
        }
    }
}

fn is_in(condition: &str, placeholder: &str) -> bool {
    condition.split(|letter: char| !letter.is_alphanumeric() && letter != ':').any(|word| word == placeholder)
}

#[track_caller]
fn assert_invalid(refusal: &Refusal) {
    assert_eq!(refusal.kind(), (400, "ValidationException"), "{}", refusal.message);
}
