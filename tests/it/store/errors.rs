//! What the operator hears when the store fails.

use aws_sdk_dynamodb::types::AttributeValue;
use elevate::{
    domain::ids::RequestId,
    ports::{CommitError, JOB_LEASE, StoreError},
};
use sandbox::{dynamo::DynamoFault, http::Fault};

use super::*;

#[tokio::test]
async fn an_unreadable_row_is_an_error_that_names_it_and_tells_nothing_of_what_is_in_it() {
    let Fixture { store, client, .. } = &fixture().await;
    let id = RequestId::new(noon(), 1);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = client.put_item().table_name(TABLE).item("sk", text("META"));
    let put = put.item("pk", text(&format!("REQ#{id}"))).item("body", text(r#"{"id": "hunter2"}"#));
    let put = put.item("v", AttributeValue::N("1".to_owned()));
    put.send().await.unwrap();

    let error = store.request(&id).await.unwrap_err();
    assert_eq!(error.to_string(), format!("could not load request {id}"));
    let told = told(&error);
    assert!(told.contains(&format!("row REQ#{id} / META cannot be read")), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[tokio::test]
async fn a_job_that_cannot_be_read_keeps_no_other_from_being_done() {
    let Fixture { store, client, .. } = &fixture().await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = client.put_item().table_name(TABLE);
    let put = put.item("pk", text("JOB#PEOPLE#2")).item("sk", text("0000000000000#broken"));
    let put = put.item("lease_until", AttributeValue::N("0".to_owned()));
    put.send().await.unwrap();

    let asked = asked(1, "ada", S3_ADMIN, noon());
    store.commit(&asked).await.unwrap();
    let due = store.due(noon() + JOB_LEASE, 10).await.unwrap();
    assert_eq!(due.len(), 3, "the card, the receipt and the audit line: {due:?}");
}

#[tokio::test]
async fn a_failed_commit_tells_what_dynamodb_said_and_nothing_of_the_rows() {
    let Fixture { store, dynamo, .. } = &fixture().await;
    for _ in 0..8 {
        dynamo.fail_next_with("TransactWriteItems", DynamoFault::TransactionConflict);
    }
    let asked = asked(1, "ada", S3_ADMIN, noon());
    let outcome = store.commit(&asked).await;
    let Err(CommitError::Failed(error)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.to_string(), format!("could not record event 1 of request {}", asked.after.id));
    let told = told(&error);
    assert!(told.contains("TransactionCanceledException"), "{told}");
    assert!(told.contains("TransactionConflict"), "{told}");
    assert!(!told.contains("bucket policy broken"), "{told}");
}

#[tokio::test]
async fn a_store_that_cannot_be_asked_fails() {
    let Fixture { store, dynamo, .. } = &fixture().await;
    dynamo.control().fail_always("GetItem", Fault::Status(500));
    let error = store.control().await.unwrap_err();
    assert_eq!(error.to_string(), format!("could not load the state of the app from table {TABLE}"));
    dynamo.control().heal();
    store.control().await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_no_answer_fails() {
    let Fixture { store, dynamo, .. } = &fixture().await;
    dynamo.control().fail_always("GetItem", Fault::Garbage);
    let told = told(&store.control().await.unwrap_err());
    assert!(!told.contains("upstream proxy"), "{told}");
}

/// The error, its causes, and their `Debug`.
fn told(error: &StoreError) -> String {
    format!("{error} {:#} {:#?}", error.source, error.source)
}
