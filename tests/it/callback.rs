//! Callback: what comes back from the identity provider counts for the one sign-in it was given to.

use chrono::TimeDelta;
use reqwest::{Client, header, redirect};
use sandbox::{browser::Page, example_corp::CAROL, idp::Tampering};
use url::Url;

use crate::world::{Player, Story, World, play};

/// Where attackers would like to see a browser go.
const ELSEWHERE: &str =
    "next=https://evil.example/&redirect_uri=https://evil.example/&return_to=//evil.example/";

/// Makes this player's browser stop on its way back from the identity provider.
fn stops_on_the_way_back(world: &World, player: &Player<'_>) {
    player.browser.stop_before(&format!("{}/oidc/callback", world.url));
}

/// Where the identity provider sends a browser back to that stops there.
fn callback(page: &Page) -> Url {
    page.stopped_before.clone().expect("the provider sends the browser back")
}

/// Where a browser that has just started a sign-in was sent: an address that gives a code each time.
fn sign_in(started: &Page) -> String {
    let hop = started.hops.iter().find(|hop| hop.url.path() == "/authorize");
    hop.expect("it went to the identity provider").url.to_string()
}

fn parameter(url: &Url, name: &str) -> String {
    let (_, value) = url.query_pairs().find(|(key, _)| key == name).expect("an answer has it");
    value.into_owned()
}

/// A callback with the code of another.
fn with_code_of(callback: &Url, other: &Url) -> String {
    let (own, others) = (parameter(callback, "code"), parameter(other, "code"));
    assert_ne!(own, others);
    callback.as_str().replace(&own, &others)
}

fn without_pkce() -> Tampering {
    Tampering { without_pkce: true, ..Tampering::default() }
}

#[tokio::test]
async fn a_callback_of_the_console_in_another_browser_is_refused_and_burns_nothing() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let (ada, bob) = (world.ada(), world.bob());
        stops_on_the_way_back(world, &ada);
        let adas = callback(&ada.opens(&link).await);

        let unknown = world.bob();
        bob.browser.open(&link).await.unwrap();
        assert!(
            bob.browser.cookie(&world.url, "__Host-elevate").is_some(),
            "a browser with a cookie of its own"
        );
        for foreign in [&unknown.browser, &bob.browser] {
            let page = foreign.open(adas.as_str()).await.unwrap();
            assert_eq!(page.status, 403, "{}", page.text());
            assert!(page.text().contains("another browser"), "{}", page.text());
            world.settle().await;
            assert!(world.audit()[0].contains("@Ada tried to open the AWS console"));
        }
        assert!(world.company.aws.assumptions().is_empty());

        let own = ada.browser.open(adas.as_str()).await.unwrap();
        assert_eq!(own.status, 200, "{}", own.text());
        world.settle().await;
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn a_code_of_one_purpose_serves_no_other_by_pkce_and_by_the_nonce_each_alone() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let ada = world.ada();
        stops_on_the_way_back(world, &ada);
        let to_link = ada.browser.open(&ada.asks_to_link().await).await.unwrap();
        let link_in = sign_in(&ada.browser.press(&to_link, "This is me").await.unwrap());
        let console_in = sign_in(&ada.browser.open(&link).await.unwrap());
        for (provider, status) in [(Tampering::default(), 410), (without_pkce(), 502)] {
            world.passes(TimeDelta::minutes(1)).await; // into a minute of which auditors have heard nothing
            world.company.idp.tamper(provider);
            let to_console = callback(&ada.opens(&console_in).await);
            let to_link = callback(&ada.opens(&link_in).await);
            for swapped in [with_code_of(&to_console, &to_link), with_code_of(&to_link, &to_console)] {
                let page = ada.browser.open(&swapped).await.unwrap();
                assert_eq!(page.status, status, "{}", page.text());
                world.settle().await;
                assert!(world.audit()[0].contains("@Ada tried to"));
            }
        }
        assert!(world.company.aws.assumptions().is_empty());

        let to_link = callback(&ada.opens(&link_in).await);
        let linked = ada.browser.open(to_link.as_str()).await.unwrap();
        assert_eq!(linked.title(), "Linked · elevate", "each is still good for its own purpose");
        let to_console = callback(&ada.opens(&console_in).await);
        assert_eq!(ada.browser.open(to_console.as_str()).await.unwrap().status, 200);
        world.settle().await;
        assert_eq!(world.company.aws.assumptions().len(), 1);
        world.everybody_catches_up();
    })
    .await;
}

