//! How long, how many, and made of what the arguments of `AssumeRole` may be.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use chrono::TimeDelta;
use sandbox::aws::Role;

use super::{
    sts::tag,
    world::{World, session},
};
use crate::refusal::{Refusal, refusal};

contracts! {
    judge decides {
        a_role_is_named_by_its_arn,
        tag_keys_are_told_apart_without_case,
    }
    judge departs from "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html" {
        a_session_lasts_a_quarter_of_an_hour_at_least: "it does not check DurationSeconds",
        a_session_lasts_twelve_hours_at_most: "it does not check DurationSeconds",
        a_session_lasts_no_longer_than_its_role_allows: "it does not look at MaxSessionDuration",
        a_chained_session_lasts_an_hour_at_most: "it does not tell role chaining apart",
        a_session_name_has_its_length_and_letters: "it does not check RoleSessionName",
        a_source_identity_has_its_length_and_letters: "it does not know SourceIdentity",
        an_external_id_has_its_length_and_letters: "it does not check ExternalId",
        fifty_tags_are_the_most: "it does not count Tags",
    }
    judge departs from "https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html" {
        a_tag_has_its_length_and_letters: "it does not check Key and Value",
    }
    judge departs from "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html" {
        tag_keys_of_aws_are_reserved: "it does not check Key",
    }
}

async fn a_role_is_named_by_its_arn(world: World) {
    for name in ["elevate/S3Admin", "arn:aws:iam::1:role/S3Admin", "arn:aws:iam::111122223333:user/S3Admin"] {
        assert_invalid(&refused(&world, |request| request.role_arn(name)).await);
    }
}

async fn a_session_lasts_a_quarter_of_an_hour_at_least(world: World) {
    assert_invalid(&refused(&world, |request| request.duration_seconds(899)).await);
}

async fn a_session_lasts_twelve_hours_at_most(world: World) {
    let role = world.add(Role { max_session: TimeDelta::hours(12), ..world.role("Long") }).await;
    world.request_of(&role).duration_seconds(43_200).send().await.unwrap();
    let refusal = refusal(world.request_of(&role).duration_seconds(43_201).send().await);
    assert_invalid(&refusal);
    assert!(refusal.message.contains("Member must have value less than or equal to 43200"));
}

async fn a_session_lasts_no_longer_than_its_role_allows(world: World) {
    let role = world.add(Role { max_session: TimeDelta::hours(2), ..world.role("Long") }).await;
    world.request_of(&role).duration_seconds(7200).send().await.unwrap();
    let refusal = refusal(world.request_of(&role).duration_seconds(7201).send().await);
    assert_invalid(&refusal);
    assert!(refusal.message.contains("exceeds the MaxSessionDuration set for this role"));
}

async fn a_chained_session_lasts_an_hour_at_most(world: World) {
    let role = Role::new(&world.role("Long").arn, &world.role("elevate/S3Admin").arn);
    let role = world.add(Role { max_session: TimeDelta::hours(12), ..role }).await;
    let request = world.next_request(&session(world.request()).await).role_arn(&role);
    request.clone().duration_seconds(3600).send().await.unwrap();
    let refusal = refusal(request.duration_seconds(3601).send().await);
    assert_invalid(&refusal);
    assert!(refusal.message.contains("the 1 hour session limit for roles assumed by role chaining"));
}

async fn a_session_name_has_its_length_and_letters(world: World) {
    for name in ["ab", &"a".repeat(64), "Ada_1+=,.@-"] {
        world.request().role_session_name(name).send().await.unwrap();
    }
    for name in ["a", &"a".repeat(65), "Ada Lovelace", "ada:x", "\u{e4}da"] {
        assert_invalid(&refused(&world, |request| request.role_session_name(name)).await);
    }
}

async fn a_source_identity_has_its_length_and_letters(world: World) {
    for identity in ["ab", &"a".repeat(64), "Ada_1+=,.@-"] {
        world.request().source_identity(identity).send().await.unwrap();
    }
    for identity in ["a", &"a".repeat(65), "Ada Lovelace", "ada|iss", "aws:ada"] {
        assert_invalid(&refused(&world, |request| request.source_identity(identity)).await);
    }
}

async fn an_external_id_has_its_length_and_letters(world: World) {
    for id in ["ab", &"a".repeat(1224), "Id_1+=,.@:/-"] {
        world.request().external_id(id).send().await.unwrap();
    }
    for id in ["a", &"a".repeat(1225), "an id", "id|x"] {
        assert_invalid(&refused(&world, |request| request.external_id(id)).await);
    }
}

async fn a_tag_has_its_length_and_letters(world: World) {
    world.request().tags(tag(&"k".repeat(128), &"v".repeat(256))).send().await.unwrap();
    world.request().tags(tag("a_.:/=+-@ \u{e4}", "")).send().await.unwrap();
    for (key, value) in [("", "value"), (&"k".repeat(129), ""), ("key", &"v".repeat(257)), ("key", "<what?>")]
    {
        assert_invalid(&refused(&world, |request| request.tags(tag(key, value))).await);
    }
}

async fn fifty_tags_are_the_most(world: World) {
    let tags = |count: u32| Some((0..count).map(|number| tag(&format!("tag-{number}"), "")).collect());
    world.request().set_tags(tags(50)).send().await.unwrap();
    assert_invalid(&refused(&world, |request| request.set_tags(tags(51))).await);
}

async fn tag_keys_are_told_apart_without_case(world: World) {
    let refusal = refused(&world, |request| request.tags(tag("team", "a")).tags(tag("Team", "b"))).await;
    assert_eq!(refusal.kind(), (400, "InvalidParameterValue"));
    assert!(refusal.message.starts_with("Duplicate tag keys found."));
}

async fn tag_keys_of_aws_are_reserved(world: World) {
    for key in ["aws:team", "AWS:team"] {
        let refusal = refused(&world, |request| request.tags(tag(key, "a"))).await;
        assert_eq!(refusal.kind(), (400, "InvalidParameterValue"), "{key}");
    }
}

/// How a request is refused in which one thing is changed.
async fn refused(
    world: &World,
    change: impl FnOnce(AssumeRoleFluentBuilder) -> AssumeRoleFluentBuilder,
) -> Refusal {
    refusal(change(world.request()).send().await)
}

#[track_caller]
fn assert_invalid(refusal: &Refusal) {
    assert_eq!(refusal.kind(), (400, "ValidationError"), "{}", refusal.message);
}
