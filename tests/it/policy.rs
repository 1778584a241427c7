//! The policy in force: replicas that know another one decide nothing, and the operator's changes are heard.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use elevate::{
    app::{self, App},
    config::{Config, Secrets, Transport},
    domain::{control::ControlEvent, policy_in_force::Standing, trail::actor::Actor},
    flows::{health, operator, policy},
    ports::Ids,
    store::schema::create_table,
};
use futures_util::future::join_all;
use sandbox::{clock::Clock, dynamo::Dynamo, example_corp::Company, http::Fault};

use crate::world::{Counted, Story, World, machines_reach, nine, play};

const OUTDATED: &str = "The rules for access have just changed";
const LONGER: [(&str, &str); 1] = [("ACCESS__MAX_DURATION", "12h")];
const SIGNED_IN: [(&str, &str); 2] =
    [("ACCESS__STEP_UP__MAX_AGE", "5m"), ("ACCESS__STEP_UP__REVIEW", "true")];

/// The company of this world, whose operator has set these keys.
fn with(company: &Company, settings: &[(&str, &str)]) -> Company {
    let variable = |(key, value): &(&str, &str)| (format!("ELEVATE_{key}"), (*value).to_owned());
    Company { settings: settings.iter().map(variable).collect(), ..company.clone() }
}

/// Another replica on the same table, whose operator has set these keys. `nth` tells replicas apart.
async fn replica(world: &World, nth: u64, settings: &[(&str, &str)]) -> App {
    let chance: Arc<dyn Ids> = Arc::new(Counted::from(nth << 36));
    let company = with(&world.company, settings);
    let app = stage::build(&company, &world.url, Transport::Http, chance).await.unwrap();
    app.broker().idle().await;
    app
}

/// What `/ready` of this replica says, once it has looked.
async fn readiness(world: &World, app: &App) -> (u16, String) {
    health::look_at_store(app.broker()).await;
    app.broker().idle().await;
    let url = machines_reach(app).await;
    let page = world.ada().browser.get_raw(&format!("{url}/ready")).await.unwrap();
    (page.status, page.body)
}

async fn number_in_force(app: &App) -> u64 {
    let control = app.broker().ports().store.control().await.unwrap();
    control.policy.expect("a policy is in force").number
}

