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
    let cases = [
        (saying(json!({ "iss": "https://evil.example" })), "names another issuer"),
        (saying(json!({ "aud": "another" })), "is also meant for another"),
        (saying(json!({ "aud": ["elevate", "another"] })), "is also meant for another"),
        (saying(json!({ "iat": at(-601) })), "was issued 601 s ago, not just now"),
        (saying(json!({ "iat": at(31) })), "was issued 31 s in the future"),
        (saying(json!({ "exp": at(-30) })), "expired 30 s ago"),
        (saying(json!({ "iat": i64::MAX })), "s in the future"),
        (saying(json!({ "nonce": "n" })), "nonce in its logout token"),
        (saying(json!({ "events": {} })), "events in its logout token"),
        (saying(json!({ "events": { EVENT: true } })), "events in its logout token"),
        (saying(json!({ "events": EVENT })), "events in its logout token"),
        (saying(json!({ "sub": 7 })), "sub in its logout token"),
        (saying(json!({ "sub": "" })), "sub in its logout token"),
        (dropping("iss"), "has no iss"),
        (dropping("aud"), "has no aud"),
        (dropping("iat"), "has no iat"),
        (dropping("jti"), "has no jti"),
        (dropping("events"), "has no events"),
        (dropping("sub"), "has no sub"),
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
        (Forgery::Unsigned, "is not signed"),
        (Forgery::HmacWithPublicKey, "an algorithm that is not accepted"),
        (Forgery::HmacWithClientSecret, "an algorithm that is not accepted"),
        (Forgery::ForeignKey, "a wrong signature"),
        (Forgery::UnknownKey, "not in its key set"),
        (Forgery::EmbeddedKey, "brings its own key"),
        (Forgery::CriticalExtension, "a header that is not supported"),
        (Forgery::AccessTokenType, "a header that is not supported"),
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
