//! Requests, their events, and the secrets that a step uses up.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

use aws_sdk_dynamodb::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeDeserializationInterceptorContextMut,
    },
    error::BoxError,
    types::AttributeValue,
};
use elevate::{
    domain::{
        cloud_refusal::{CloudCause, CloudRefusal},
        person::StandingSignIn,
        request::{Event, Request},
        trail::canonical::form,
    },
    ports::{CommitError, Given, OpenRequests, Surface},
    store::DynamoStore,
};
use sandbox::dynamo::DynamoFault;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::*;

#[tokio::test]
async fn a_request_is_kept_with_its_event_and_its_jobs() {
    let Fixture { store, .. } = &fixture().await;
    let asked = asked(1, "ada", S3_ADMIN, noon());
    store.commit(&asked).await.unwrap();

    let jobs = store.due(asked.after.answer_by, 10).await.unwrap();
    assert_eq!(jobs, asked.jobs);
    assert_eq!(store.events(&asked.after.id).await.unwrap(), [asked.recorded]);
    assert_eq!(store.request(&asked.after.id).await.unwrap(), Some(asked.after));
}

#[tokio::test]
async fn what_nobody_has_put_down_is_not_there() {
    let Fixture { store, .. } = &fixture().await;
    let id = RequestId::new(noon(), 1);
    assert_eq!(store.request(&id).await.unwrap(), None);
    assert_eq!(store.events(&id).await.unwrap(), []);
    assert_eq!(store.requests(&of("ada"), None, 10).await.unwrap().requests, []);
    assert_eq!(store.place(&id, Surface::Card).await.unwrap(), None);
    store.control().await.unwrap();
}

#[tokio::test]
async fn events_are_numbered_without_a_gap_and_add_up_to_the_request() {
    let Fixture { store, .. } = &fixture().await;
    let request = request_with_a_session(store).await;

    let events = store.events(&request.id).await.unwrap();
    let versions: Vec<_> = events.iter().map(|recorded| recorded.number).collect();
    assert_eq!(versions, [1, 2, 3, 4]);
    let stored = store.request(&request.id).await.unwrap();
    assert_eq!(Request::replayed(&events), stored);
    assert_eq!(stored, Some(request));
}

