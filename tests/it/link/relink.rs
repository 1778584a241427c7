//! Re-link: an account that is linked already moves to another identity of the same address, and to no other.

use sandbox::example_corp::{self, ADA, BOB, Persona};

use crate::world::{ASK, Story, play};

/// Ada at the identity provider that the company moves to: the same address, another `sub`.
const ADA_MOVED: Persona = Persona { login: "00u1ada", name: "Lovelace", ..ADA };

#[tokio::test]
async fn ada_moves_to_another_identity_of_her_address_and_everybody_is_told_loudly() {
    play(Story::with_linked([ADA]), async |world| {
        world.company.idp.add_person(example_corp::identity(&ADA_MOVED));
        let ada = world.ada();
        let page = ada.follows_link_as(&ada.asks_to_link().await, ADA_MOVED).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let told = ada.is_told();
        assert!(told.contains("now linked to a different identity") && told.contains("Unlink"), "{told}");
        let audit = world.audit();
        let expected =
            format!("@Ada moved from `ada` of `{0}` to `00u1ada` of `{0}`", world.company.idp.issuer());
        assert!(
            audit[0].contains("⚠ Linked to another identity") && audit[0].contains(&expected),
            "{audit:?}"
        );

        world.company.idp.revoke(ADA.login);
        ada.types(ASK).await;
        assert!(ada.hears().contains("on its way"), "her groups come by the other identity's refresh token");
        world.everybody_catches_up();
        ada.presses("request.withdraw").await;
        world.everybody_catches_up();
        ada.presses("person.unlink").await;
        assert!(ada.is_told().contains("no longer linked"));
        world.auditors_hear(["*Unlinked* · @Ada is"]);
        let twin = world.hire(Persona { slack: "U0TWIN", login: "twin", name: "Twin", ..ADA });
        assert_eq!(
            twin.follows_link_as(&twin.asks_to_link().await, ADA).await.status,
            200,
            "both identities are free"
        );
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn an_account_moves_to_no_identity_of_another_address_before_it_is_unlinked() {
    play(Story::with_linked([ADA]), async |world| {
        world.company.slack.update_person(ADA.slack, |person| person.email = Some(BOB.email.into()));
        let ada = world.ada();
        let page = ada.follows_link_as(&ada.asks_to_link().await, BOB).await;
        assert_eq!(page.status, 409, "{}", page.text());
        assert!(
            page.text().contains("linked to another identity with a different email address"),
            "{}",
            page.text()
        );
        assert!(world.audit()[0].contains("@Ada tried to link their account"));

        ada.presses("person.unlink").await;
        world.everybody_catches_up();
        assert_eq!(ada.follows_link_as(&ada.asks_to_link().await, BOB).await.status, 200);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn an_identity_that_another_account_has_is_moved_to_by_nobody() {
    let shared = ("LINK__ONE_ACCOUNT_PER_ADDRESS", "false");
    play(Story::with_linked([ADA]).set(&[shared]), async |world| {
        world.company.idp.add_person(example_corp::identity(&ADA_MOVED));
        let twin = world.hire(Persona { slack: "U0TWIN", login: "twin", name: "Twin", ..ADA });
        let page = twin.follows_link_as(&twin.asks_to_link().await, ADA_MOVED).await;
        assert_eq!(page.status, 200, "{}", page.text());
        world.everybody_catches_up();
        let ada = world.ada();
        let page = ada.follows_link_as(&ada.asks_to_link().await, ADA_MOVED).await;
        assert!(page.text().contains("already linked to another Slack account"), "{}", page.text());
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
    })
    .await;
}
