use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::domain::{
    answer_fault::AnswerPart,
    cloud_refusal::{AwsSetting, CloudCause, PolicyKind},
};

/// Returns a refusal of every code.
pub(crate) fn every_refusal() -> Vec<Refusal> {
    let reviewers = "aws-temp#Reviewer".to_owned();
    let email = |address: &str| address.parse::<Email>().unwrap();
    let minutes = |text: &str| text.parse::<Minutes>().unwrap();
    let target: Target = "111122223333/S3Admin".parse().unwrap();
    let request: RequestId = "req_01JHKQ2B00000000000000ADA1".parse().unwrap();
    vec![
        Refusal::OwnRequest { reviewers: reviewers.clone() },
        Refusal::NotReviewer { reviewers: reviewers.clone() },
        Refusal::AnswerRequiresSignIn,
        Refusal::OtherReviewer { signed_in: "eve@example.com".into() },
        Refusal::SignInTooOld { max_age: minutes("5m") },
        Refusal::SignInNotFresh,
        Refusal::SignInTooWeak { accepted: vec!["phr".into(), "mfa".into()] },
        Refusal::NotParty { reviewers },
        Refusal::AlreadyAnswered { status: StatusKind::Rejected, by: "bob@example.com".to_owned() },
        Refusal::ExpiredUnanswered,
        Refusal::ApprovedAndOver { by: "bob@example.com".to_owned() },
        Refusal::NotLive { status: StatusKind::Ended },
        Refusal::OtherPerson { signed_in: "eve@example.com".into() },
        Refusal::NotYours,
        Refusal::NotEligible { target: target.clone(), group: "aws-temp#S3Admin#111122223333".into() },
        Refusal::GroupMisspelled {
            group: "aws-temp#S3Admin#111122223333".into(),
            sent: vec!["/aws-temp#S3Admin#111122223333".into()],
        },
        Refusal::Frozen,
        Refusal::PolicyOutdated { in_force: Some(4), own: "3f7ced070b71".into() },
        Refusal::AuditOverdue,
        Refusal::NotOffered { target: target.clone() },
        Refusal::UnprovenGrant { why: Unproven::History },
        Refusal::TooManySessions { max: 2 },
        Refusal::TooManyRequests { max: 20 },
        Refusal::TooLong { asked: minutes("9h"), max: minutes("8h") },
        Refusal::AlreadyOpen { target, request: request.clone() },
        Refusal::NoReason,
        Refusal::ReasonTooLong { length: 1_001, max: Reason::MAX_CHARS },
        Refusal::OtherMessage { pressed: "C0GENERAL/1736150400.000100".into() },
        Refusal::NoSuchRequest { request },
        Refusal::OtherTenant,
        Refusal::NotFullMember { kind: MemberKind::Guest },
        Refusal::NotLinked,
        Refusal::SignInAgain { words: None },
        Refusal::GroupsUnknown { claims: vec!["email".into(), "sub".into()] },
        Refusal::NoGroupsClaim {
            group: Some("aws-temp#Reviewer".into()),
            claim: "groups".into(),
            claims: vec!["Groups".into(), "sub".into()],
        },
        Refusal::IdentityUnavailable { why: "connection refused".into() },
        Refusal::TokenUnavailable { why: "could not load a token".into() },
        Refusal::KeyUnavailable { why: "KMS did not answer".into() },
        Refusal::IdentityUnusable {
            fault: AnswerFault::Missing { part: AnswerPart::IdToken, field: "sub".into() },
        },
        Refusal::SignInDeclined { words: OwnWords::cleaned("access_denied", None) },
        Refusal::SignInRefused { words: OwnWords::cleaned("invalid_scope", Some("groups is unknown")) },
        Refusal::LinkGone,
        Refusal::OtherBrowser,
        Refusal::ForgedForm,
        Refusal::EmailNotShown,
        Refusal::AccountUnknown,
        Refusal::NoConfirmedEmail,
        Refusal::NoEmail { claim: "email".into(), claims: vec!["sub".into(), "upn".into()] },
        Refusal::NoVerifiedEmail,
        Refusal::EmailsDiffer { account: email("ada@example.com"), identity: email("eve@example.com") },
        Refusal::NoPersonClaim,
        Refusal::OtherDomain {
            identity: email("ada@example.net"),
            domains: ["example.com", "example.org"].map(|domain| domain.parse().unwrap()).into(),
        },
        Refusal::OtherAccount,
        Refusal::AccountSignInFailed {
            fault: AnswerFault::Refused { words: OwnWords::cleaned("unauthorized_client", None) },
        },
        Refusal::AccountSignInUnavailable { why: "connection refused".into() },
        Refusal::BadCode,
        Refusal::NoCode,
        Refusal::CodeTooLate { minutes: 5 },
        Refusal::WrongCode { left: 3 },
        Refusal::CodeUsedUp,
        Refusal::IdentityTaken,
        Refusal::AddressTaken,
        Refusal::LinkedToAnother,
        Refusal::SessionRefused { why: not_trusted() },
        Refusal::SessionUnavailable { why: "STS took too long".into() },
        Refusal::GivenUp,
        Refusal::TooFast { seconds: 2 },
        Refusal::unreadable("S3Admin", Expected::Target),
        Refusal::IncompleteCommand,
        Refusal::FormTooLate,
        Refusal::PlatformRefused { operation: "users.info".into(), reason: "missing_scope".into() },
        Refusal::DamagedForm,
    ]
}