#[tokio::test]
async fn an_event_is_stored_as_its_canonical_bytes_and_read_as_nothing_else() {
    let Fixture { store, dynamo, client } = &fixture().await;
    let asked = asked(1, "ada", S3_ADMIN, noon());
    store.commit(&asked).await.unwrap();
    let rows = dynamo.rows(TABLE).await.unwrap();
    let is_event = |row: &&Value| row["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with("EVENT#"));
    let row = rows.iter().find(is_event).unwrap();
    let body = row["body"]["S"].as_str().unwrap();
    assert_eq!(body, form(&asked.recorded).unwrap());
    assert!(body.starts_with(r#"{"actor":{"account":{"platform":"slack","tenant":"T0123456","#), "{body}");

    let text = |name: &str| AttributeValue::S(row[name]["S"].as_str().unwrap().to_owned());
    let put = client.update_item().table_name(TABLE).key("pk", text("pk")).key("sk", text("sk"));
    let put = put.update_expression("SET body = :body");
    let more = body.replacen('{', r#"{"aside":1,"#, 1);
    put.expression_attribute_values(":body", AttributeValue::S(more)).send().await.unwrap();
    let error = store.events(&asked.after.id).await.unwrap_err();
    assert!(format!("{:#}", error.source).contains("not in its canonical form"), "{:#}", error.source);
}

#[tokio::test]
async fn events_are_read_from_all_pages() {
    let Fixture { store, .. } = &fixture().await;
    let mut request = request_with_a_session(store).await;
    for n in 0..15 {
        let why = CloudRefusal { cause: CloudCause::Other, words: "x".repeat(100_000) };
        let refused = Event::SessionRefused { session: 1, why }.by(actor("ada"));
        let step = then(&request, refused, &format!("refused-{n}"), noon());
        store.commit(&step).await.unwrap();
        request = step.after;
    }
    assert_eq!(store.events(&request.id).await.unwrap().len(), 4 + 15);
}

#[tokio::test]
async fn of_64_racing_commits_exactly_one_wins() {
    let Fixture { store, .. } = &fixture().await;
    let asked = asked(1, "ada", S3_ADMIN, noon());
    store.commit(&asked).await.unwrap();

    let mut race = JoinSet::new();
    for n in 0..64 {
        let step = then(&asked.after, approved(noon()), &format!("approve-{n}"), noon());
        let store = store.clone();
        race.spawn(async move { (step.recorded.command.clone(), store.commit(&step).await) });
    }
    let mut winners = Vec::new();
    while let Some(raced) = race.join_next().await {
        match raced.unwrap() {
            (command, Ok(())) => winners.push(command),
            (_, outcome) => assert!(matches!(outcome, Err(CommitError::Conflict)), "{outcome:?}"),
        }
    }
    let events = store.events(&asked.after.id).await.unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(winners, [events[1].command.clone()]);
}

#[tokio::test]
async fn a_commit_that_fails_leaves_nothing_behind() {
    let Fixture { store, .. } = &fixture().await;
    let asked = asked(1, "ada", S3_ADMIN, noon());
    store.commit(&asked).await.unwrap();
    let approved = then(&asked.after, approved(noon()), "approve", noon());
    store.commit(&approved).await.unwrap();

    let late = then(&asked.after, rejected(), "reject", noon());
    let outcome = store.commit(&late).await;
    assert!(matches!(outcome, Err(CommitError::Conflict)), "{outcome:?}");

    let id = &asked.after.id;
    assert_eq!(store.request(id).await.unwrap(), Some(approved.after.clone()));
    assert_eq!(store.events(id).await.unwrap(), [asked.recorded, approved.recorded]);
    let other = super::asked(2, "ada", S3_ADMIN, noon());
    assert_held_by(id, store.commit(&other).await);
}

#[tokio::test]
async fn a_step_that_does_not_follow_the_one_before_is_a_conflict() {
    let Fixture { store, .. } = &fixture().await;
    let asked = asked(1, "ada", S3_ADMIN, noon());
    store.commit(&asked).await.unwrap();
    let never_made = then(&asked.after, approved(noon()), "approve", noon());
    let skipping =
        then(&never_made.after, Event::SessionIssuing { session: 1 }.by(actor("ada")), "open", noon());
    let outcome = store.commit(&skipping).await;
    assert!(matches!(outcome, Err(CommitError::Conflict)), "{outcome:?}");
    assert_eq!(store.request(&asked.after.id).await.unwrap(), Some(asked.after));
}

#[tokio::test]
async fn history_is_not_written_over() {
    let Fixture { store, client, .. } = &fixture().await;
    let asked = asked(1, "ada", S3_ADMIN, noon());
    store.commit(&asked).await.unwrap();
    let row = |sk: &str| {
        let key = [("pk", format!("REQ#{}", asked.after.id)), ("sk", sk.to_owned())];
        HashMap::from(key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value))))
    };
    let read = client.get_item().table_name(TABLE).set_key(Some(row("META"))).send().await.unwrap();
    let approved = then(&asked.after, approved(noon()), "approve", noon());
    store.commit(&approved).await.unwrap();
    client.put_item().table_name(TABLE).set_item(read.item).send().await.unwrap();

    let rejected = then(&asked.after, rejected(), "reject", noon());
    let outcome = store.commit(&rejected).await;
    assert!(
        matches!(outcome, Err(CommitError::Conflict)),
        "though the request itself is of before: {outcome:?}"
    );
    assert_eq!(store.events(&asked.after.id).await.unwrap(), [asked.recorded, approved.recorded]);
}

#[tokio::test]
async fn a_request_is_made_once() {
    let Fixture { store, .. } = &fixture().await;
    let first = asked(1, "ada", S3_ADMIN, noon());
    store.commit(&first).await.unwrap();
    let mut second = asked(1, "ada", S3_ADMIN, noon());
    second.recorded.command = "another-press".parse().unwrap();
    let outcome = store.commit(&second).await;
    assert!(matches!(outcome, Err(CommitError::Conflict)), "{outcome:?}");
}

#[tokio::test]
async fn a_step_that_is_made_again_succeeds_again_and_changes_nothing() {
    let Fixture { store, .. } = &fixture().await;
    let asked = asked(1, "ada", S3_ADMIN, noon());
    store.commit(&asked).await.unwrap();
    let approved = then(&asked.after, approved(noon()), "approve", noon());
    store.commit(&approved).await.unwrap();
    store.commit(&approved).await.unwrap();
    assert_eq!(store.events(&asked.after.id).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again() {
    let Fixture { store, dynamo, .. } = &fixture().await;
    let asked = asked(1, "ada", S3_ADMIN, noon());
    dynamo.fail_next_with("TransactWriteItems", DynamoFault::SucceedThenTimeOut);
    store.commit(&asked).await.unwrap();
    assert_eq!(store.events(&asked.after.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_commit_that_gets_in_the_way_of_others_is_tried_again() {
    let fixture = fixture().await;
    for fault in [DynamoFault::TransactionConflict, DynamoFault::Throttled] {
        fixture.dynamo.fail_next_with("TransactWriteItems", fault);
    }
    let asked = asked(1, "ada", S3_ADMIN, noon());
    let calls = fixture.calls_of(async { fixture.store.commit(&asked).await.unwrap() });
    assert_eq!(calls.await, ["TransactWriteItems"; 3]);
}

#[tokio::test]
async fn a_change_is_one_call() {
    let fixture = fixture().await;
    let asked = asked(1, "ada", S3_ADMIN, noon());
    let calls = fixture.calls_of(async { fixture.store.commit(&asked).await.unwrap() });
    assert_eq!(calls.await, ["TransactWriteItems"]);
}

// Secrets that a step uses up.

#[tokio::test]
async fn a_one_time_secret_is_used_up_with_the_step() {
    let Fixture { store, .. } = &fixture().await;
    let ticket = ticket(1);
    store.keep_ticket(&ticket).await.unwrap();
    let request = commit(store, &ask(store, 1, noon()).await, approved(noon()), noon()).await;

    let mut first = then(&request, Event::SessionIssuing { session: 1 }.by(actor("ada")), "open", noon());
    first.uses_up = vec![ticket.key.clone()];
    store.commit(&first).await.unwrap();
    assert_eq!(store.ticket(&ticket.key).await.unwrap(), None);

    let mut second =
        then(&first.after, Event::SessionIssuing { session: 2 }.by(actor("ada")), "open-again", noon());
    second.uses_up = vec![ticket.key];
    let outcome = store.commit(&second).await;
    assert!(matches!(outcome, Err(CommitError::UsedUp)), "{outcome:?}");
    assert_eq!(store.request(&request.id).await.unwrap(), Some(first.after));
}

#[tokio::test]
async fn a_secret_that_is_used_up_counts_before_a_faster_press() {
    let Fixture { store, .. } = &fixture().await;
    let old = ask(store, 1, noon()).await;
    commit(store, &old, approved(noon()), noon()).await;
    let mut late = then(&old, approved(noon()), "late", noon());
    late.uses_up = vec![secret(1).hash()];
    let outcome = store.commit(&late).await;
    assert!(matches!(outcome, Err(CommitError::UsedUp)), "{outcome:?}");
}

#[tokio::test]
async fn an_expired_secret_can_be_looked_up_and_not_used_up() {
    let Fixture { store, .. } = &fixture().await;
    let ticket = ticket(1);
    store.keep_ticket(&ticket).await.unwrap();
    let mut late = asked(1, "ada", S3_ADMIN, ticket.expires_at);
    late.uses_up = vec![ticket.key.clone()];
    let outcome = store.commit(&late).await;
    assert!(matches!(outcome, Err(CommitError::UsedUp)), "{outcome:?}");
    assert_eq!(store.ticket(&ticket.key).await.unwrap(), Some(ticket));
}

// Lists.

#[tokio::test]
async fn a_persons_newest_requests_come_first() {
    let Fixture { store, .. } = &fixture().await;
    for n in 0..5 {
        let at = noon() + minutes(n);
        let target = format!("111122223333/Role{n}");
        store.commit(&asked(1, "ada", &target, at)).await.unwrap();
        store.commit(&asked(2, "eve", &target, at)).await.unwrap();
    }
    let found = store.requests(&of("ada"), None, 3).await.unwrap().requests;
    let roles: Vec<_> = found.iter().map(|request| request.target.role.as_str()).collect();
    assert_eq!(roles, ["Role4", "Role3", "Role2"]);
    assert_eq!(store.requests(&of("ada"), None, 0).await.unwrap().requests, []);
}

#[tokio::test]
async fn more_requests_are_listed_than_one_batch_holds() {
    let Fixture { store, .. } = &fixture().await;
    for n in 0..105 {
        let target = format!("111122223333/Role{n}");
        store.commit(&asked(n, "ada", &target, noon())).await.unwrap();
    }
    assert_eq!(store.requests(&of("ada"), None, 1_000).await.unwrap().requests.len(), 105);
}

#[tokio::test]
async fn rows_that_a_batch_leaves_out_are_asked_for_again() {
    let Fixture { store, client, .. } = &fixture().await;
    let request = ask(store, 1, noon()).await;
    let config = client.config().to_builder().interceptor(LeavesAllOutOnce::default()).build();
    let store = DynamoStore::new(&Client::from_conf(config), TABLE);
    assert_eq!(store.requests(&of("ada"), None, 10).await.unwrap().requests, [request]);
}

#[tokio::test]
async fn a_list_shows_requests_as_they_are() {
    let Fixture { store, .. } = &fixture().await;
    let request = commit(store, &ask(store, 1, noon()).await, approved(noon()), noon()).await;
    assert_eq!(store.requests(&of("ada"), None, 10).await.unwrap().requests, [request]);
}

#[tokio::test]
async fn open_requests_are_counted_by_where_they_stand() {
    let Fixture { store, .. } = &fixture().await;
    let mut asked_for = Vec::new();
    for (n, name) in [(1, "ada"), (2, "eve"), (3, "bob"), (4, "carol")] {
        let step = asked(n, name, S3_ADMIN, noon());
        store.commit(&step).await.unwrap();
        asked_for.push(step.after);
    }
    commit(store, &asked_for[0], approved(noon()), noon()).await;
    commit(store, &asked_for[1], rejected(), noon()).await;
    assert_eq!(store.open_requests().await.unwrap(), OpenRequests { requested: 2, approved: 1 });
}

#[tokio::test]
async fn each_message_about_a_request_has_its_place() {
    let Fixture { store, .. } = &fixture().await;
    let id = RequestId::new(noon(), 1);
    let place = |id: &str| slack("ada").tenant().conversation("C0REVIEW").message(id);
    store.save_place(&id, Surface::Card, &place("1.0")).await.unwrap();
    store.save_place(&id, Surface::Receipt, &place("2.0")).await.unwrap();
    store.save_place(&id, Surface::Card, &place("3.0")).await.unwrap();
    assert_eq!(store.place(&id, Surface::Card).await.unwrap(), Some(place("3.0")));
    assert_eq!(store.place(&id, Surface::Receipt).await.unwrap(), Some(place("2.0")));
}

async fn request_with_a_session(store: &DynamoStore) -> Request {
    let request = ask(store, 1, noon()).await;
    let request = commit(store, &request, approved(noon()), noon()).await;
    let request =
        commit(store, &request, Event::SessionIssuing { session: 1 }.by(actor("ada")), noon()).await;
    let issued = Event::SessionIssued { session: 1, expires_at: noon() + minutes(60) }.by(actor("ada"));
    commit(store, &request, issued, noon()).await
}

/// A DynamoDB that answers the first `BatchGetItem` by leaving out every row.
#[derive(Debug, Default)]
struct LeavesAllOutOnce(AtomicBool);

impl Intercept for LeavesAllOutOnce {
    fn name(&self) -> &'static str {
        "leaves all out, once"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        let mut answer: Value = serde_json::from_slice(body)?;
        let Some(rows) = answer["Responses"][TABLE].as_array() else {
            return Ok(());
        };
        if self.0.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let keys = rows.iter().map(|row| json!({ "pk": row["pk"], "sk": row["sk"] }));
        let left_out = json!({ "Keys": keys.collect::<Vec<_>>(), "ConsistentRead": true });
        answer = json!({ "Responses": { TABLE: [] }, "UnprocessedKeys": { TABLE: left_out } });
        *context.response_mut().body_mut() = answer.to_string().into();
        Ok(())
    }
}

#[tokio::test]
async fn a_step_that_is_based_on_a_sign_in_from_before_a_sign_out_is_refused() {
    let Fixture { store, .. } = &fixture().await;
    let based_on =
        |name: &str, begun_at| Given::SignedIn(StandingSignIn { subject: subject(name), begun_at });
    let ask = |n, given| Step { given: vec![given], ..asked(n, "ada", S3_ADMIN, noon() + minutes(1)) };
    store.end_sign_ins(&subject("ada"), noon()).await.unwrap();
    let before = ask(1, based_on("ada", noon() - millisecond()));
    assert!(matches!(store.commit(&before).await, Err(CommitError::SignedOut)));
    assert_eq!(store.request(&before.after.id).await.unwrap(), None);

    store.end_sign_ins(&subject("ada"), noon() - minutes(5)).await.unwrap();
    assert!(matches!(store.commit(&before).await, Err(CommitError::SignedOut)), "the last sign-out counts");
    store.commit(&ask(2, based_on("ada", noon() + millisecond()))).await.unwrap();
    let of_another =
        Step { given: vec![based_on("bob", noon() - minutes(9))], ..asked(3, "bob", S3_ADMIN, noon()) };
    store.commit(&of_another).await.unwrap();
}
