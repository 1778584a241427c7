//! How a client proves who it is at the token endpoint, and what it may ask for there.
//! <https://www.rfc-editor.org/rfc/rfc6749#section-5.2>

use reqwest::StatusCode;

use super::{
    relying_party::{CLIENT_ID, EVERYTHING, REDIRECT_URI, VERIFIER, accepted, refused},
    world::World,
};

contracts! {
    judge decides {
        a_wrong_secret_is_no_proof_and_uses_up_nothing,
        a_client_without_a_secret_is_nobody,
        other_grants_are_not_supported,
        a_grant_that_lacks_something_is_no_request,
        a_parameter_given_twice_is_no_request,
    }
}

async fn a_wrong_secret_is_no_proof_and_uses_up_nothing(world: World) {
    let code = &world.party.sign_in(&[]).await["code"];
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    let refusal = world.party.ask_for_tokens_as(Some("a guess"), &form).await;
    assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED);
    assert!(refusal.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    assert_eq!(refused(refusal).await, "invalid_client");
    accepted(world.party.redeem(code).await).await;
}

async fn a_client_without_a_secret_is_nobody(world: World) {
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", CLIENT_ID)];
    let refusal = world.party.ask_for_tokens_as(None, &form).await;
    assert_eq!(refusal.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refused(refusal).await, "invalid_client");
}

async fn other_grants_are_not_supported(world: World) {
    for grant in ["client_credentials", "password", "nonsense"] {
        let refusal = world.party.ask_for_tokens(&[("grant_type", grant)]).await;
        assert_eq!(refused(refusal).await, "unsupported_grant_type", "{grant}");
    }
}

async fn a_grant_that_lacks_something_is_no_request(world: World) {
    let code = &world.party.sign_in(&[("scope", EVERYTHING)]).await["code"];
    for form in [
        &[("code", code.as_str())][..],
        &[("grant_type", "authorization_code"), ("redirect_uri", REDIRECT_URI), ("code_verifier", VERIFIER)],
        &[("grant_type", "authorization_code"), ("code", code), ("code_verifier", VERIFIER)],
        &[("grant_type", "refresh_token")],
    ] {
        assert_eq!(refused(world.party.ask_for_tokens(form).await).await, "invalid_request", "{form:?}");
    }
}

async fn a_parameter_given_twice_is_no_request(world: World) {
    let token = ("refresh_token", "x");
    let form = [("grant_type", "refresh_token"), token, token];
    assert_eq!(refused(world.party.ask_for_tokens(&form).await).await, "invalid_request");
}
