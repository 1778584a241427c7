//! What a session policy takes away: a session may do what its role and its policy both allow.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>
//!
//! What a session may do is seen by having it assume another role.

use serde_json::{Value, json};

use super::{
    sts::{policy_until, session_key, tag},
    world::{World, session},
};
use crate::refusal::refusal;

contracts! {
    judge decides {
        a_session_without_a_policy_may_do_what_its_role_may,
        a_policy_ends_a_session_at_its_time_and_not_before,
        who_one_is_can_be_asked_even_when_everything_is_denied,
        what_the_policy_does_not_allow_is_denied,
        an_explicit_deny_wins,
        not_action_means_all_others,
        a_resource_may_be_a_pattern_and_has_its_case,
        times_are_compared_in_every_way,
        any_value_of_a_condition_is_enough,
        every_condition_must_hold,
        a_policy_that_is_not_one_is_malformed,
        a_policy_has_at_most_2048_characters,
    }
    judge departs from "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html" {
        what_may_not_set_tags_sets_none: "it asks the trust policy alone about sts:TagSession",
    }
    judge departs from "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html" {
        what_is_in_a_statement_has_its_grammar: "it does not look into a statement",
    }
}

async fn a_session_without_a_policy_may_do_what_its_role_may(world: World) {
    assert!(may_assume(&world, None).await);
}

async fn a_policy_ends_a_session_at_its_time_and_not_before(world: World) {
    assert!(may_assume(&world, Some(policy_until(&world.minutes_from_now(10)))).await);
    assert!(!may_assume(&world, Some(policy_until(&world.minutes_from_now(0)))).await);
}

async fn who_one_is_can_be_asked_even_when_everything_is_denied(world: World) {
    let policy = policy_until(&world.minutes_from_now(-1));
    let session = session(world.request().policy(policy)).await;
    world.sts_as(session_key(&session)).get_caller_identity().send().await.unwrap();
}

async fn what_the_policy_does_not_allow_is_denied(world: World) {
    for (action, is_enough) in [("s3:*", false), ("sts:Assume*", true), ("STS:assumerole", true)] {
        let statement = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
        assert_eq!(may_assume(&world, policy(&[statement])).await, is_enough, "{action}");
    }
}

async fn what_may_not_set_tags_sets_none(world: World) {
    let statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*" });
    let session = session(world.request().set_policy(policy(&[statement]))).await;
    let refusal = refusal(world.next_request(&session).tags(tag("request", "01J")).send().await);
    assert_eq!(refusal.code, "AccessDenied");
    assert!(refusal.message.contains("is not authorized to perform: sts:TagSession on resource"));
}

async fn an_explicit_deny_wins(world: World) {
    let everything = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    for (denied, is_harmless) in [("s3:*", true), ("sts:*", false)] {
        let deny = json!({ "Effect": "Deny", "Action": denied, "Resource": "*" });
        assert_eq!(may_assume(&world, policy(&[deny, everything.clone()])).await, is_harmless, "{denied}");
    }
}

async fn not_action_means_all_others(world: World) {
    for (others, is_enough) in [(["iam:*", "s3:*"], true), (["iam:*", "sts:*"], false)] {
        let statement = json!({ "Effect": "Allow", "NotAction": others, "Resource": "*" });
        assert_eq!(may_assume(&world, policy(&[statement])).await, is_enough, "{others:?}");
    }
}

async fn a_resource_may_be_a_pattern_and_has_its_case(world: World) {
    for (pattern, is_enough) in [
        ("arn:aws:iam::*:role/Next", true),
        ("arn:aws:iam::*:role/N??t", true),
        ("arn:aws:iam::*:role/Next?", false),
        ("arn:aws:iam::*:role/NEXT", false),
    ] {
        let statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": pattern });
        assert_eq!(may_assume(&world, policy(&[statement])).await, is_enough, "{pattern}");
    }
}

