//! What a table says of itself.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html>

use aws_sdk_dynamodb::{
    operation::update_time_to_live::builders::UpdateTimeToLiveFluentBuilder,
    types::{
        BillingMode, IndexStatus, PointInTimeRecoverySpecification, PointInTimeRecoveryStatus,
        ProjectionType, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
    },
};

use super::world::{INDEX, TABLE, World};
use crate::refusal::refusal;

contracts! {
    judge decides {
        a_table_is_described_as_it_was_made,
        a_table_that_is_not_there_is_not_described,
        a_table_is_made_once,
        items_live_for_ever_until_a_table_says_otherwise,
        a_table_that_says_so_lets_items_expire,
        a_table_can_be_restored_to_a_point_in_time,
    }
    judge departs from
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeContinuousBackups.html" {
        a_table_that_is_not_there_has_no_backups: "it says ResourceNotFoundException",
    }
    judge departs from
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html" {
        a_table_changes_how_items_expire_once_an_hour: "it takes any number of changes",
    }
}

async fn a_table_is_described_as_it_was_made(world: World) {
    let described = world.client.describe_table().table_name(TABLE).send().await.unwrap().table.unwrap();
    assert_eq!(described.table_name(), Some(TABLE));
    assert_eq!(described.table_status(), Some(&TableStatus::Active));
    let keys: Vec<_> = described.key_schema().iter().map(|key| key.attribute_name()).collect();
    assert_eq!(keys, ["pk", "sk"]);
    let billing = described.billing_mode_summary().and_then(|summary| summary.billing_mode());
    assert_eq!(billing, Some(&BillingMode::PayPerRequest));
    let [index] = described.global_secondary_indexes() else { panic!("{described:?}") };
    assert_eq!((index.index_name(), index.index_status()), (Some(INDEX), Some(&IndexStatus::Active)));
    let projection = index.projection().and_then(|projection| projection.projection_type());
    assert_eq!(projection, Some(&ProjectionType::KeysOnly));
}

async fn a_table_that_is_not_there_is_not_described(world: World) {
    let refusal = refusal(world.client.describe_table().table_name("nowhere").send().await);
    assert_eq!(refusal.kind(), (400, "ResourceNotFoundException"));
}

async fn a_table_is_made_once(world: World) {
    let refusal = refusal(world.create_table().await);
    assert_eq!(refusal.kind(), (400, "ResourceInUseException"));
}

async fn items_live_for_ever_until_a_table_says_otherwise(world: World) {
    assert_eq!(time_to_live(&world).await, (Some(TimeToLiveStatus::Disabled), None));
}

async fn a_table_that_says_so_lets_items_expire(world: World) {
    expire_by(&world, "expires_at").send().await.unwrap();
    assert_eq!(time_to_live(&world).await, (Some(TimeToLiveStatus::Enabled), Some("expires_at".to_owned())));
}

async fn a_table_changes_how_items_expire_once_an_hour(world: World) {
    expire_by(&world, "expires_at").send().await.unwrap();
    for attribute in ["expires_at", "another"] {
        let refusal = refusal(expire_by(&world, attribute).send().await);
        assert_eq!(refusal.kind(), (400, "ValidationException"), "{attribute}");
    }
}

async fn a_table_can_be_restored_to_a_point_in_time(world: World) {
    assert_eq!(recovery(&world).await, Some(PointInTimeRecoveryStatus::Disabled));
    let wish = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true);
    let update = world.client.update_continuous_backups().table_name(TABLE);
    update.point_in_time_recovery_specification(wish.build().unwrap()).send().await.unwrap();
    assert_eq!(recovery(&world).await, Some(PointInTimeRecoveryStatus::Enabled));
}

async fn a_table_that_is_not_there_has_no_backups(world: World) {
    let refusal = refusal(world.client.describe_continuous_backups().table_name("nowhere").send().await);
    assert_eq!(refusal.kind(), (400, "TableNotFoundException"));
}

fn expire_by(world: &World, attribute: &str) -> UpdateTimeToLiveFluentBuilder {
    let wish = TimeToLiveSpecification::builder().enabled(true).attribute_name(attribute).build().unwrap();
    world.client.update_time_to_live().table_name(TABLE).time_to_live_specification(wish)
}

async fn time_to_live(world: &World) -> (Option<TimeToLiveStatus>, Option<String>) {
    let described = world.client.describe_time_to_live().table_name(TABLE).send().await.unwrap();
    let described = described.time_to_live_description.unwrap();
    (described.time_to_live_status, described.attribute_name)
}

async fn recovery(world: &World) -> Option<PointInTimeRecoveryStatus> {
    let described = world.client.describe_continuous_backups().table_name(TABLE).send().await.unwrap();
    let described = described.continuous_backups_description?.point_in_time_recovery_description?;
    described.point_in_time_recovery_status
}
