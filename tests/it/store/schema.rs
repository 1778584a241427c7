//! The table itself.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use elevate::store::{
    schema::check_table,
    writers::{CHANGES, WRITES, restrict_writes},
};
use serde_json::Value;

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
    assert!(DynamoStore::new(client, TABLE).control().await.is_err());
}

#[tokio::test]
async fn only_the_named_roles_write_to_the_table() {
    let Fixture { client, .. } = &fixture().await;
    let roles = ["broker", "operator"].map(|role| format!("arn:aws:iam::999988887777:role/{role}"));
    for roles in [&roles[..1], &roles] {
        let said = restrict_writes(client, TABLE, roles).await.unwrap();
        assert_eq!(said, format!("only {} may write to table {TABLE}", roles.join(" and ")));
        let policy = policy_of(client).await;
        let [statement, history] = &policy["Statement"].as_array().unwrap()[..] else { panic!("{policy}") };
        assert_eq!((&history["Effect"], &history["Principal"]), (&"Deny".into(), &"*".into()));
        assert_eq!(history["Action"], serde_json::to_value(CHANGES).unwrap());
        let partitions = &history["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
        assert_eq!(*partitions, serde_json::json!(["REQ#*", "DEAD#*", "CONTROL*"]));
        assert_eq!((&statement["Effect"], &statement["Principal"]), (&"Deny".into(), &"*".into()));
        assert_eq!(statement["Action"], serde_json::to_value(WRITES).unwrap());
        let except = &statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"];
        assert_eq!(*except, serde_json::to_value(roles).unwrap());
    }
}

#[tokio::test]
async fn a_resource_policy_of_somebody_elses_is_left_as_it_is() {
    let Fixture { client, .. } = &fixture().await;
    let theirs = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Ours","Effect":"Allow"}]}"#;
    let arn =
        client.describe_table().table_name(TABLE).send().await.unwrap().table.unwrap().table_arn.unwrap();
    client.put_resource_policy().resource_arn(arn).policy(theirs).send().await.unwrap();
    let roles = ["arn:aws:iam::999988887777:role/broker".to_owned()];
    let error = restrict_writes(client, TABLE, &roles).await.unwrap_err();
    let why = error.source.to_string();
    assert!(why.contains("statements of its own") && why.contains(&roles[0]), "{why}");
    assert_eq!(policy_of(client).await, serde_json::from_str::<Value>(theirs).unwrap());
}

async fn policy_of(client: &Client) -> Value {
    let arn =
        client.describe_table().table_name(TABLE).send().await.unwrap().table.unwrap().table_arn.unwrap();
    let answer = client.get_resource_policy().resource_arn(arn).send().await.unwrap();
    serde_json::from_str(&answer.policy.unwrap()).unwrap()
}