/// Returns what AWS says where a trust policy lacks an action.
fn not_trusted() -> CloudRefusal {
    let cause = CloudCause::Denied {
        action: "sts:TagSession".to_owned(),
        by: PolicyKind::Trust,
        without: Some(AwsSetting::SessionTags),
    };
    CloudRefusal { cause, words: "AccessDenied: no role trust policy allows sts:TagSession".to_owned() }
}

/// Returns the codes that serde knows, which it lists when it meets an unknown one.
fn codes_that_can_be_read() -> BTreeSet<String> {
    let error = serde_json::from_value::<Refusal>(json!({ "code": "?" })).unwrap_err().to_string();
    let (_, expected) = error.split_once("expected one of ").unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_code_is_listed_once_and_has_an_example() {
    let listed: BTreeSet<String> = Refusal::CODES.map(str::to_owned).into();
    assert_eq!(listed.len(), Refusal::CODES.len());
    assert_eq!(listed, codes_that_can_be_read());
    let examples: Vec<&str> = every_refusal().iter().map(Refusal::code).collect();
    assert_eq!(examples, Refusal::CODES);
}

#[test]
fn a_refusal_is_stored_as_its_code_and_facts_and_read_back() {
    for refusal in every_refusal() {
        let stored = serde_json::to_value(&refusal).unwrap();
        assert_eq!(stored["code"], refusal.code());
        assert_eq!(serde_json::from_value::<Refusal>(stored).unwrap(), refusal);
    }
    let stored = serde_json::to_value(Refusal::NotLive { status: StatusKind::Ended }).unwrap();
    assert_eq!(stored, json!({ "code": "not_live", "status": "ended" }));
}

#[test]
fn what_is_not_known_is_read_as_nothing_else() {
    let unknown: [Value; 4] = [
        json!({ "code": "not_invented_yet" }),
        json!({ "code": "not_live", "status": "paused" }),
        json!({ "code": "not_live", "status": "ended", "since": 1 }),
        json!({ "status": "ended" }),
    ];
    for stored in unknown {
        assert!(serde_json::from_value::<Refusal>(stored.clone()).is_err(), "{stored}");
    }
}

#[test]
fn linking_helps_whoever_is_not_linked_or_has_to_sign_in_again() {
    let codes = every_refusal().into_iter().filter(Refusal::asks_to_link).map(|refusal| refusal.code());
    assert_eq!(codes.collect::<Vec<_>>(), ["not_linked", "sign_in_again", "groups_unknown"]);
}

/// docs/EVENTS.md has one row for each code, with its facts and whether it has a reference.
#[test]
fn the_documented_codes_are_those_that_there_are() {
    let document = std::fs::read_to_string("docs/EVENTS.md").unwrap();
    let (_, section) = document.split_once("\n## Refusal codes\n").unwrap();
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
    let named = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let documented: Vec<_> = rows
        .iter()
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let [code, _, facts, _, reference] = cells[..] else { panic!("not five cells: {row}") };
            (code.trim_matches('`').to_owned(), named(facts), reference == "yes")
        })
        .collect();
    let there_are: Vec<_> = every_refusal()
        .iter()
        .map(|refusal| {
            let stored = serde_json::to_value(refusal).unwrap();
            let facts = stored.as_object().unwrap().keys().filter(|key| *key != "code").cloned().collect();
            (refusal.code().to_owned(), facts, refusal.sends_to_operator())
        })
        .collect();
    assert_eq!(documented, there_are);
}
