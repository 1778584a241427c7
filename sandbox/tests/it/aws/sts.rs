//! `AssumeRole`: what it gives, and what it refuses.

use aws_sdk_sts::config::Credentials;
use chrono::TimeDelta;
use sandbox::{aws::Role, http::Fault};
use serde_json::json;

use super::broker::{BROKER, ROLE, USER, broker, broker_as, client, noon, policy_until, refusal, tag};

const TRUSTED: &str = "arn:aws:iam::999988887777:role/broker";

#[tokio::test]
async fn a_session_is_issued_with_everything_asked_for() {
    let broker = broker().await;
    let request = broker.request().source_identity("ada").tags(tag("request", "01J")).duration_seconds(900);
    let session = request.policy(policy_until("2026-03-02T12:10:00Z")).send().await.unwrap();
    let user = session.assumed_role_user().unwrap();
    assert_eq!(user.arn(), "arn:aws:sts::111122223333:assumed-role/S3Admin/ada@example.com");
    let expiration = session.credentials().unwrap().expiration();
    assert_eq!(expiration.secs(), (noon() + TimeDelta::minutes(15)).timestamp());
    assert_eq!(session.source_identity(), Some("ada"));
    let token_size = session.credentials().unwrap().session_token().len();
    assert_eq!(session.session_token_size(), i32::try_from(token_size).ok());
}

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
async fn a_caller_learns_who_they_are() {
    let broker = broker().await;
    let identity = broker.sts.get_caller_identity().send().await.unwrap();
    assert_eq!((identity.arn(), identity.account()), (Some(BROKER), Some("999988887777")));
}

#[tokio::test]
async fn role_chaining_ends_after_an_hour_whatever_the_role_says() {
    let role = Role { max_session: TimeDelta::hours(12), ..Role::new(ROLE, TRUSTED) };
    let broker = broker_as(BROKER, role).await;
    broker.request().duration_seconds(3600).send().await.unwrap();
    let (code, message) = broker.refusal_of(|request| request.duration_seconds(3601)).await;
    assert_eq!(code, "ValidationError");
    assert!(message.contains("the 1 hour session limit for roles assumed by role chaining"));
}

