//! Sign in with Slack: where the addresses do not agree, the browser shows whose Slack account it has.

use chrono::TimeDelta;
use sandbox::{
    browser::Page,
    dynamo::Dynamo,
    example_corp::{self, ADA, BOB, Company, MALLORY, Persona},
    http::Fault,
};
use serde_json::json;
use url::Url;

use crate::{
    log::folder,
    world::{ASK, Player, Story, play},
};

/// Ada's address in Slack, which is not the one at the identity provider.
const IN_SLACK: &str = "ada@slack.example";

/// People can sign in with Slack, and Ada has another address there.
fn story() -> Story {
    Story::start().configured(example_corp::sign_in_with_slack()).where_first(|company| {
        company.slack.update_person(ADA.slack, |person| person.email = Some(IN_SLACK.into()));
    })
}

/// Goes on from Slack's page, signed in to Slack as somebody.
async fn signs_in_to_slack(player: &Player<'_>, page: &Page, account: Persona) -> Page {
    assert_eq!(page.title(), "Sign in with Slack – Demo Slack", "{}", page.text());
    let label = format!("Sign in to Slack as {}", account.name);
    let page = player.browser.press(page, &label).await.unwrap();
    player.world.settle().await;
    page
}

/// Where Slack sends this player's browser back to, which stops there.
async fn callback(player: &Player<'_>, link: &str) -> Url {
    player.browser.stop_before(&format!("{}/oidc/slack", player.world.url));
    let page = player.follows_link(link).await;
    let page = if page.stopped_before.is_some() {
        page
    } else {
        signs_in_to_slack(player, &page, player.persona).await
    };
    page.stopped_before.expect("Slack sends the browser back")
}

async fn assert_stranger(player: &Player<'_>) {
    player.types("/elevate").await;
    assert!(player.hears().contains("is not linked yet"));
}

#[tokio::test]
async fn whoever_has_another_address_in_slack_shows_that_the_account_is_theirs() {
    play(story(), async |world| {
    let ada = world.ada();
    let page = ada.follows_link(&ada.asks_to_link().await).await;
    assert!(world.audit().is_empty(), "nothing is linked yet");
    let page = signs_in_to_slack(&ada, &page, ADA).await;
    assert_eq!((page.status, page.title().as_str()), (200, "Linked · elevate"));
    assert!(ada.is_told().contains(ADA.email), "the identity's address is kept");
    let expected = "*Linked* · @Ada is linked to ada@example.com, which is not their address in Slack; they confirmed the account with a Slack sign-in";
    assert!(world.audit()[0].contains(expected));

    ada.types(ASK).await;
    assert!(ada.hears().contains("on its way"), "her groups come by the refresh token that has waited");
    world.everybody_catches_up();

    let page = ada.follows_link(&ada.asks_to_link().await).await;
    assert_eq!(page.title(), "Linked · elevate", "a browser that is signed in to Slack is asked nothing");
    world.everybody_catches_up();
    }).await;
}

