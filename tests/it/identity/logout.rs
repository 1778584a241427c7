//! Logout tokens, genuine and forged.

use elevate::ports::{Identity, SignedOut};
use sandbox::idp::{Forgery, Tampering};
use serde_json::json;

use super::{Realm, at, dropping, forging, noon, saying};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

impl Realm {
    /// Why the logout token of a provider that does this is not accepted.
    async fn rejection(&self, tampering: Tampering) -> String {
        self.idp.tamper(tampering);
        let outcome = self.provider.signed_out(&self.idp.logout_token("ada")).await;
        self.unusable(outcome)
    }
}

#[tokio::test]
async fn a_logout_token_tells_who_has_signed_out_and_when() {
    let realm = Realm::new().await;
    let told = realm.provider.signed_out(&realm.idp.logout_token("ada")).await.unwrap();
    let SignedOut { id, subject, at } = told;
    assert_eq!((subject, at), (realm.ada(), noon()));
    let again = realm.provider.signed_out(&realm.idp.logout_token("ada")).await.unwrap();
    assert_ne!(again.id, id, "each is one of its own");
}

#[tokio::test]
async fn logout_tokens_of_another_moment_client_or_kind_are_refused() {
    let realm = Realm::new().await;
    let late = "has expired, or was not issued just now";
    let cases = [
        (saying(json!({ "iss": "https://evil.example" })), "is from another issuer"),
        (saying(json!({ "aud": "another" })), "is meant for somebody else"),
        (saying(json!({ "aud": ["another"] })), "is meant for somebody else"),
        (saying(json!({ "iat": at(-601) })), late),
        (saying(json!({ "iat": at(31) })), late),
        (saying(json!({ "exp": at(-30) })), late),
        (saying(json!({ "iat": i64::MAX })), "has no time"),
        (saying(json!({ "nonce": "n" })), "has a nonce"),
        (saying(json!({ "events": {} })), "is about no logout"),
        (saying(json!({ "events": { EVENT: true } })), "is about no logout"),
        (saying(json!({ "events": EVENT })), "is not valid"),
        (saying(json!({ "sub": 7 })), "is not valid"),
        (saying(json!({ "sub": "" })), "nobody whose it is"),
        (dropping("iss"), "is not valid"),
        (dropping("aud"), "is not valid"),
        (dropping("iat"), "is not valid"),
        (dropping("jti"), "is not valid"),
        (dropping("events"), "is not valid"),
        (dropping("sub"), "nobody whose it is"),
    ];
    for (tampering, reason) in cases {
        let told = realm.rejection(tampering.clone()).await;
        assert!(told.contains(reason), "{tampering:?}: {told}");
    }
}

#[tokio::test]
async fn forged_logout_tokens_are_refused() {
    let realm = Realm::new().await;
    for (forgery, reason) in [
        (Forgery::Unsigned, "could not be read"),
        (Forgery::HmacWithPublicKey, "an algorithm that is not accepted"),
        (Forgery::HmacWithClientSecret, "an algorithm that is not accepted"),
        (Forgery::ForeignKey, "a wrong signature"),
        (Forgery::UnknownKey, "not among the provider's"),
        (Forgery::EmbeddedKey, "brings its own key along"),
        (Forgery::CriticalExtension, "a header that is not supported"),
        (Forgery::AccessTokenType, "a token of another kind"),
    ] {
        let told = realm.rejection(forging(forgery)).await;
        assert!(told.contains(reason), "{forgery:?}: {told}");
    }
    let genuine = realm.idp.logout_token("ada");
    for broken in ["", "a.b.c", &genuine[..genuine.len() - 2], &genuine.replacen('.', "", 1)] {
        assert!(realm.provider.signed_out(broken).await.is_err(), "{broken}");
    }
}

#[tokio::test]
async fn the_clocks_of_logouts_may_differ_by_half_a_minute() {
    let realm = Realm::new().await;
    for said in [json!({ "iat": at(30) }), json!({ "iat": at(-600) }), json!({ "exp": at(-29) })] {
        realm.idp.tamper(saying(said.clone()));
        assert!(realm.provider.signed_out(&realm.idp.logout_token("ada")).await.is_ok(), "{said}");
    }
}
