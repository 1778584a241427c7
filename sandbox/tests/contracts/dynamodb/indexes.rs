//! An index that shows keys only.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html>

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;

use super::world::{INDEX, TABLE, World, item, number, sort_keys, text};
use crate::refusal::refusal;

contracts! {
    judge decides {
        an_index_shows_the_keys_of_both_and_nothing_else,
        an_index_is_read_in_its_own_order,
        what_lacks_a_key_of_the_index_is_not_in_it,
        what_changes_its_place_is_found_there,
        what_is_deleted_is_gone_from_the_index_too,
        pages_of_an_index_go_on_where_the_last_one_ended,
        an_index_cannot_be_read_consistently,
        an_index_must_be_there,
        a_key_of_an_index_has_its_type,
        a_key_of_an_index_is_not_empty,
    }
}

async fn an_index_shows_the_keys_of_both_and_nothing_else(world: World) {
    put(&world, "1", "ada", "2026").await;
    let read = of_keeper(&world, "ada").send().await.unwrap();
    assert_eq!(read.items(), [item("a", "1", &[("keeper", text("ada")), ("since", text("2026"))])]);
}

async fn an_index_is_read_in_its_own_order(world: World) {
    for (sk, keeper, since) in
        [("1", "ada", "2028"), ("2", "ada", "2026"), ("3", "bob", "2025"), ("4", "ada", "2027")]
    {
        put(&world, sk, keeper, since).await;
    }
    let read = of_keeper(&world, "ada").send().await.unwrap();
    assert_eq!(sort_keys(read.items()), ["2", "4", "1"]);
    let newest = of_keeper(&world, "ada").scan_index_forward(false).limit(1).send().await.unwrap();
    assert_eq!(sort_keys(newest.items()), ["1"]);
}

async fn what_lacks_a_key_of_the_index_is_not_in_it(world: World) {
    world.put(item("a", "1", &[("keeper", text("ada"))])).await;
    world.put(item("a", "2", &[("since", text("2026"))])).await;
    assert_eq!(of_keeper(&world, "ada").send().await.unwrap().count(), 0);
}

async fn what_changes_its_place_is_found_there(world: World) {
    put(&world, "1", "ada", "2026").await;
    let update = world.update("a", "1").update_expression("SET keeper = :keeper");
    update.expression_attribute_values(":keeper", text("bob")).send().await.unwrap();
    assert_eq!(of_keeper(&world, "ada").send().await.unwrap().count(), 0);
    assert_eq!(of_keeper(&world, "bob").send().await.unwrap().count(), 1);
    world.update("a", "1").update_expression("REMOVE since").send().await.unwrap();
    assert_eq!(of_keeper(&world, "bob").send().await.unwrap().count(), 0);
}

async fn what_is_deleted_is_gone_from_the_index_too(world: World) {
    put(&world, "1", "ada", "2026").await;
    let delete = world.client.delete_item().table_name(TABLE).key("pk", text("a")).key("sk", text("1"));
    delete.send().await.unwrap();
    assert_eq!(of_keeper(&world, "ada").send().await.unwrap().count(), 0);
}

async fn pages_of_an_index_go_on_where_the_last_one_ended(world: World) {
    // The keys of an index need not be unique.
    for sk in ["1", "2", "3"] {
        put(&world, sk, "ada", "2026").await;
    }
    let page = of_keeper(&world, "ada").limit(2).send().await.unwrap();
    let last = page.items().last().unwrap().clone();
    assert_eq!(page.last_evaluated_key, Some(last.clone()));
    let rest = of_keeper(&world, "ada").set_exclusive_start_key(Some(last)).send().await.unwrap();
    let mut seen = [sort_keys(page.items()), sort_keys(rest.items())].concat();
    seen.sort_unstable();
    assert_eq!(seen, ["1", "2", "3"]);
}

async fn an_index_cannot_be_read_consistently(world: World) {
    let refusal = refusal(of_keeper(&world, "ada").consistent_read(true).send().await);
    assert_eq!(refusal.kind(), (400, "ValidationException"));
    assert_eq!(refusal.message, "Consistent reads are not supported on global secondary indexes");
}

async fn an_index_must_be_there(world: World) {
    let refusal = refusal(of_keeper(&world, "ada").index_name("by-nobody").send().await);
    assert_eq!(refusal.kind(), (400, "ValidationException"));
    assert_eq!(refusal.message, "The table does not have the specified index: by-nobody");
}

async fn a_key_of_an_index_has_its_type(world: World) {
    let put = world.client.put_item().table_name(TABLE);
    let put = put.set_item(Some(item("a", "1", &[("keeper", number(1)), ("since", text("2026"))])));
    let refusal = refusal(put.send().await);
    assert_eq!(refusal.kind(), (400, "ValidationException"));
    assert!(refusal.message.contains("Type mismatch for Index Key keeper"), "{}", refusal.message);
}

async fn a_key_of_an_index_is_not_empty(world: World) {
    let put = world.client.put_item().table_name(TABLE);
    let put = put.set_item(Some(item("a", "1", &[("keeper", text("")), ("since", text("2026"))])));
    let refusal = refusal(put.send().await);
    assert_eq!(refusal.kind(), (400, "ValidationException"));
}

fn of_keeper(world: &World, keeper: &str) -> QueryFluentBuilder {
    let query = world.client.query().table_name(TABLE).index_name(INDEX);
    query.key_condition_expression("keeper = :keeper").expression_attribute_values(":keeper", text(keeper))
}

async fn put(world: &World, sk: &str, keeper: &str, since: &str) {
    let attributes = [("keeper", text(keeper)), ("since", text(since)), ("tally", number(1))];
    world.put(item("a", sk, &attributes)).await;
}
