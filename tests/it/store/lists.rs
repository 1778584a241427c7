//! Lists of requests: whole, in order, page by page, and at what cost.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{
            BeforeDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
        },
    },
    error::BoxError,
    operation::{batch_get_item::BatchGetItemInput, query::QueryInput},
    types::ReturnConsumedCapacity,
};
use elevate::{
    domain::window::Month,
    ports::{Cursor, OpenStatus, Page},
};
use serde_json::Value;

use super::*;

/// How many requests each list holds.
const MANY: usize = 1_000;
/// How many of them a page shows.
const PAGE: usize = 50;
/// What a list may cost: a request, read consistently, is one read unit, and its key in an index a tenth of one.
const MOST_UNITS: f64 = 1.1 * MANY as f64;

#[tokio::test]
async fn requests_are_listed_whole_and_in_order_by_requester_reviewer_target_and_month() {
    let (world, all) = many("ada", Fate::Rejected).await;
    let (person, target) = (subject("ada"), S3_ADMIN.parse::<Target>().unwrap());
    for days in [-40, 40] {
        let step = asked(9_999, "ada", S3_ADMIN, noon() + TimeDelta::days(days));
        world.store.commit(&step).await.unwrap();
        let outside = Month::of(step.now);
        for other in [Listed::For(target.clone(), Some(outside)), Listed::Made(outside)] {
            assert_eq!(world.all_of(&other).await, std::slice::from_ref(&step.after.id), "{other:?}");
        }
    }
    world.assert_lists(&Listed::RequestedBy(person.clone(), Some(january())), &all).await;
    world.assert_lists(&Listed::AnsweredBy(subject("bob"), Some(january())), &all).await;
    world.assert_lists(&Listed::AnsweredBy(subject("bob"), None), &all).await;
    world.assert_lists(&Listed::For(target, Some(january())), &all).await;
    world.assert_lists(&Listed::Made(january()), &all).await;
    assert_eq!(world.all_of(&Listed::RequestedBy(person.clone(), None)).await.len(), MANY + 2);
    assert_eq!(world.all_of(&Listed::AnsweredBy(person, None)).await, []);
}

#[tokio::test]
async fn open_requests_are_listed_whole_and_in_order() {
    let (world, all) = many("p", Fate::Open).await;
    let answered = world.store.request(&all[7]).await.unwrap().unwrap();
    commit(&world.store, &answered, approved(noon()), noon()).await;
    let waiting: Vec<_> = all.iter().filter(|id| **id != answered.id).cloned().collect();
    world.assert_lists(&Listed::Open(OpenStatus::Requested), &waiting).await;
    assert_eq!(world.all_of(&Listed::Open(OpenStatus::Approved)).await, [answered.id]);
}

#[tokio::test]
async fn a_list_goes_on_where_it_was_though_requests_are_made_and_answered_meanwhile() {
    let Fixture { store, .. } = &fixture().await;
    let mut made = Vec::new();
    for n in 0..9 {
        let step = asked(n, &format!("p{n}"), S3_ADMIN, at(n));
        store.commit(&step).await.unwrap();
        made.push(step.after);
    }
    let list = Listed::Made(january());
    let Page { requests: first, next } = store.requests(&list, None, 4).await.unwrap();
    let written_down = next.unwrap().to_string();
    store.commit(&asked(99, "eve", S3_ADMIN, at(99))).await.unwrap();
    commit(store, &made[0], approved(noon()), noon()).await;

    let cursor: Cursor = written_down.parse().unwrap();
    let rest = store.requests(&list, Some(&cursor), 100).await.unwrap();
    let ids = first.into_iter().chain(rest.requests).map(|request| request.id).collect::<Vec<_>>();
    assert_eq!(ids, made.iter().rev().map(|request| request.id.clone()).collect::<Vec<_>>());
    assert_eq!(rest.next, None);
}

