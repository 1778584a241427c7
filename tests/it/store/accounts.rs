//! The events of an account: numbered without a gap, each command once, whatever else changes with them.

use aws_sdk_dynamodb::types::AttributeValue;
use elevate::{
    domain::{
        act::Tried,
        ids::CommandId,
        job::{Lane, LeaseOwner, Leased, audit_line_id},
        refusal::Refusal,
        trail::canonical,
        undelivered::{NotAccepted, NoticeKind},
    },
    ports::{DeadLetter, NewLink},
};
use serde_json::Value;
use tokio::task::JoinSet;

use super::{
    people::{assert_conflict, moved, signed_in},
    versions::assert_unknown,
    *,
};

#[tokio::test]
async fn twenty_refusals_at_once_are_numbered_without_a_gap() {
    let fixture = fixture().await;
    let mut race = JoinSet::new();
    for n in 1..=20_u64 {
        let store = DynamoStore::new(&fixture.client, TABLE); // each of another replica
        race.spawn(async move { recorded(&store, &refused(&n.to_string(), noon())).await.recorded });
    }
    let mut told = race.join_all().await;
    told.sort_by_key(|record| record.number);
    assert_eq!(numbers(&told), (1..=20).collect::<Vec<_>>());
    assert_eq!(fixture.store.account_events(&slack("ada")).await.unwrap(), told);
    let lines: Vec<String> = told.iter().map(audit_line_id).collect();
    let mut jobs: Vec<String> = fixture.jobs().await.into_iter().map(|job| job.id).collect();
    jobs.sort();
    assert_eq!(jobs, lines, "each is told under its number");
    let others = fixture.store.account_events(&slack("bob")).await.unwrap();
    assert_eq!(others, [], "the stream is that account's alone");
}

#[tokio::test]
async fn a_command_that_is_carried_out_twice_causes_one_event() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let first = recorded(store, &refused("press-1", noon())).await;
    for job in &first.jobs {
        store.complete(&Leased::by_committer(job.clone()), None).await.unwrap();
    }
    recorded(store, &refused("press-2", noon())).await;
    let mut again = linked("ada", noon() + minutes(5));
    again.change.command = command("press-1");
    assert!(store.record(&again).await.unwrap().is_none());
    assert_eq!(numbers(&store.account_events(&slack("ada")).await.unwrap()), [1, 2]);
    assert_eq!(fixture.jobs().await.len(), 1, "nothing follows from it again");
    let caused = async |name, press| store.caused_by(&slack(name), &command(press)).await.unwrap();
    assert_eq!(caused("ada", "press-1").await, Some(first.recorded));
    assert_eq!(caused("ada", "press-3").await, None);
    assert_eq!(caused("bob", "press-1").await, None);
}

#[tokio::test]
async fn at_once_a_command_causes_one_event_too() {
    let fixture = fixture().await;
    let mut race = JoinSet::new();
    for _ in 0..8 {
        let store = fixture.store.clone();
        race.spawn(async move { store.record(&refused("press-1", noon())).await.unwrap().is_some() });
    }
    assert_eq!(race.join_all().await.into_iter().filter(|is_news| *is_news).count(), 1);
    assert_eq!(numbers(&fixture.store.account_events(&slack("ada")).await.unwrap()), [1]);
}

#[tokio::test]
async fn all_that_happens_to_an_account_advances_its_stream_by_one() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let ada = &slack("ada");
    let mut number = 0;
    let mut advances = async |what: &str, Appended { recorded, .. }: Appended| {
        number += 1;
        let kept = store.account_events(ada).await.unwrap();
        assert_eq!(kept.len(), number, "{what}");
        assert_eq!(kept.last(), Some(&recorded), "{what}");
        assert_eq!(u64::try_from(number).unwrap(), recorded.number, "{what}");
        assert_eq!(serde_json::to_value(&recorded.what).unwrap()["what"], what);
        recorded
    };
    advances("linked", store.save_link(&signed_in(store, "ada", 1).await).await.unwrap()).await;
    let relink = moved(store, "ada", 2).await;
    let (email, from, to) = (actor("ada").email, subject("ada"), relink.made.link.subject.clone());
    let what = AccountEvent::Relinked { email, from, to, shown_by: ShownBy::Address };
    let event = new_event("ada", what, noon() + minutes(1));
    let relink = NewLink { event, ..relink };
    advances("relinked", store.save_link(&relink).await.unwrap()).await;
    let signed_out = AccountEvent::SignedOut { email: actor("ada").email };
    let event = new_event("ada", signed_out, noon() + minutes(2));
    advances("signed_out", store.sign_out(&relink.made.link, &event).await.unwrap()).await;
    let event = unlinked("ada", noon() + minutes(3));
    let gone = advances("unlinked", store.remove_link(&relink.made.link, &event).await.unwrap()).await;
    assert_eq!(store.link(ada).await.unwrap(), None);
    advances("refused", recorded(store, &refused("press-1", noon() + minutes(4))).await).await;

    let lane = store.head(Lane::People, noon() + minutes(60), 10).await.unwrap();
    let job = lane.jobs.into_iter().find(|job| job.id.contains(&format!("/{:012}/", gone.number))).unwrap();
    let leased = store.lease(&job, LeaseOwner::named("late"), noon() + minutes(60)).await.unwrap().unwrap();
    let not_accepted = NotAccepted { operation: "post".to_owned(), reason: None };
    let undelivered =
        AccountEvent::Undelivered { notice: NoticeKind::Unlinked, request: None, why: not_accepted };
    let (at, why) = (noon() + minutes(60), "channel_not_found".to_owned());
    let letter =
        DeadLetter { leased, at, why, event: Some(new_event("ada", undelivered, at)), instead: Vec::new() };
    advances("undelivered", store.dead_letter(&letter).await.unwrap().unwrap()).await;
}

