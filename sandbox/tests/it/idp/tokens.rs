//! Codes, tokens, and what becomes of them.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use serde_json::json;

use super::relying_party::{
    CLIENT_SECRET, EVERYTHING, REDIRECT_URI, VERIFIER, accepted, noon, refused, relying_party,
};

#[tokio::test]
async fn an_id_token_says_who_signed_in_and_when() {
    let party = relying_party().await;
    let tokens = party.tokens(EVERYTHING).await;
    let access_token = tokens["access_token"].as_str().unwrap();
    let at_hash = URL_SAFE_NO_PAD.encode(&digest(&SHA256, access_token.as_bytes()).as_ref()[..16]);
    let now = noon().timestamp();
    let expected = json!({
        "iss": party.idp.issuer(),
        "sub": "ada",
        "aud": "elevate",
        "iat": now,
        "exp": now + 300,
        "auth_time": now,
        "nonce": "the-nonce",
        "at_hash": at_hash,
        "name": "Ada Lovelace",
        "preferred_username": "ada",
        "email": "ada@example.com",
        "email_verified": true,
        "groups": ["aws-temp#S3Admin#111122223333"],
    });
    assert_eq!(party.claims(&tokens).await, expected);
}

#[tokio::test]
async fn a_narrow_scope_says_little() {
    let party = relying_party().await;
    let tokens = party.tokens("openid").await;
    let claims = party.claims(&tokens).await;
    assert_eq!(
        (&claims["email"], &claims["groups"], &claims["name"]),
        (&json!(null), &json!(null), &json!(null))
    );
    assert_eq!(tokens["refresh_token"], json!(null));
}

#[tokio::test]
async fn a_person_without_groups_has_no_groups_claim() {
    let party = relying_party().await;
    party.idp.update_person("ada", |ada| ada.groups.clear());
    let tokens = party.tokens(EVERYTHING).await;
    assert_eq!(party.claims(&tokens).await.get("groups"), None);
}

#[tokio::test]
async fn a_silent_sign_in_keeps_the_time_of_the_first() {
    let party = relying_party().await;
    party.sign_in(&[]).await;
    party.clock.advance(TimeDelta::hours(1));
    let tokens = party.tokens(EVERYTHING).await;
    let claims = party.claims(&tokens).await;
    assert_eq!(claims["auth_time"], noon().timestamp());
    assert_eq!(claims["iat"], noon().timestamp() + 3600);
}

#[tokio::test]
async fn a_code_shown_twice_takes_back_what_it_gave() {
    let party = relying_party().await;
    let answer = party.sign_in(&[]).await;
    let tokens = accepted(party.redeem(&answer["code"]).await).await;
    assert_eq!(refused(party.redeem(&answer["code"]).await).await, "invalid_grant");
    assert_eq!(refused(party.refresh(&tokens).await).await, "invalid_grant");
    assert_eq!(refused(party.userinfo(&tokens).await).await, "invalid_token");
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let party = relying_party().await;
    let answer = party.sign_in(&[]).await;
    party.clock.advance(TimeDelta::seconds(60));
    assert_eq!(refused(party.redeem(&answer["code"]).await).await, "invalid_grant");
}

#[tokio::test]
async fn a_code_with_the_wrong_proof_is_used_up() {
    let party = relying_party().await;
    for (redirect_uri, verifier) in [(REDIRECT_URI, "another verifier"), ("http://127.0.0.1:9/", VERIFIER)] {
        let answer = party.sign_in(&[]).await;
        let wrong = party.redeem_with(&answer["code"], redirect_uri, verifier).await;
        assert_eq!(refused(wrong).await, "invalid_grant");
        assert_eq!(refused(party.redeem(&answer["code"]).await).await, "invalid_grant");
    }
}

#[tokio::test]
async fn a_code_without_a_verifier_is_refused() {
    let party = relying_party().await;
    let code = &party.sign_in(&[]).await["code"];
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT_URI)];
    assert_eq!(refused(party.ask_for_tokens(&form).await).await, "invalid_request");
}

#[tokio::test]
async fn a_client_proves_itself_in_the_header_only() {
    let party = relying_party().await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_secret", CLIENT_SECRET)];
    let response = party.ask_for_tokens_unproven(&form).await;
    assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    assert_eq!(refused(response).await, "invalid_client");
    assert_eq!(refused(party.ask_for_tokens(&form).await).await, "invalid_request");
}