#[tokio::test]
async fn a_month_is_half_open() {
    let Fixture { store, .. } = &fixture().await;
    let (first, next) = (january().starts(), january().next().starts());
    for (n, at) in [(1, first - millisecond()), (2, first), (3, next - millisecond()), (4, next)] {
        store.commit(&asked(n, &format!("p{n}"), S3_ADMIN, at)).await.unwrap();
    }
    for list in [Listed::Made(january()), Listed::For(S3_ADMIN.parse().unwrap(), Some(january()))] {
        let page = store.requests(&list, None, 10).await.unwrap();
        let made = page.requests.iter().map(|request| request.requested_at).collect::<Vec<_>>();
        assert_eq!(made, [next - millisecond(), first], "{list:?}");
    }
}

/// A store that holds many requests, and their ids, newest first. Each is rejected, so that the same person can make
/// the next, or else stays open and is another person's.
async fn many(requester: &str, fate: Fate) -> (World, Vec<RequestId>) {
    let Fixture { client, .. } = fixture().await;
    let meter = Meter::default();
    let metered = client.config().to_builder().interceptor(meter.clone()).build();
    let world = World { store: DynamoStore::new(&Client::from_conf(metered), TABLE), meter };
    let mut ids = Vec::new();
    for n in 0..MANY as u128 {
        let name = match fate {
            Fate::Rejected => requester.to_owned(),
            Fate::Open => format!("{requester}{n}"),
        };
        let mut step = asked(n, &name, S3_ADMIN, at(n));
        step.jobs.clear();
        world.store.commit(&step).await.unwrap();
        if fate == Fate::Rejected {
            let mut answer = then(&step.after, rejected(), "reject", at(n));
            answer.jobs.clear();
            world.store.commit(&answer).await.unwrap();
        }
        ids.push(step.after.id);
    }
    ids.reverse();
    (world, ids)
}

/// What becomes of each request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Rejected,
    Open,
}

fn at(n: u128) -> Timestamp {
    noon() + TimeDelta::seconds(i64::try_from(n).unwrap())
}

fn january() -> Month {
    Month::of(noon())
}

struct World {
    store: DynamoStore,
    meter: Meter,
}

impl World {
    /// Reads a list to its end, and holds it to what it must hold and may cost.
    async fn assert_lists(&self, list: &Listed, expected: &[RequestId]) {
        self.meter.units.lock().unwrap().clear();
        assert_eq!(self.all_of(list).await, expected);
        let units = self.meter.units.lock().unwrap();
        let total: f64 = units.iter().sum();
        assert!(total > 0.9 * expected.len() as f64, "nothing was counted: {units:?}");
        assert!(total < MOST_UNITS, "{total} read units for {} requests: {units:?}", expected.len());
    }

    async fn all_of(&self, list: &Listed) -> Vec<RequestId> {
        let (mut ids, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.store.requests(list, cursor.as_ref(), PAGE).await.unwrap();
            assert!(page.requests.len() <= PAGE);
            ids.extend(page.requests.into_iter().map(|request| request.id));
            match page.next {
                Some(next) => cursor = Some(next),
                None => return ids,
            }
        }
    }
}

/// Has DynamoDB say what each read has cost.
#[derive(Clone, Debug, Default)]
struct Meter {
    units: Arc<Mutex<Vec<f64>>>,
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "meter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let total = Some(ReturnConsumedCapacity::Total);
        if let Some(query) = context.input_mut().downcast_mut::<QueryInput>() {
            query.return_consumed_capacity = total;
        } else if let Some(batch) = context.input_mut().downcast_mut::<BatchGetItemInput>() {
            batch.return_consumed_capacity = total;
        }
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer: Value = serde_json::from_slice(context.response().body().bytes().unwrap_or_default())?;
        let consumed = &answer["ConsumedCapacity"];
        let tables = consumed.as_array().map_or(std::slice::from_ref(consumed), Vec::as_slice);
        self.units.lock().unwrap().extend(tables.iter().filter_map(|used| used["CapacityUnits"].as_f64()));
        Ok(())
    }
}
