//! Federate: from the link to the AWS console, and all who do not get there.

use std::{fs, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use chrono::TimeDelta;
use elevate::domain::trail::actor::Actor;
use sandbox::{
    dynamo::Dynamo,
    example_corp::{ADA, AUDIT_CHANNEL, BOB, GENERAL_CHANNEL, REVIEW_CHANNEL},
    http::Fault,
    idp::{RefreshTokens, Tampering},
};

use crate::{
    log::{self, Log, PLANTED},
    world::{ASK, Story, account_of, masked, may_call, nine, play},
};

#[tokio::test]
async fn ada_opens_the_console() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let console = world.ada().opens(&link).await;
        assert_eq!(console.status, 200, "{}", console.text());
        let shown = console.text();
        assert!(shown.contains("S3Admin") && shown.contains("111122223333"), "{shown}");
        let assumptions = serde_json::to_string_pretty(&world.company.aws.assumptions()).unwrap();
        insta::assert_snapshot!("assume_role", masked(&assumptions));
        insta::assert_json_snapshot!("get_signin_token", world.company.aws.signin_calls());
        insta::assert_snapshot!(world.audit().join("\n"));
    })
    .await;
}

/// A provider whose sessions go on as they began, whatever becomes of the person.
fn caching() -> Tampering {
    Tampering { sessions_cache_groups: true, ..Tampering::default() }
}

