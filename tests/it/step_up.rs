//! Step-up: a recent sign-in, or one of a certain class, for what matters most.

mod review;

use chrono::TimeDelta;
use sandbox::idp::Tampering;
use serde_json::{Value, json};

use crate::world::{Player, Story, play};

const MAX_AGE: (&str, &str) = ("ACCESS__STEP_UP__MAX_AGE", "5m");
const CLASSES: (&str, &str) = ("ACCESS__STEP_UP__ACR_VALUES", "phr,mfa");

/// A provider whose ID tokens say this.
fn saying(claims: Value) -> Tampering {
    Tampering { claims: claims.as_object().unwrap().clone(), ..Tampering::default() }
}

/// Ada opens the console, and whether she is asked to sign in on the way.
async fn is_asked_to_sign_in(ada: &Player<'_>) -> bool {
    let page = ada.browser.open(&ada.asks_for_the_console().await).await.unwrap();
    let Some(button) = page.button("Continue as Ada") else {
        assert_eq!(page.status, 200, "{}", page.text());
        return false;
    };
    let console = ada.browser.press(&page, &button.label).await.unwrap();
    assert_eq!(console.status, 200, "{}", console.text());
    true
}

#[tokio::test]
async fn the_console_takes_a_sign_in_as_recent_as_the_operator_asks() {
    play(Story::approved().set(&[MAX_AGE, ("ACCESS__SESSIONS_AT_ONCE", "3")]), async |world| {
        let ada = world.ada();
        for (wait, asked) in [(0, true), (5, false), (1, true)] {
            world.company.clock.advance(TimeDelta::minutes(wait));
            assert_eq!(is_asked_to_sign_in(&ada).await, asked, "after {wait} minutes");
            world.settle().await;
            world.everybody_catches_up();
        }
        assert_eq!(world.company.aws.assumptions().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn without_step_up_the_providers_session_will_do() {
    play(Story::approved(), async |world| {
        let ada = world.ada();
        assert!(is_asked_to_sign_in(&ada).await);
        world.settle().await;
        world.company.clock.advance(TimeDelta::minutes(50));
        assert!(!is_asked_to_sign_in(&ada).await);
        world.settle().await;
        world.everybody_catches_up();
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_lets_an_old_sign_in_pass_opens_no_console() {
    play(Story::approved().set(&[MAX_AGE]), async |world| {
        let ada = world.ada();
        let link = ada.asks_for_the_console().await;
        let ago = |seconds| (world.company.clock.now() - TimeDelta::seconds(seconds)).timestamp();
        for (claims, status, sentence) in [
            (json!({ "auth_time": ago(331) }), 403, "more than 5m ago"),
            (json!({ "auth_time": "yesterday" }), 502, "auth_time"),
        ] {
            world.company.idp.tamper(saying(claims));
            let page = ada.opens_twice_asked(&link).await;
            assert_eq!(page.status, status, "{}", page.text());
            assert!(page.text().contains(sentence), "{}", page.text());
            assert!(world.audit()[0].contains("@Ada tried to open the AWS console"));
        }
        let silent = Tampering { dropped_claims: vec!["auth_time".into()], ..Tampering::default() };
        world.company.idp.tamper(silent);
        assert_eq!(ada.opens_twice_asked(&link).await.status, 502);
        assert!(world.audit()[0].contains("auth_time"));
        assert!(world.company.aws.assumptions().is_empty());

        world.company.idp.tamper(saying(json!({ "auth_time": ago(330) })));
        assert_eq!(ada.opens(&link).await.status, 200, "clocks may differ by half a minute");
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn a_weaker_sign_in_than_was_asked_for_opens_no_console() {
    play(Story::approved().set(&[CLASSES]), async |world| {
        let ada = world.ada();
        let link = ada.asks_for_the_console().await;
        for weak in [saying(json!({ "acr": "pwd" })), saying(json!({ "acr": "PHR" }))] {
            world.company.idp.tamper(weak);
            let page = ada.opens(&link).await;
            assert_eq!(page.status, 403, "{}", page.text());
            assert!(page.text().contains("a stronger sign-in") && page.text().contains("phr, mfa"));
            world.audit();
        }
        assert!(world.company.aws.assumptions().is_empty());
        world.company.idp.tamper(Tampering::default());
        assert_eq!(ada.opens(&link).await.status, 200, "the provider did as it was asked");
        world.audit();
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_let_an_old_sign_in_pass_is_asked_once_more_to_let_the_person_authenticate() {
    play(Story::approved().set(&[MAX_AGE]), async |world| {
        let ada = world.ada();
        assert!(is_asked_to_sign_in(&ada).await);
        world.settle().await;
        world.everybody_catches_up();
        world.company.clock.advance(TimeDelta::minutes(6));
        // It does not look at max_age and does look at prompt.
        world.company.idp.tamper(Tampering { ignores_max_age: true, ..Tampering::default() });
        assert!(is_asked_to_sign_in(&ada).await, "the first answer was too old");
        world.settle().await;
        world.everybody_catches_up();
        assert_eq!(world.company.aws.assumptions().len(), 2);
    })
    .await;
}
