//! Signing in, where this provider refuses what others may let pass.

use chrono::TimeDelta;

use super::{
    relying_party::{browser, come_back},
    world::World,
};

#[tokio::test]
async fn a_session_older_than_max_age_is_not_enough() {
    let world = World::open().await;
    world.party.sign_in(&[]).await;
    world.clock.advance(TimeDelta::seconds(61));
    let page = world.party.browser.open(&world.party.request(&[("max_age", "60")])).await.unwrap();
    assert!(page.button("Continue as Ada").is_some());
}

#[tokio::test]
async fn a_disabled_person_is_told_that_they_cannot_sign_in() {
    let world = World::open().await;
    world.idp.update_person("ada", |ada| ada.disabled = true);
    let browser = browser(&world.clock);
    let page = browser.open(&world.party.request(&[])).await.unwrap();
    let page = browser.press(&page, "Continue as Ada").await.unwrap();
    assert_eq!((page.status, page.text().as_str()), (403, "This did not work\nThis account cannot sign in."));
}

#[tokio::test]
async fn unknown_and_repeated_parameters_are_named() {
    let world = World::open().await;
    let page = world.party.browser.open(&world.party.request(&[("audience", "everybody")])).await.unwrap();
    assert!(page.text().contains("audience is not a parameter of this call"));
    let page = world.party.browser.open(&format!("{}&state=again", world.party.request(&[]))).await.unwrap();
    assert!(page.text().contains("state is given more than once"));
}

#[tokio::test]
async fn what_a_lenient_provider_would_let_pass_is_answered_with_an_error() {
    let world = World::open().await;
    for (wrong, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("state", ""), "invalid_request"),
        (("nonce", ""), "invalid_request"),
        (("scope", "email"), "invalid_scope"),
        (("scope", "openid everything"), "invalid_scope"),
        (("prompt", "consent"), "invalid_request"),
    ] {
        let page = world.party.browser.open(&world.party.request(&[wrong])).await.unwrap();
        assert_eq!(come_back(&page)["error"], error, "{wrong:?}");
    }
}
