//! Forged: what somebody has written into the table who may write there opens nothing by itself.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use elevate::domain::{
    request::Request,
    ticket::{Ticket, Visit},
};
use sandbox::example_corp::{ADA, BOB};
use serde_json::{Value, json};

use crate::{
    store,
    world::{ASK, Story, World, account_of, nine, play},
};

const TABLE: &str = "elevate";

/// Writes over the body of a row of Ada's request.
async fn forges(world: &World, row: &str, change: impl Fn(&mut Value)) {
    let id = world.request_of(ADA).await;
    let key = |name: &str, value: String| (name.to_owned(), AttributeValue::S(value));
    let keys = [key("pk", format!("REQ#{id}")), key("sk", row.to_owned())];
    let client = store::client(&world.company.dynamo);
    let read = client.get_item().table_name(TABLE).set_key(Some(keys.clone().into())).send().await.unwrap();
    let mut item = read.item.expect("there is such a row");
    let mut body: Value = serde_json::from_str(item["body"].as_s().unwrap()).unwrap();
    change(&mut body);
    let version = body["version"]
        .as_u64()
        .map(|version| ("version".to_owned(), AttributeValue::N(version.to_string())));
    item.extend(version);
    item.extend([key("body", body.to_string())]);
    client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
}

/// A window of this many hours from nine o'clock on.
fn window(hours: i64) -> Value {
    json!({ "starts": nine(), "ends": nine() + TimeDelta::hours(hours) })
}

/// Ada opens the console by the link that she has: nothing opens, AWS is not asked, and auditors hear of it at once.
async fn opens_nothing(world: &World, link: &str) {
    let page = world.ada().opens(link).await;
    assert!(page.text().contains("This access could not be verified"), "{} {}", page.status, page.text());
    assert!(page.text().contains("Quote reference"), "{}", page.text());
    assert!(world.company.aws.access_keys().is_empty(), "AWS was asked");
    world.auditors_hear(["*⚠ Exception* · @Ada tried to open the AWS console"]);
}

#[tokio::test]
async fn a_row_that_says_approved_opens_nothing() {
    play(Story::asked(), async |world| {
        let ports = world.app.broker().ports();
        let id = world.request_of(ADA).await;
        let before = serde_json::to_value(ports.store.request(&id).await.unwrap().unwrap()).unwrap();
        let secret = ports.ids.secret();
        let visit = Visit::OpenConsole { request: id };
        let (expires_at, who) = (nine() + TimeDelta::days(300), account_of(ADA));
        let ticket = Ticket { key: secret.hash(), expires_at, who, visit, sign_in: None, wish: None };
        ports.store.keep_ticket(&ticket).await.unwrap();
        forges(world, "META", |request| {
            let mut by = request["requester"].clone();
            by["kind"] = json!("person");
            by["subject"]["subject"] = json!("bob");
            by["email"] = json!("bob@example.com");
            by["account"] = json!(account_of(BOB));
            let approvals = json!([{ "by": by, "at": nine() }]);
            request["status"] = json!({ "status": "approved", "approvals": approvals, "window": window(1) });
            request["version"] = json!(2);
        })
        .await;
        opens_nothing(world, &format!("{}/console/{}", world.url, secret.expose())).await;
        forges(world, "META", |request| *request = before.clone()).await;
    })
    .await;
}

/// What somebody adds to access that was approved.
#[tokio::test]
async fn a_row_that_says_more_than_its_events_opens_nothing() {
    type Change = fn(&mut Value);
    let changes: [Change; 4] = [
        |request| request["status"]["window"] = window(24 * 365),
        |request| request["duration"] = json!("8h"),
        |request| request["target"] = json!("111122223333/Admin"),
        |request| request["status"]["approvals"][0]["by"]["email"] = json!("carol@example.com"),
    ];
    for change in changes {
        play(Story::approved(), async |world| {
            world.company.idp.update_person(ADA.login, |ada| {
                ada.groups.push("aws-temp#Admin#111122223333".into());
            });
            let link = world.ada().console_link().await;
            let id = world.request_of(ADA).await;
            let before = world.app.broker().ports().store.request(&id).await.unwrap().unwrap();
            forges(world, "META", change).await;
            opens_nothing(world, &link).await;
            let as_it_was = serde_json::to_value(&before).unwrap();
            forges(world, "META", |request| *request = as_it_was.clone()).await;
        })
        .await;
    }
}

