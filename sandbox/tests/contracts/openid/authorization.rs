//! Signing in, and being sent back.
//! <https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth>

use sandbox::{browser::Page, idp::Person};

use super::{
    relying_party::{REDIRECT_URI, accepted, ada, browser, come_back},
    world::World,
};

contracts! {
    judge decides {
        somebody_comes_back_with_a_code_the_state_and_the_issuer,
        a_state_comes_back_as_it_was_sent,
        a_browser_with_a_session_comes_back_without_seeing_a_page,
        another_browser_is_asked_who_it_is,
        prompt_login_asks_in_spite_of_a_session,
        prompt_none_without_a_session_is_answered_with_login_required,
        a_disabled_person_gets_no_code_with_a_session_or_without,
        a_revoked_person_has_no_session,
        an_unregistered_redirect_is_never_followed,
        an_unknown_client_is_not_sent_anywhere,
        a_request_that_is_not_right_is_answered_with_an_error,
        a_parameter_given_twice_is_not_right,
        an_error_comes_back_with_the_state_and_the_issuer,
        an_unknown_scope_is_never_granted,
    }
}

async fn somebody_comes_back_with_a_code_the_state_and_the_issuer(world: World) {
    let answer = world.party.sign_in(&[]).await;
    let names: Vec<_> = answer.keys().map(String::as_str).collect();
    assert_eq!(names, ["code", "iss", "state"]);
    assert_eq!((answer["state"].as_str(), &answer["iss"]), ("the-state", &world.party.issuer));
}

async fn a_state_comes_back_as_it_was_sent(world: World) {
    let state = "a state & what=not, 100%+\u{fc}";
    assert_eq!(world.party.sign_in(&[("state", state)]).await["state"], state);
}

async fn a_browser_with_a_session_comes_back_without_seeing_a_page(world: World) {
    world.party.sign_in(&[]).await;
    let page = world.party.browser.open(&world.party.request(&[])).await.unwrap();
    assert_eq!(page.hops.len(), 1);
    assert!(come_back(&page).contains_key("code"));
}

async fn another_browser_is_asked_who_it_is(world: World) {
    world.party.sign_in(&[]).await;
    let page = browser(&world.clock).open(&world.party.request(&[])).await.unwrap();
    assert!(asks_who_it_is(&page));
}

async fn prompt_login_asks_in_spite_of_a_session(world: World) {
    world.party.sign_in(&[]).await;
    let page = world.party.browser.open(&world.party.request(&[("prompt", "login")])).await.unwrap();
    assert!(asks_who_it_is(&page));
}

async fn prompt_none_without_a_session_is_answered_with_login_required(world: World) {
    let page = world.party.browser.open(&world.party.request(&[("prompt", "none")])).await.unwrap();
    assert_eq!(come_back(&page)["error"], "login_required");
}

async fn a_disabled_person_gets_no_code_with_a_session_or_without(world: World) {
    world.party.sign_in(&[]).await;
    world.employ(Person { disabled: true, ..ada() }).await;
    let page = world.party.browser.open(&world.party.request(&[])).await.unwrap();
    assert!(!has_code(&page));
    let browser = browser(&world.clock);
    let page = browser.open(&world.party.request(&[])).await.unwrap();
    assert!(!has_code(&browser.press(&page, "Continue as Ada").await.unwrap()));
}

async fn a_revoked_person_has_no_session(world: World) {
    world.party.sign_in(&[]).await;
    world.revoke("ada").await;
    let page = world.party.browser.open(&world.party.request(&[])).await.unwrap();
    assert!(asks_who_it_is(&page));
}

async fn an_unregistered_redirect_is_never_followed(world: World) {
    for uri in [&format!("{REDIRECT_URI}/"), &format!("{REDIRECT_URI}?x=y"), "http://127.0.0.1:9/", ""] {
        let page = world.party.browser.open(&world.party.request(&[("redirect_uri", uri)])).await.unwrap();
        assert_eq!((page.status, page.stopped_before), (400, None), "{uri}");
    }
}

async fn an_unknown_client_is_not_sent_anywhere(world: World) {
    let page = world.party.browser.open(&world.party.request(&[("client_id", "somebody")])).await.unwrap();
    assert_eq!((page.status, page.stopped_before), (400, None));
}

async fn a_request_that_is_not_right_is_answered_with_an_error(world: World) {
    for (wrong, error) in [
        (("response_type", "nonsense"), "unsupported_response_type"),
        (("response_type", ""), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("prompt", "nonsense"), "invalid_request"),
        (("prompt", "none login"), "invalid_request"),
        (("max_age", "soon"), "invalid_request"),
    ] {
        let page = world.party.browser.open(&world.party.request(&[wrong])).await.unwrap();
        assert_eq!(come_back(&page)["error"], error, "{wrong:?}");
    }
}

/// Whether the browser may be sent back with that is left open: RFC 6749, section 3.1.
async fn a_parameter_given_twice_is_not_right(world: World) {
    for twice in ["state=again", "nonce=again", "redirect_uri=http://127.0.0.1:9/"] {
        let request = format!("{}&{twice}", world.party.request(&[]));
        let page = world.party.browser.open(&request).await.unwrap();
        if page.stopped_before.is_some() {
            assert_eq!(come_back(&page)["error"], "invalid_request", "{twice}");
        } else {
            assert_eq!(page.status, 400, "{twice}");
        }
    }
}

async fn an_error_comes_back_with_the_state_and_the_issuer(world: World) {
    let request = world.party.request(&[("prompt", "none")]);
    let answer = come_back(&world.party.browser.open(&request).await.unwrap());
    assert_eq!((answer["state"].as_str(), &answer["iss"]), ("the-state", &world.party.issuer));
    assert_eq!(answer.get("code"), None);
}

/// It may be refused, or ignored: RFC 6749, section 3.3.
async fn an_unknown_scope_is_never_granted(world: World) {
    let request = world.party.request(&[("scope", "openid everything")]);
    let mut page = world.party.browser.open(&request).await.unwrap();
    if page.stopped_before.is_none() {
        page = world.party.browser.press(&page, "Continue as Ada").await.unwrap();
    }
    match come_back(&page).get("code") {
        None => assert_eq!(come_back(&page)["error"], "invalid_scope"),
        Some(code) => assert_eq!(accepted(world.party.redeem(code).await).await["scope"], "openid"),
    }
}

fn has_code(page: &Page) -> bool {
    page.stopped_before.is_some() && come_back(page).contains_key("code")
}

fn asks_who_it_is(page: &Page) -> bool {
    page.stopped_before.is_none() && page.button("Continue as Bob").is_some()
}
