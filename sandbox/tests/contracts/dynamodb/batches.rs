//! Reading many items at once.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>

use std::collections::BTreeSet;

use aws_sdk_dynamodb::{
    operation::batch_get_item::builders::BatchGetItemFluentBuilder, types::KeysAndAttributes,
};

use super::world::{Item, TABLE, World, item, key, number, sort_keys};
use crate::refusal::refusal;

contracts! {
    judge decides {
        a_batch_reads_what_is_there_and_leaves_out_the_rest,
        a_batch_of_nothing_that_is_there_is_empty,
        a_batch_that_is_done_leaves_nothing_unprocessed,
        a_batch_shows_what_its_projection_names,
        a_batch_names_every_key_once,
        a_hundred_keys_are_the_most,
        no_key_is_too_few,
    }
}

async fn a_batch_reads_what_is_there_and_leaves_out_the_rest(world: World) {
    for sk in ["1", "2"] {
        world.put(item("a", sk, &[("tally", number(1))])).await;
    }
    let read = batch(&world, ["2", "nowhere", "1"].map(|sk| key("a", sk)).to_vec()).send().await.unwrap();
    let items = &read.responses.unwrap()[TABLE];
    assert_eq!(sort_keys(items).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(["1", "2"]));
    assert!(items.iter().all(|item| item["tally"] == number(1)));
}

async fn a_batch_of_nothing_that_is_there_is_empty(world: World) {
    let read = batch(&world, vec![key("a", "nowhere")]).send().await.unwrap();
    assert!(read.responses.unwrap()[TABLE].is_empty());
}

async fn a_batch_that_is_done_leaves_nothing_unprocessed(world: World) {
    world.put(key("a", "1")).await;
    let read = batch(&world, vec![key("a", "1")]).send().await.unwrap();
    assert!(read.unprocessed_keys.unwrap().is_empty());
}

async fn a_batch_shows_what_its_projection_names(world: World) {
    world.put(item("a", "1", &[("tally", number(1))])).await;
    let keys = KeysAndAttributes::builder().keys(key("a", "1")).projection_expression("sk");
    let read =
        world.client.batch_get_item().request_items(TABLE, keys.build().unwrap()).send().await.unwrap();
    let items = &read.responses.unwrap()[TABLE];
    assert_eq!((sort_keys(items), items[0].len()), (vec!["1"], 1));
}

async fn a_batch_names_every_key_once(world: World) {
    let refusal = refusal(batch(&world, vec![key("a", "1"), key("a", "1")]).send().await);
    assert_eq!(refusal.kind(), (400, "ValidationException"));
    assert_eq!(refusal.message, "Provided list of item keys contains duplicates");
}

async fn a_hundred_keys_are_the_most(world: World) {
    let keys = |count: u32| (0..count).map(|number| key("a", &number.to_string())).collect();
    batch(&world, keys(100)).send().await.unwrap();
    let refusal = refusal(batch(&world, keys(101)).send().await);
    assert_eq!(refusal.kind(), (400, "ValidationException"));
}

async fn no_key_is_too_few(world: World) {
    let refusal = refusal(batch(&world, Vec::new()).send().await);
    assert_eq!(refusal.kind(), (400, "ValidationException"));
}

fn batch(world: &World, keys: Vec<Item>) -> BatchGetItemFluentBuilder {
    let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().unwrap();
    world.client.batch_get_item().request_items(TABLE, keys)
}
