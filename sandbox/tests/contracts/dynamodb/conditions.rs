//! Writing an item if a condition holds.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html>

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::world::{Item, TABLE, World, item, key, number, text};
use crate::refusal::refusal;

contracts! {
    judge decides {
        what_is_not_there_is_put_once,
        a_failed_put_shows_what_is_there_if_asked,
        a_failed_update_shows_what_is_there_if_asked,
        an_update_holds_to_the_version_it_saw,
        an_update_of_nothing_makes_an_item,
        an_update_of_nothing_can_be_forbidden,
        a_put_leaves_nothing_of_what_was_there,
        a_write_gives_back_what_was_there_if_asked,
        an_update_gives_back_what_has_come_of_it_if_asked,
        a_delete_holds_to_its_condition,
        a_delete_of_nothing_does_no_harm,
    }
}

async fn what_is_not_there_is_put_once(world: World) {
    put_once(&world, "first", None).await.unwrap();
    let refusal = refusal(put_once(&world, "second", None).await);
    assert_eq!(refusal.kind(), (400, "ConditionalCheckFailedException"));
    assert_eq!(refusal.message, "The conditional request failed");
    assert_eq!(world.get("a", "1").await.unwrap()["phase"], text("first"));
}

async fn a_failed_put_shows_what_is_there_if_asked(world: World) {
    put_once(&world, "first", None).await.unwrap();
    for (asked, shown) in [
        (None, None),
        (Some(ReturnValuesOnConditionCheckFailure::None), None),
        (
            Some(ReturnValuesOnConditionCheckFailure::AllOld),
            Some(item("a", "1", &[("phase", text("first"))])),
        ),
    ] {
        let error = put_once(&world, "second", asked).await.unwrap_err().into_service_error();
        let PutItemError::ConditionalCheckFailedException(failure) = error else { panic!("{error:?}") };
        assert_eq!(failure.item, shown);
    }
}

async fn a_failed_update_shows_what_is_there_if_asked(world: World) {
    for there in [None, Some(item("a", "1", &[("phase", text("first"))]))] {
        if let Some(item) = &there {
            world.put(item.clone()).await;
        }
        let update =
            world.update("a", "1").update_expression("SET phase = :new").condition_expression("phase = :new");
        let update = update.expression_attribute_values(":new", text("second"));
        let all_old = ReturnValuesOnConditionCheckFailure::AllOld;
        let outcome = update.return_values_on_condition_check_failure(all_old).send().await;
        let error = outcome.unwrap_err().into_service_error();
        let UpdateItemError::ConditionalCheckFailedException(failure) = error else { panic!("{error:?}") };
        assert_eq!(failure.item, there);
    }
}

async fn an_update_holds_to_the_version_it_saw(world: World) {
    world.put(item("a", "1", &[("version", number(1))])).await;
    let update = || {
        world
            .update("a", "1")
            .update_expression("SET version = version + :one")
            .condition_expression("version = :seen")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":seen", number(1))
    };
    update().send().await.unwrap();
    assert_eq!(refusal(update().send().await).code, "ConditionalCheckFailedException");
    assert_eq!(world.get("a", "1").await.unwrap()["version"], number(2));
}

async fn an_update_of_nothing_makes_an_item(world: World) {
    let update = world.update("a", "1").update_expression("SET phase = :new");
    update.expression_attribute_values(":new", text("made")).send().await.unwrap();
    assert_eq!(world.get("a", "1").await, Some(item("a", "1", &[("phase", text("made"))])));
}

async fn an_update_of_nothing_can_be_forbidden(world: World) {
    let update = world.update("a", "1").update_expression("SET phase = :new");
    let update = update.expression_attribute_values(":new", text("made"));
    let refusal = refusal(update.condition_expression("attribute_exists(pk)").send().await);
    assert_eq!(refusal.code, "ConditionalCheckFailedException");
    assert_eq!(world.get("a", "1").await, None);
}

async fn a_put_leaves_nothing_of_what_was_there(world: World) {
    world.put(item("a", "1", &[("phase", text("old"))])).await;
    world.put(item("a", "1", &[("kept", text("new"))])).await;
    assert_eq!(world.get("a", "1").await, Some(item("a", "1", &[("kept", text("new"))])));
}

async fn a_write_gives_back_what_was_there_if_asked(world: World) {
    let old = item("a", "1", &[("phase", text("old"))]);
    world.put(old.clone()).await;
    let put = world.client.put_item().table_name(TABLE).set_item(Some(key("a", "1")));
    let put = put.return_values(ReturnValue::AllOld).send().await.unwrap();
    assert_eq!(put.attributes, Some(old));
    let delete = world.client.delete_item().table_name(TABLE).set_key(Some(key("a", "1")));
    let delete = delete.return_values(ReturnValue::AllOld).send().await.unwrap();
    assert_eq!(delete.attributes, Some(key("a", "1")));
}

async fn an_update_gives_back_what_has_come_of_it_if_asked(world: World) {
    world.put(item("a", "1", &[("phase", text("old")), ("kept", number(1))])).await;
    for (asked, new, expected) in [
        (ReturnValue::UpdatedOld, "1", attributes(&[("phase", "old")])),
        (ReturnValue::UpdatedNew, "2", attributes(&[("phase", "2")])),
        (ReturnValue::AllOld, "3", item("a", "1", &[("phase", text("2")), ("kept", number(1))])),
        (ReturnValue::AllNew, "4", item("a", "1", &[("phase", text("4")), ("kept", number(1))])),
    ] {
        let update =
            world.update("a", "1").update_expression("SET phase = :new").return_values(asked.clone());
        let update = update.expression_attribute_values(":new", text(new)).send().await.unwrap();
        assert_eq!(update.attributes, Some(expected), "{asked}");
    }
}

async fn a_delete_holds_to_its_condition(world: World) {
    world.put(item("a", "1", &[("phase", text("open"))])).await;
    let delete = |state| {
        let delete = world.client.delete_item().table_name(TABLE).set_key(Some(key("a", "1")));
        delete.condition_expression("phase = :state").expression_attribute_values(":state", text(state))
    };
    assert_eq!(refusal(delete("done").send().await).code, "ConditionalCheckFailedException");
    assert!(world.get("a", "1").await.is_some());
    delete("open").send().await.unwrap();
    assert_eq!(world.get("a", "1").await, None);
}

async fn a_delete_of_nothing_does_no_harm(world: World) {
    let delete = world.client.delete_item().table_name(TABLE).set_key(Some(key("a", "1")));
    delete
        .return_values(ReturnValue::AllOld)
        .send()
        .await
        .map(|done| assert_eq!(done.attributes, None))
        .unwrap();
}

async fn put_once(
    world: &World,
    state: &str,
    shown: Option<ReturnValuesOnConditionCheckFailure>,
) -> Result<(), SdkError<PutItemError>> {
    let put = world.client.put_item().table_name(TABLE).condition_expression("attribute_not_exists(pk)");
    let put = put.set_item(Some(item("a", "1", &[("phase", text(state))])));
    put.set_return_values_on_condition_check_failure(shown).send().await.map(|_| ())
}

fn attributes(attributes: &[(&str, &str)]) -> Item {
    attributes.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect()
}
