//! The stand-in for DynamoDB, and how it can be made to fail as the AWS SDK sees it.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig},
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, Put,
        ScalarAttributeType, TransactWriteItem,
    },
};
use sandbox::{
    dynamo::{Dynamo, DynamoFault},
    http::Fault,
};

const TABLE: &str = "things";

async fn table() -> (Dynamo, Client) {
    let dynamo = Dynamo::in_memory().unwrap();
    let client = client(&dynamo);
    create_table(&client).await;
    (dynamo, client)
}

/// A client that tries once, so that each fault is seen.
fn client(dynamo: &Dynamo) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("AKIAEXAMPLE", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(dynamo.http_client())
        .build();
    Client::from_conf(config)
}

async fn create_table(client: &Client) {
    let key = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S);
    let schema = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash);
    client
        .create_table()
        .table_name(TABLE)
        .attribute_definitions(key.build().unwrap())
        .key_schema(schema.build().unwrap())
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}

fn first_put(key: &str) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(TABLE)
        .item("pk", AttributeValue::S(key.to_owned()))
        .condition_expression("attribute_not_exists(pk)");
    TransactWriteItem::builder().put(put.build().unwrap()).build()
}

async fn put_both(client: &Client) -> Result<(), SdkError<TransactWriteItemsError>> {
    let put = client.transact_write_items().transact_items(first_put("one")).transact_items(first_put("two"));
    put.send().await.map(|_| ())
}

async fn is_there(client: &Client, key: &str) -> bool {
    let key = AttributeValue::S(key.to_owned());
    let get = client.get_item().table_name(TABLE).key("pk", key).consistent_read(true);
    get.send().await.unwrap().item.is_some()
}

fn cancellation_codes(error: SdkError<TransactWriteItemsError>) -> Vec<String> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error.into_service_error() else {
        panic!("not cancelled");
    };
    cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code.clone()).collect()
}

#[tokio::test]
async fn calls_are_counted_by_operation_until_they_are_forgotten() {
    let (dynamo, client) = table().await;
    is_there(&client, "one").await;
    assert_eq!(dynamo.control().calls(), ["CreateTable", "GetItem"]);
    dynamo.control().forget_calls();
    is_there(&client, "one").await;
    assert_eq!(dynamo.control().calls(), ["GetItem"]);
}

#[tokio::test]
async fn a_transaction_conflict_names_the_item_and_does_nothing() {
    let (dynamo, client) = table().await;
    dynamo.fail_next_with("TransactWriteItems", DynamoFault::TransactionConflict);
    let error = put_both(&client).await.unwrap_err();
    assert_eq!(cancellation_codes(error), ["TransactionConflict", "None"]);
    assert!(!is_there(&client, "one").await);
}

#[tokio::test]
async fn a_write_without_a_transaction_meets_a_conflict_too() {
    let (dynamo, client) = table().await;
    dynamo.fail_next_with("PutItem", DynamoFault::TransactionConflict);
    let put = client.put_item().table_name(TABLE).item("pk", AttributeValue::S("one".to_owned()));
    assert!(put.send().await.unwrap_err().into_service_error().is_transaction_conflict_exception());
}

#[tokio::test]
async fn a_throttled_call_says_that_throughput_is_used_up() {
    let (dynamo, client) = table().await;
    dynamo.fail_next_with("TransactWriteItems", DynamoFault::Throttled);
    let error = put_both(&client).await.unwrap_err().into_service_error();
    assert!(error.is_provisioned_throughput_exceeded_exception());
}

#[tokio::test]
async fn a_call_can_succeed_although_its_caller_sees_a_timeout() {
    let (dynamo, client) = table().await;
    dynamo.fail_next_with("TransactWriteItems", DynamoFault::SucceedThenTimeOut);
    assert!(matches!(put_both(&client).await, Err(SdkError::TimeoutError(_) | SdkError::DispatchFailure(_))));
    assert!(is_there(&client, "two").await);
}

#[tokio::test]
async fn a_lost_answer_is_an_io_error_after_the_deed() {
    let (dynamo, client) = table().await;
    dynamo.control().fail_next("TransactWriteItems", Fault::AnswerLost);
    let SdkError::DispatchFailure(failure) = put_both(&client).await.unwrap_err() else { panic!("answered") };
    assert!(failure.is_io());
    assert!(is_there(&client, "one").await);
}

#[tokio::test]
async fn a_server_fault_does_nothing() {
    let (dynamo, client) = table().await;
    dynamo.control().fail_next("TransactWriteItems", Fault::Status(500));
    assert!(put_both(&client).await.unwrap_err().into_service_error().is_internal_server_error());
    assert!(!is_there(&client, "one").await);
}

#[tokio::test]
async fn the_sdk_retries_a_server_fault_with_the_same_token_and_succeeds() {
    let (dynamo, client) = table().await;
    let patient = client.config().to_builder().retry_config(RetryConfig::standard()).build();
    dynamo.control().fail_next("TransactWriteItems", Fault::AnswerLost);
    put_both(&Client::from_conf(patient)).await.unwrap();
}

#[tokio::test]
async fn a_call_that_hangs_ends_at_the_callers_timeout() {
    let (dynamo, client) = table().await;
    dynamo.control().fail_next("TransactWriteItems", Fault::Hangs);
    let timeout = TimeoutConfig::builder().operation_timeout(Duration::from_millis(50)).build();
    let hasty = Client::from_conf(client.config().to_builder().timeout_config(timeout).build());
    assert!(matches!(put_both(&hasty).await, Err(SdkError::TimeoutError(_))));
}

#[tokio::test]
async fn a_scan_is_refused() {
    let (_, client) = table().await;
    let error = client.scan().table_name(TABLE).send().await.unwrap_err().into_service_error();
    assert_eq!(error.meta().code(), Some("AccessDeniedException"));
}

#[tokio::test]
async fn a_file_keeps_its_tables_when_it_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("things.db");
    let before = Dynamo::open(&path).unwrap();
    create_table(&client(&before)).await;
    put_both(&client(&before)).await.unwrap();
    drop(before);
    let after = Dynamo::open(&path).unwrap();
    assert!(is_there(&client(&after), "one").await);
}

#[tokio::test]
async fn a_token_is_good_for_one_transaction_until_it_is_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let dynamo = Dynamo::open(&directory.path().join("things.db")).unwrap();
    let client = client(&dynamo);
    create_table(&client).await;
    let put = async |key| {
        let put = client.transact_write_items().transact_items(first_put(key)).client_request_token("token");
        put.send().await.map_err(SdkError::into_service_error)
    };
    put("one").await.unwrap();
    put("one").await.unwrap(); // the same once more, and done once
    assert!(put("two").await.unwrap_err().is_idempotent_parameter_mismatch_exception());
    dynamo.forget_tokens().unwrap();
    put("two").await.unwrap();
    assert!(is_there(&client, "one").await && is_there(&client, "two").await);
    assert!(Dynamo::in_memory().unwrap().forget_tokens().is_err(), "there is no file to open anew");
}
