//! Whom a role's trust policy lets in.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html>

use sandbox::aws::Role;

use super::{
    sts::tag,
    world::{World, session},
};
use crate::refusal::refusal;

contracts! {
    judge decides {
        a_caller_the_role_does_not_trust_is_denied_and_told_what,
        a_role_that_is_not_there_is_denied_as_well,
        an_external_id_must_be_the_right_one,
        an_external_id_that_nobody_asks_for_does_no_harm,
        tags_need_a_trust_of_their_own,
        a_role_that_is_trusted_is_trusted_in_all_its_sessions,
        a_session_that_is_trusted_is_trusted_alone,
    }
    judge departs from "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html" {
        a_role_that_is_not_there_is_denied_in_the_same_words: "it leaves out who called",
    }
    judge departs from
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html" {
        a_source_identity_needs_a_trust_of_its_own: "it does not know SourceIdentity",
        a_source_identity_survives_chaining_and_cannot_be_changed: "it does not know SourceIdentity",
        a_source_identity_that_is_inherited_needs_that_trust_as_well: "it does not know SourceIdentity",
    }
}

async fn a_caller_the_role_does_not_trust_is_denied_and_told_what(world: World) {
    let somebody = format!("arn:aws:iam::{}:role/somebody", world.home);
    let role = world.add(Role::new(&world.role("Closed").arn, &somebody)).await;
    let refusal = refusal(world.request_of(&role).send().await);
    assert_eq!(refusal.kind(), (403, "AccessDenied"));
    let user = world.user();
    let expected = format!("User: {user} is not authorized to perform: sts:AssumeRole on resource: {role}");
    assert_eq!(refusal.message, expected);
}

async fn a_role_that_is_not_there_is_denied_as_well(world: World) {
    let refusal = refusal(world.request_of(&world.role("Nowhere").arn).send().await);
    assert_eq!(refusal.kind(), (403, "AccessDenied"));
}

async fn a_role_that_is_not_there_is_denied_in_the_same_words(world: World) {
    let role = world.role("Nowhere").arn;
    let refusal = refusal(world.request_of(&role).send().await);
    let user = world.user();
    let expected = format!("User: {user} is not authorized to perform: sts:AssumeRole on resource: {role}");
    assert_eq!(refusal.message, expected);
}

async fn an_external_id_must_be_the_right_one(world: World) {
    let role = Role { external_id: Some("the-id".to_owned()), ..world.role("Guarded") };
    let role = world.add(role).await;
    world.request_of(&role).external_id("the-id").send().await.unwrap();
    for wrong in [None, Some("another"), Some("THE-ID")] {
        let request = world.request_of(&role).set_external_id(wrong.map(str::to_owned));
        assert_eq!(refusal(request.send().await).code, "AccessDenied", "{wrong:?}");
    }
}

async fn an_external_id_that_nobody_asks_for_does_no_harm(world: World) {
    world.request().external_id("the-id").send().await.unwrap();
}

async fn tags_need_a_trust_of_their_own(world: World) {
    let role = world.add(Role { allows_tag_session: false, ..world.role("Untagged") }).await;
    let refusal = refusal(world.request_of(&role).tags(tag("request", "01J")).send().await);
    assert_eq!(refusal.code, "AccessDenied");
    assert!(refusal.message.contains("is not authorized to perform: sts:TagSession on resource"));
    world.request_of(&role).send().await.unwrap();
}

async fn a_source_identity_needs_a_trust_of_its_own(world: World) {
    let role = world.add(Role { allows_source_identity: false, ..world.role("Plain") }).await;
    let refusal = refusal(world.request_of(&role).source_identity("ada").send().await);
    assert_eq!(refusal.code, "AccessDenied");
    assert!(refusal.message.contains("is not authorized to perform: sts:SetSourceIdentity on resource"));
}

async fn a_role_that_is_trusted_is_trusted_in_all_its_sessions(world: World) {
    for name in ["ada", "bob"] {
        let session = session(world.request().role_session_name(name)).await;
        world.next_request(&session).send().await.unwrap();
    }
    let next = world.role("Next").arn;
    assert_eq!(refusal(world.request_of(&next).send().await).code, "AccessDenied");
}

async fn a_session_that_is_trusted_is_trusted_alone(world: World) {
    let trusted = format!("arn:aws:sts::{}:assumed-role/S3Admin/ada", world.away);
    let role = world.add(Role::new(&world.role("Adas").arn, &trusted)).await;
    let ada = session(world.request().role_session_name("ada")).await;
    world.next_request(&ada).role_arn(&role).send().await.unwrap();
    let bob = session(world.request().role_session_name("bob")).await;
    assert_eq!(refusal(world.next_request(&bob).role_arn(&role).send().await).code, "AccessDenied");
}

async fn a_source_identity_survives_chaining_and_cannot_be_changed(world: World) {
    let session = session(world.request().source_identity("ada")).await;
    let request = world.next_request(&session);
    assert_eq!(request.clone().send().await.unwrap().source_identity(), Some("ada"));
    let refusal = refusal(request.source_identity("bob").send().await);
    assert!(refusal.message.contains("sts:SetSourceIdentity"));
}

async fn a_source_identity_that_is_inherited_needs_that_trust_as_well(world: World) {
    let role = Role::new(&world.role("Plain").arn, &world.role("elevate/S3Admin").arn);
    let role = world.add(Role { allows_source_identity: false, ..role }).await;
    let anonymous = session(world.request()).await;
    world.next_request(&anonymous).role_arn(&role).send().await.unwrap();
    let ada = session(world.request().source_identity("ada")).await;
    let refusal = refusal(world.next_request(&ada).role_arn(&role).send().await);
    assert!(refusal.message.contains("sts:SetSourceIdentity"));
}