#[tokio::test]
async fn a_user_may_have_what_the_role_allows_and_no_more() {
    let role = Role { max_session: TimeDelta::hours(2), ..Role::new(ROLE, USER) };
    let broker = broker_as(USER, role).await;
    broker.request().duration_seconds(7200).send().await.unwrap();
    let (code, message) = broker.refusal_of(|request| request.duration_seconds(7201)).await;
    assert_eq!(code, "ValidationError");
    assert_eq!(message, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
}

#[tokio::test]
async fn a_caller_the_role_does_not_trust_is_denied() {
    let broker = broker_as(BROKER, Role::new(ROLE, USER)).await;
    let (code, message) = broker.refusal_of(|request| request).await;
    assert_eq!(code, "AccessDenied");
    assert_eq!(
        message,
        format!("User: {BROKER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}")
    );
    assert_eq!(broker.aws.assumptions()[0].outcome, "AccessDenied");
}

#[tokio::test]
async fn a_role_that_is_not_there_is_denied_in_the_same_words() {
    let broker = broker().await;
    let nowhere = "arn:aws:iam::111122223333:role/Nowhere";
    let (code, message) = broker.refusal_of(|request| request.role_arn(nowhere)).await;
    assert_eq!(code, "AccessDenied");
    assert!(message.ends_with(&format!("sts:AssumeRole on resource: {nowhere}")));
}

#[tokio::test]
async fn an_external_id_must_be_the_right_one() {
    let role = Role { external_id: Some("the-id".to_owned()), ..Role::new(ROLE, TRUSTED) };
    let broker = broker_as(BROKER, role).await;
    broker.request().external_id("the-id").send().await.unwrap();
    assert_eq!(broker.refusal_of(|request| request).await.0, "AccessDenied");
    assert_eq!(broker.refusal_of(|request| request.external_id("another")).await.0, "AccessDenied");
}

#[tokio::test]
async fn what_the_trust_policy_does_not_allow_is_named() {
    let role = Role { allows_source_identity: false, ..Role::new(ROLE, TRUSTED) };
    let broker = broker_as(BROKER, Role { allows_tag_session: false, ..role }).await;
    let (_, message) = broker.refusal_of(|request| request.source_identity("ada")).await;
    assert!(message.contains("is not authorized to perform: sts:SetSourceIdentity on resource"));
    let (_, message) = broker.refusal_of(|request| request.tags(tag("request", "01J"))).await;
    assert!(message.contains("is not authorized to perform: sts:TagSession on resource"));
}

#[tokio::test]
async fn a_source_identity_survives_chaining_and_cannot_be_changed() {
    let broker = broker().await;
    let next = "arn:aws:iam::111122223333:role/Next";
    broker.aws.add_role(Role::new(next, ROLE));
    let session = broker.session(None).await;
    let token = Some(session.session_token().to_owned());
    let credentials =
        Credentials::new(session.access_key_id(), session.secret_access_key(), token, None, "test");
    let sts = client(&broker.aws, credentials);
    let request = sts.assume_role().role_arn(next).role_session_name("ada");
    assert_eq!(request.clone().send().await.unwrap().source_identity(), Some("ada"));
    let (_, message) = refusal(request.source_identity("bob").send().await);
    assert!(message.contains("sts:SetSourceIdentity"));
}

#[tokio::test]
async fn an_expired_session_is_no_caller() {
    let broker = broker().await;
    let session = broker.session(None).await;
    let token = Some(session.session_token().to_owned());
    let credentials =
        Credentials::new(session.access_key_id(), session.secret_access_key(), token, None, "test");
    broker.clock.advance(TimeDelta::hours(1));
    let outcome =
        client(&broker.aws, credentials).assume_role().role_arn(ROLE).role_session_name("ada").send();
    assert_eq!(refusal(outcome.await).0, "ExpiredToken");
}

#[tokio::test]
async fn an_unknown_key_is_invalid() {
    let broker = broker().await;
    let stranger = client(&broker.aws, Credentials::new("AKIASTRANGER", "secret", None, None, "test"));
    let outcome = stranger.assume_role().role_arn(ROLE).role_session_name("ada").send().await;
    assert_eq!(refusal(outcome).0, "InvalidClientTokenId");
}

#[tokio::test]
async fn arguments_outside_their_documented_limits_are_refused() {
    let broker = broker().await;
    let long = |length| "a".repeat(length);
    let refusals = [
        broker.refusal_of(|request| request.duration_seconds(899)).await,
        broker.refusal_of(|request| request.duration_seconds(43_201)).await,
        broker.refusal_of(|request| request.role_session_name("a")).await,
        broker.refusal_of(|request| request.role_session_name(long(65))).await,
        broker.refusal_of(|request| request.role_session_name("Ada Lovelace")).await,
        broker.refusal_of(|request| request.role_arn("arn:aws:iam::1:role/x")).await,
        broker.refusal_of(|request| request.source_identity("a")).await,
        broker.refusal_of(|request| request.source_identity(long(65))).await,
        broker.refusal_of(|request| request.source_identity("ada|iss")).await,
        broker.refusal_of(|request| request.external_id("x")).await,
        broker.refusal_of(|request| request.external_id(long(1225))).await,
        broker.refusal_of(|request| request.policy(long(2049))).await,
        broker.refusal_of(|request| request.tags(tag("", "value"))).await,
        broker.refusal_of(|request| request.tags(tag(&long(129), "value"))).await,
        broker.refusal_of(|request| request.tags(tag("key", &long(257)))).await,
        broker.refusal_of(|request| request.tags(tag("key", "what? <that>"))).await,
    ];
    for (code, message) in refusals {
        assert_eq!(code, "ValidationError", "{message}");
    }
    assert!(broker.aws.assumptions().is_empty());
}

#[tokio::test]
async fn a_refusal_is_in_the_words_of_aws() {
    let broker = broker().await;
    let (_, message) = broker.refusal_of(|request| request.role_session_name("Ada Lovelace")).await;
    let expected = "1 validation error detected: Value 'Ada Lovelace' at 'roleSessionName' failed to satisfy \
                    constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*";
    assert_eq!(message, expected);
}

#[tokio::test]
async fn tag_keys_are_told_apart_without_case_and_aws_is_reserved() {
    let broker = broker().await;
    let twice = broker.refusal_of(|request| request.tags(tag("team", "a")).tags(tag("Team", "b"))).await;
    assert!(twice.1.starts_with("Duplicate tag keys found."));
    let reserved = broker.refusal_of(|request| request.tags(tag("aws:team", "a"))).await;
    assert_eq!(reserved.0, "InvalidParameterValue");
}

#[tokio::test]
async fn fifty_tags_are_the_most() {
    let broker = broker().await;
    let tags = |count: u32| (0..count).map(|number| tag(&format!("tag-{number}"), "")).collect::<Vec<_>>();
    broker.request().set_tags(Some(tags(50))).send().await.unwrap();
    assert_eq!(broker.refusal_of(|request| request.set_tags(Some(tags(51)))).await.0, "ValidationError");
}

#[tokio::test]
async fn a_policy_must_be_right_and_small_enough_together_with_the_tags() {
    let broker = broker().await;
    let malformed = broker.refusal_of(|request| request.policy("{}")).await;
    assert_eq!(malformed.0, "MalformedPolicyDocument");
    let policy = policy_until("2026-03-02T12:10:00Z");
    let tags = (0..4).map(|number| tag(&format!("tag-{number}"), &"a".repeat(250))).collect();
    let (code, message) = broker.refusal_of(|request| request.policy(policy).set_tags(Some(tags))).await;
    assert_eq!(code, "PackedPolicyTooLarge");
    assert!(message.ends_with("of allotted space, please use smaller policy."));
}

#[tokio::test]
async fn parameters_that_are_not_modelled_are_refused() {
    let broker = broker().await;
    let (code, message) = broker.refusal_of(|request| request.serial_number("arn:aws:iam::1:mfa/a")).await;
    assert_eq!(
        (code.as_str(), message.as_str()),
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
    assert!(ask("").await.contains("<Code>MissingAuthenticationToken</Code>"));
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
