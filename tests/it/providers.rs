//! Providers that differ: each setting that admits one, in a whole story.

use sandbox::{
    example_corp::{ADA, BOB},
    idp::Tampering,
};
use serde_json::{Map, Value, json};

use crate::world::{ASK, Story, World, play};

const ROLES: [&str; 2] = ["aws-temp#S3Admin#111122223333", "aws-temp#Reviewer"];

fn saying(claims: Value) -> Tampering {
    Tampering { claims: members(claims), ..Tampering::default() }
}

fn members(object: Value) -> Map<String, Value> {
    object.as_object().unwrap().clone()
}

/// Ada asks, Bob approves, and she opens the console.
async fn everything_works(world: &World) {
    world.ada().links().await;
    world.bob().links().await;
    world.ada().types(ASK).await;
    assert!(world.ada().hears().contains("on its way"));
    world.bob().presses("review.approve").await;
    assert!(world.card().contains("*Approved*"));
    let page = world.ada().opens(&world.ada().asks_for_the_console().await).await;
    assert_eq!(page.status, 200, "{}", page.text());
    world.everybody_catches_up();
}

/// With a setting everything works at this provider. Without it, the page of Ada's link says why not.
async fn only_with(setting: (&'static str, &'static str), tampering: Tampering, otherwise: &str) {
    let tampered = tampering.clone();
    play(Story::start().set(&[setting]), async |world| {
        world.company.idp.tamper(tampered);
        everything_works(world).await;
    })
    .await;
    play(Story::start(), async |world| {
        world.company.idp.tamper(tampering);
        let page = world.ada().follows_link(&world.ada().asks_to_link().await).await;
        assert!(page.text().contains(otherwise), "{}", page.text());
        world.everybody_puts_all_away();
    })
    .await;
}

#[tokio::test]
async fn other_audiences_are_trusted_by_name() {
    let zitadel = saying(json!({ "aud": ["elevate", "329836000000000001"], "azp": "elevate" }));
    only_with(
        ("OIDC__TRUSTED_AUDIENCES", "329836000000000001"),
        zitadel,
        "meant for 329836000000000001, which oidc.trusted_audiences does not contain",
    )
    .await;
}

#[tokio::test]
async fn the_client_secret_goes_in_the_form_where_the_operator_says_so() {
    let undecoding = Tampering { secret_in_form: true, ..Tampering::default() };
    let says = "invalid_client, “only client_secret_post is accepted”";
    only_with(("OIDC__CLIENT_AUTH", "post"), undecoding, says).await;
}

#[tokio::test]
async fn a_sign_in_has_the_parameters_that_the_operator_adds() {
    let requires_parameters = [("access_type".to_owned(), "offline".to_owned())].into();
    let google = Tampering { requires_parameters, ..Tampering::default() };
    only_with(("OIDC__AUTHORIZATION__ACCESS_TYPE", "offline"), google, "access_type is required").await;
}

#[tokio::test]
async fn a_dot_within_a_key_of_the_groups_claim_is_escaped() {
    let keycloak = saying(json!({ "groups": null, "resource_access": { "my.app": { "roles": ROLES } } }));
    let path = r"resource_access.my\.app.roles";
    only_with(("OIDC__GROUPS_CLAIM", path), keycloak, "no claim groups; it sent the claims").await;
}

#[tokio::test]
async fn groups_are_known_by_what_their_ids_are_mapped_to() {
    let story = Story::start().set(&[
        ("GROUPS__3f7ced07-0b71-4000-8000-000000000001", ROLES[0]),
        ("GROUPS__3f7ced07-0b71-4000-8000-000000000002", ROLES[1]),
    ]);
    play(story, async |world| {
        let has = |login: &str, number: u8| {
            let id = format!("3f7ced07-0b71-4000-8000-00000000000{number}");
            world.company.idp.update_person(login, |person| person.groups = vec![id]);
        };
        has(ADA.login, 1);
        has(BOB.login, 2);
        everything_works(world).await;
    })
    .await;
}

#[tokio::test]
async fn an_address_comes_from_the_claim_that_the_operator_names_and_trusts() {
    let entra = || Tampering {
        dropped_claims: vec!["email".into(), "email_verified".into()],
        ..saying(json!({ "upn": ADA.email }))
    };
    let trusting =
        Story::start().set(&[("OIDC__EMAIL_CLAIM", "upn"), ("OIDC__TRUST_UNVERIFIED_EMAIL", "true")]);
    play(trusting, async |world| {
        world.company.idp.tamper(entra());
        world.ada().links().await;
        world.ada().types(ASK).await;
        assert!(world.ada().hears().contains("on its way"));
        world.everybody_catches_up();
    })
    .await;
    for (claim, says) in [
        ("email", "no email address in the claim email, which oidc.email_claim names"),
        ("upn", "has not verified your email address"),
    ] {
        play(Story::start().set(&[("OIDC__EMAIL_CLAIM", claim)]), async |world| {
            world.company.idp.tamper(entra());
            let page = world.ada().follows_link(&world.ada().asks_to_link().await).await;
            assert!(page.text().contains(says), "{}", page.text());
            world.everybody_puts_all_away();
        })
        .await;
    }
}

#[tokio::test]
async fn userinfo_may_be_signed() {
    play(Story::start().set(&[("OIDC__GROUPS_FROM", "userinfo")]), async |world| {
        world.company.idp.tamper(Tampering { signs_userinfo: true, ..Tampering::default() });
        everything_works(world).await;
    })
    .await;
}

#[tokio::test]
async fn id_tokens_may_be_signed_with_es512() {
    play(Story::start(), async |world| {
        world.company.idp.tamper(Tampering { signs_with_es512: true, ..Tampering::default() });
        everything_works(world).await;
    })
    .await;
}