#[tokio::test]
async fn what_changes_nothing_leaves_no_event() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let event = unlinked("ada", noon());
    assert_conflict(store.remove_link(&link("ada"), &event).await);
    assert_conflict(store.sign_out(&link("ada"), &event).await);
    assert_eq!(fixture.dynamo.rows(TABLE).await.unwrap(), [] as [Value; 0]);
}

#[tokio::test]
async fn an_event_is_dated_no_earlier_than_the_one_before_it() {
    let Fixture { store, .. } = &fixture().await;
    let later = recorded(store, &refused("press-2", noon() + minutes(1))).await;
    let earlier = recorded(store, &refused("press-1", noon())).await;
    assert_eq!(earlier.recorded.at, later.recorded.at);
}

#[tokio::test]
async fn an_event_of_an_account_is_stored_as_its_canonical_bytes() {
    let fixture = fixture().await;
    let record = recorded(&fixture.store, &refused("press-1", noon())).await.recorded;
    let rows = fixture.dynamo.rows(TABLE).await.unwrap();
    let row = rows.iter().find(|row| row["sk"]["S"] == "EVENT#000000000001").unwrap();
    assert_eq!(row["body"]["S"], canonical::form(&record).unwrap());
}

#[tokio::test]
async fn a_stream_whose_end_has_an_unknown_version_is_an_error_and_stays_as_it_is() {
    let fixture = &fixture().await;
    let store = &fixture.store;
    recorded(store, &refused("press-1", noon())).await;
    fixture.make_newer(|row| row["sk"]["S"] == "HEAD").await;
    let before = fixture.dynamo.rows(TABLE).await.unwrap();
    let row = "ACCOUNT#slack/T0123456/U0ADA / HEAD";
    assert_unknown(store.record(&refused("press-2", noon())).await, row);
    assert_eq!(fixture.dynamo.rows(TABLE).await.unwrap(), before);
}

#[tokio::test]
async fn a_refusal_whose_code_is_not_known_is_an_error_that_names_its_row() {
    let fixture = fixture().await;
    let (store, client) = (&fixture.store, &fixture.client);
    let record = recorded(store, &refused("press-1", noon())).await.recorded;
    let [pk, sk] = ["ACCOUNT#slack/T0123456/U0ADA", "EVENT#000000000001"];
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let body = serde_json::to_string(&record).unwrap().replace("link_gone", "not_invented_yet");
    let update = client.update_item().table_name(TABLE).key("pk", key(pk)).key("sk", key(sk));
    let update = update.update_expression("SET body = :body");
    update.expression_attribute_values(":body", AttributeValue::S(body)).send().await.unwrap();
    let error = store.caused_by(&slack("ada"), &command("press-1")).await.unwrap_err();
    let error = format!("{:#}", anyhow::Error::from(error));
    assert!(error.contains(&format!("{pk} / {sk}")), "{error}");
}

/// That a press of Ada's was refused.
fn refused(press: &str, at: Timestamp) -> NewEvent {
    let why = Refusal::LinkGone.into();
    let what = AccountEvent::Refused { tried: Tried::Link, request: None, target: None, why };
    let mut event = new_event("ada", what, at);
    event.change.command = command(press);
    event
}

fn numbers(records: &[AccountRecord]) -> Vec<u64> {
    records.iter().map(|record| record.number).collect()
}

fn command(name: &str) -> CommandId {
    name.parse().unwrap()
}
