//! References: whoever is sent to the operator can quote what the operator finds in the log.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use elevate::domain::press::Wish;
use sandbox::{
    aws::Role,
    example_corp::{ADA, BOB, Company, SEALING_ALIAS, sign_in_with_slack},
    http::Fault,
    idp::Tampering,
};
use serde_json::json;

use crate::{
    log::{self, Log},
    world::{ASK, Story, World, account_of, play, replica_in},
};

const MESSAGE: &str = "refused: operator must act";

/// What somebody saw who was refused, and what the log and the auditors have of it.
struct Seen {
    shown: String,
    audit: String,
    log: String,
}

/// Plays a scene in which one person is refused once, and hands back what they see.
async fn seen(code: &str, story: Story, scene: impl AsyncFnOnce(&World) -> String) -> Seen {
    let log = Log::into(&log::folder(&format!("reference_of_{code}")), "elevate=warn");
    let mut seen = (String::new(), String::new());
    play(story, async |world| {
        let shown = scene(world).await;
        world.settle().await;
        world.passes(TimeDelta::seconds(61)).await;
        seen = (shown, world.audit().join("\n"));
        world.everybody_puts_all_away();
    })
    .await;
    let (shown, audit) = seen;
    Seen { shown, audit, log: log.text() }
}

impl Seen {
    fn is_referred(&self, code: &str) {
        let lines: Vec<&str> = self.log.lines().filter(|line| line.contains(MESSAGE)).collect();
        let [line] = lines[..] else { panic!("{code}: not one line, but {lines:#?}") };
        assert!(line.contains("WARN") && line.contains(&format!("code=\"{code}\"")), "{code}: {line}");
        let (_, rest) = line.split_once("reference=\"").expect("the line has a reference");
        let reference = rest.split('"').next().unwrap_or_default();
        assert_eq!(reference.len(), 8, "{line}");
        let told = format!("reference {reference}");
        assert!(self.shown.contains(&told), "{code}: {} does not say {told}", self.shown);
        assert!(self.audit.contains(&told), "{code}: {} does not say {told}", self.audit);
        assert!(!line.contains("ada@"), "no address is logged: {line}");
    }

    fn is_not_referred(&self) {
        assert!(!self.log.contains(MESSAGE), "{}", self.log);
        assert!(!self.shown.contains("reference"), "{}", self.shown);
    }
}

/// What the page at the end of Ada's link says.
async fn ada_links(world: &World) -> String {
    let ada = world.ada();
    let link = ada.asks_to_link().await;
    ada.follows_link(&link).await.text()
}

/// What Bob hears who approves.
async fn bob_approves(world: &World) -> String {
    let bob = world.bob();
    bob.presses("review.approve").await;
    bob.hears()
}

/// What the page at the end of Ada's link to the console says.
async fn ada_opens_the_console(world: &World) -> String {
    let ada = world.ada();
    let link = ada.console_link().await;
    ada.opens(&link).await.text()
}

fn without_groups() -> Tampering {
    Tampering { dropped_claims: vec!["groups".into()], ..Tampering::default() }
}

