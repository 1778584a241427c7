//! One person: whoever has several identities, as people with an account for administration do, is one person.

use sandbox::{
    example_corp::{ADA, BOB, CAROL, Persona},
    idp::Tampering,
};
use serde_json::json;

use crate::world::{Player, Story, World, play};

/// Ada's other identity, which is a reviewer's and has her address.
const ADMIN: Persona = Persona {
    slack: "U0ADMIN",
    login: "adm-ada",
    name: "Admin",
    email: "Ada@Example.com",
    groups: BOB.groups,
    is_outsider: false,
};

const SHARED: (&str, &str) = ("LINK__ONE_ACCOUNT_PER_ADDRESS", "false");
const CLAIM: (&str, &str) = ("OIDC__PERSON_CLAIM", "employee_number");

/// The provider sends this employee number for everybody who signs in from now on.
fn is_employee(world: &World, number: &str) {
    let claims = json!({ "employee_number": number }).as_object().unwrap().clone();
    world.company.idp.tamper(Tampering { claims, ..Tampering::default() });
}

async fn answers_nothing(player: &Player<'_>) {
    for press in ["review.approve", "review.reject"] {
        player.is_refused(press, "own_request", "You cannot answer your own request").await;
    }
}

#[tokio::test]
async fn an_address_belongs_to_one_linked_account() {
    play(Story::with_linked([ADA]), async |world| {
        let admin = world.hire(ADMIN);
        let page = admin.follows_link(&admin.asks_to_link().await).await;
        assert_eq!(page.status, 409, "{}", page.text());
        assert!(page.text().contains("already belongs to another linked Slack account"), "{}", page.text());
        world.auditors_hear(["*Refused* · @Admin tried to link their account"]);

        world.ada().types("/elevate unlink").await;
        let page = admin.follows_link(&admin.asks_to_link().await).await;
        assert_eq!(page.status, 200, "{}", page.text());
        world.everybody_catches_up();
        let page = world.ada().follows_link(&world.ada().asks_to_link().await).await;
        assert_eq!(page.status, 409, "{}", page.text());
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
    })
    .await;
}

#[tokio::test]
async fn an_address_that_somebody_has_left_is_free() {
    play(Story::with_linked([ADA]), async |world| {
        world.company.idp.update_person(ADA.login, |ada| ada.email = "lovelace@example.com".into());
        world.company.slack.update_person(ADA.slack, |ada| ada.email = Some("lovelace@example.com".into()));
        let page = world.ada().follows_link(&world.ada().asks_to_link().await).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let admin = world.hire(ADMIN);
        let page = admin.follows_link(&admin.asks_to_link().await).await;
        assert_eq!(page.status, 200, "{}", page.text());
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_second_identity_of_the_same_address_answers_nothing() {
    play(Story::asked().set(&[SHARED]), async |world| {
        let admin = world.hire(ADMIN);
        assert_eq!(admin.follows_link(&admin.asks_to_link().await).await.status, 200);
        world.everybody_catches_up();
        answers_nothing(&admin).await;
        world.bob().presses("review.approve").await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_second_identity_of_the_same_human_answers_nothing() {
    play(Story::start().set(&[CLAIM]), async |world| {
        is_employee(world, "4711");
        world.ada().links().await;
        let admin = world.hire(Persona { email: "adm-ada@example.com", ..ADMIN });
        admin.links().await;
        is_employee(world, "4712");
        world.bob().links().await;
        world.ada().types(crate::world::ASK).await;
        world.everybody_catches_up();
        answers_nothing(&admin).await;
        world.bob().presses("review.approve").await;
        assert!(world.card().contains("*Approved* by @Bob"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn where_the_operator_names_a_claim_an_identity_without_it_is_not_linked() {
    play(Story::start().set(&[CLAIM]), async |world| {
        let carol = world.player(CAROL);
        let page = carol.follows_link(&carol.asks_to_link().await).await;
        assert!(page.text().contains("does not say which person"), "{}", page.text());
        world.auditors_hear(["*Refused* · @Carol tried to link their account"]);
    })
    .await;
}

/// The answer was allowed when it was given; by now the reviewer's address is the requester's.
#[tokio::test]
async fn who_turns_out_to_be_one_person_at_the_entry_opens_nothing() {
    play(Story::approved(), async |world| {
        world.company.idp.update_person(ADA.login, |ada| ada.email = BOB.email.into());
        let page = world.ada().opens(&world.ada().console_link().await).await;
        assert!(page.text().contains("could not be verified"), "{}", page.text());
        assert!(world.company.aws.access_keys().is_empty(), "AWS was not asked");
        world.auditors_hear(["*⚠ Exception* · @Ada tried to open the AWS console"]);
    })
    .await;
}