/// Somebody undoes an end: the row is as it was before, and the event is there.
#[tokio::test]
async fn a_row_that_was_put_back_opens_nothing() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let id = world.request_of(ADA).await;
        let store = &world.app.broker().ports().store;
        let approved: Request = store.request(&id).await.unwrap().unwrap();
        world.bob().presses("request.end").await;
        world.everybody_catches_up();
        let ended = serde_json::to_value(store.request(&id).await.unwrap().unwrap()).unwrap();
        let approved = serde_json::to_value(&approved).unwrap();
        forges(world, "META", |request| *request = approved.clone()).await;
        opens_nothing(world, &link).await;
        forges(world, "META", |request| *request = ended.clone()).await;
    })
    .await;
}

/// The row and its events agree, and the requester has approved it.
#[tokio::test]
async fn an_approval_by_the_requester_opens_nothing() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let id = world.request_of(ADA).await;
        let request = world.app.broker().ports().store.request(&id).await.unwrap().unwrap();
        let ada = serde_json::to_value(&request.requester).unwrap();
        let by_ada = |by: &mut Value| {
            *by = ada.clone();
            by["kind"] = json!("person");
        };
        forges(world, "META", |request| by_ada(&mut request["status"]["approvals"][0]["by"])).await;
        forges(world, &crate::world::event_row(2), |event| {
            by_ada(&mut event["facts"]["approvals"][0]["by"]);
            by_ada(&mut event["actor"]);
        })
        .await;
        opens_nothing(world, &link).await;
    })
    .await;
}

#[tokio::test]
async fn two_sessions_are_open_at_once_and_a_third_is_refused() {
    play(Story::approved(), async |world| {
        let ada = world.ada();
        for _ in 0..2 {
            assert_eq!(ada.opens(&ada.asks_for_the_console().await).await.status, 200);
        }
        let page = ada.opens(&ada.asks_for_the_console().await).await;
        assert!(page.text().contains("You already have 2 sessions"), "{}", page.text());
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn so_many_requests_within_an_hour_and_no_more() {
    play(Story::start().set(&[("ACCESS__REQUESTS_PER_HOUR", "2")]), async |world| {
        let ada = world.ada();
        ada.links().await;
        for _ in 0..2 {
            ada.types(ASK).await;
            ada.presses("request.withdraw").await;
            world.company.clock.advance(TimeDelta::minutes(20));
        }
        world.everybody_catches_up();
        ada.is_refused(ASK, "too_many_requests", "You have made 2 requests within an hour").await;
        world.company.clock.advance(TimeDelta::minutes(20));
        ada.types(ASK).await;
        assert!(ada.hears().contains("on its way"));
        world.everybody_catches_up();
    })
    .await;
}

/// The operator has shortened what is allowed: no reviewer lets in what was asked for before.
#[tokio::test]
async fn what_is_not_allowed_any_more_is_not_approved() {
    play(
        Story::asked().set(&[("ACCESS__MAX_DURATION", "1h"), ("ACCESS__DURATIONS", "30m")]),
        async |world| {
            let mut company = world.company.clone();
            company.settings = vec![
                ("ELEVATE_ACCESS__MAX_DURATION".to_owned(), "30m".to_owned()),
                ("ELEVATE_ACCESS__DURATIONS".to_owned(), "30m".to_owned()),
            ];
            let stricter = crate::world::replica_in(&company, &world.url).await;
            world.is_served_by(&stricter).await;
            world.settle().await;
            world.auditors_hear(["access.max_duration from 1h to 30m"]);
            world
                .bob()
                .is_refused("review.approve", "too_long", "1h is longer than the maximum of 30m")
                .await;
        },
    )
    .await;
}