#[tokio::test]
async fn a_session_at_the_provider_that_is_older_than_a_change_of_groups_opens_nothing() {
    play(Story::approved(), async |world| {
        world.company.idp.tamper(caching());
        let ada = world.ada();
        assert_eq!(ada.opens(&ada.console_link().await).await.status, 200, "and there is a session");
        world.everybody_catches_up();

        world.company.idp.update_person(ADA.login, |ada| ada.groups = vec!["staff".into()]);
        let link = ada.asks_for_the_console().await;
        let page = ada.opens(&link).await;
        assert_eq!(page.status, 403, "{}", page.text());
        assert!(page.text().contains("You are not eligible"), "{}", page.text());
        world.auditors_hear(["*Refused* · @Ada tried to open the AWS console"]);

        world.company.idp.update_person(ADA.login, |ada| ada.disabled = true);
        let page = ada.opens(&link).await;
        assert_eq!(page.status, 403, "{}", page.text());
        assert!(page.text().contains("requires you to sign in again (invalid_grant"), "{}", page.text());
        world.auditors_hear(["*Refused* · @Ada tried to open the AWS console"]);
        assert_eq!(world.company.aws.assumptions().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn where_there_are_no_refresh_tokens_a_console_takes_a_fresh_sign_in() {
    play(Story::start(), async |world| {
        let withheld = Tampering { refresh_tokens: RefreshTokens::Withheld, ..caching() };
        world.company.idp.tamper(withheld.clone());
        for persona in [ADA, BOB] {
            world.player(persona).links().await;
        }
        world.everybody_puts_all_away();
        let ada = world.ada();
        ada.types(ASK).await;
        world.bob().presses("review.approve").await;
        world.everybody_puts_all_away();
        assert_eq!(ada.opens(&ada.asks_for_the_console().await).await.status, 200);
        world.everybody_puts_all_away();

        world.company.clock.advance(TimeDelta::minutes(5));
        world.company.idp.update_person(ADA.login, |ada| ada.groups = vec!["staff".into()]);
        let link = ada.asks_for_the_console().await;
        world.company.idp.tamper(Tampering {
            ignores_prompt: true,
            ignores_max_age: true,
            ..withheld.clone()
        });
        let page = ada.opens(&link).await;
        assert_eq!(page.status, 403, "{}", page.text());
        assert!(page.text().contains("did not ask you to sign in"), "{}", page.text());
        world.everybody_puts_all_away();

        world.company.idp.tamper(withheld);
        let page = ada.opens_twice_asked(&link).await;
        assert!(page.text().contains("You are not eligible"), "she signed in: {}", page.text());
        world.everybody_puts_all_away();
        assert_eq!(world.company.aws.assumptions().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_session_dies_at_the_windows_end() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        world.ada().opens(&link).await;
        world.audit();
        let end = nine() + TimeDelta::hours(1);
        assert!(may_call(world, end - TimeDelta::seconds(1)));
        assert!(!may_call(world, end));
    })
    .await;
}

#[tokio::test]
async fn a_session_of_the_last_minutes_is_asked_for_fifteen_and_dies_with_the_window() {
    play(Story::approved(), async |world| {
        world.company.clock.advance(TimeDelta::minutes(57));
        let ada = world.ada();
        let console = ada.opens(&ada.asks_for_the_console().await).await;
        assert_eq!(console.status, 200, "{}", console.text());
        world.audit();
        assert_eq!(world.company.aws.assumptions()[0].duration_seconds, Some(900));
        let end = nine() + TimeDelta::hours(1);
        assert!(may_call(world, end - TimeDelta::seconds(1)));
        assert!(!may_call(world, end));
    })
    .await;
}

#[tokio::test]
async fn a_console_link_is_good_once() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let ada = world.ada();
        assert_eq!(ada.opens(&link).await.status, 200);
        world.audit();
        let again = ada.opens(&link).await;
        assert_eq!(again.status, 410, "{}", again.text());
        assert_eq!(world.company.aws.assumptions().len(), 1);

        let fresh = ada.asks_for_the_console().await;
        assert_eq!(ada.opens(&fresh).await.status, 200, "a fresh link at any time inside the window");
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn a_console_link_is_good_for_fifteen_minutes() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        world.company.clock.advance(TimeDelta::minutes(15));
        assert_eq!(world.ada().opens(&link).await.status, 410);
    })
    .await;
}

#[tokio::test]
async fn whoever_only_looks_at_a_console_link_uses_nothing_up() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let ada = world.ada();
        for _ in 0..3 {
            assert_eq!(ada.browser.head(&link).await.unwrap().status, 204, "it starts no sign-in");
            assert_eq!(ada.browser.prefetch(&link).await.unwrap().status, 204, "it starts no sign-in");
            ada.browser.get_raw(&link).await.unwrap();
        }
        assert!(world.company.aws.assumptions().is_empty());
        assert_eq!(ada.opens(&link).await.status, 200);
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn a_console_link_opened_in_two_browsers_opens_one_console() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let (one, two) = (world.ada(), world.ada());
        world.company.dynamo.gather("TransactWriteItems", "session_issuing", 2);
        let (first, second) = tokio::join!(one.opens(&link), two.opens(&link));
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 410], "{}\n{}", first.text(), second.text());
        assert_eq!(world.company.aws.assumptions().len(), 1);
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn a_forwarded_link_opens_nothing_for_somebody_else() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let bob = world.bob();
        let page = bob.opens(&link).await;
        assert_eq!(page.status, 403);
        assert!(page.text().contains("someone else"), "{}", page.text());
        assert!(world.company.aws.assumptions().is_empty());
        let audit = world.audit();
        assert!(audit[0].contains("@Ada tried to open the AWS console"), "{audit:?}");
        assert!(audit[0].contains("signed in as bob@example.com"), "it says who came: {audit:?}");
        let events = world.app.broker().ports().store.account_events(&account_of(ADA)).await.unwrap();
        let refused = &events.last().unwrap().actor;
        assert!(matches!(refused, Actor::Account { .. }), "it was Bob, and not Ada: {refused:?}");

        assert_eq!(world.ada().opens(&link).await.status, 200, "Ada's link is still good");
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn who_became_a_guest_after_the_approval_gets_no_link() {
    play(Story::approved(), async |world| {
        world.company.slack.update_person(ADA.slack, |person| person.is_restricted = true);
        let ada = world.ada();
        ada.is_refused("session.console", "not_full_member", "Your Slack account is a guest").await;
    })
    .await;
}

#[tokio::test]
async fn unlinking_after_the_approval_lets_nobody_else_in() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let (ada, bob) = (world.ada(), world.bob());
        ada.presses("person.unlink").await;
        assert!(ada.is_told().contains("no longer linked"));
        assert!(world.audit()[0].contains("*Unlinked* · @Ada"));

        let page = bob.opens(&link).await;
        assert_eq!(page.status, 403);
        assert!(page.text().contains("someone else"), "{}", page.text());
        assert!(world.audit()[0].contains("signed in as bob@example.com"));
        assert!(world.company.aws.assumptions().is_empty());

        let at_idp = ada.browser.open(&link).await.unwrap();
        assert!(at_idp.button("Continue as Ada").is_some(), "she has to sign in: {}", at_idp.text());
        assert_eq!(ada.opens(&link).await.status, 200, "she is who was approved, linked or not");
        assert!(world.audit().join("\n").contains("*Session issued* · @Ada"));
    })
    .await;
}

