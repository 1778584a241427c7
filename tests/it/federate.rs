//! Federate: from the link to the AWS console, and all who do not get there.

use chrono::TimeDelta;
use sandbox::{
    company::{ADA, BOB},
    http::Fault,
};

use crate::world::{ASK, World, masked, may_call, nine};

/// A world in which Ada's request is approved, with the link she was sent.
async fn approved() -> (World, String) {
    let world = World::with_linked([ADA, BOB]).await;
    let ada = world.ada();
    ada.types(ASK).await;
    ada.hears();
    world.card();
    ada.is_told();
    world.bob().presses("review.approve").await;
    world.card();
    ada.is_told();
    ada.hears();
    world.audit();
    let link = ada.presses("session.open").await.expect("the link arrives at approval");
    (world, link)
}

#[tokio::test]
async fn ada_opens_the_console() {
    let (world, link) = approved().await;
    let console = world.ada().opens(&link).await;
    assert_eq!(console.status, 200, "{}", console.text());
    let shown = console.text();
    assert!(shown.contains("S3Admin") && shown.contains("111122223333"), "{shown}");
    let assumptions = serde_json::to_string_pretty(&world.company.aws.assumptions()).unwrap();
    insta::assert_snapshot!("assume_role", masked(&assumptions));
    insta::assert_json_snapshot!("get_signin_token", world.company.aws.signin_calls());
    insta::assert_snapshot!(world.audit().join("\n"));
    world.finish().await;
}

#[tokio::test]
async fn a_session_dies_at_the_windows_end() {
    let (world, link) = approved().await;
    world.ada().opens(&link).await;
    world.audit();
    let end = nine() + TimeDelta::hours(1);
    assert!(may_call(&world, end - TimeDelta::seconds(1)));
    assert!(!may_call(&world, end));
    world.finish().await;
}

#[tokio::test]
async fn a_session_of_the_last_minutes_is_asked_for_fifteen_and_dies_with_the_window() {
    let (world, _) = approved().await;
    world.company.clock.advance(TimeDelta::minutes(57));
    let ada = world.ada();
    ada.presses("session.console").await;
    ada.hears();
    let console = ada.opens(&ada.presses("session.open").await.unwrap()).await;
    assert_eq!(console.status, 200, "{}", console.text());
    world.audit();
    assert_eq!(world.company.aws.assumptions()[0].duration_seconds, Some(900));
    let end = nine() + TimeDelta::hours(1);
    assert!(may_call(&world, end - TimeDelta::seconds(1)));
    assert!(!may_call(&world, end));
    world.finish().await;
}

#[tokio::test]
async fn a_console_link_is_good_once() {
    let (world, link) = approved().await;
    let ada = world.ada();
    assert_eq!(ada.opens(&link).await.status, 200);
    world.audit();
    let again = ada.opens(&link).await;
    assert_eq!(again.status, 410, "{}", again.text());
    assert_eq!(world.company.aws.assumptions().len(), 1);

    ada.presses("session.console").await;
    ada.hears();
    let fresh = ada.presses("session.open").await.unwrap();
    assert_eq!(ada.opens(&fresh).await.status, 200, "a fresh link at any time inside the window");
    world.audit();
    world.finish().await;
}

#[tokio::test]
async fn a_console_link_is_good_for_fifteen_minutes() {
    let (world, link) = approved().await;
    world.company.clock.advance(TimeDelta::minutes(15));
    assert_eq!(world.ada().opens(&link).await.status, 410);
    world.finish().await;
}

#[tokio::test]
async fn whoever_only_looks_at_a_console_link_uses_nothing_up() {
    let (world, link) = approved().await;
    let ada = world.ada();
    for _ in 0..3 {
        ada.browser.head(&link).await.unwrap();
        ada.browser.get_raw(&link).await.unwrap();
        ada.browser.prefetch(&link).await.unwrap();
    }
    assert!(world.company.aws.assumptions().is_empty());
    assert_eq!(ada.opens(&link).await.status, 200);
    world.audit();
    world.finish().await;
}

#[tokio::test]
async fn a_forwarded_link_opens_nothing_for_somebody_else() {
    let (world, link) = approved().await;
    let bob = world.bob();
    let page = bob.opens(&link).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("somebody else"), "{}", page.text());
    assert!(world.company.aws.assumptions().is_empty());
    let audit = world.audit();
    assert!(audit[0].contains("open the AWS console"), "{audit:?}");
    assert!(audit[0].contains("signed in as bob@example.com"), "it says who came: {audit:?}");

    assert_eq!(world.ada().opens(&link).await.status, 200, "Ada's link is still good");
    world.audit();
    world.finish().await;
}

