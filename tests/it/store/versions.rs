//! Rows of a version that this program does not know: they are neither read nor written over.

use aws_sdk_dynamodb::types::AttributeValue;
use elevate::{
    domain::{
        ids::CommandId,
        job::{LeaseOwner, Leased},
        press::{ActedIn, Asker, Press, ReplyTo, Wish},
    },
    ports::{CommitError, JOB_LEASE, StoreError, Surface},
};
use serde_json::Value;

use super::*;

#[tokio::test]
async fn a_row_of_an_unknown_version_is_an_error_that_names_row_and_version() {
    let fixture = &fixture().await;
    let store = &fixture.store;
    let request = ask(store, 1, noon()).await;
    let place = slack("ada").tenant().conversation("C0REVIEW").message("1.0");
    store.save_place(&request.id, Surface::Card, &place).await.unwrap();
    store.keep_ticket(&ticket(1)).await.unwrap();
    let press = press();
    store.accept(&press).await.unwrap();
    fixture.make_newer(|_| true).await;

    let id = &request.id;
    assert_unknown(store.request(id).await, &format!("REQ#{id} / META"));
    assert_unknown(store.event(id, 1).await, &format!("REQ#{id} / EVENT#"));
    assert_unknown(store.events(id).await, &format!("REQ#{id} / EVENT#"));
    assert_unknown(store.requests(&of("ada"), None, 1).await, &format!("REQ#{id} / META"));
    assert_unknown(store.place(id, Surface::Card).await, &format!("REQ#{id} / CARD#"));
    assert_unknown(store.ticket(&ticket(1).key).await, "TICKET#");
    assert_unknown(store.press(&press.asker.id).await, "INBOX#");
    assert_eq!(store.due(noon() + JOB_LEASE, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_commit_writes_over_no_row_of_an_unknown_version() {
    let fixture = &fixture().await;
    let store = &fixture.store;
    let request = ask(store, 1, noon()).await;
    fixture.make_newer(|row| row["sk"]["S"] == "META").await;
    let before = fixture.dynamo.rows(TABLE).await.unwrap();

    let step = then(&request, approved(noon()), "approve", noon());
    let Err(CommitError::Failed(error)) = store.commit(&step).await else { panic!("it was written over") };
    assert_unknown::<()>(Err(error), &format!("REQ#{} / META", request.id));
    assert_eq!(fixture.dynamo.rows(TABLE).await.unwrap(), before);
}

#[tokio::test]
async fn what_has_no_condition_of_its_own_writes_over_no_row_of_an_unknown_version_either() {
    let fixture = &fixture().await;
    let store = &fixture.store;
    let id = RequestId::new(noon(), 1);
    let place = slack("ada").tenant().conversation("C0REVIEW").message("1.0");
    store.save_place(&id, Surface::Card, &place).await.unwrap();
    let [job, ..] = &asked(1, "ada", S3_ADMIN, noon()).jobs[..] else { panic!("nothing follows") };
    store.commit(&asked(1, "ada", S3_ADMIN, noon())).await.unwrap();
    fixture.make_newer(|_| true).await;
    let before = fixture.dynamo.rows(TABLE).await.unwrap();

    assert_unknown(store.save_place(&id, Surface::Card, &place).await, "CARD#");
    assert_unknown(store.complete(&Leased::by_committer(job.clone()), None).await, "JOB#");
    assert_unknown(store.lease(job, LeaseOwner::named("late"), noon()).await, "JOB#");
    assert_eq!(fixture.dynamo.rows(TABLE).await.unwrap(), before);
}

#[tokio::test]
async fn what_is_due_is_done_beside_rows_of_an_unknown_version() {
    let fixture = &fixture().await;
    ask(&fixture.store, 1, noon()).await;
    fixture.make_newer(|row| row["sk"]["S"].as_str().is_some_and(|sk| sk.ends_with("/card"))).await;
    let due = fixture.store.due(noon() + JOB_LEASE, 10).await.unwrap();
    assert_eq!(due.len(), 2, "the receipt and the audit line: {due:?}");
}

fn press() -> Press {
    let id: CommandId = "press-1".parse().unwrap();
    Asker { id, at: noon(), who: slack("ada"), acted_in: ActedIn::Words, reply_to: ReplyTo::Direct }
        .wishes(Wish::Link)
}

pub(super) fn assert_unknown<T: std::fmt::Debug>(outcome: Result<T, StoreError>, row: &str) {
    let error = outcome.unwrap_err();
    let told = format!("{:#}", error.source);
    assert!(told.contains(row) && told.contains("version 2 is unknown"), "{told}");
}

impl Fixture {
    /// Makes rows what a later program might have written.
    pub(super) async fn make_newer(&self, which: impl Fn(&Value) -> bool) {
        let rows = self.dynamo.rows(TABLE).await.unwrap();
        for row in rows.iter().filter(|row| which(row)) {
            let key = |name: &str| AttributeValue::S(row[name]["S"].as_str().unwrap().to_owned());
            let update = self.client.update_item().table_name(TABLE).update_expression("SET v = :v");
            let update = update.key("pk", key("pk")).key("sk", key("sk"));
            update.expression_attribute_values(":v", AttributeValue::N("2".to_owned())).send().await.unwrap();
        }
    }
}
