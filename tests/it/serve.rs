//! Start and counterparts: what the app refuses to start with, and what it tells machines.

use std::sync::Arc;

use chrono::TimeDelta;
use elevate::{
    app,
    config::{Config, Secrets, Transport},
    flows::health,
    store::schema::create_table,
};
use sandbox::{
    clock::Clock,
    dynamo::Dynamo,
    example_corp::{AUDIT_CHANNEL, Company, REVIEW_CHANNEL, sign_in_with_slack},
    http::Fault,
    slack::Channel,
};

use crate::world::{Counted, Story, World, nine, play};

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
async fn a_token_that_slack_does_not_know_is_refused() {
    let why =
        refusal_to_start(|company| company.slack.control().fail_always("auth.test", Fault::Status(403)))
            .await;
    assert!(why.starts_with("could not ask Slack who the app is"), "{why}");
}

#[tokio::test]
async fn check_tries_out_targets_and_names_the_bots_own_account() {
    let company = company().await;
    let mut config = configuration(&company);
    let outside = || stage::outside(&company, Arc::new(Counted::default()));
    let targets = ["111122223333/S3Admin", "111122223333/Nowhere"].map(|target| target.parse().unwrap());
    let [known, unknown] = &app::check_targets(&config, outside(), &targets).await.unwrap()[..] else {
        panic!()
    };
    assert!(known.is_ok(), "{known:?}");
    let why = unknown.as_ref().unwrap_err().to_string();
    assert!(why.contains("aws.role_path") && why.contains("role/elevate/Nowhere"), "{why}");

    let aws = async |config: &Config| {
        let checked = app::check(config, outside()).await.unwrap();
        let (_, outcome) = checked.into_iter().find(|(counterpart, _)| *counterpart == "AWS").unwrap();
        outcome.map_err(|why| format!("{why:#}"))
    };
    assert_eq!(aws(&config).await, Ok(()));
    config.policy.accounts.insert("999988887777".parse().unwrap(), "tools".into());
    let why = aws(&config).await.unwrap_err();
    assert!(why.contains("[accounts] contains 999988887777") && why.contains("allow_own_account"), "{why}");
    config.aws.allow_own_account = true;
    assert_eq!(aws(&config).await, Ok(()));
    company.aws.control().fail_always("GetCallerIdentity", Fault::Status(503));
    assert!(aws(&config).await.unwrap_err().starts_with("could not ask AWS who the app is"));
}

#[tokio::test]
async fn check_warns_of_a_clock_and_of_what_it_cannot_see_of_the_table() {
    let company = company().await;
    let config = configuration(&company);
    let outside = || stage::outside(&company, Arc::new(Counted::default()));
    create_table(&outside().dynamodb, &config.dynamodb.table).await.unwrap();
    let warned = async || app::warnings(&config, &outside()).await;
    let before = warned().await;
    assert!(before.iter().any(|warning| warning.contains("s ahead of Slack's")), "{before:#?}");

    company.dynamo.control().fail_always("DescribeTimeToLive", Fault::Status(500));
    let after = warned().await;
    let told = "DynamoDB: could not look at the expiry (TTL)";
    assert!(after.iter().any(|warning| warning.starts_with(told)), "{after:#?}");
}

async fn company() -> Company {
    Company::open(Clock::standing(nine()), Dynamo::in_memory().unwrap()).await.unwrap()
}

