//! Where reviewers sign in to answer: a press in Slack alone answers nothing.

use chrono::TimeDelta;
use sandbox::{
    browser::Page,
    example_corp::{ADA, BOB, CAROL, Persona},
};

use super::MAX_AGE;
use crate::world::{Player, Story, World, play};

const REVIEW: (&str, &str) = ("ACCESS__STEP_UP__REVIEW", "true");

/// A second reviewer.
const GRACE: Persona = Persona {
    slack: "U0GRACE",
    login: "grace",
    name: "Grace",
    email: "grace@example.com",
    groups: BOB.groups,
    is_outsider: false,
};

fn asked() -> Story {
    Story::asked().set(&[MAX_AGE, REVIEW])
}

/// Presses Approve; hands back where the link leads that they get.
async fn approves(bob: &Player<'_>) -> String {
    bob.presses("review.approve").await;
    let told = bob.hears();
    assert!(told.contains("Sign in to approve @Ada's request for prod"), "{told}");
    bob.presses("review.open").await.expect("the button leads somewhere")
}

/// Opens the page, goes on from there, and signs in as somebody.
async fn signs_in_as(player: &Player<'_>, url: &str, identity: Persona) -> Page {
    let page = player.browser.open(url).await.unwrap();
    let page = player.browser.press(&page, "Sign in and").await.unwrap();
    let label = format!("Continue as {}", identity.name);
    let page =
        if page.button(&label).is_some() { player.browser.press(&page, &label).await.unwrap() } else { page };
    player.settles().await;
    page
}

fn is_unanswered(world: &World) -> bool {
    world.company.slack.messages(sandbox::example_corp::REVIEW_CHANNEL).iter().all(|card| card.edits == 0)
}

#[tokio::test]
async fn an_approval_counts_once_the_reviewer_has_signed_in() {
    play(asked(), async |world| {
        let bob = world.bob();
        let link = approves(&bob).await;
        assert!(is_unanswered(world));
        let page = bob.browser.open(&link).await.unwrap();
        for shown in
            ["approve", "ada@example.com", "prod (111122223333) / S3Admin", "1h", "bucket policy broken"]
        {
            assert!(page.text().contains(shown), "{shown} in {}", page.text());
        }
        assert!(is_unanswered(world), "a page was looked at");

        let page = signs_in_as(&bob, &link, BOB).await;
        assert_eq!((page.status, page.title().as_str()), (200, "Answered · elevate"));
        assert!(page.text().contains("The request is approved."), "{}", page.text());
        assert!(world.card().contains("*Approved* by @Bob"));
        assert!(world.audit()[0].contains("@Bob (bob@example.com) approved @Ada's request"));
        world.ada().is_told();
        world.ada().hears();
    })
    .await;
}

#[tokio::test]
async fn a_rejection_too_and_with_its_reason() {
    play(asked(), async |world| {
        let bob = world.bob();
        bob.presses("review.reject").await;
        bob.submits(&[("reason", "use <ReadOnly>")]).await;
        assert!(bob.is_told_or_hears().contains("Sign in to reject @Ada's request"));
        assert!(is_unanswered(world));
        let link = bob.presses("review.open").await.unwrap();
        assert!(bob.browser.open(&link).await.unwrap().text().contains("use <ReadOnly>"));
        let page = signs_in_as(&bob, &link, BOB).await;
        assert!(page.text().contains("The request is rejected."), "{}", page.text());
        assert!(world.card().contains("*Rejected* by @Bob"));
        assert!(world.audit()[0].contains("“use <ReadOnly>”"));
        assert!(world.ada().is_told().contains("*Rejected*"));
    })
    .await;
}

