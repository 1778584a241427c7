//! `AssumeRole`: what is told of it, and where this STS is stricter than others.

use chrono::TimeDelta;
use sandbox::http::Fault;
use serde_json::json;

use super::{
    broker::{BROKER, ROLE, broker},
    sdk::{client, policy_until, session_key, tag},
};
use crate::refusal::refusal;

#[tokio::test]
async fn every_argument_is_recorded() {
    let broker = broker().await;
    let request = broker.request().source_identity("ada").tags(tag("request", "01J")).duration_seconds(900);
    request.external_id("the-id").policy(policy_until("2026-03-02T12:10:00Z")).send().await.unwrap();
    let policy: serde_json::Value = serde_json::from_str(&policy_until("2026-03-02T12:10:00Z")).unwrap();
    let expected = json!([{
        "caller": BROKER,
        "role_arn": ROLE,
        "role_session_name": "ada@example.com",
        "duration_seconds": 900,
        "external_id": "the-id",
        "policy": policy,
        "source_identity": "ada",
        "tags": { "request": "01J" },
        "outcome": "Issued",
    }]);
    assert_eq!(serde_json::to_value(broker.aws.assumptions()).unwrap(), expected);
}

#[tokio::test]
async fn a_denial_is_recorded_but_not_what_could_not_be_read() {
    let broker = broker().await;
    broker.refusal_of(|request| request.duration_seconds(899)).await;
    assert!(broker.aws.assumptions().is_empty());
    broker.refusal_of(|request| request.role_arn("arn:aws:iam::111122223333:role/Nowhere")).await;
    assert_eq!(broker.aws.assumptions()[0].outcome, "AccessDenied");
}

#[tokio::test]
async fn an_expired_session_is_no_caller() {
    let broker = broker().await;
    let sts = client(&broker.aws.sts_url(), session_key(&broker.session(None).await));
    broker.clock.advance(TimeDelta::hours(1));
    assert_eq!(refusal(sts.get_caller_identity().send().await).code, "ExpiredToken");
}

#[tokio::test]
async fn a_refusal_is_in_the_words_of_aws() {
    let broker = broker().await;
    let refusal = broker.refusal_of(|request| request.role_session_name("Ada Lovelace")).await;
    let expected = "1 validation error detected: Value 'Ada Lovelace' at 'roleSessionName' failed to satisfy \
                    constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*";
    assert_eq!(refusal.message, expected);
}

#[tokio::test]
async fn a_policy_must_be_small_enough_together_with_the_tags() {
    let broker = broker().await;
    let policy = policy_until("2026-03-02T12:10:00Z");
    let tags = (0..4).map(|number| tag(&format!("tag-{number}"), &"a".repeat(250))).collect();
    let refusal = broker.refusal_of(|request| request.policy(policy).set_tags(Some(tags))).await;
    assert_eq!(refusal.kind(), (400, "PackedPolicyTooLarge"));
    assert!(refusal.message.ends_with("of allotted space, please use smaller policy."));
}

#[tokio::test]
async fn parameters_that_are_not_modelled_are_refused() {
    let broker = broker().await;
    let refusal = broker.refusal_of(|request| request.serial_number("arn:aws:iam::1:mfa/a")).await;
    assert_eq!(
        (refusal.code.as_str(), refusal.message.as_str()),
        ("ValidationError", "SerialNumber is not a parameter of this call")
    );
}

#[tokio::test]
async fn a_request_must_be_signed_in_the_right_form() {
    let broker = broker().await;
    let form = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")];
    let ask = |authorization: &'static str| {
        let request = reqwest::Client::new().post(broker.aws.sts_url()).form(&form);
        let request = request.header("x-amz-date", "20260302T120000Z").header("authorization", authorization);
        async move { request.send().await.unwrap().text().await.unwrap() }
    };
    let scope = "Credential=ASIABROKER/20260302/eu-west-1/s3/aws4_request";
    let signature = "Signature=0000000000000000000000000000000000000000000000000000000000000000";
    let wrong_service =
        format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host;x-amz-date, {signature}").leak();
    assert!(ask("Bearer something").await.contains("<Code>IncompleteSignature</Code>"));
    assert!(ask(wrong_service).await.contains("Credential should be scoped to correct service"));
}

#[tokio::test]
async fn faults_come_by_action_and_a_lost_answer_comes_after_the_deed() {
    let broker = broker().await;
    broker.aws.control().fail_next("AssumeRole", Fault::Status(503));
    broker.request().send().await.unwrap_err();
    assert!(broker.aws.assumptions().is_empty());
    broker.aws.control().fail_next("AssumeRole", Fault::AnswerLost);
    broker.request().send().await.unwrap_err();
    assert_eq!(broker.aws.assumptions()[0].outcome, "Issued");
    assert_eq!(broker.aws.control().calls(), ["AssumeRole", "AssumeRole"]);
}