#[tokio::test]
async fn other_grants_are_not_supported() {
    let party = relying_party().await;
    let response = party.ask_for_tokens(&[("grant_type", "client_credentials")]).await;
    assert_eq!(refused(response).await, "unsupported_grant_type");
}

#[tokio::test]
async fn a_refresh_tells_the_groups_of_now_and_nothing_of_the_nonce() {
    let party = relying_party().await;
    let tokens = party.tokens(EVERYTHING).await;
    party.idp.update_person("ada", |ada| ada.groups = vec!["aws-temp#Reviewer".to_owned()]);
    party.clock.advance(TimeDelta::hours(1));
    let refreshed = accepted(party.refresh(&tokens).await).await;
    let claims = party.claims(&refreshed).await;
    assert_eq!(claims["groups"], json!(["aws-temp#Reviewer"]));
    assert_eq!(claims["auth_time"], noon().timestamp());
    assert_eq!(claims.get("nonce"), None);
}

#[tokio::test]
async fn an_old_refresh_token_ends_the_whole_family() {
    let party = relying_party().await;
    let first = party.tokens(EVERYTHING).await;
    let second = accepted(party.refresh(&first).await).await;
    assert_eq!(refused(party.refresh(&first).await).await, "invalid_grant");
    assert_eq!(refused(party.refresh(&second).await).await, "invalid_grant");
    assert_eq!(refused(party.userinfo(&second).await).await, "invalid_token");
}

#[tokio::test]
async fn a_refresh_may_narrow_the_scope_but_not_widen_it() {
    let party = relying_party().await;
    let tokens = party.tokens("openid groups offline_access").await;
    let ask = |token: String, scope| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", &token), ("scope", scope)];
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let party = &party;
        async move {
            let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            party.ask_for_tokens(&form).await
        }
    };
    let token = tokens["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(refused(ask(token.clone(), "openid email").await).await, "invalid_scope");
    let narrow = accepted(ask(token, "openid").await).await;
    assert_eq!(party.claims(&narrow).await.get("groups"), None);
}

#[tokio::test]
async fn a_disabled_or_revoked_person_cannot_refresh() {
    let party = relying_party().await;
    let tokens = party.tokens(EVERYTHING).await;
    party.idp.update_person("ada", |ada| ada.disabled = true);
    assert_eq!(refused(party.userinfo(&tokens).await).await, "invalid_token");
    assert_eq!(refused(party.refresh(&tokens).await).await, "invalid_grant");
    party.idp.update_person("ada", |ada| ada.disabled = false);
    assert_eq!(refused(party.refresh(&tokens).await).await, "invalid_grant");

    let tokens = party.tokens(EVERYTHING).await;
    party.idp.revoke("ada");
    assert_eq!(refused(party.refresh(&tokens).await).await, "invalid_grant");
}

#[tokio::test]
async fn userinfo_tells_what_the_scope_allows_until_the_token_expires() {
    let party = relying_party().await;
    let tokens = party.tokens("openid email").await;
    let told = accepted(party.userinfo(&tokens).await).await;
    assert_eq!(told, json!({ "sub": "ada", "email": "ada@example.com", "email_verified": true }));
    party.clock.advance(TimeDelta::minutes(5));
    assert_eq!(refused(party.userinfo(&tokens).await).await, "invalid_token");
}

#[tokio::test]
async fn a_rotated_key_leaves_nothing_of_the_old_one() {
    let party = relying_party().await;
    let tokens = party.tokens(EVERYTHING).await;
    let before = party.document("jwks").await;
    party.idp.rotate_keys();
    let after = party.document("jwks").await;
    assert_ne!(before["keys"][0]["kid"], after["keys"][0]["kid"]);
    assert_eq!(after["keys"].as_array().unwrap().len(), 1);
    assert!(party.verified(tokens["id_token"].as_str().unwrap()).await.is_err());
}

#[tokio::test]
async fn every_secret_is_on_the_list() {
    let party = relying_party().await;
    let answer = party.sign_in(&[]).await;
    let tokens = accepted(party.redeem(&answer["code"]).await).await;
    let secrets = party.idp.secrets_issued();
    let session = party.browser.cookie(&party.idp.issuer(), "idp_session").unwrap();
    let token = |name: &str| tokens[name].as_str().unwrap().to_owned();
    for secret in [
        CLIENT_SECRET.to_owned(),
        answer["code"].clone(),
        session,
        token("access_token"),
        token("refresh_token"),
        token("id_token"),
    ] {
        assert!(secrets.contains(&secret));
    }
}