#[tokio::test]
async fn whose_address_slack_has_not_confirmed_shows_it_too() {
    play(story(), async |world| {
        world.company.slack.update_person(BOB.slack, |person| person.email_confirmed = false);
        let bob = world.bob();
        let page = bob.follows_link(&bob.asks_to_link().await).await;
        assert_eq!(signs_in_to_slack(&bob, &page, BOB).await.status, 200);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn where_the_addresses_agree_nobody_is_sent_to_slack() {
    play(story(), async |world| {
        world.bob().links().await;
        assert!(!world.company.slack.control().calls().contains(&"authorize".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn an_identity_that_is_not_vouched_for_is_not_sent_to_slack() {
    play(story(), async |world| {
        world.company.idp.update_person(ADA.login, |person| person.email_verified = Some(false));
        let ada = world.ada();
        let page = ada.follows_link(&ada.asks_to_link().await).await;
        assert!(page.text().contains("has not verified your email address"), "{}", page.text());
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
    })
    .await;
}

/// Bob sends his link to Ada, who signs in wherever she is asked to.
#[tokio::test]
async fn a_victim_who_signs_in_everywhere_links_nothing_to_the_attackers_account() {
    play(story(), async |world| {
        let (ada, bob) = (world.ada(), world.bob());
        let page = ada.follows_link(&bob.asks_to_link().await).await;
        let page = signs_in_to_slack(&ada, &page, ADA).await;
        assert_eq!(page.status, 403, "{}", page.text());
        assert!(page.text().contains("not signed in to Slack with the account that this link belongs to"));
        assert!(world.audit()[0].contains("@Bob tried to link their account"));
        assert_stranger(&bob).await;
        assert_stranger(&ada).await;
    })
    .await;
}

/// Ada has signed in with Bob's link, and Bob has learnt where Slack was to send her back from.
#[tokio::test]
async fn an_attacker_cannot_finish_in_another_browser_what_a_victim_has_begun() {
    play(story(), async |world| {
        let (ada, bob) = (world.ada(), world.bob());
        ada.browser.stop_before(&world.company.slack.url());
        let page = ada.follows_link(&bob.asks_to_link().await).await;
        let on_to_slack = page.stopped_before.expect("the browser goes on to Slack");
        bob.browser.open(&bob.asks_to_link().await).await.unwrap();
        assert!(
            bob.browser.cookie(&world.url, "__Host-elevate").is_some(),
            "a browser with a cookie of its own"
        );
        for foreign in [&world.bob(), &bob] {
            let page = foreign.browser.open(on_to_slack.as_str()).await.unwrap();
            let page = signs_in_to_slack(foreign, &page, BOB).await;
            assert_eq!(page.status, 403, "{}", page.text());
            assert!(page.text().contains("another browser"), "{}", page.text());
            assert!(world.audit()[0].contains("@Bob tried to link their account"));
        }
        assert_stranger(&bob).await;
    })
    .await;
}

#[tokio::test]
async fn the_same_account_of_another_workspace_links_nothing() {
    play(story(), async |world| {
        let ada = world.ada();
        let claims = json!({ "https://slack.com/team_id": "T0ELSEWHERE" });
        world.company.slack.tamper_with_id_tokens(claims.as_object().unwrap().clone());
        let page = ada.follows_link(&ada.asks_to_link().await).await;
        let page = signs_in_to_slack(&ada, &page, ADA).await;
        assert_eq!(page.status, 403, "{}", page.text());
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
        assert_stranger(&ada).await;
    })
    .await;
}

#[tokio::test]
async fn somebody_of_another_workspace_links_nothing() {
    play(story(), async |world| {
        let ada = world.ada();
        ada.browser.stop_before(&world.company.slack.url());
        let page = ada.follows_link(&ada.asks_to_link().await).await;
        let on_to_slack = page.stopped_before.expect("the browser goes on to Slack");
        assert!(on_to_slack.query().unwrap().contains("team=T0EXAMPLE"), "{on_to_slack}");
        let callback =
            callback_of(&ada, &on_to_slack.as_str().replace("T0EXAMPLE", "T0ELSEWHERE"), MALLORY).await;
        let page = ada.browser.open(&callback).await.unwrap();
        assert_eq!(page.status, 403, "{}", page.text());
        world.settle().await;
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
    })
    .await;
}

/// Signs in at Slack in another window, and hands back where Slack sends it to.
async fn callback_of(player: &Player<'_>, on_to_slack: &str, account: Persona) -> String {
    let window = player.world.player(account);
    window.browser.stop_before(&player.world.url);
    let page = window.browser.open(on_to_slack).await.unwrap();
    let page = signs_in_to_slack(&window, &page, account).await;
    page.stopped_before.expect("Slack sends the browser back").into()
}

#[tokio::test]
async fn a_token_of_slacks_that_cannot_be_trusted_links_nothing_and_is_told() {
    play(story(), async |world| {
        let ada = world.ada();
        for (claim, why) in [
            (json!({ "nonce": "another" }), "belongs to another sign-in"),
            (json!({ "iss": world.company.idp.issuer() }), "names another issuer"),
            (json!({ "aud": "another" }), "is also meant for another"),
            (json!({ "https://slack.com/user_id": 7 }), "https://slack.com/user_id in its ID token"),
        ] {
            world.company.slack.tamper_with_id_tokens(claim.as_object().unwrap().clone());
            let page = ada.follows_link(&ada.asks_to_link().await).await;
            let page = if page.button("Cancel").is_some() {
                signs_in_to_slack(&ada, &page, ADA).await
            } else {
                page
            };
            assert_eq!(page.status, 502, "{}", page.text());
            assert!(page.text().contains(why), "{}", page.text());
            assert!(world.audit()[0].contains("The sign-in with Slack failed"));
        }
        assert_stranger(&ada).await;
    })
    .await;
}

#[tokio::test]
async fn a_callback_of_slacks_is_good_once_and_in_the_browser_that_began() {
    play(story(), async |world| {
        let ada = world.ada();
        let back = callback(&ada, &ada.asks_to_link().await).await;
        assert_eq!(
            ada.browser.prefetch(back.as_str()).await.unwrap().status,
            204,
            "who only looks finishes nothing"
        );
        assert_eq!(
            ada.browser.head(back.as_str()).await.unwrap().status,
            204,
            "who only looks finishes nothing"
        );
        let foreign = world.bob().browser.open(back.as_str()).await.unwrap();
        assert_eq!(foreign.status, 403, "{}", foreign.text());
        world.settle().await;
        assert!(world.audit()[0].contains("another browser"));
        assert_eq!(ada.browser.open(back.as_str()).await.unwrap().status, 200, "that has burnt nothing");
        assert_eq!(ada.browser.open(back.as_str()).await.unwrap().status, 410);
        world.settle().await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn what_slack_answers_counts_at_its_own_address_alone_and_so_does_the_providers() {
    play(story(), async |world| {
        let ada = world.ada();
        let swapped = |callback: &Url, path: &str| {
            let mut swapped = callback.clone();
            swapped.set_path(path);
            swapped.to_string()
        };
        ada.browser.stop_before(&format!("{}/oidc/", world.url));
        let at_idp = ada.follows_link(&ada.asks_to_link().await).await.stopped_before.expect("it comes back");
        assert_eq!(at_idp.path(), "/oidc/callback");
        assert_eq!(ada.browser.open(&swapped(&at_idp, "/oidc/slack")).await.unwrap().status, 410);
        let page = ada.browser.open(at_idp.as_str()).await.unwrap();
        let at_slack = signs_in_to_slack(&ada, &page, ADA).await.stopped_before.expect("it comes back");
        assert_eq!(at_slack.path(), "/oidc/slack");
        assert_eq!(ada.browser.open(&swapped(&at_slack, "/oidc/callback")).await.unwrap().status, 410);
        assert_eq!(
            ada.browser.open(at_slack.as_str()).await.unwrap().status,
            200,
            "each is still good where it belongs"
        );
        world.settle().await;
        world.everybody_catches_up();
    })
    .await;
}

/// A code of Ada's own browser, of another sign-in: what would come of somebody else's, too.
#[tokio::test]
async fn a_code_of_another_sign_in_with_slack_is_refused_by_the_nonce() {
    play(story(), async |world| {
        let ada = world.ada();
        let code_of = |callback: &Url| {
            let (_, code) =
                callback.query_pairs().find(|(name, _)| name == "code").expect("an answer has it");
            code.into_owned()
        };
        let first = callback(&ada, &ada.asks_to_link().await).await;
        let second = callback(&ada, &ada.asks_to_link().await).await;
        let mixed = second.as_str().replace(&code_of(&second), &code_of(&first));
        let page = ada.browser.open(&mixed).await.unwrap();
        assert_eq!(page.status, 502, "{}", page.text());
        world.settle().await;
        assert!(world.audit()[0].contains("belongs to another sign-in"));
        assert_eq!(ada.browser.open(second.as_str()).await.unwrap().status, 200);
        world.settle().await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_link_that_has_expired_meanwhile_links_nothing() {
    play(story(), async |world| {
        let ada = world.ada();
        let link = ada.asks_to_link().await;
        world.company.clock.advance(TimeDelta::minutes(5));
        let back = callback(&ada, &link).await;
        world.company.clock.advance(TimeDelta::minutes(5));
        let late = ada.browser.open(back.as_str()).await.unwrap();
        assert_eq!(late.status, 410, "{}", late.text());
        world.settle().await;
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
        assert_stranger(&ada).await;
    })
    .await;
}

#[tokio::test]
async fn of_two_browsers_at_slack_the_one_that_started_last_links() {
    play(story(), async |world| {
        let (first, last) = (world.ada(), world.ada());
        let link = first.asks_to_link().await;
        let of_first = callback(&first, &link).await;
        let of_last = callback(&last, &link).await;
        assert_eq!(first.browser.open(of_first.as_str()).await.unwrap().status, 410);
        assert_eq!(last.browser.open(of_last.as_str()).await.unwrap().status, 200);
        world.settle().await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn whoever_would_rather_not_sign_in_with_slack_can_try_again() {
    play(story(), async |world| {
        let ada = world.ada();
        let link = ada.asks_to_link().await;
        let page = ada.follows_link(&link).await;
        let page = ada.browser.press(&page, "Cancel").await.unwrap();
        assert!(page.text().contains("was cancelled or denied"), "{}", page.text());
        world.settle().await;
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
        let page = ada.follows_link(&link).await;
        assert_eq!(signs_in_to_slack(&ada, &page, ADA).await.status, 200);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn while_slack_cannot_say_who_it_is_nothing_is_linked() {
    play(story(), async |world| {
        let ada = world.ada();
        let link = ada.asks_to_link().await;
        let control = world.company.slack.control();
        control.fail_next("openid-configuration", Fault::Status(503));
        let page = ada.follows_link(&link).await;
        assert!(page.text().contains("Slack did not respond"), "{}", page.text());
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
        for (fault, why) in [
            (Fault::Status(503), "Slack did not respond"),
            (Fault::Garbage, "could not be read"),
            (Fault::AnswerLost, "Slack did not respond"),
        ] {
            control.fail_next("openid.connect.token", fault);
            let page = ada.follows_link(&link).await;
            let page = if page.button("Cancel").is_some() {
                signs_in_to_slack(&ada, &page, ADA).await
            } else {
                page
            };
            assert_eq!(page.status, 502, "{}", page.text());
            assert!(page.text().contains(why), "{}", page.text());
            world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
        }
        assert_eq!(ada.follows_link(&link).await.status, 200, "the link is still good");
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn where_sign_in_with_slack_is_not_set_up_any_more_what_has_begun_comes_to_nothing() {
    play(story(), async |world| {
        let ada = world.ada();
        let back = callback(&ada, &ada.asks_to_link().await).await;
        let plain = Company { settings: Vec::new(), ..world.company.clone() };
        let replica = crate::world::replica_in(&plain, &world.url).await;
        world.is_served_by(&replica).await;
        assert_eq!(ada.browser.open(back.as_str()).await.unwrap().status, 410);
        world.settle().await;
        world.auditors_hear(["*⚠ Policy changed*", "*Refused* · @Ada tried to link their account"]);
    })
    .await;
}

#[tokio::test]
async fn an_account_that_cannot_move_to_the_identity_is_not_sent_to_slack() {
    play(story(), async |world| {
        let ada = world.ada();
        let page = ada.follows_link(&ada.asks_to_link().await).await;
        assert_eq!(signs_in_to_slack(&ada, &page, ADA).await.status, 200);
        world.everybody_catches_up();
        let another_window = world.ada();
        let page = another_window.follows_link_as(&ada.asks_to_link().await, BOB).await;
        assert_eq!(page.status, 409, "{}", page.text());
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_slack_is_kept_without_a_secret() {
    let folder = folder("what_waits_for_slack_is_kept_without_a_secret");
    play(story().on(Dynamo::open(&folder.join("table")).unwrap()), async |world| {
        let ada = world.ada();
        let back = callback(&ada, &ada.asks_to_link().await).await;
        assert_eq!(ada.browser.open(back.as_str()).await.unwrap().status, 200);
        world.settle().await;
        let files =
            std::fs::read_dir(&folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
        let kept = String::from_utf8_lossy(&files.collect::<Vec<_>>().concat()).into_owned();
        assert!(kept.contains("hold_account") && kept.contains(ADA.email), "the sign-in has been kept");
        for secret in [world.company.idp.secrets_issued(), world.company.slack.sign_in_secrets()].concat() {
            assert!(!kept.contains(&secret), "{secret}");
        }
        world.everybody_catches_up();
    })
    .await;
}
