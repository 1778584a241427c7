//! The queue and the inbox.

use std::{
    slice,
    sync::atomic::{AtomicU64, Ordering},
};

use aws_sdk_dynamodb::types::AttributeValue;
use elevate::{
    domain::{
        job::{Job, Lane, LeaseOwner, Leased, Task},
        press::{ActedIn, Asker, Press, ReplyTo, Wish},
    },
    ports::{DeadLetter, DeadLetterError, JOB_LEASE},
};
use sandbox::dynamo::DynamoFault;
use tokio::task::JoinSet;

use super::*;

#[tokio::test]
async fn jobs_come_in_the_order_in_which_they_are_due() {
    let Fixture { store, .. } = &fixture().await;
    for n in [3_u8, 1, 5, 2, 4] {
        let jobs =
            vec![chore(&format!("late-{n}"), noon() + minutes(n.into())), chore(&format!("a-{n}"), noon())];
        enqueue(store, n.into(), jobs).await;
    }
    let all = store.due(noon() + minutes(9), 100).await.unwrap();
    let ids: Vec<_> = all.iter().map(|job| job.id.as_str()).collect();
    let expected = ["a-1", "a-2", "a-3", "a-4", "a-5", "late-1", "late-2", "late-3", "late-4", "late-5"];
    assert_eq!(ids, expected);
    assert_eq!(store.due(noon() + minutes(9), 3).await.unwrap(), all[..3]);
    assert_eq!(store.due(noon() + minutes(3), 100).await.unwrap(), all[..8]);
    assert_eq!(store.due(noon() + minutes(3) - millisecond(), 100).await.unwrap(), all[..7]);
}

#[tokio::test]
async fn a_job_that_is_due_at_once_is_leased_to_its_committer() {
    let Fixture { store, .. } = &fixture().await;
    let jobs = recorded(store, &linked("ada", noon())).await.jobs;
    let others_may = noon() + JOB_LEASE;
    assert_eq!(store.due(others_may - millisecond(), 10).await.unwrap(), []);
    assert_eq!(store.due(others_may, 10).await.unwrap(), jobs);
}

#[tokio::test]
async fn what_is_recorded_late_belongs_to_whoever_records_it_just_as_long() {
    let Fixture { store, .. } = &fixture().await;
    let recorded_at = noon() + minutes(1);
    let jobs = recorded(store, &NewEvent { now: recorded_at, ..linked("ada", noon()) }).await.jobs;
    let others_may = recorded_at + JOB_LEASE;
    assert_eq!(store.due(others_may - millisecond(), 10).await.unwrap(), []);
    assert_eq!(store.due(others_may, 10).await.unwrap(), jobs);
}

#[tokio::test]
async fn a_job_that_is_released_is_anybodys_from_then_on() {
    let Fixture { store, .. } = &fixture().await;
    let jobs = recorded(store, &linked("ada", noon())).await.jobs;
    let [released, kept] = &jobs[..] else { panic!("{jobs:?}") };
    store.release(&held(released), noon() + minutes(1) - millisecond()).await.unwrap();
    assert_eq!(store.due(noon() + minutes(1) - millisecond(), 10).await.unwrap(), slice::from_ref(released));

    assert!(store.is_pending(kept.lane(), kept.due, &kept.id).await.unwrap());
    store.complete(&held(kept), None).await.unwrap();
    assert!(!store.is_pending(kept.lane(), kept.due, &kept.id).await.unwrap());
    store.release(&held(kept), noon()).await.unwrap();
    assert!(
        !store.is_pending(kept.lane(), kept.due, &kept.id).await.unwrap(),
        "what is done does not come back"
    );
}

