//! What a sign-in asks for beyond who it was, and where the provider tells groups.

use elevate::{
    config::GroupsFrom,
    domain::step_up::StepUp,
    ports::{Identity, SignInAsks},
};
use sandbox::{http::Fault, idp::Tampering};
use serde_json::json;
use url::Url;

use super::{Realm, at, claims, groups, proof, saying};

/// A realm whose groups are read at userinfo, where they are others than in the ID token.
async fn told_at_userinfo() -> Realm {
    let realm = Realm::with(|oidc| oidc.groups_from = GroupsFrom::Userinfo).await;
    realm.idp.tamper(saying(json!({ "groups": ["of-the-token"], "email": null })));
    realm
}

#[tokio::test]
async fn where_groups_come_from_userinfo_the_id_tokens_do_not_count() {
    let realm = told_at_userinfo().await;
    let redeemed = realm.sign_in().await.unwrap();
    let of_userinfo = groups(&["aws-temp#S3Admin#111122223333", "staff"]);
    assert_eq!(*redeemed.signed_in.groups(), of_userinfo);
    let address = redeemed.signed_in.verified_email().map(|email| email.as_str());
    assert_eq!(address, Some("ada@example.com"), "the ID token has none");
    let refreshed = realm.refresh(&redeemed.refresh_token.unwrap()).await.unwrap();
    assert_eq!(*refreshed.groups.unwrap().groups(), of_userinfo);
}

#[tokio::test]
async fn userinfo_about_another_person_is_refused() {
    let realm = told_at_userinfo().await;
    let token = realm.sign_in().await.unwrap().refresh_token.unwrap();
    let bobs = Tampering { userinfo: claims(json!({ "sub": "bob" })), ..Tampering::default() };
    assert!(realm.refusal(bobs.clone()).await.contains("userinfo response is about another person"));
    realm.idp.tamper(bobs);
    let refreshed = realm.refresh(&token).await.unwrap();
    assert!(realm.unusable(refreshed.groups).contains("userinfo response is about another person"));
    assert!(refreshed.refresh_token.is_some(), "the new token is kept all the same");
}

#[tokio::test]
async fn without_userinfo_there_are_no_groups_of_the_token_instead() {
    let realm = told_at_userinfo().await;
    realm.idp.control().fail_always("userinfo", Fault::Status(503));
    assert!(realm.sign_in().await.is_err());
    realm.idp.control().heal();
    assert!(realm.sign_in().await.is_ok());
}

#[tokio::test]
async fn a_sign_in_asks_for_what_the_operator_wants_of_it_and_tells_how_it_went() {
    let realm = Realm::new().await;
    let asks = StepUp {
        max_age: Some("5m".parse().unwrap()),
        acr_values: vec!["phr".into(), "mfa".into()],
        review: false,
    };
    let url = realm
        .provider
        .sign_in_url(&proof(), &SignInAsks { step_up: Some(&asks), afresh: false })
        .await
        .unwrap();
    let sent =
        |url: Url| url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
    let asked = sent(url);
    assert!(asked.contains(&"max_age=300".to_owned()), "{asked:?}");
    assert!(asked.contains(&"acr_values=phr mfa".to_owned()), "{asked:?}");
    assert!(!asked.iter().any(|parameter| parameter.starts_with("prompt=")), "{asked:?}");
    let afresh = SignInAsks { step_up: Some(&asks), afresh: true };
    let asked = sent(realm.provider.sign_in_url(&proof(), &afresh).await.unwrap());
    for parameter in ["prompt=login", "max_age=0", "acr_values=phr mfa"] {
        assert_eq!(asked.iter().filter(|asked| *asked == parameter).count(), 1, "{asked:?}");
    }
    assert!(!asked.contains(&"max_age=300".to_owned()), "{asked:?}");

    realm.idp.tamper(saying(json!({ "auth_time": at(-60), "acr": "mfa" })));
    let redeemed = realm.sign_in().await.unwrap();
    let authentication = redeemed.signed_in.authentication();
    assert_eq!(authentication.proved_at.unwrap().timestamp(), at(-60));
    assert_eq!(authentication.class.as_deref(), Some("mfa"));
    assert_eq!(authentication.back_at.timestamp(), at(0));
}