#[tokio::test]
async fn who_is_not_eligible_any_more_gets_no_session() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        world.company.idp.update_person(ADA.login, |ada| ada.groups = vec!["staff".into()]);
        let page = world.ada().opens(&link).await;
        assert_eq!(page.status, 403);
        assert!(page.text().contains("You are not eligible"), "{}", page.text());
        assert!(world.company.aws.assumptions().is_empty());
        world.auditors_hear(["*Refused* · @Ada tried to open the AWS console"]);
    })
    .await;
}

#[tokio::test]
async fn after_the_end_there_is_no_session() {
    play(Story::approved(), async |world| {
        let ada = world.ada();
        world.company.clock.advance(TimeDelta::minutes(59));
        let link = ada.asks_for_the_console().await;
        world.company.clock.advance(TimeDelta::minutes(1));
        let page = ada.opens(&link).await;
        assert_eq!(page.status, 403);
        assert!(page.text().contains("this request is ended"), "{}", page.text());
        assert!(world.company.aws.assumptions().is_empty());
        world.auditors_hear(["*Refused* · @Ada tried to open the AWS console"]);

        ada.is_refused("session.console", "not_live", "this request is ended").await;
        world.sweep().await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn access_that_ends_while_aws_answers_gives_no_session() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        world.company.aws.control().slow("AssumeRole", Duration::from_secs(2));
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
        assert!(audit.contains("access ended while waiting for AWS"), "{audit}");
        world.card();
        ada.is_told();
    })
    .await;
}

#[tokio::test]
async fn whoever_ends_access_early_is_told_what_still_works() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let ada = world.ada();
        ada.opens(&link).await;
        world.audit();
        world.company.clock.advance(TimeDelta::minutes(10));
        world.bob().presses("request.end").await;
        for told in [world.card(), ada.is_told(), world.audit().join("\n")] {
            assert!(told.contains("a session opened before then works until today 10:00 AM"), "{told}");
        }
    })
    .await;
}

#[tokio::test]
async fn one_sign_in_opens_one_console_however_often_it_comes_back() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let ada = world.ada();
        let callback = format!("{}/oidc/callback", world.url);
        let at_idp = ada.browser.open(&link).await.unwrap();
        ada.browser.stop_before(&callback);
        // The provider gives a code each time it is asked, for one and the same state.
        let first = ada.browser.press(&at_idp, "Continue as Ada").await.unwrap();
        let second = ada.browser.open(at_idp.url.as_str()).await.unwrap();
        let [first, second] =
            [first, second].map(|page| page.stopped_before.expect("a callback").to_string());
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
    })
    .await;
}

#[tokio::test]
async fn what_aws_refuses_is_told_with_the_missing_permission() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let mut role = sandbox::aws::Role::new(
            "arn:aws:iam::111122223333:role/elevate/S3Admin",
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
    })
    .await;
}

#[tokio::test]
async fn an_answer_of_aws_that_never_came_is_written_down_as_unknown() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        world.company.aws.control().fail_always("AssumeRole", Fault::AnswerLost);
        let page = world.ada().opens(&link).await;
        assert_eq!(page.status, 503, "{}", page.text());
        assert!(page.text().contains("AWS could not open a session"), "{}", page.text());
        world.passes(TimeDelta::minutes(3)).await;
        let audit = world.audit().join("\n");
        assert_eq!(audit.matches("*Session unknown*").count(), 1, "{audit}");
        assert!(audit.contains("did not arrive; nothing was handed out"), "{audit}");
    })
    .await;
}

#[tokio::test]
async fn what_could_not_be_written_down_is_not_asked_of_aws() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let ada = world.ada();
        let at_idp = ada.browser.open(&link).await.unwrap();
        world.company.dynamo.control().fail_always("TransactWriteItems", Fault::Status(500));
        let page = ada.browser.press(&at_idp, "Continue as Ada").await.unwrap();
        assert_eq!(page.status, 500, "{}", page.text());
        assert!(world.company.aws.control().calls().is_empty());

        world.company.dynamo.control().heal();
        assert_eq!(ada.opens(&link).await.status, 200, "the link is still good");
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn a_session_that_could_not_be_written_down_is_handed_to_nobody() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        world.company.aws.control().slow("AssumeRole", Duration::from_secs(2));
        let ada = world.ada();
        let breaks = async {
            while world.company.aws.control().calls().is_empty() {
                tokio::task::yield_now().await;
            }
            world.company.dynamo.control().fail_always("TransactWriteItems", Fault::Status(500));
        };
        let (page, ()) = tokio::join!(ada.opens(&link), breaks);
        assert_eq!(page.status, 500, "{}", page.text());
        assert_eq!(world.company.aws.assumptions().len(), 1, "AWS has given a session");
        assert!(world.audit()[0].contains("*Session requested*"));

        world.company.dynamo.control().heal();
        world.passes(TimeDelta::minutes(3)).await;
        world.passes(TimeDelta::seconds(5)).await; // auditors hear of it after what could not be struck off
        assert!(world.audit()[0].contains("*Session unknown*"));
    })
    .await;
}