#[tokio::test]
async fn a_dead_letter_is_kept_once_with_its_record() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let jobs = recorded(store, &linked("ada", noon())).await.jobs;
    let letter = DeadLetter {
        leased: held(&jobs[0]),
        at: noon() + minutes(1),
        why: "channel_not_found".to_owned(),
        event: Some(unlinked("ada", noon() + minutes(1))),
        instead: Vec::new(),
    };
    let Appended { recorded, jobs: follow_ups } = store.dead_letter(&letter).await.unwrap().unwrap();
    let left = [&jobs[1..], &follow_ups].concat();
    assert_eq!(fixture.jobs().await, left);
    assert_eq!(store.account_events(&slack("ada")).await.unwrap()[1..], [recorded]);
    let again = store.dead_letter(&letter).await;
    assert!(matches!(again, Err(DeadLetterError::LeaseLost)), "{again:?}");
    assert_eq!(fixture.jobs().await, left);
    let silent = DeadLetter { leased: held(&jobs[1]), event: None, ..letter.clone() };
    store.dead_letter(&silent).await.unwrap();
    let again = store.dead_letter(&silent).await;
    assert!(matches!(again, Err(DeadLetterError::LeaseLost)), "{again:?}");
    let (store, job) = (&fixture.store, &jobs[0]);
    enqueue(store, 9, vec![job.clone()]).await;
    let now = noon() + minutes(5);
    let leased = store.lease(job, LeaseOwner::named("later"), now).await.unwrap().unwrap();
    let requeued = DeadLetter { leased, ..letter.clone() };
    assert_eq!(store.dead_letter(&requeued).await.unwrap().map(|appended| appended.recorded), None);
    assert!(
        !fixture.jobs().await.contains(job),
        "what an operator has enqueued again is a dead letter again"
    );
    let query = fixture.client.query().table_name(TABLE).key_condition_expression("pk = :pk");
    let month = AttributeValue::S("DEAD#2027-01".to_owned());
    let rows = query.expression_attribute_values(":pk", month).send().await.unwrap();
    let [row, _] = rows.items() else { panic!("{rows:?}") };
    assert_eq!(row["why"].as_s().unwrap(), "channel_not_found");
    assert!(row["body"].as_s().unwrap().contains(&jobs[0].id));
}

#[tokio::test]
async fn a_job_is_leased_by_one_replica() {
    let Fixture { store, .. } = &fixture().await;
    let job = timer(store).await;
    let mut race = JoinSet::new();
    for _ in 0..16 {
        let (store, job) = (store.clone(), job.clone());
        race.spawn(async move { lease(&store, &job, job.due).await });
    }
    let taken = race.join_all().await;
    assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 1);
}

#[tokio::test]
async fn a_job_that_is_leased_and_not_completed_comes_back() {
    let Fixture { store, .. } = &fixture().await;
    let job = timer(store).await;
    let (now, until) = (job.due, job.due + JOB_LEASE);
    assert!(lease(store, &job, now).await);
    assert_eq!(store.due(until - millisecond(), 10).await.unwrap(), []);
    assert!(!lease(store, &job, until - millisecond()).await);
    assert_eq!(store.due(until, 10).await.unwrap(), slice::from_ref(&job));
    assert!(lease(store, &job, until).await);
}

#[tokio::test]
async fn a_lease_whose_answer_is_lost_is_held() {
    let Fixture { store, dynamo, .. } = &fixture().await;
    let job = timer(store).await;
    dynamo.fail_next_with("TransactWriteItems", DynamoFault::SucceedThenTimeOut);
    assert!(lease(store, &job, job.due).await);
}

#[tokio::test]
async fn a_job_that_is_leased_waits_until_it_is_completed() {
    let Fixture { store, .. } = &fixture().await;
    let job = timer(store).await;
    assert_eq!(waiting(store, job.due - millisecond()).await, (0, None));
    let leased = store.lease(&job, LeaseOwner::named("one"), job.due).await.unwrap().unwrap();
    assert_eq!(waiting(store, job.due).await, (1, Some(job.due)));
    store.complete(&leased, None).await.unwrap();
    assert_eq!(waiting(store, job.due).await, (0, None));
}

#[tokio::test]
async fn a_job_that_is_completed_is_gone() {
    let Fixture { store, .. } = &fixture().await;
    let job = timer(store).await;
    store.complete(&held(&job), None).await.unwrap();
    store.complete(&held(&job), None).await.unwrap();
    assert_eq!(store.due(job.due, 10).await.unwrap(), []);
    assert!(!lease(store, &job, job.due).await);
}

#[tokio::test]
async fn the_job_that_follows_takes_the_place_of_its_predecessor() {
    let Fixture { store, .. } = &fixture().await;
    let job = timer(store).await;
    let next = Job { due: job.due + minutes(15), ..job.clone() };
    for _ in 0..2 {
        store.complete(&held(&job), Some(&next)).await.unwrap();
        assert_eq!(store.due(job.due, 10).await.unwrap(), []);
        assert_eq!(store.due(next.due, 10).await.unwrap(), std::slice::from_ref(&next));
    }
}

