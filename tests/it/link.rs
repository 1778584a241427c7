//! Link: who is bound to whom, and who is not.

mod code;
mod relink;
mod slack;
mod wish;

use chrono::TimeDelta;
use elevate::ports::UsedToken;
use reqwest::Client;
use sandbox::{
    example_corp::{ADA, BOB, GENERAL_CHANNEL, MALLORY, Persona, REVIEW_CHANNEL},
    idp::{RefreshTokens, Tampering},
};

use crate::world::{ASK, Story, account_of, play};

#[tokio::test]
async fn ada_links_herself() {
    play(Story::start(), async |world| {
        let ada = world.ada();
        ada.types("/elevate").await;
        assert!(ada.hears().contains("is not linked yet"));

        let link = ada.presses("person.link").await.unwrap();
        let page = ada.browser.open(&link).await.unwrap();
        assert!(page.text().contains("Ada") && page.text().contains("U0ADA"), "{}", page.text());
        assert!(page.text().contains("Example Corp"), "{}", page.text());

        let page = ada.follows_link(&link).await;
        assert_eq!((page.status, page.title().as_str()), (200, "Linked · elevate"));
        assert!(ada.is_told().contains("ada@example.com"));
        let audit = world.audit();
        assert!(audit[0].contains("*Linked* · @Ada"), "{audit:?}");

        ada.types("/elevate status").await;
        let status = ada.hears();
        assert!(status.contains("ada@example.com") && status.contains("S3Admin"), "{status}");
    })
    .await;
}

#[tokio::test]
async fn a_link_is_good_once_and_for_ten_minutes() {
    play(Story::with_linked([ADA]), async |world| {
        let bob = world.bob();
        let link = bob.asks_to_link().await;
        bob.follows_link(&link).await;
        world.everybody_catches_up();
        let again = bob.browser.open(&link).await.unwrap();
        assert_eq!(again.status, 410);
        assert!(again.text().contains("has been used or has expired"), "{}", again.text());

        let late = bob.asks_to_link().await;
        world.passes(TimeDelta::minutes(10)).await;
        assert_eq!(bob.browser.open(&late).await.unwrap().status, 410);
    })
    .await;
}

