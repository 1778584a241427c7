//! The table itself.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use elevate::store::schema::check_table;

use super::*;

#[tokio::test]
async fn the_table_is_made_as_it_must_be() {
    let Fixture { client, .. } = &fixture().await;
    check_table(client, TABLE).await.unwrap();
    let table = client.describe_table().table_name(TABLE).send().await.unwrap().table.unwrap();
    assert_eq!(table.deletion_protection_enabled(), Some(true));
    let billing = table.billing_mode_summary().and_then(|summary| summary.billing_mode());
    assert_eq!(billing, Some(&BillingMode::PayPerRequest));
    let ttl = client.describe_time_to_live().table_name(TABLE).send().await.unwrap();
    assert_eq!(ttl.time_to_live_description().unwrap().attribute_name(), Some("ttl"));
}

#[tokio::test]
async fn making_the_table_says_what_there_was_to_do() {
    let client = &client(&Dynamo::in_memory().unwrap());
    let first = create_table(client, TABLE).await.unwrap();
    assert_eq!(
        first,
        [
            "created table elevate-test, on demand, encrypted, protected from deletion",
            "turned on the sweeping away of expired rows",
            "turned on recovery to any point in time",
        ]
    );
    let second = create_table(client, TABLE).await.unwrap();
    assert_eq!(
        second,
        [
            "table elevate-test is there",
            "expired rows are swept away",
            "the table can be restored to any point in time",
        ]
    );
}

#[tokio::test]
async fn another_table_of_that_name_is_left_as_it_is_and_what_differs_is_said() {
    let client = &client(&Dynamo::in_memory().unwrap());
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let number = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::N);
    let create = client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    let create = create.key_schema(key.build().unwrap()).attribute_definitions(number.build().unwrap());
    create.send().await.unwrap();

    let error = create_table(client, TABLE).await.unwrap_err();
    assert_eq!(error.to_string(), "could not create table elevate-test");
    let differences = "the table has the keys id HASH and must have pk HASH, sk RANGE; \
        index gsi1 is missing; index gsi2 is missing; index gsi3 is missing; index gsi4 is missing";
    assert_eq!(error.source.to_string(), differences);
    assert_eq!(check_table(client, TABLE).await.unwrap_err().source.to_string(), differences);
}

#[tokio::test]
async fn a_table_that_is_missing_is_said_to_be() {
    let client = &client(&Dynamo::in_memory().unwrap());
    let error = check_table(client, TABLE).await.unwrap_err();
    assert_eq!(error.source.to_string(), "there is no such table");
    assert!(DynamoStore::new(client, TABLE).check().await.is_err());
}