#[tokio::test]
async fn without_a_console_address_the_credentials_are_thrown_away() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        world.company.aws.control().fail_always("getSigninToken", Fault::Status(500));
        let page = world.ada().opens(&link).await;
        world.company.aws.control().heal();
        assert_eq!(page.status, 503, "{}", page.text());
        let audit = world.audit().join("\n");
        assert!(audit.contains("no console URL"), "{audit}");
    })
    .await;
}

#[tokio::test]
async fn secrets_are_neither_kept_nor_said() {
    let folder = log::folder("secrets_are_neither_kept_nor_said");
    let _log = Log::into(&folder, "elevate=trace");
    let dynamo = Dynamo::open(&folder.join("table")).unwrap();
    play(Story::start().on(dynamo), async |world| {
        let call_log = world.company.watch();
        let (ada, bob, carol) = (world.ada(), world.bob(), world.carol());
        ada.links().await;
        bob.links().await;
        ada.types(ASK).await;
        bob.presses("review.approve").await;
        assert_eq!(ada.opens(&ada.asks_for_the_console().await).await.status, 200);
        let to_console = ada.asks_for_the_console().await;
        let to_link = carol.asks_to_link().await;
        let at_idp =
            carol.browser.press(&carol.browser.open(&to_link).await.unwrap(), "This is me").await.unwrap();
        let (_, state) =
            at_idp.url.query_pairs().find(|(name, _)| name == "state").expect("a sign-in has one");
        let cookie = carol.browser.cookie(&world.url, "__Host-elevate").expect("a browser has one");

        let files = fs::read_dir(&folder).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        let kept = String::from_utf8_lossy(&files.collect::<Vec<_>>().concat()).into_owned();
        for known in ["bucket policy broken", PLANTED] {
            assert!(kept.contains(known), "{known}");
        }
        let everywhere =
            [REVIEW_CHANNEL, AUDIT_CHANNEL, GENERAL_CHANNEL, &world.company.slack.direct_channel(ADA.slack)]
                .map(|channel| format!("{:?}", world.company.slack.messages(channel)));
        let said = format!(
            "{everywhere:?} {:?} {:?}",
            world.company.slack.ephemerals(ADA.slack),
            call_log.exchanges()
        );
        assert!(said.contains("AssumeRole"), "{said}");
        for secret in [world.company.idp.secrets_issued(), world.company.aws.secrets_issued()].concat() {
            assert!(!kept.contains(&secret) && !said.contains(&secret), "{secret}");
            assert!(!kept.contains(&BASE64_STANDARD_NO_PAD.encode(&secret)), "as bytes: {secret}");
        }
        let tokens = [&to_link, &to_console].map(|link| link.rsplit('/').next().unwrap());
        for ours in tokens.into_iter().chain([&*state, &*cookie]) {
            assert!(!kept.contains(ours), "{ours}");
            assert!(!format!("{:?}", call_log.exchanges()).contains(ours), "{ours}");
        }
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_session_is_in_the_name_that_its_sign_in_brings() {
    play(Story::approved(), async |world| {
        let ada = world.ada();
        world.company.idp.update_person(ADA.login, |ada| ada.email = "ada.king@example.com".into());
        ada.opens(&ada.console_link().await).await;
        let unverified = |ada: &mut sandbox::idp::Person| {
            ada.email = "eve@example.com".into();
            ada.email_verified = Some(false);
        };
        world.company.idp.update_person(ADA.login, unverified);
        ada.opens(&ada.asks_for_the_console().await).await;

        let [first, second] = &world.company.aws.assumptions()[..] else { panic!("two sessions") };
        assert_eq!(first.role_session_name, "ada.king@example.com");
        assert!(first.source_identity.as_deref().unwrap().ends_with(".ada.king@example.com"));
        assert_eq!(first.tags["elevate:requester"], "ada.king@example.com");
        assert_eq!(second.role_session_name, "ada@example.com", "else the one that the request has");
        world.everybody_catches_up();
    })
    .await;
}