#[tokio::test]
async fn a_stolen_slack_session_of_a_reviewer_approves_nothing() {
    play(asked(), async |world| {
        let bob = world.bob();
        let link = approves(&bob).await;
        for identity in [ADA, CAROL] {
            let page = signs_in_as(&world.bob(), &link, identity).await;
            assert_eq!(page.status, 403);
            assert!(page.text().contains(&format!("You signed in as {}", identity.email)), "{}", page.text());
            assert!(world.audit()[0].contains("@Bob tried to approve"));
            assert!(is_unanswered(world));
        }
        assert_eq!(signs_in_as(&bob, &link, BOB).await.status, 200, "nothing was used up");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn looking_at_a_link_to_answer_answers_nothing_and_uses_nothing_up() {
    play(asked(), async |world| {
        let bob = world.bob();
        let link = approves(&bob).await;
        for browser in [&bob.browser, &world.ada().browser] {
            browser.head(&link).await.unwrap();
            browser.get_raw(&link).await.unwrap();
            browser.prefetch(&link).await.unwrap();
            browser.open(&link).await.unwrap();
        }
        let forged =
            Page::imagined(&link, r#"<form method="post"><button>Sign in and approve</button></form>"#);
        let page = world.bob().browser.press(&forged.unwrap(), "Sign in").await.unwrap();
        assert_eq!(page.status, 422, "{}", page.text());
        assert!(is_unanswered(world));
        assert_eq!(signs_in_as(&bob, &link, BOB).await.status, 200);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_link_to_answer_is_good_once_and_for_ten_minutes() {
    play(asked(), async |world| {
        let bob = world.bob();
        let late = approves(&bob).await;
        world.passes(TimeDelta::minutes(10)).await;
        assert_eq!(bob.browser.open(&late).await.unwrap().status, 410);

        let link = approves(&bob).await;
        bob.browser.stop_before(&format!("{}/oidc/callback", world.url));
        let page = bob.browser.open(&link).await.unwrap();
        let page = bob.browser.press(&page, "Sign in and").await.unwrap();
        let back = bob.browser.press(&page, "Continue as Bob").await.unwrap().stopped_before.unwrap();
        assert_eq!(bob.browser.open(back.as_str()).await.unwrap().status, 200);
        assert_eq!(bob.browser.open(back.as_str()).await.unwrap().status, 410);
        assert_eq!(bob.browser.open(&link).await.unwrap().status, 410);
        world.settle().await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn who_could_not_answer_is_refused_at_once_and_gets_no_link() {
    play(asked(), async |world| {
        let (ada, carol) = (world.ada(), world.carol());
        for (player, why) in [(&ada, "your own request"), (&carol, "Only a member of")] {
            player.presses("review.approve").await;
            let told = player.hears();
            assert!(told.contains(why) && !told.contains("Sign in"), "{told}");
        }
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn what_has_happened_since_the_press_counts_when_the_reviewer_is_back() {
    play(asked(), async |world| {
        let (bob, grace) = (world.bob(), world.hire(GRACE));
        grace.links().await;
        let bobs = approves(&bob).await;
        world.company.idp.update_person("bob", |bob| bob.groups = vec!["staff".into()]);
        let page = signs_in_as(&bob, &bobs, BOB).await;
        assert!(page.text().contains("Only a member of"), "{}", page.text());
        world.audit();
        world
            .company
            .idp
            .update_person("bob", |bob| bob.groups = BOB.groups.iter().map(|g| (*g).into()).collect());

        signs_in_as(&grace, &approves(&grace).await, GRACE).await;
        assert!(world.card().contains("*Approved* by @Grace"));
        let page = signs_in_as(&bob, &bobs, BOB).await;
        assert_eq!(page.status, 409);
        assert!(page.text().contains("grace@example.com has already approved"), "{}", page.text());
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn who_has_unlinked_since_the_press_answers_nothing() {
    play(asked(), async |world| {
        let bob = world.bob();
        let link = approves(&bob).await;
        bob.types("/elevate unlink").await;
        world.everybody_catches_up();
        let page = signs_in_as(&bob, &link, BOB).await;
        assert!(page.text().contains("is not linked yet"), "{}", page.text());
        assert!(is_unanswered(world));
        world.audit();
    })
    .await;
}