async fn times_are_compared_in_every_way(world: World) {
    let (before, after) = (world.minutes_from_now(-10), world.minutes_from_now(10));
    let seconds = (world.clock.now().timestamp() + 600).to_string();
    for (operator, time, holds) in [
        ("DateLessThan", &after, true),
        ("DateLessThan", &seconds, true),
        ("DateLessThan", &before, false),
        ("DateLessThanEquals", &after, true),
        ("DateLessThanEquals", &before, false),
        ("DateGreaterThan", &before, true),
        ("DateGreaterThan", &after, false),
        ("DateGreaterThanEquals", &before, true),
        ("DateGreaterThanEquals", &after, false),
        ("DateGreaterThanEquals", &seconds, false),
        ("DateEquals", &after, false),
        ("DateNotEquals", &after, true),
    ] {
        let condition = json!({ operator: { "aws:CurrentTime": time } });
        assert_eq!(may_assume(&world, allowed_if(&condition)).await, holds, "{operator} {time}");
    }
}

async fn any_value_of_a_condition_is_enough(world: World) {
    let times = [world.minutes_from_now(-10), world.minutes_from_now(10)];
    assert!(may_assume(&world, allowed_if(&json!({ "DateLessThan": { "aws:CurrentTime": times } }))).await);
}

async fn every_condition_must_hold(world: World) {
    let during = |from, to| {
        let (from, to) = (world.minutes_from_now(from), world.minutes_from_now(to));
        json!({ "DateGreaterThan": { "aws:CurrentTime": from }, "DateLessThan": { "aws:CurrentTime": to } })
    };
    assert!(may_assume(&world, allowed_if(&during(-10, 10))).await);
    assert!(!may_assume(&world, allowed_if(&during(5, 10))).await);
    assert!(!may_assume(&world, allowed_if(&during(-10, -5))).await);
}

async fn a_policy_that_is_not_one_is_malformed(world: World) {
    for malformed in [
        "{".to_owned(),
        "{}".to_owned(),
        policy(&[]).unwrap(),
        policy(&[json!({ "Effect": "Allow", "Action": "*" })]).unwrap(),
        policy(&[json!({ "Effect": "Allow", "Resource": "*" })]).unwrap(),
        everything_but("Effect", json!("allow")),
        everything_but("NotAction", json!("iam:*")),
        everything_but("NotResource", json!("arn:aws:s3:::bucket")),
    ] {
        assert_malformed(&world, &malformed).await;
    }
}

async fn what_is_in_a_statement_has_its_grammar(world: World) {
    for fine in [
        everything_but("Sid", json!("Fine1")),
        everything_but("Action", json!(["s3:GetObject", "ec2:*"])),
        everything_but("Resource", json!(["arn:aws:s3:::bucket/*"])),
        everything_but(
            "Condition",
            json!({ "StringEqualsIfExists": { "aws:RequestedRegion": "eu-west-1" } }),
        ),
    ] {
        world.request().policy(fine).send().await.unwrap();
    }
    for malformed in [
        everything_but("Sid", json!("not fine")),
        everything_but("Action", json!([])),
        everything_but("Action", json!("GetObject")),
        everything_but("Resource", json!("bucket")),
        everything_but("Principal", json!("*")),
        everything_but("Condition", json!({ "DateAfter": { "aws:CurrentTime": "2026-03-02T12:00:00Z" } })),
        everything_but("Condition", json!({ "DateLessThan": { "aws:CurrentTime": "03/02/26" } })),
    ] {
        assert_malformed(&world, &malformed).await;
    }
}

async fn a_policy_has_at_most_2048_characters(world: World) {
    let refusal = refusal(world.request().policy("a".repeat(2049)).send().await);
    assert_eq!(refusal.kind(), (400, "ValidationError"));
}

fn policy(statements: &[Value]) -> Option<String> {
    Some(json!({ "Version": "2012-10-17", "Statement": statements }).to_string())
}

/// Everything, under a condition.
fn allowed_if(condition: &Value) -> Option<String> {
    Some(everything_but("Condition", condition.clone()))
}

/// A policy that allows everything, in which one element is set.
fn everything_but(element: &str, value: Value) -> String {
    let mut statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    statement[element] = value;
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

async fn assert_malformed(world: &World, policy: &str) {
    let refusal = refusal(world.request().policy(policy).send().await);
    assert_eq!(refusal.kind(), (400, "MalformedPolicyDocument"), "{policy}");
}

/// Whether a session with this policy may assume a role that trusts its own.
async fn may_assume(world: &World, policy: Option<String>) -> bool {
    let session = session(world.request().set_policy(policy)).await;
    match world.next_request(&session).send().await {
        Ok(_) => true,
        Err(refused) => {
            assert_eq!(refusal::<(), _>(Err(refused)).code, "AccessDenied");
            false
        }
    }
}