#[tokio::test]
async fn a_replica_of_an_older_policy_decides_nothing_and_what_narrows_goes_on() {
    play(Story::approved(), async |world| {
        let old = &world.app;
        let link = world.ada().console_link().await;
        let newer = replica(world, 1, &LONGER).await;
        world.auditors_hear(["access.max_duration from 8h to 12h"]);

        for has_looked in [false, true] {
            if has_looked {
                world.passes(TimeDelta::minutes(1)).await;
                let (status, body) = readiness(world, old).await;
                assert_eq!(status, 503);
                assert!(
                    body.starts_with("not ready: this replica's policy is outdated: policy 2 ("),
                    "{body}"
                );
            }
            let page = world.ada().opens(&link).await;
            assert!(page.status == 503 && page.text().contains(OUTDATED), "{} {}", page.status, page.text());
            world.audits_refusal("Ada", "open the AWS console", OUTDATED);
            assert!(world.company.aws.access_keys().is_empty(), "AWS was not asked");
            let other = "/elevate 444455556666/ReadOnly 1h the other account";
            world.ada().is_refused(other, "policy_outdated", OUTDATED).await;
        }
        assert_eq!(readiness(world, &newer).await, (200, "ready\n".to_owned()));

        world.ada().presses("request.end").await;
        assert!(world.card().contains("*Ended early* by @Ada"), "whoever is let in can be let out");
        world.everybody_catches_up();
        world.ada().types("/elevate unlink").await;
        assert!(world.ada().is_told_or_hears().contains("no longer linked"));
        world.auditors_hear(["*Unlinked* · @Ada"]);
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_a_newer_policy_would_not_accept_is_accepted_by_no_replica_of_an_older_one() {
    play(Story::asked(), async |world| {
        let bob = world.bob();
        let newer = replica(world, 1, &SIGNED_IN).await;
        world.auditors_hear(["access.step_up.max_age set to 5m; access.step_up.review set to true"]);
        for press in ["review.approve", "review.reject"] {
            bob.is_refused(press, "policy_outdated", OUTDATED).await;
        }

        world.is_served_by(&newer).await;
        bob.presses("review.approve").await;
        assert!(bob.hears().contains("Sign in"), "the policy in force requires it");
        world.ada().presses("request.withdraw").await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn an_earlier_policy_is_in_force_again_once_the_operator_says_so() {
    play(Story::asked(), async |world| {
        let newer = replica(world, 1, &LONGER).await;
        world.auditors_hear(["elevate put policy 2 "]);
        let restarted = replica(world, 2, &[]).await;
        assert_eq!(number_in_force(&restarted).await, 2, "a restart with an earlier policy changes nothing");
        let shown = app::policy_in_force(restarted.broker()).await.unwrap();
        assert!(
            shown[0].starts_with("policy 2 (") && shown[0].contains("`elevate policy adopt`"),
            "{shown:?}"
        );
        assert_eq!(shown[1..], ["access.max_duration: 12h in force, 8h here"]);

        assert!(policy::put_back(restarted.broker()).await.unwrap());
        assert!(!policy::put_back(restarted.broker()).await.unwrap(), "it is in force");
        restarted.broker().idle().await;
        let told = "the operator put policy 3 ";
        world.auditors_hear([told]);
        assert_eq!(readiness(world, &restarted).await.0, 200);
        let (status, body) = readiness(world, &newer).await;
        assert!(status == 503 && body.contains("policy 3 ("), "{body}");

        world.is_served_by(&newer).await;
        world.bob().is_refused("review.approve", "policy_outdated", OUTDATED).await;
        world.is_served_by(&restarted).await;
        world.bob().presses("review.approve").await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn replicas_of_one_policy_put_it_in_force_once_whoever_is_first() {
    let company = Company::open(Clock::standing(nine()), Dynamo::in_memory().unwrap()).await.unwrap();
    let start = async |nth: u64| {
        let chance: Arc<dyn Ids> = Arc::new(Counted::from(nth << 36));
        stage::build(&company, "http://127.0.0.1:8080", Transport::Http, chance).await.unwrap()
    };
    create_table(&stage::outside(&company, Arc::new(Counted::default())).dynamodb, "elevate").await.unwrap();
    let replicas = join_all((0..8).map(start)).await;
    for replica in &replicas {
        let standing = replica.broker().standing();
        assert!(
            matches!(&standing, Some(Standing::InForce(in_force)) if in_force.number == 1),
            "{standing:?}"
        );
        replica.broker().idle().await;
    }
    let events = replicas[0].broker().ports().store.control_events().await.unwrap();
    let [event] = &events[..] else { panic!("not once: {events:?}") };
    assert!(matches!(&event.actor, Actor::Service { name } if name == "elevate"), "{event:?}");
    assert!(matches!(&event.what, ControlEvent::PolicyChanged { number: 1, .. }), "{event:?}");
}

#[tokio::test]
async fn a_replica_that_starts_while_the_table_is_down_decides_once_it_has_looked() {
    for call in ["GetItem", "TransactWriteItems"] {
        play(Story::asked(), async |world| {
            let dynamo = world.company.dynamo.control();
            dynamo.fail_always(call, Fault::Status(500));
            let newer = replica(world, 1, &LONGER).await;
            assert_eq!(readiness(world, &newer).await.0, 503);
            dynamo.heal();
            assert_eq!(readiness(world, &newer).await, (200, "ready\n".to_owned()), "{call}");
            world.auditors_hear(["elevate put policy 2 "]);
            world.is_served_by(&newer).await;
            world.bob().presses("review.approve").await;
            assert!(world.card().contains("*Approved* by @Bob"));
            world.everybody_catches_up();
        })
        .await;
    }
}

#[tokio::test]
async fn a_press_at_a_replica_that_has_not_looked_yet_makes_it_look() {
    play(Story::asked(), async |world| {
        world.company.dynamo.control().fail_always("GetItem", Fault::Status(500));
        let newer = replica(world, 1, &LONGER).await;
        world.company.dynamo.control().heal();
        world.is_served_by(&newer).await;
        world.bob().presses("review.approve").await;
        assert!(world.card().contains("*Approved* by @Bob"));
        world.auditors_hear(["elevate put policy 2 ", "*Approved* · @Bob"]);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_freeze_outlasts_a_change_of_policy_and_both_are_looked_at() {
    play(Story::asked(), async |world| {
        let bob = world.bob();
        assert!(operator::freeze(world.app.broker(), "a laptop was stolen".parse().unwrap()).await.unwrap());
        let newer = replica(world, 1, &LONGER).await;
        world.settle().await;
        world.auditors_hear(["*⚠ Frozen*", "elevate put policy 2 "]);
        bob.is_refused("review.approve", "frozen", "Access is frozen").await;
        bob.is_refused("review.reject", "policy_outdated", OUTDATED).await;
        world.is_served_by(&newer).await;
        bob.is_refused("review.approve", "frozen", "Access is frozen").await;
        assert!(
            operator::thaw(world.app.broker()).await.unwrap(),
            "an outdated replica's operator thaws, too"
        );
        world.settle().await;
        world.auditors_hear(["*Thawed*"]);
        assert_eq!(number_in_force(&newer).await, 2);
        bob.presses("review.approve").await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_change_of_policy_is_heard_though_its_replica_dies_or_slack_is_down() {
    play(Story::start(), async |world| {
        world.company.slack.control().fail_always("chat.postMessage", Fault::Status(503));
        let newer = replica(world, 1, &LONGER).await;
        assert_eq!(number_in_force(&newer).await, 2);
        drop(newer);
        world.company.slack.control().heal();
        world.passes(TimeDelta::minutes(2)).await;
        world.auditors_hear(["access.max_duration from 8h to 12h"]);
    })
    .await;
}

#[tokio::test]
async fn what_changes_while_aws_answers_gives_no_session() {
    for changes in [Meanwhile::Freeze, Meanwhile::Policy] {
        play(Story::approved(), async |world| {
            let ada = world.ada();
            let link = ada.console_link().await;
            world.company.aws.control().slow("AssumeRole", Duration::from_secs(2));
            let change = async {
                while world.company.aws.control().calls().is_empty() {
                    tokio::task::yield_now().await;
                }
                match changes {
                    Meanwhile::Policy => drop(replica(world, 1, &LONGER).await),
                    Meanwhile::Freeze => {
                        let reason = "a laptop was stolen".parse().unwrap();
                        assert!(operator::freeze(world.app.broker(), reason).await.unwrap());
                    }
                }
            };
            let (page, ()) = tokio::join!(ada.opens(&link), change);
            let (sentence, dropped) = match changes {
                Meanwhile::Policy => (OUTDATED, "the policy changed while waiting for AWS"),
                Meanwhile::Freeze => ("Access is frozen", "access was frozen while waiting for AWS"),
            };
            assert!(page.text().contains(sentence), "{} {}", page.status, page.text());
            let audit = world.audit().join("\n");
            assert!(audit.contains("*Session dropped*") && audit.contains(dropped), "{audit}");
            assert!(!audit.contains("*Session issued*"), "{audit}");
        })
        .await;
    }
}

/// What happens while AWS answers.
#[derive(Clone, Copy)]
enum Meanwhile {
    Freeze,
    Policy,
}

#[tokio::test]
async fn check_and_policy_say_what_is_in_force_and_change_nothing() {
    let company = Company::open(Clock::standing(nine()), Dynamo::in_memory().unwrap()).await.unwrap();
    let url = "http://127.0.0.1:8080";
    let shown = async |settings: &[(&str, &str)]| {
        let company = with(&company, settings);
        let config =
            Config::parse(&company.configuration(url), company.environment(), Secrets::new()).unwrap();
        let outside = stage::outside(&company, Arc::new(Counted::default()));
        app::policy_in_force(&app::operate(&config, outside).unwrap()).await.unwrap().join("\n")
    };
    let start = async |settings: &[(&str, &str)]| {
        let chance: Arc<dyn Ids> = Arc::new(Counted::default());
        let started = stage::build(&with(&company, settings), url, Transport::Http, chance).await.unwrap();
        started.broker().idle().await;
    };
    start(&[]).await;
    assert!(shown(&[]).await.ends_with("; it is this configuration's"));
    for _ in 0..2 {
        let newer = shown(&LONGER).await;
        assert!(newer.contains("is newer") && newer.ends_with("access.max_duration: 8h in force, 12h here"));
    }
    start(&LONGER).await;
    assert!(shown(&[]).await.contains("was in force earlier"));
}

/// Which settings replicas must agree on: another value of any of these is another policy, and of no other.
#[test]
fn a_policy_is_what_decides_who_is_let_in_and_nothing_else() {
    let rules = |settings: &[(&str, &str)]| {
        let file = r#"
            public_url = "https://elevate.example.com"
            [slack]
            team_id = "T0123456"
            review_channel = "C0REVIEW"
            audit_channel = "C0AUDIT"
            [oidc]
            issuer = "https://idp.example.com"
            client_id = "elevate"
        "#;
        let secrets = [
            ("SLACK__BOT_TOKEN", "xoxb-1"),
            ("SLACK__SIGNING_SECRET", "secret"),
            ("OIDC__CLIENT_SECRET", "secret"),
            ("SEALING__KEYS", "ZXhhbXBsZS1zZWFsaW5nLWtleS1vZi0zMi1ieXRlcyE="),
        ];
        let all = secrets.iter().chain(settings);
        let environment = all.map(|(key, value)| (format!("ELEVATE_{key}"), (*value).to_owned()));
        Config::parse(file, environment, Secrets::new()).unwrap().rules()
    };
    let default = rules(&[]);
    let decide = [
        ("ACCESS__GROUP_PREFIX", "aws"),
        ("ACCESS__REVIEWERS", "aws-temp#Others"),
        ("ACCESS__REQUEST_TTL", "12h"),
        ("ACCESS__MAX_DURATION", "9h"),
        ("ACCESS__SESSIONS_AT_ONCE", "3"),
        ("ACCESS__REQUESTS_PER_HOUR", "3"),
        ("ACCESS__WITHOUT_AUDITORS", "refuse"),
        ("ACCESS__STEP_UP__MAX_AGE", "5m"),
        ("ACCESS__STEP_UP__ACR_VALUES", "phr"),
        ("OIDC__ISSUER", "https://login.example.com"),
        ("OIDC__CLIENT_ID", "another"),
        ("OIDC__GROUPS_CLAIM", "roles"),
        ("OIDC__GROUPS_FROM", "userinfo"),
        ("OIDC__PERSON_CLAIM", "employee_number"),
        ("OIDC__TRUST_UNVERIFIED_EMAIL", "true"),
        ("OIDC__TRUSTED_AUDIENCES", "project"),
        ("LINK__ON_MISMATCH", "code"),
        ("LINK__EMAIL_DOMAINS", "example.com"),
        ("LINK__ONE_ACCOUNT_PER_ADDRESS", "false"),
        ("AWS__ROLE_PATH", "/other/"),
        ("AWS__ALLOW_OWN_ACCOUNT", "true"),
        ("SLACK__TEAM_ID", "T0999999"),
        ("SLACK__REVIEW_CHANNEL", "C0OTHER"),
        ("SLACK__AUDIT_CHANNEL", "C0OTHER"),
    ];
    for setting in decide {
        assert_ne!(rules(&[setting]).digest(), default.digest(), "{setting:?}");
    }
    let do_not = [
        ("LISTEN", "127.0.0.1:9"),
        ("LIMITS__DRAIN", "1s"),
        ("ACCESS__DURATIONS", "1h"),
        ("OIDC__CLIENT_SECRET", "another"),
        ("SLACK__BOT_TOKEN", "xoxb-2"),
        ("AWS__EXTERNAL_ID", "id"),
        ("DYNAMODB__TABLE", "another"),
    ];
    for setting in do_not {
        assert_eq!(rules(&[setting]).digest(), default.digest(), "{setting:?}");
    }
    let told: Vec<_> = default.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    assert!(!told.iter().any(|setting| setting.contains("secret")), "{told:#?}");
    insta::assert_snapshot!(told.join("\n"));
}