/// Bob holds Ada's link and her code: both would make his browser hers.
#[tokio::test]
async fn somebody_elses_code_is_refused_by_pkce_and_by_the_nonce_each_alone() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let (ada, bob) = (world.ada(), world.bob());
        for player in [&ada, &bob] {
            stops_on_the_way_back(world, player);
        }
        for (provider, status) in [(Tampering::default(), 410), (without_pkce(), 502)] {
            world.company.idp.tamper(provider);
            let stolen = callback(&ada.opens(&link).await);
            let own = callback(&bob.opens(&link).await);
            let page = bob.browser.open(&with_code_of(&own, &stolen)).await.unwrap();
            assert_eq!(page.status, status, "{}", page.text());
            assert!(world.company.aws.assumptions().is_empty());
            world.settle().await;
            assert!(world.audit()[0].contains("@Ada tried to open the AWS console"));
        }
        assert_eq!(world.ada().opens(&link).await.status, 200, "her link is still good");
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn what_links_opens_no_console_and_what_opens_the_console_links_nobody() {
    play(Story::approved(), async |world| {
        let to_console = world.ada().console_link().await;
        let ada = world.ada();
        stops_on_the_way_back(world, &ada);
        let to_link = ada.asks_to_link().await;
        let state = parameter(&callback(&ada.opens(&to_console).await), "state");
        let [ticket, token] = [&to_console, &to_link].map(|link| link.rsplit('/').next().unwrap());
        for misused in [
            format!("/console/{token}"),
            format!("/console/{state}"),
            format!("/link/{ticket}"),
            format!("/link/{state}"),
            format!("/oidc/callback?state={token}&code=any"),
            format!("/oidc/callback?state={ticket}&code=any"),
        ] {
            let page = ada.browser.open(&format!("{}{misused}", world.url)).await.unwrap();
            assert_eq!(page.status, 410, "{misused}: {}", page.text());
        }
        assert_eq!(
            world.ada().follows_link(&to_link).await.status,
            200,
            "each is still good where it belongs"
        );
        assert_eq!(world.ada().opens(&to_console).await.status, 200);
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_that_takes_more_than_ten_minutes_opens_no_console() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let ada = world.ada();
        stops_on_the_way_back(world, &ada);
        let console_in = sign_in(&ada.browser.open(&link).await.unwrap());
        world.company.clock.advance(TimeDelta::minutes(10));
        let fresh_code = callback(&ada.opens(&console_in).await);
        let late = ada.browser.open(fresh_code.as_str()).await.unwrap();
        assert_eq!(late.status, 410, "{}", late.text());
        assert!(world.company.aws.assumptions().is_empty());
        assert_eq!(world.ada().opens(&link).await.status, 200, "her link is good for five minutes more");
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn nothing_in_an_address_or_a_header_says_where_a_browser_goes_next() {
    play(Story::approved(), async |world| {
        let link = world.ada().console_link().await;
        let (ada, own) = (world.ada(), format!("{}/oidc/callback", world.url));
        stops_on_the_way_back(world, &ada);
        let console_in = sign_in(&ada.browser.open(&format!("{link}?{ELSEWHERE}")).await.unwrap());
        assert_eq!(parameter(&console_in.parse().unwrap(), "redirect_uri"), own);
        let back = callback(&ada.opens(&console_in).await);
        let console = ada.browser.open(&format!("{back}&{ELSEWHERE}")).await.unwrap();
        assert_eq!(console.url.as_str(), world.company.aws.console_url());
        world.settle().await;
        world.audit();

        let carol = world.player(CAROL);
        let linked = carol.follows_link(&format!("{}?{ELSEWHERE}", carol.asks_to_link().await)).await;
        assert!(!linked.body.contains("evil.example"), "{}", linked.body);
        world.everybody_catches_up();

        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        let sent = client.get(ada.asks_for_the_console().await);
        let sent = sent.header(header::HOST, "evil.example").header("x-forwarded-host", "evil.example");
        let answer = sent.send().await.unwrap();
        let sent_to: Url = answer.headers()[header::LOCATION].to_str().unwrap().parse().unwrap();
        assert_eq!(parameter(&sent_to, "redirect_uri"), own);
    })
    .await;
}