#[tokio::test]
async fn who_is_not_eligible_any_more_gets_no_session() {
    let (world, link) = approved().await;
    world.company.idp.update_person(ADA.login, |ada| ada.groups.clear());
    let page = world.ada().opens(&link).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("You are not eligible"), "{}", page.text());
    assert!(world.company.aws.assumptions().is_empty());
    assert_eq!(world.audit().len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn after_the_end_there_is_no_session() {
    let (world, _) = approved().await;
    let ada = world.ada();
    world.company.clock.advance(TimeDelta::minutes(59));
    ada.presses("session.console").await;
    ada.hears();
    let link = ada.presses("session.open").await.unwrap();
    world.company.clock.advance(TimeDelta::minutes(1));
    let page = ada.opens(&link).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("this request is ended"), "{}", page.text());
    assert!(world.company.aws.assumptions().is_empty());
    assert_eq!(world.audit().len(), 1);

    ada.presses("session.console").await;
    assert!(ada.hears().contains("this request is ended"));
    assert_eq!(world.audit().len(), 1);
    world.sweep().await;
    world.card();
    ada.is_told();
    world.audit();
    world.finish().await;
}

#[tokio::test]
async fn access_that_ends_while_aws_answers_gives_no_session() {
    let (world, link) = approved().await;
    world.company.aws.control().slow("AssumeRole", std::time::Duration::from_millis(300));
    let (ada, bob) = (world.ada(), world.bob());
    let ends = async {
        while world.company.aws.control().calls().is_empty() {
            tokio::task::yield_now().await;
        }
        bob.presses_unawaited("request.end").await;
    };
    let (page, ()) = tokio::join!(ada.opens(&link), ends);
    assert_eq!(page.status, 403, "{}", page.text());
    assert!(page.text().contains("this request is ended"), "{}", page.text());
    let audit = world.audit().join("\n");
    assert!(audit.contains("access ended while AWS was answering"), "{audit}");
    world.card();
    ada.is_told();
    world.finish().await;
}

#[tokio::test]
async fn whoever_ends_access_early_is_told_what_still_works() {
    let (world, link) = approved().await;
    let ada = world.ada();
    ada.opens(&link).await;
    world.audit();
    world.company.clock.advance(TimeDelta::minutes(10));
    world.bob().presses("request.end").await;
    for told in [world.card(), ada.is_told(), world.audit().join("\n")] {
        assert!(told.contains("a session opened before works until today 10:00 AM"), "{told}");
    }
    world.finish().await;
}

#[tokio::test]
async fn one_sign_in_opens_one_console_however_often_it_comes_back() {
    let (world, link) = approved().await;
    let ada = world.ada();
    let callback = format!("{}/oidc/callback", world.url);
    let at_idp = ada.browser.open(&link).await.unwrap();
    ada.browser.stop_before(&callback);
    // The provider gives a code each time it is asked, for one and the same state.
    let first = ada.browser.press(&at_idp, "Continue as Ada").await.unwrap();
    let second = ada.browser.open(at_idp.url.as_str()).await.unwrap();
    let [first, second] = [first, second].map(|page| page.stopped_before.expect("a callback").to_string());
    assert_ne!(first, second);
    ada.browser.stop_before(&world.company.aws.signin_url());
    let [first, second] = [ada.browser.open(&first), ada.browser.open(&second)];
    let (first, second) = tokio::join!(first, second);
    let opened =
        [first.unwrap(), second.unwrap()].iter().filter(|page| page.stopped_before.is_some()).count();
    world.settle().await;
    assert_eq!(opened, 1);
    assert_eq!(world.company.aws.assumptions().len(), 1);
    world.audit();
    world.finish().await;
}

#[tokio::test]
async fn what_aws_refuses_is_told_with_the_missing_permission() {
    let (world, link) = approved().await;
    let mut role = sandbox::aws::Role::new(
        "arn:aws:iam::111122223333:role/S3Admin",
        "arn:aws:sts::999988887777:assumed-role/elevate-broker/i-0123456789abcdef0",
    );
    role.allows_tag_session = false;
    role.external_id = Some("example-external-id".into());
    world.company.aws.add_role(role);
    let page = world.ada().opens(&link).await;
    assert_eq!(page.status, 502);
    assert!(page.text().contains("sts:TagSession"), "{}", page.text());
    let audit = world.audit().join("\n");
    assert!(audit.contains("sts:TagSession"), "{audit}");
    world.finish().await;
}

#[tokio::test]
async fn an_answer_of_aws_that_never_came_is_written_down_as_unknown() {
    let (world, link) = approved().await;
    world.company.aws.control().fail_always("AssumeRole", Fault::AnswerLost);
    let page = world.ada().opens(&link).await;
    assert_eq!(page.status, 503, "{}", page.text());
    assert!(page.text().contains("AWS could not open a session"), "{}", page.text());
    world.audit();
    world.company.aws.control().heal();
    world.passes(TimeDelta::minutes(3)).await;
    let audit = world.audit().join("\n");
    assert!(audit.to_lowercase().contains("unknown") || audit.contains("never"), "{audit}");
    world.finish().await;
}

#[tokio::test]
async fn without_a_console_address_the_credentials_are_thrown_away() {
    let (world, link) = approved().await;
    world.company.aws.control().fail_next("getSigninToken", Fault::Status(500));
    let page = world.ada().opens(&link).await;
    assert_eq!(page.status, 503, "{}", page.text());
    let audit = world.audit().join("\n");
    assert!(audit.contains("no console address"), "{audit}");
    world.finish().await;
}
