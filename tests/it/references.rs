//! References: whoever is sent to the operator can quote what the operator finds in the log.

use chrono::TimeDelta;
use sandbox::{
    aws::Role,
    example_corp::{ADA, SEALING_ALIAS},
    http::Fault,
    idp::Tampering,
};
use serde_json::json;

use crate::{
    log::{self, Log},
    world::{ASK, Story, World, play},
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

#[tokio::test]
async fn whoever_is_sent_to_the_operator_by_a_page_can_quote_the_log() {
    let scene = async |world: &World| {
        let claims = [("nonce".to_owned(), json!("another"))].into_iter().collect();
        world.company.idp.tamper(Tampering { claims, ..Tampering::default() });
        ada_links(world).await
    };
    seen("identity_unusable", Story::start(), scene).await.is_referred("identity_unusable");

    let scene = async |world: &World| {
        world.company.idp.update_person(ADA.login, |person| person.email_verified = Some(false));
        ada_links(world).await
    };
    seen("no_verified_email", Story::start(), scene).await.is_referred("no_verified_email");

    let scene = async |world: &World| {
        let other = Some("ada@example.net".to_owned());
        world.company.slack.update_person(ADA.slack, |person| person.email = other);
        ada_links(world).await
    };
    seen("emails_differ", Story::start(), scene).await.is_referred("emails_differ");

    let story = Story::start().set(&[("LINK__EMAIL_DOMAINS", "example.org")]);
    seen("other_domain", story, ada_links).await.is_referred("other_domain");

    let scene = async |world: &World| {
        let ada = world.ada();
        let link = ada.console_link().await;
        let arn = "arn:aws:iam::111122223333:role/elevate/S3Admin";
        let role = Role { allows_tag_session: false, ..world.company.aws.role(arn).unwrap() };
        world.company.aws.add_role(role);
        ada.opens(&link).await.text()
    };
    seen("session_refused", Story::approved(), scene).await.is_referred("session_refused");

    let scene = async |world: &World| {
        world.company.aws.control().fail_always("AssumeRole", Fault::AnswerLost);
        ada_opens_the_console(world).await
    };
    seen("session_unavailable", Story::approved(), scene).await.is_referred("session_unavailable");
}

#[tokio::test]
async fn whoever_is_sent_to_the_operator_in_the_chat_can_quote_the_log() {
    let scene = async |world: &World| {
        world.company.idp.tamper(without_groups());
        bob_approves(world).await
    };
    let seen_by_bob = seen("no_groups_claim", Story::asked(), scene).await;
    seen_by_bob.is_referred("no_groups_claim");
    assert!(seen_by_bob.shown.contains("returned no groups for you"), "{}", seen_by_bob.shown);

    let scene = async |world: &World| {
        world.company.idp.tamper(without_groups());
        world.ada().types(ASK).await;
        world.ada().hears()
    };
    seen("no_groups_claim_of_ada", Story::with_linked([ADA]), scene).await.is_referred("no_groups_claim");

    let scene = async |world: &World| {
        world.company.idp.control().fail_next("token", Fault::Status(503));
        bob_approves(world).await
    };
    seen("identity_unavailable", Story::asked(), scene).await.is_referred("identity_unavailable");

    let story = Story::start().set(&[("SEALING__KMS_KEY_ID", SEALING_ALIAS)]);
    let scene = async |world: &World| {
        world.ada().links().await;
        world.company.kms.control().fail_always("Decrypt", Fault::Status(500));
        world.ada().types(ASK).await;
        world.ada().hears()
    };
    seen("key_unavailable", story, scene).await.is_referred("key_unavailable");
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