#[tokio::test]
async fn jobs_that_others_have_leased_do_not_hide_the_rest() {
    let Fixture { store, .. } = &fixture().await;
    let chores: Vec<_> = (0..40).map(|n| chore(&format!("{n:02}"), noon())).collect();
    enqueue(store, 1, chores.clone()).await;
    for taken in &chores[..39] {
        assert!(lease(store, taken, noon()).await);
    }
    assert_eq!(store.due(noon(), 1).await.unwrap(), chores[39..]);
}

// Presses.

#[tokio::test]
async fn a_press_is_promised_once() {
    let Fixture { store, .. } = &fixture().await;
    let press = press("press-1");
    assert!(store.accept(&press).await.unwrap());
    assert!(!store.accept(&press).await.unwrap());
    let later = Asker { at: noon() + minutes(1), ..press.asker.clone() };
    assert!(!store.accept(&later.wishes(press.wish.clone())).await.unwrap());
    assert_eq!(store.press(&press.asker.id).await.unwrap(), Some(press));
}

#[tokio::test]
async fn a_promise_whose_answer_is_lost_is_not_taken_for_a_second_one() {
    let Fixture { store, dynamo, .. } = &fixture().await;
    dynamo.fail_next_with("TransactWriteItems", DynamoFault::SucceedThenTimeOut);
    assert!(store.accept(&press("press-1")).await.unwrap());
}

#[tokio::test]
async fn of_16_racing_deliveries_of_a_press_one_is_accepted() {
    let Fixture { store, .. } = &fixture().await;
    let mut race = JoinSet::new();
    for n in 0..16 {
        let store = store.clone();
        let Press { asker, wish } = press("press-1");
        let press = Press { asker: Asker { at: noon() + minutes(n), ..asker }, wish };
        race.spawn(async move { store.accept(&press).await.unwrap() });
    }
    let accepted = race.join_all().await;
    assert_eq!(accepted.into_iter().filter(|accepted| *accepted).count(), 1);
}

