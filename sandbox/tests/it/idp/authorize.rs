//! Discovery, signing in, and being sent back.

use chrono::TimeDelta;

use super::relying_party::{REDIRECT_URI, browser, come_back, relying_party};

#[tokio::test]
async fn the_discovery_document_says_what_is_spoken_here() {
    let party = relying_party().await;
    let document = party.document(".well-known/openid-configuration").await;
    assert_eq!(document["issuer"], party.idp.issuer());
    assert_eq!(document["response_types_supported"][0], "code");
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
}

#[tokio::test]
async fn somebody_signs_in_and_comes_back_with_a_code_the_state_and_the_issuer() {
    let party = relying_party().await;
    let answer = party.sign_in(&[]).await;
    let names: Vec<_> = answer.keys().map(String::as_str).collect();
    assert_eq!(names, ["code", "iss", "state"]);
    assert_eq!((answer["state"].as_str(), &answer["iss"]), ("the-state", &party.idp.issuer()));
}

#[tokio::test]
async fn a_browser_with_a_session_comes_back_without_seeing_a_page() {
    let party = relying_party().await;
    party.sign_in(&[]).await;
    let page = party.browser.open(&party.request(&[])).await.unwrap();
    assert_eq!(page.hops.len(), 1);
    assert!(come_back(&page).contains_key("code"));
}

#[tokio::test]
async fn another_browser_is_asked_who_it_is() {
    let party = relying_party().await;
    party.sign_in(&[]).await;
    let page = browser(&party.clock).open(&party.request(&[])).await.unwrap();
    assert!(page.button("Continue as Bob").is_some());
}

#[tokio::test]
async fn prompt_login_asks_in_spite_of_a_session() {
    let party = relying_party().await;
    party.sign_in(&[]).await;
    let page = party.browser.open(&party.request(&[("prompt", "login")])).await.unwrap();
    assert_eq!(page.title(), "Sign in – Demo identity provider");
}

#[tokio::test]
async fn a_session_older_than_max_age_is_not_enough() {
    let party = relying_party().await;
    party.sign_in(&[]).await;
    party.clock.advance(TimeDelta::seconds(61));
    let page = party.browser.open(&party.request(&[("max_age", "60")])).await.unwrap();
    assert!(page.button("Continue as Ada").is_some());
}

#[tokio::test]
async fn prompt_none_without_a_session_is_answered_with_login_required() {
    let party = relying_party().await;
    let page = party.browser.open(&party.request(&[("prompt", "none")])).await.unwrap();
    let answer = come_back(&page);
    assert_eq!((answer["error"].as_str(), answer["state"].as_str()), ("login_required", "the-state"));
}

#[tokio::test]
async fn a_disabled_person_cannot_sign_in_and_their_session_is_over() {
    let party = relying_party().await;
    party.sign_in(&[]).await;
    party.idp.update_person("ada", |ada| ada.disabled = true);
    let page = party.browser.open(&party.request(&[])).await.unwrap();
    let page = party.browser.press(&page, "Continue as Ada").await.unwrap();
    assert_eq!((page.status, page.text().as_str()), (403, "This did not work\nThis account cannot sign in."));
}

#[tokio::test]
async fn a_revoked_person_has_no_session() {
    let party = relying_party().await;
    party.sign_in(&[]).await;
    party.idp.revoke("ada");
    let page = party.browser.open(&party.request(&[])).await.unwrap();
    assert!(page.button("Continue as Ada").is_some());
}

#[tokio::test]
async fn an_unregistered_redirect_is_never_followed() {
    let party = relying_party().await;
    for uri in [&format!("{REDIRECT_URI}/"), "http://127.0.0.1:9/", ""] {
        let page = party.browser.open(&party.request(&[("redirect_uri", uri)])).await.unwrap();
        assert_eq!((page.status, page.stopped_before), (400, None));
    }
}

#[tokio::test]
async fn an_unknown_client_is_not_sent_anywhere() {
    let party = relying_party().await;
    let page = party.browser.open(&party.request(&[("client_id", "somebody")])).await.unwrap();
    assert_eq!((page.status, page.stopped_before), (400, None));
}

#[tokio::test]
async fn unknown_and_repeated_parameters_are_refused() {
    let party = relying_party().await;
    let page = party.browser.open(&party.request(&[("audience", "everybody")])).await.unwrap();
    assert!(page.text().contains("audience is not a parameter of this call"));
    let page = party.browser.open(&format!("{}&state=again", party.request(&[]))).await.unwrap();
    assert!(page.text().contains("state is given more than once"));
}

#[tokio::test]
async fn a_request_that_is_not_right_is_answered_with_an_error() {
    let party = relying_party().await;
    for (wrong, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("state", ""), "invalid_request"),
        (("nonce", ""), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("scope", "email"), "invalid_scope"),
        (("scope", "openid everything"), "invalid_scope"),
        (("prompt", "consent"), "invalid_request"),
        (("max_age", "soon"), "invalid_request"),
    ] {
        let page = party.browser.open(&party.request(&[wrong])).await.unwrap();
        assert_eq!(come_back(&page)["error"], error, "{wrong:?}");
    }
}
