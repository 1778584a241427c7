//! What a sign-in was made for and has not come about yet: a sign-out at the provider ends it, whether the identity is
//! linked or not. The provider keeps its sessions and tokens, as providers do for `offline_access`.

use std::time::Duration;

use sandbox::{
    browser::Page,
    example_corp::{self, CAROL, Persona},
};
use url::Url;

use super::*;
use crate::world::Player;

/// A second passes, and the provider says that this person has signed out.
async fn is_signed_out(world: &World, who: Persona) {
    world.company.clock.advance(TimeDelta::seconds(1));
    let token = world.company.idp.logout_token(who.login);
    assert_eq!(sends(world, &token).await, 200);
}

/// Ada's address in Slack is another than the identity provider's.
fn elsewhere(start: Story) -> Story {
    start.where_first(|company| {
        company.slack.update_person(ADA.slack, |person| person.email = Some("ada@slack.example".into()));
    })
}

/// Goes from a link up to the callback, which waits.
async fn stops_at_the_callback(player: &Player<'_>, link: &str) -> Url {
    player.browser.stop_before(&format!("{}/oidc/callback", player.world.url));
    player.follows_link(link).await.stopped_before.expect("the provider sends the browser back")
}

fn assert_refused(page: &Page) {
    assert!(page.text().contains("requires you to sign in again"), "{} {}", page.status, page.text());
}

async fn comes_back(player: &Player<'_>, back: &Url) {
    let page = player.browser.open(back.as_str()).await.unwrap();
    player.settles().await;
    assert_refused(&page);
}

fn code_on(page: &Page) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("/elevate confirm ").expect("the page says what to type");
    rest.chars().take(9).collect()
}

#[tokio::test]
async fn a_code_dies_with_the_sign_in_that_it_was_shown_after() {
    play(elsewhere(Story::start().set(&[("LINK__ON_MISMATCH", "code")])), async |world| {
        let ada = world.ada();
        let code = code_on(&ada.follows_link(&ada.asks_to_link().await).await);
        is_signed_out(world, ADA).await;
        ada.types(&format!("/elevate confirm {code}")).await;
        assert!(ada.hears().contains("requires you to sign in again"), "nobody was linked, and still");
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);

        let code = code_on(&ada.follows_link(&ada.asks_to_link().await).await);
        ada.types(&format!("/elevate confirm {code}")).await;
        assert!(ada.is_told().contains(ADA.email), "a new sign-in counts");
        world.auditors_hear(["*Linked* · @Ada"]);
    })
    .await;
}

/// Who holds somebody's sessions begins a re-link, and keeps its code until all sessions have been ended.
#[tokio::test]
async fn a_code_kept_through_a_sign_out_links_nobody_again() {
    play(elsewhere(Story::start().set(&[("LINK__ON_MISMATCH", "code")])), async |world| {
        let ada = world.ada();
        let code = code_on(&ada.follows_link(&ada.asks_to_link().await).await);
        ada.types(&format!("/elevate confirm {code}")).await;
        world.everybody_catches_up();
        let kept = code_on(&ada.follows_link(&ada.asks_to_link().await).await);
        is_signed_out(world, ADA).await;
        world.everybody_catches_up();
        ada.is_refused(&format!("/elevate confirm {kept}"), "no_code", "No code is waiting").await;
        ada.types(ASK).await;
        assert!(ada.hears().contains("requires you to sign in again"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_link_that_waits_for_a_sign_in_with_slack_dies_too() {
    let story = elsewhere(Story::start().configured(example_corp::sign_in_with_slack()));
    play(story, async |world| {
        let ada = world.ada();
        ada.browser.stop_before(&format!("{}/oidc/slack", world.url));
        let page = ada.follows_link(&ada.asks_to_link().await).await;
        let page = ada.browser.press(&page, "Sign in to Slack as Ada").await.unwrap();
        let back = page.stopped_before.expect("Slack sends the browser back");
        is_signed_out(world, ADA).await;
        comes_back(&ada, &back).await;
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
    })
    .await;
}

#[tokio::test]
async fn a_callback_on_its_way_links_nobody() {
    play(Story::start(), async |world| {
        let ada = world.ada();
        let back = stops_at_the_callback(&ada, &ada.asks_to_link().await).await;
        is_signed_out(world, ADA).await;
        comes_back(&ada, &back).await;
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
        world.ada().links().await;
    })
    .await;
}

#[tokio::test]
async fn a_callback_on_its_way_links_nobody_again() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        let back = stops_at_the_callback(&ada, &ada.asks_to_link().await).await;
        is_signed_out(world, ADA).await;
        world.everybody_catches_up();
        comes_back(&ada, &back).await;
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
        ada.types(ASK).await;
        assert!(ada.hears().contains("requires you to sign in again"));
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_callback_on_its_way_opens_no_console() {
    play(Story::approved(), async |world| {
        let ada = world.ada();
        ada.browser.stop_before(&format!("{}/oidc/callback", world.url));
        let back = ada.opens(&ada.console_link().await).await.stopped_before.unwrap();
        is_signed_out(world, ADA).await;
        world.everybody_catches_up();
        comes_back(&ada, &back).await;
        world.auditors_hear(["*Refused* · @Ada tried to open the AWS console"]);
        assert!(world.company.aws.access_keys().is_empty(), "AWS was not asked");
    })
    .await;
}

#[tokio::test]
async fn a_callback_on_its_way_answers_nothing() {
    let step_up = [("ACCESS__STEP_UP__MAX_AGE", "5m"), ("ACCESS__STEP_UP__REVIEW", "true")];
    play(Story::asked().set(&step_up), async |world| {
        let bob = world.bob();
        bob.presses("review.approve").await;
        bob.hears();
        let link = bob.presses("review.open").await.expect("the button leads somewhere");
        bob.browser.stop_before(&format!("{}/oidc/callback", world.url));
        let page = bob.browser.open(&link).await.unwrap();
        let page = bob.browser.press(&page, "Sign in and").await.unwrap();
        let page = match page.stopped_before {
            Some(_) => page,
            None => bob.browser.press(&page, "Continue as Bob").await.unwrap(),
        };
        let back = page.stopped_before.expect("the provider sends the browser back");
        is_signed_out(world, BOB).await;
        world.everybody_catches_up();
        comes_back(&bob, &back).await;
        world.auditors_hear(["*Refused* · @Bob tried to approve"]);
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_sign_out_ends_nothing() {
    play(Story::start(), async |world| {
        let ada = world.ada();
        let back = stops_at_the_callback(&ada, &ada.asks_to_link().await).await;
        is_signed_out(world, CAROL).await;
        assert_eq!(ada.browser.open(back.as_str()).await.unwrap().status, 200);
        world.settle().await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_sign_out_while_aws_answers_gives_no_session() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        world.company.aws.control().slow("AssumeRole", Duration::from_secs(2));
        let signs_out = async {
            while world.company.aws.control().calls().is_empty() {
                tokio::task::yield_now().await;
            }
            is_signed_out(world, ADA).await;
        };
        let ada = world.ada();
        let (page, ()) = tokio::join!(ada.opens(&link), signs_out);
        assert_refused(&page);
        let audit = world.audit().join("\n");
        assert!(audit.contains("the person signed out while waiting for AWS"), "{audit}");
        assert!(!audit.contains("*Session issued*"), "{audit}");
        world.everybody_puts_all_away();
    })
    .await;
}
