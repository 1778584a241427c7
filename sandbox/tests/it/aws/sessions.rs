//! What a session lets its holder do, and until when.

use chrono::TimeDelta;
use sandbox::aws::Decision;

use super::{
    broker::{broker, noon},
    sdk::policy_until,
};

#[tokio::test]
async fn a_session_without_a_policy_may_do_what_its_role_may_until_it_expires() {
    let broker = broker().await;
    let session = broker.session(None).await;
    let at = |minutes| {
        let time = noon() + TimeDelta::minutes(minutes);
        broker.aws.is_allowed(session.access_key_id(), "s3:GetObject", "*", time)
    };
    assert_eq!(at(59), Decision::Allowed);
    assert!(matches!(at(60), Decision::Denied(reason) if reason.contains("expired")));
}

#[tokio::test]
async fn a_policy_ends_a_session_before_it_expires() {
    let broker = broker().await;
    let session = broker.session(Some(policy_until("2026-03-02T12:10:00Z"))).await;
    let at = |seconds| {
        let time = noon() + TimeDelta::seconds(seconds);
        broker.aws.is_allowed(session.session_token(), "s3:GetObject", "*", time)
    };
    assert_eq!(at(599), Decision::Allowed);
    assert!(matches!(at(600), Decision::Denied(reason) if reason.contains("explicit deny")));
}

#[tokio::test]
async fn who_one_is_can_be_asked_even_when_everything_is_denied() {
    let broker = broker().await;
    let session = broker.session(Some(policy_until("2026-03-02T12:10:00Z"))).await;
    let time = noon() + TimeDelta::minutes(30);
    let decision = broker.aws.is_allowed(session.access_key_id(), "sts:GetCallerIdentity", "*", time);
    assert_eq!(decision, Decision::Allowed);
}

#[tokio::test]
async fn nobody_else_may_do_anything() {
    let broker = broker().await;
    let decision = broker.aws.is_allowed("ASIASOMEBODY", "s3:GetObject", "*", noon());
    assert!(matches!(decision, Decision::Denied(_)));
}