/// Plays a scene that ends in this refusal, which refers to the log.
async fn refers(code: &'static str, story: Story, scene: impl AsyncFnOnce(&World) -> String) -> &'static str {
    seen(code, story, scene).await.is_referred(code);
    code
}

/// Ada, whose address in Slack is another one, goes on to sign in with Slack.
fn with_another_address() -> Story {
    Story::start().configured(sign_in_with_slack()).where_first(|company| {
        let other = Some("ada@slack.example".to_owned());
        company.slack.update_person(ADA.slack, |person| person.email = other);
    })
}

/// What the page says after Ada has signed in with Slack.
async fn ada_signs_in_with_slack(world: &World) -> String {
    let ada = world.ada();
    let page = ada.follows_link(&ada.asks_to_link().await).await;
    ada.browser.press(&page, "Sign in to Slack as Ada").await.unwrap().text()
}

/// The codes of refusals in a browser.
const BY_A_PAGE: [&str; 13] = [
    "identity_unusable",
    "sign_in_refused",
    "no_email",
    "no_verified_email",
    "email_not_shown",
    "emails_differ",
    "other_domain",
    "account_sign_in_failed",
    "account_sign_in_unavailable",
    "session_refused",
    "session_unavailable",
    "no_person_claim",
    "unproven_grant",
];
/// The codes of refusals in the chat.
const IN_THE_CHAT: [&str; 9] = [
    "group_misspelled",
    "no_groups_claim",
    "groups_unknown",
    "identity_unavailable",
    "token_unavailable",
    "key_unavailable",
    "platform_refused",
    "given_up",
    "policy_outdated",
];

/// docs/EVENTS.md has one row for each code, which a test holds against the code: `yes` at its end, if it refers to the
/// log.
#[test]
fn every_code_that_sends_people_to_the_operator_has_a_case() {
    let document = std::fs::read_to_string("docs/EVENTS.md").unwrap();
    let (_, section) = document.split_once("\n## Refusal codes\n").unwrap();
    let section = section.split("\n## ").next().unwrap_or_default();
    let refers = section.lines().filter(|line| line.starts_with("| `") && line.ends_with("| yes |"));
    let codes: BTreeSet<&str> = refers.map(|row| row.split('`').nth(1).unwrap()).collect();
    assert!(codes.len() > 10, "the table is another one: {codes:?}");
    assert_eq!(codes, [&BY_A_PAGE[..], &IN_THE_CHAT[..]].concat().into_iter().collect());
}

#[tokio::test]
async fn whoever_is_sent_to_the_operator_by_a_page_can_quote_the_log() {
    let unusable = async |world: &World| {
        let claims = [("nonce".to_owned(), json!("another"))].into_iter().collect();
        world.company.idp.tamper(Tampering { claims, ..Tampering::default() });
        ada_links(world).await
    };
    let hidden = async |world: &World| {
        world.company.slack.update_person(ADA.slack, |person| person.email = None);
        ada_links(world).await
    };
    let refused = async |world: &World| {
        let ada = world.ada();
        ada.browser.stop_before(&format!("{}/oidc/callback", world.url));
        let page = ada.follows_link(&ada.asks_to_link().await).await;
        let mut back = page.stopped_before.expect("the provider sends the browser back");
        let state =
            back.query_pairs().find(|(name, _)| name == "state").expect("it has a state").1.into_owned();
        back.query_pairs_mut().clear().append_pair("state", &state).append_pair("error", "invalid_scope");
        ada.browser.open(back.as_str()).await.unwrap().text()
    };
    let without_email = async |world: &World| {
        let dropped_claims = vec!["email".into()];
        world.company.idp.tamper(Tampering { dropped_claims, ..Tampering::default() });
        let told = ada_links(world).await;
        assert!(told.contains("no email address in the claim email, which oidc.email_claim names"), "{told}");
        told
    };
    let unverified = async |world: &World| {
        world.company.idp.update_person(ADA.login, |person| person.email_verified = Some(false));
        ada_links(world).await
    };
    let differs = async |world: &World| {
        let other = Some("ada@example.net".to_owned());
        world.company.slack.update_person(ADA.slack, |person| person.email = other);
        ada_links(world).await
    };
    let of_nobody = Story::start().set(&[("OIDC__PERSON_CLAIM", "employee_number")]);
    let unproven = async |world: &World| {
        world.company.idp.update_person(ADA.login, |ada| ada.email = "bob@example.com".into());
        ada_opens_the_console(world).await
    };
    let of_another_domain = Story::start().set(&[("LINK__EMAIL_DOMAINS", "example.org")]);
    let account_failed = async |world: &World| {
        let claims = json!({ "nonce": "another" });
        world.company.slack.tamper_with_id_tokens(claims.as_object().unwrap().clone());
        ada_signs_in_with_slack(world).await
    };
    let account_unavailable = async |world: &World| {
        world.company.slack.control().fail_next("openid.connect.token", Fault::Status(503));
        ada_signs_in_with_slack(world).await
    };
    let session_refused = async |world: &World| {
        let ada = world.ada();
        let link = ada.console_link().await;
        let arn = "arn:aws:iam::111122223333:role/elevate/S3Admin";
        let role = Role { allows_tag_session: false, ..world.company.aws.role(arn).unwrap() };
        world.company.aws.add_role(role);
        ada.opens(&link).await.text()
    };
    let session_unavailable = async |world: &World| {
        world.company.aws.control().fail_always("AssumeRole", Fault::AnswerLost);
        ada_opens_the_console(world).await
    };
    let tried = [
        refers("identity_unusable", Story::start(), unusable).await,
        refers("sign_in_refused", Story::start(), refused).await,
        refers("no_email", Story::start(), without_email).await,
        refers("no_verified_email", Story::start(), unverified).await,
        refers("email_not_shown", Story::start(), hidden).await,
        refers("emails_differ", Story::start(), differs).await,
        refers("other_domain", of_another_domain, ada_links).await,
        refers("account_sign_in_failed", with_another_address(), account_failed).await,
        refers("account_sign_in_unavailable", with_another_address(), account_unavailable).await,
        refers("session_refused", Story::approved(), session_refused).await,
        refers("session_unavailable", Story::approved(), session_unavailable).await,
        refers("no_person_claim", of_nobody, ada_links).await,
        refers("unproven_grant", Story::approved(), unproven).await,
    ];
    assert_eq!(tried, BY_A_PAGE);
}

#[tokio::test]
async fn whoever_is_sent_to_the_operator_in_the_chat_can_quote_the_log() {
    let unknown = async |world: &World| {
        world.company.idp.tamper(without_groups());
        let told = bob_approves(world).await;
        assert!(told.contains("did not return your groups"), "{told}");
        told
    };
    let at_userinfo = Story::with_linked([ADA]).set(&[("OIDC__GROUPS_FROM", "userinfo")]);
    let no_groups = async |world: &World| {
        world.company.idp.update_person(ADA.login, |ada| ada.groups = Vec::new());
        world.ada().types(ASK).await;
        let told = world.ada().hears();
        assert!(told.contains("it sent the claims email, email_verified"), "{told}");
        let link = world.app.broker().ports().store.link(&account_of(ADA)).await.unwrap().unwrap();
        assert!(
            link.groups.claims_instead().is_none(),
            "what was known is not overwritten by what is unknown"
        );
        told
    };
    let unavailable = async |world: &World| {
        world.company.idp.control().fail_next("token", Fault::Status(503));
        bob_approves(world).await
    };
    let token_unavailable = async |world: &World| {
        world.company.dynamo.lose_answers_to("TransactWriteItems", "\"TOKEN\"");
        bob_approves(world).await
    };
    let sealed_by_kms = Story::start().set(&[("SEALING__KMS_KEY_ID", SEALING_ALIAS)]);
    let key_unavailable = async |world: &World| {
        world.ada().links().await;
        world.company.kms.control().fail_always("Decrypt", Fault::Status(500));
        world.ada().types(ASK).await;
        world.ada().hears()
    };
    let not_allowed = async |world: &World| {
        world.company.slack.refuse("users.info", None, "missing_scope");
        world.ada().types(ASK).await;
        world.ada().hears()
    };
    let given_up = async |world: &World| {
        let press = world.press(ADA, "a trigger", Wish::Unlink);
        assert!(world.app.broker().ports().store.accept(&press).await.unwrap());
        world.passes(TimeDelta::minutes(16)).await;
        world.ada().hears()
    };
    let misspelled = async |world: &World| {
        world.company.idp.update_person(BOB.login, |bob| bob.groups = vec!["/aws-temp#Reviewer".into()]);
        let told = bob_approves(world).await;
        assert!(told.contains("sends “/aws-temp#Reviewer”"), "{told}");
        told
    };
    let outdated = async |world: &World| {
        let newer = vec![("ELEVATE_ACCESS__MAX_DURATION".to_owned(), "12h".to_owned())];
        let company = Company { settings: newer, ..world.company.clone() };
        replica_in(&company, &world.url).await.broker().idle().await;
        world.auditors_hear(["*⚠ Policy changed*"]);
        bob_approves(world).await
    };
    let tried = [
        refers("group_misspelled", Story::asked(), misspelled).await,
        refers("no_groups_claim", at_userinfo, no_groups).await,
        refers("groups_unknown", Story::asked(), unknown).await,
        refers("identity_unavailable", Story::asked(), unavailable).await,
        refers("token_unavailable", Story::asked(), token_unavailable).await,
        refers("key_unavailable", sealed_by_kms, key_unavailable).await,
        refers("platform_refused", Story::with_linked([ADA]), not_allowed).await,
        refers("given_up", Story::with_linked([ADA]), given_up).await,
        refers("policy_outdated", Story::asked(), outdated).await,
    ];
    assert_eq!(tried, IN_THE_CHAT);
}

#[tokio::test]
async fn a_provider_that_refuses_the_client_is_an_error_and_is_quoted() {
    let scene = async |world: &World| {
        let refused = ("invalid_client".to_owned(), "AADSTS7000222: the secret has expired".to_owned());
        world.company.idp.tamper(Tampering { refused_refresh: Some(refused), ..Tampering::default() });
        bob_approves(world).await
    };
    let Seen { log, audit, .. } = seen("invalid_client", Story::asked(), scene).await;
    assert!(log.contains("ERROR") && log.contains("AADSTS7000222"), "{log}");
    assert!(audit.contains("AADSTS7000222"), "{audit}");
}

#[tokio::test]
async fn what_a_person_can_mend_alone_is_not_logged_as_a_warning() {
    let scene = async |world: &World| {
        world.carol().links().await;
        world.carol().presses("review.approve").await;
        world.carol().hears()
    };
    seen("not_reviewer", Story::asked(), scene).await.is_not_referred();
    let scene = async |world: &World| {
        world.company.slack.update_person(ADA.slack, |person| person.email_confirmed = false);
        ada_links(world).await
    };
    seen("no_confirmed_email", Story::start(), scene).await.is_not_referred();
}