#[tokio::test]
async fn whoever_only_looks_at_a_link_uses_nothing_up() {
    play(Story::start(), async |world| {
        let ada = world.ada();
        let link = ada.asks_to_link().await;
        let looks = async || {
            for browser in [&ada.browser, &world.bob().browser] {
                browser.head(&link).await.unwrap();
                browser.get_raw(&link).await.unwrap();
                browser.prefetch(&link).await.unwrap();
            }
        };
        looks().await;
        let page = ada.browser.open(&link).await.unwrap();
        let at_idp = ada.browser.press(&page, "This is me").await.unwrap();
        looks().await;
        let back = ada.browser.press(&at_idp, "Continue as Ada").await.unwrap();
        assert_eq!(back.status, 200, "{}", back.text());
        world.settle().await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_link_links_nobody() {
    play(Story::start(), async |world| {
        let (ada, bob) = (world.ada(), world.bob());
        let bobs = bob.asks_to_link().await;

        let page = ada.follows_link(&bobs).await;
        assert_eq!(page.status, 403);
        assert!(
            page.text().contains("ada@example.com") && page.text().contains("bob@example.com"),
            "{}",
            page.text()
        );
        let audit = world.audit();
        assert!(audit[0].contains("@Bob tried to link their account"), "{audit:?}");
        bob.types("/elevate").await;
        assert!(bob.hears().contains("is not linked yet"));
    })
    .await;
}

#[tokio::test]
async fn the_browser_that_starts_last_is_the_one_that_links() {
    play(Story::start(), async |world| {
        let ada = world.ada();
        let second = world.ada();
        let link = ada.asks_to_link().await;
        let at_idp = ada.browser.press(&ada.browser.open(&link).await.unwrap(), "This is me").await.unwrap();
        let second_at_idp =
            second.browser.press(&second.browser.open(&link).await.unwrap(), "This is me").await.unwrap();

        let first = ada.browser.press(&at_idp, "Continue as Ada").await.unwrap();
        assert_eq!(first.status, 410, "{}", first.text());
        let last = second.browser.press(&second_at_idp, "Continue as Ada").await.unwrap();
        assert_eq!(last.status, 200, "{}", last.text());
        world.settle().await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_callback_in_another_browser_is_refused_and_burns_nothing() {
    play(Story::start(), async |world| {
        let (ada, bob) = (world.ada(), world.bob());
        let link = ada.asks_to_link().await;
        ada.browser.stop_before(&format!("{}/oidc/callback", world.url));
        let at_idp = ada.browser.press(&ada.browser.open(&link).await.unwrap(), "This is me").await.unwrap();
        let back = ada.browser.press(&at_idp, "Continue as Ada").await.unwrap();
        let callback = back.stopped_before.expect("the provider sends the browser back").to_string();

        let unknown = world.bob();
        bob.browser.open(&bob.asks_to_link().await).await.unwrap();
        assert!(
            bob.browser.cookie(&world.url, "__Host-elevate").is_some(),
            "a browser with a cookie of its own"
        );
        for foreign in [&unknown.browser, &bob.browser] {
            let page = foreign.open(&callback).await.unwrap();
            assert_eq!(page.status, 403, "{}", page.text());
            assert!(page.text().contains("another browser"), "{}", page.text());
            world.settle().await;
            assert!(world.audit()[0].contains("another browser"));
        }
        assert_eq!(
            ada.browser.prefetch(&callback).await.unwrap().status,
            204,
            "who only looks finishes nothing"
        );
        assert_eq!(ada.browser.head(&callback).await.unwrap().status, 204, "who only looks finishes nothing");

        let cookie = ada.browser.cookie(&world.url, "__Host-elevate");
        assert!(cookie.is_some());
        let own = ada.browser.open(&callback).await.unwrap();
        assert_eq!(own.status, 200, "{}", own.text());
        assert_eq!(ada.browser.open(&callback).await.unwrap().status, 410, "a callback is good once");
        world.settle().await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_that_takes_more_than_ten_minutes_links_nobody() {
    play(Story::start(), async |world| {
        let ada = world.ada();
        ada.browser.stop_before(&format!("{}/oidc/callback", world.url));
        let page = ada.browser.open(&ada.asks_to_link().await).await.unwrap();
        let at_idp = ada.browser.press(&page, "This is me").await.unwrap();
        let back = ada.browser.press(&at_idp, "Continue as Ada").await.unwrap();
        let callback = back.stopped_before.expect("the provider sends the browser back").to_string();
        world.company.clock.advance(TimeDelta::minutes(10));
        let late = ada.browser.open(&callback).await.unwrap();
        assert_eq!(late.status, 410, "{}", late.text());
        ada.types("/elevate").await;
        assert!(ada.hears().contains("is not linked yet"));
    })
    .await;
}

#[tokio::test]
async fn a_callback_that_nobody_was_sent_to_is_refused() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        let unknown = "x".repeat(43);
        for query in
            ["", "?state=", "?code=stolen", &format!("?state={unknown}&code=stolen"), "?error=<script>"]
        {
            let page = ada.browser.open(&format!("{}/oidc/callback{query}", world.url)).await.unwrap();
            assert_eq!(page.status, 410, "{query}: {}", page.text());
            assert!(!page.body.contains("<script>"), "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_from_elsewhere_starts_nothing() {
    play(Story::start(), async |world| {
        let ada = world.ada();
        let link = ada.asks_to_link().await;
        let page = ada.browser.open(&link).await.unwrap();
        let forged = sandbox::browser::Page::imagined(
            "https://evil.example/",
            &page.body.replace("<form method=\"post\"", &format!("<form method=\"post\" action=\"{link}\"")),
        )
        .unwrap();
        let answer = ada.browser.press(&forged, "This is me").await.unwrap();
        assert_eq!(answer.status, 403, "{}", answer.text());
    })
    .await;
}

/// Everything that keeps a foreign form out, each alone: a page of a sibling host is of the same site, so that the
/// browser's cookie comes with its form.
#[tokio::test]
async fn a_form_with_the_cookie_still_takes_the_origin_and_the_token_of_its_page() {
    play(Story::start(), async |world| {
        let ada = world.ada();
        let link = ada.asks_to_link().await;
        let page = ada.browser.open(&link).await.unwrap();
        let (_, token) =
            page.body.split_once("name=\"form_token\" value=\"").expect("the page has a form token");
        let token = &token[..43];
        let cookie = format!("__Host-elevate={}", ada.browser.cookie(&world.url, "__Host-elevate").unwrap());
        let sends = async |site: &str, token: &str| {
            let form = Client::new().post(&link).header("cookie", &cookie).header("sec-fetch-site", site);
            let form = form.header("content-type", "application/x-www-form-urlencoded");
            form.body(format!("form_token={token}")).send().await.unwrap().status().as_u16()
        };
        assert_eq!(sends("same-site", token).await, 403, "from a sibling host");
        assert_eq!(sends("same-origin", &"A".repeat(43)).await, 403, "without the page's own token");
        assert_eq!(sends("same-origin", token).await, 200);
    })
    .await;
}

#[tokio::test]
async fn one_identity_belongs_to_one_slack_account() {
    play(Story::with_linked([ADA]), async |world| {
        let twin = world.hire(Persona { slack: "U0TWIN", login: "twin", name: "Twin", ..ADA });
        let link = twin.asks_to_link().await;
        let page = twin.follows_link_as(&link, ADA).await;
        assert_eq!(page.status, 409, "{}", page.text());
        assert!(page.text().contains("already linked to another Slack account"), "{}", page.text());
        world.auditors_hear(["*Refused* · @Twin tried to link their account"]);
    })
    .await;
}

#[tokio::test]
async fn who_unlinks_is_a_stranger_again() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        ada.presses("person.unlink").await;
        assert!(ada.is_told().contains("no longer linked"));
        assert!(world.audit()[0].contains("*Unlinked* · @Ada"));
        ada.is_refused(ASK, "not_linked", "is not linked yet").await;
        ada.types("/elevate unlink").await;
        assert!(ada.hears().contains("is not linked"));
        ada.links().await;
    })
    .await;
}

#[tokio::test]
async fn guests_are_turned_away() {
    play(Story::start(), async |world| {
        let ada = world.ada();
        for (restricted, ultra_restricted) in [(true, false), (false, true)] {
            world.company.slack.update_person(ADA.slack, |person| {
                person.is_restricted = restricted;
                person.is_ultra_restricted = ultra_restricted;
            });
            for line in ["/elevate link", "/elevate"] {
                ada.types(line).await;
                assert!(ada.hears().contains("Your Slack account is a guest"), "{line}");
                assert!(world.audit()[0].contains("a guest"), "{line}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn who_became_a_guest_after_linking_answers_nothing() {
    play(Story::asked(), async |world| {
        world.company.slack.update_person(BOB.slack, |person| person.is_restricted = true);
        world.bob().is_refused("review.approve", "not_full_member", "Your Slack account is a guest").await;
    })
    .await;
}

#[tokio::test]
async fn a_stranger_in_a_shared_channel_is_turned_away() {
    play(Story::asked(), async |world| {
        world.company.slack.update_channel(REVIEW_CHANNEL, |channel| {
            channel.members.insert(MALLORY.slack.to_owned());
        });

        let mallory = world.player(MALLORY);
        mallory.presses("review.approve").await;
        assert!(mallory.hears().contains("Only members of this workspace"));
        let audit = world.audit();
        assert!(audit[0].contains("tried to approve") && audit[0].contains("S3Admin"), "{audit:?}");

        mallory.presses("review.reject").await;
        assert!(mallory.hears().contains("Only members of this workspace"), "no form opens");
        assert!(world.audit()[0].contains("tried to use this app"));
    })
    .await;
}

#[tokio::test]
async fn an_unconfirmed_slack_address_links_nobody() {
    play(Story::start(), async |world| {
        world.company.slack.update_person(ADA.slack, |person| person.email_confirmed = false);
        let ada = world.ada();
        let page = ada.follows_link(&ada.asks_to_link().await).await;
        assert_eq!(page.status, 403);
        assert!(page.text().contains("no confirmed email address"), "{}", page.text());
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
    })
    .await;
}

#[tokio::test]
async fn only_identities_with_an_address_of_a_listed_domain_are_linked() {
    play(Story::start().set(&[("LINK__EMAIL_DOMAINS", "example.org, corp.example")]), async |world| {
        let ada = world.ada();
        let page = ada.follows_link(&ada.asks_to_link().await).await;
        assert_eq!(page.status, 403);
        assert!(
            page.text().contains("ada@example.com, but only addresses at example.org, corp.example"),
            "{}",
            page.text()
        );
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
        let address = "ada@corp.example";
        world.company.slack.update_person(ADA.slack, |person| person.email = Some(address.into()));
        world.company.idp.update_person(ADA.login, |person| person.email = address.into());
        assert_eq!(ada.follows_link(&ada.asks_to_link().await).await.status, 200);
        assert!(ada.is_told().contains(address));
        world.auditors_hear(["*Linked* · @Ada is"]);
    })
    .await;
}

#[tokio::test]
async fn an_address_the_provider_does_not_vouch_for_links_nobody() {
    play(Story::start(), async |world| {
        world.company.idp.update_person(ADA.login, |person| person.email_verified = Some(false));
        let ada = world.ada();
        let page = ada.follows_link(&ada.asks_to_link().await).await;
        assert!(page.text().contains("has not verified your email address"), "{}", page.text());
        world.auditors_hear(["*Refused* · @Ada tried to link their account"]);
    })
    .await;
}

#[tokio::test]
async fn without_a_refresh_token_a_sign_in_counts_for_fifteen_minutes() {
    play(Story::start(), async |world| {
        world
            .company
            .idp
            .tamper(Tampering { refresh_tokens: RefreshTokens::Withheld, ..Tampering::default() });
        let ada = world.ada();
        ada.links().await;
        world.passes(TimeDelta::minutes(14)).await;
        ada.types(ASK).await;
        assert!(ada.hears().contains("on its way"));
        world.everybody_catches_up();

        world.passes(TimeDelta::minutes(1)).await;
        ada.is_refused("request.withdraw", "sign_in_again", "sign in again").await;
    })
    .await;
}

#[tokio::test]
async fn once_a_refresh_token_is_gone_no_sign_in_of_the_past_counts() {
    play(Story::with_linked([ADA]), async |world| {
        let ada = world.ada();
        world.company.idp.revoke(ADA.login);
        for _ in 0..2 {
            ada.types(ASK).await;
            assert!(
                ada.hears().contains("sign in again"),
                "a minute after the sign-in, and however often she asks"
            );
            world.auditors_hear(["*Refused* · @Ada tried to make a request"]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_that_was_moved_opens_for_nobody_else() {
    play(Story::with_linked([ADA, BOB]), async |world| {
        let store = &world.app.broker().ports().store;
        let [ada, bob] = [ADA, BOB].map(account_of);
        let (own, bobs) =
            (store.token(&ada).await.unwrap().unwrap(), store.token(&bob).await.unwrap().unwrap());
        let taken = store.take_token(&ada, &own, world.company.clock.now()).await.unwrap();
        let used = UsedToken::Kept { resealed: Some(bobs.sealed), told: None };
        store.give_token_back(&ada, &taken, used).await.unwrap();

        world.ada().is_refused(ASK, "sign_in_again", "sign in again").await;
    })
    .await;
}

#[tokio::test]
async fn a_token_that_cannot_be_trusted_links_nobody_and_is_told() {
    play(Story::start(), async |world| {
        let claims = [("nonce".to_owned(), "another".into())].into_iter().collect();
        world.company.idp.tamper(Tampering { claims, ..Tampering::default() });
        let ada = world.ada();
        let page = ada.follows_link(&ada.asks_to_link().await).await;
        assert_eq!(page.status, 502, "{}", page.text());
        assert!(world.audit()[0].contains("could not be accepted"));
    })
    .await;
}

#[tokio::test]
async fn refused_pages_carry_the_same_headers_as_any_other() {
    play(Story::start(), async |world| {
        let ada = world.ada();
        for path in
            ["/link/nothing", "/console/nothing", "/oidc/callback", "/nowhere", "/style.css", "/icon.svg"]
        {
            let page = ada.browser.get_raw(&format!("{}{path}", world.url)).await.unwrap();
            let policy = page.header("content-security-policy");
            assert!(
                policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
                "{path}: {policy}"
            );
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
            assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
            assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
            assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn help_is_for_everybody() {
    play(Story::start(), async |world| {
        let bob = world.player(BOB);
        bob.types("/elevate help").await;
        let help = bob.hears();
        assert!(help.contains("/elevate link") && help.contains("8h"), "{help}");
        bob.types("/elevate what is this").await;
        assert!(bob.hears().contains("“what”"));
        let ack =
            world.company.slack.person(BOB.slack).types(GENERAL_CHANNEL, "/elevate help").await.unwrap();
        assert!(ack.is_ok());
        world.settle().await;
        bob.hears();
    })
    .await;
}
