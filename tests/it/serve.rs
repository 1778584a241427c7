//! Start and counterparts: what the app refuses to start with, and what it tells machines.

use std::sync::Arc;

use elevate::{
    app,
    config::{Config, Secrets, Transport},
};
use sandbox::{
    clock::Clock,
    dynamo::Dynamo,
    example_corp::{AUDIT_CHANNEL, Company, REVIEW_CHANNEL, sign_in_with_slack},
    http::Fault,
};

use crate::world::{Counted, Story, nine, play};

/// What the app says when it is started in a company that `upset` has changed.
async fn refusal_to_start(upset: impl FnOnce(&Company)) -> String {
    let company = Company::open(Clock::standing(nine()), Dynamo::in_memory().unwrap()).await.unwrap();
    upset(&company);
    let url = "http://127.0.0.1:8080";
    let started = stage::build(&company, url, Transport::Http, Arc::new(Counted::default())).await;
    format!("{:#}", started.expect_err("the app started"))
}

#[tokio::test]
async fn a_review_channel_shared_with_another_organisation_is_refused() {
    let why = refusal_to_start(|company| {
        company.slack.update_channel(REVIEW_CHANNEL, |channel| channel.is_ext_shared = true);
    })
    .await;
    assert!(why.starts_with("slack.review_channel: #access-reviews is shared with another"), "{why}");
}

#[tokio::test]
async fn an_audit_channel_shared_with_another_organisation_is_refused() {
    let why = refusal_to_start(|company| {
        company.slack.update_channel(AUDIT_CHANNEL, |channel| channel.is_ext_shared = true);
    })
    .await;
    assert!(why.starts_with("slack.audit_channel: #access-audit is shared with another"), "{why}");
}

#[tokio::test]
async fn a_channel_that_the_app_is_not_in_is_refused() {
    let why = refusal_to_start(|company| {
        company.slack.update_channel(AUDIT_CHANNEL, |channel| channel.members.clear());
    })
    .await;
    assert!(why.contains("slack.audit_channel") && why.contains("/invite"), "{why}");
}

#[tokio::test]
async fn without_slack_the_app_does_not_start() {
    let why = refusal_to_start(|company| {
        company.slack.control().fail_always("auth.test", Fault::Status(503));
    })
    .await;
    assert!(why.starts_with("could not ask Slack who the app is"), "{why}");
}

#[tokio::test]
async fn sign_in_with_slack_is_checked_where_it_is_set_up() {
    let mut company = Company::open(Clock::standing(nine()), Dynamo::in_memory().unwrap()).await.unwrap();
    let checked = async |company: &Company| {
        let config = Config::parse(
            &company.configuration("http://127.0.0.1:8080"),
            company.environment(),
            Secrets::new(),
        )
        .unwrap();
        let found = app::check(&config, stage::outside(company, Arc::new(Counted::default()))).await.unwrap();
        let of_slack = found.into_iter().find(|(counterpart, _)| *counterpart == "Sign in with Slack");
        of_slack.map(|(_, outcome)| outcome.map_err(|why| format!("{why:#}")))
    };
    assert_eq!(checked(&company).await, None);
    company.settings = sign_in_with_slack();
    assert_eq!(checked(&company).await, Some(Ok(())));
    company.slack.control().fail_always("openid-configuration", Fault::Status(503));
    let why = checked(&company).await.unwrap().unwrap_err();
    assert!(why.contains("503"), "{why}");
}

#[tokio::test]
async fn machines_are_told_whether_the_app_is_ready() {
    play(Story::start(), async |world| {
        let browser = world.ada().browser;
        let asked = async |path: &str| browser.get_raw(&format!("{}{path}", world.url)).await.unwrap();
        assert_eq!(asked("/health").await.status, 200);
        assert_eq!(asked("/ready").await.status, 200);

        world.company.dynamo.control().fail_always("GetItem", Fault::Status(500));
        let ready = asked("/ready").await;
        assert_eq!(ready.status, 503);
        assert_eq!(ready.body, "cannot reach: store\n");
        assert_eq!(asked("/health").await.status, 200, "the process lives");
        world.company.dynamo.control().heal();
    })
    .await;
}