fn configuration(company: &Company) -> Config {
    let file = company.configuration("http://127.0.0.1:8080");
    Config::parse(&file, company.environment(), Secrets::new()).unwrap()
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
async fn machines_are_told_whether_the_app_is_ready_where_nobody_else_comes() {
    play(Story::start(), async |world| {
        let browser = world.ada().browser;
        for path in ["/health", "/ready", "/metrics"] {
            assert_eq!(browser.get_raw(&format!("{}{path}", world.url)).await.unwrap().status, 404, "{path}");
        }
        let asked = async |path: &str| {
            let page = browser.get_raw(&format!("{}{path}", world.admin_url)).await.unwrap();
            (page.status, page.body)
        };
        assert_eq!(asked("/ready").await, (503, "not ready: the store is out of reach\n".to_owned()));
        health::look_at_store(world.app.broker()).await;
        assert_eq!(asked("/ready").await, (200, "ready\n".to_owned()));

        world.company.dynamo.control().fail_always("GetItem", Fault::Status(500));
        world.company.clock.advance(TimeDelta::seconds(15));
        health::look_at_store(world.app.broker()).await;
        assert_eq!(asked("/ready").await.0, 200, "one answer may be lost");
        world.company.clock.advance(TimeDelta::seconds(5));
        assert_eq!(asked("/ready").await, (503, "not ready: the store is out of reach\n".to_owned()));
        assert_eq!(asked("/health").await, (200, "ok\n".to_owned()), "the process lives");
        world.company.dynamo.control().heal();
        health::look_at_store(world.app.broker()).await;
        world.app.broker().draining().cancel();
        assert_eq!(asked("/ready").await, (503, "not ready: the process is about to stop\n".to_owned()));
    })
    .await;
}

/// What `/ready` says once both have been looked at.
async fn readiness(world: &World) -> (u16, String) {
    health::look_at_store(world.app.broker()).await;
    health::look_at_platforms(world.app.broker()).await;
    let ready = world.ada().browser.get_raw(&format!("{}/ready", world.admin_url)).await.unwrap();
    (ready.status, ready.body)
}

#[tokio::test]
async fn slack_in_trouble_takes_no_replica_out_and_is_not_asked_by_who_looks() {
    for fault in [Fault::Status(503), Fault::RateLimited(60), Fault::Garbage] {
        play(Story::start(), async |world| {
            let slack = world.company.slack.control();
            slack.fail_always("auth.test", fault.clone());
            let degraded = (200, "ready\ndegraded: slack does not answer\n".to_owned());
            assert_eq!(readiness(world).await, degraded, "{fault:?}");
            let calls = slack.calls().len();
            for _ in 0..50 {
                world.ada().browser.get_raw(&format!("{}/ready", world.admin_url)).await.unwrap();
            }
            assert_eq!(slack.calls().len(), calls);
            slack.heal();
            assert_eq!(readiness(world).await, (200, "ready\n".to_owned()));
        })
        .await;
    }
}

#[tokio::test]
async fn a_replica_that_starts_while_slack_is_down_works_once_it_is_up() {
    for fault in [Fault::Status(503), Fault::RateLimited(60), Fault::Garbage, Fault::AnswerLost] {
        play(Story::start(), async |world| {
            let slack = world.company.slack.control();
            for call in ["auth.test", "conversations.info"] {
                slack.fail_always(call, fault.clone());
            }
            let replica = world.another_replica().await;
            world.is_served_by(&replica).await;
            slack.heal();
            health::look_at_platforms(replica.broker()).await;
            let link = world.ada().asks_to_link().await;
            let page = world.ada().browser.open(&link).await.unwrap();
            assert!(page.text().contains("Example Corp"), "{}", page.text());
            world.ada().follows_link(&link).await;
            world.settle().await;
            world.everybody_catches_up();
        })
        .await;
    }
}

#[tokio::test]
async fn a_channel_that_is_lost_is_noticed_and_told_in_the_other_one_once() {
    type Loss = (fn(&mut Channel), &'static str);
    const LOSSES: [Loss; 3] = [
        (|channel| channel.is_archived = true, "is archived"),
        (|channel| channel.members.clear(), "does not contain the app"),
        (|channel| channel.is_ext_shared = true, "is shared with another organization"),
    ];
    for (lose, why) in LOSSES {
        for (lost, purpose) in [(REVIEW_CHANNEL, "review"), (AUDIT_CHANNEL, "audit")] {
            play(Story::start(), async |world| {
                let replica = world.another_replica().await;
                assert_eq!(readiness(world).await, (200, "ready\n".to_owned()));
                let mut before = None;
                world.company.slack.update_channel(lost, |channel| {
                    before = Some(channel.clone());
                    lose(channel);
                });
                let degraded = format!("ready\ndegraded: {purpose} channel {lost} {why}\n");
                assert_eq!(readiness(world).await, (200, degraded));
                for broker in [replica.broker(), world.app.broker()] {
                    health::look_at_platforms(broker).await;
                }
                let told = if lost == AUDIT_CHANNEL { world.review() } else { world.audit() };
                let [told] = &told[..] else { panic!("not told once: {told:?}") };
                assert!(told.contains(&format!("The {purpose} channel cannot be used")), "{told}");
                assert!(told.contains(lost) && told.contains(why), "{told}");

                world.company.slack.update_channel(lost, |channel| *channel = before.unwrap());
                assert_eq!(readiness(world).await, (200, "ready\n".to_owned()));
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_check_refuses_a_channel_that_cannot_be_used() {
    for (lost, key) in [(REVIEW_CHANNEL, "review_channel"), (AUDIT_CHANNEL, "audit_channel")] {
        for (lose, why) in [
            ((|channel| channel.is_archived = true) as fn(&mut Channel), "is archived"),
            (|channel| channel.members.clear(), "/invite"),
            (|channel| channel.is_ext_shared = true, "is shared with another organisation"),
        ] {
            let company = Company::open(Clock::standing(nine()), Dynamo::in_memory().unwrap()).await.unwrap();
            company.slack.update_channel(lost, lose);
            let configuration = company.configuration("http://127.0.0.1:8080");
            let config = Config::parse(&configuration, company.environment(), Secrets::new()).unwrap();
            let found =
                app::check(&config, stage::outside(&company, Arc::new(Counted::default()))).await.unwrap();
            let slack = found.into_iter().find(|(counterpart, _)| *counterpart == "Slack").unwrap();
            let said = format!("{:#}", slack.1.unwrap_err());
            assert!(said.starts_with(&format!("slack.{key}: ")) && said.contains(why), "{said}");
        }
    }
}
