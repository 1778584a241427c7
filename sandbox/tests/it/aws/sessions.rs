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

#[tokio::test]
async fn sessions_that_are_over_are_forgotten_and_those_that_are_not_are_kept() {
    let broker = broker().await;
    let old = broker.session(None).await;
    broker.clock.advance(TimeDelta::minutes(30));
    let kept = broker.session(None).await;
    broker.aws.forget_before(noon() + TimeDelta::hours(1));
    assert_eq!(broker.aws.access_keys(), [kept.access_key_id()]);
    assert!(broker.aws.assumptions().is_empty() && broker.aws.secrets_issued().is_empty());
    let allowed = |session: &str| broker.aws.is_allowed(session, "s3:GetObject", "*", broker.clock.now());
    assert!(matches!(allowed(old.access_key_id()), Decision::Denied(why) if why.contains("invalid")));
    assert_eq!(allowed(kept.access_key_id()), Decision::Allowed);
}