#[tokio::test]
async fn a_press_that_nobody_finishes_becomes_a_job() {
    let Fixture { store, .. } = &fixture().await;
    let press = press("press-1");
    let finish_by = noon() + JOB_LEASE;
    store.accept(&press).await.unwrap();
    assert_eq!(store.due(finish_by - millisecond(), 10).await.unwrap(), []);
    let due = store.due(finish_by, 10).await.unwrap();
    assert_eq!(due[0].task, Task::FinishPress(press.asker.id));
    store.complete(&held(&due[0]), None).await.unwrap();
    assert_eq!(store.due(finish_by, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_finished_press_is_remembered_and_no_job_any_more() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let press = press("press-1");
    store.accept(&press).await.unwrap();
    store.finish(&press.asker).await.unwrap();
    store.finish(&press.asker).await.unwrap();
    assert_eq!(store.press(&press.asker.id).await.unwrap(), None);
    assert_eq!(fixture.jobs().await, []);
    assert!(!store.accept(&press).await.unwrap());
}

#[tokio::test]
async fn finishing_what_nobody_promised_does_nothing() {
    let Fixture { store, .. } = &fixture().await;
    let press = press("unheard-of");
    store.finish(&press.asker).await.unwrap();
    assert_eq!(store.press(&press.asker.id).await.unwrap(), None);
    assert!(store.accept(&press).await.unwrap());
}

#[tokio::test]
async fn who_overran_a_lease_neither_completes_nor_releases_what_another_has_leased() {
    let fixture = fixture().await;
    let store = &fixture.store;
    let job = timer(store).await;
    let leases = async |owner, now| {
        store.lease(&job, LeaseOwner::named(owner), now).await.unwrap().expect("nobody has it")
    };
    let late = leases("late", job.due).await;
    let other = leases("other", job.due + JOB_LEASE).await;
    assert!(!store.release(&late, job.due).await.unwrap());
    let next = Job { due: job.due + minutes(1), ..job.clone() };
    assert!(!store.complete(&late, Some(&next)).await.unwrap());
    let letter = DeadLetter {
        leased: late,
        at: job.due,
        why: "too late".to_owned(),
        event: None,
        instead: Vec::new(),
    };
    assert!(matches!(store.dead_letter(&letter).await, Err(DeadLetterError::LeaseLost)));
    assert!(!store.complete(&held(&job), None).await.unwrap(), "nor does its committer");
    assert_eq!(store.due(job.due + JOB_LEASE, 10).await.unwrap(), [], "the other one has it");
    assert_eq!(fixture.jobs().await, slice::from_ref(&job), "nothing follows yet");
    assert!(store.complete(&other, None).await.unwrap());
    assert_eq!(fixture.jobs().await, []);
}

#[tokio::test]
async fn a_lane_is_read_past_no_job_of_another() {
    let Fixture { store, .. } = &fixture().await;
    let asked = asked(1, "ada", S3_ADMIN, noon());
    store.commit(&asked).await.unwrap();
    let later = noon() + TimeDelta::days(1);
    let mut found = Vec::new();
    for lane in Lane::ALL {
        let head = store.head(lane, later, 10).await.unwrap();
        assert!(head.jobs.iter().all(|job| job.lane() == lane), "{head:?}");
        assert_eq!(head.due, head.jobs.len());
        found.extend(head.jobs);
    }
    found.sort_by(|one, other| one.id.cmp(&other.id));
    let mut all = asked.jobs;
    all.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(found, all);
}

/// Enqueues jobs of nobody's, a minute before noon. `n` tells calls apart.
async fn enqueue(store: &DynamoStore, n: u128, jobs: Vec<Job>) {
    let target = format!("111122223333/Role{n}");
    store.commit(&Step { jobs, ..asked(n, "ada", &target, noon() - minutes(1)) }).await.unwrap();
}

/// The job, as the replica has it that has committed it.
fn held(job: &Job) -> Leased {
    Leased::by_committer(job.clone())
}

/// Whether the job can be leased at `now`.
async fn lease(store: &DynamoStore, job: &Job, now: Timestamp) -> bool {
    static LEASES: AtomicU64 = AtomicU64::new(0);
    let owner = LeaseOwner::named(LEASES.fetch_add(1, Ordering::SeqCst).to_string());
    store.lease(job, owner, now).await.unwrap().is_some()
}

/// How many jobs of the history are due, and since when.
async fn waiting(store: &DynamoStore, now: Timestamp) -> (usize, Option<Timestamp>) {
    let head = store.head(Lane::History, now, 10).await.unwrap();
    (head.due, head.oldest)
}

/// The request's timer, which is nobody's until it is taken.
async fn timer(store: &DynamoStore) -> Job {
    let asked = asked(1, "ada", S3_ADMIN, noon());
    store.commit(&asked).await.unwrap();
    let is_timer = |job: &Job| matches!(job.task, Task::Elapse(_));
    for notice in asked.jobs.iter().filter(|job| !is_timer(job)) {
        store.complete(&held(notice), None).await.unwrap();
    }
    asked.jobs.into_iter().find(is_timer).unwrap()
}

fn chore(id: &str, due: Timestamp) -> Job {
    let task = Task::FinishPress("press".parse().unwrap());
    Job { due, id: id.to_owned(), platform: None, task }
}

fn press(id: &str) -> Press {
    let asker = Asker {
        id: id.parse().unwrap(),
        at: noon(),
        who: slack("ada"),
        acted_in: ActedIn::Words,
        reply_to: ReplyTo::Direct,
    };
    Press { asker, wish: Wish::Link }
}

/// Somebody has written into the table by hand.
#[tokio::test]
async fn a_row_that_is_no_job_is_moved_to_the_dead_letters_once_and_holds_up_nothing() {
    let fixture = &fixture().await;
    ask(&fixture.store, 1, noon()).await;
    let rows = fixture.dynamo.rows(TABLE).await.unwrap();
    let text = |row: &serde_json::Value, name: &str| row[name]["S"].as_str().unwrap_or_default().to_owned();
    let card =
        rows.iter().find(|row| text(row, "sk").ends_with("/card")).expect("there is a job for the card");
    let key = |name: &str| AttributeValue::S(text(card, name));
    let update = fixture.client.update_item().table_name(TABLE).key("pk", key("pk")).key("sk", key("sk"));
    let update = update.update_expression("SET body = :body");
    update.expression_attribute_values(":body", AttributeValue::S("{}".to_owned())).send().await.unwrap();

    for _ in 0..2 {
        let due = fixture.store.due(noon() + JOB_LEASE, 10).await.unwrap();
        assert_eq!(due.len(), 2, "the receipt and the audit line: {due:?}");
        let rows = fixture.dynamo.rows(TABLE).await.unwrap();
        let dead: Vec<_> = rows.iter().filter(|row| text(row, "pk") == "DEAD#2027-01").collect();
        let [letter] = dead[..] else { panic!("not one dead letter: {dead:?}") };
        assert!(text(letter, "why").contains("cannot be read") && text(letter, "body") == "{}", "{letter:?}");
        assert!(!rows.iter().any(|row| text(row, "sk") == text(card, "sk")), "it is in its lane no more");
    }
}
