//! The identity provider, honest and hostile.

mod logout;
mod told;

use std::sync::Arc;

use axum::{Router, response::Redirect};
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use elevate::{
    config::{GroupsFrom, Oidc},
    domain::{
        person::{Groups, Subject},
        secret::Secret,
    },
    identity::OpenIdProvider,
    ports::{Answer, Identity, IdentityError, Redeemed, Refreshed, SignInProof},
};
use sandbox::{
    browser::Browser,
    clock,
    http::Fault,
    idp::{Forgery, Idp, IdpConfig, Person, RefreshTokens, Tampering},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use url::Url;

use stage::StageClock;

const CALLBACK: &str = "http://127.0.0.1:9/oidc/callback";

/// A provider with Ada in it, and the product's view of it.
pub(crate) struct Realm {
    idp: Idp,
    clock: clock::Clock,
    provider: OpenIdProvider,
}

impl Realm {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A realm whose client is set up in some other way.
    async fn with(change: impl FnOnce(&mut Oidc)) -> Self {
        let clock = clock::Clock::standing(noon());
        let config = IdpConfig {
            clock: clock.clone(),
            client_id: "elevate".into(),
            client_secret: "an-idp-client-secret".into(),
            port: 0,
        };
        let idp = Idp::start(config).await.unwrap();
        idp.allow_redirect(CALLBACK);
        idp.add_person(ada());
        let mut oidc = oidc(&idp.issuer());
        change(&mut oidc);
        let time = Arc::new(StageClock(clock.clone()));
        let provider = OpenIdProvider::new(oidc, CALLBACK.parse().unwrap(), stage::http(), time);
        Self { idp, clock, provider }
    }

    /// Ada's browser goes to the provider and comes back.
    async fn answer(&self, proof: &SignInProof) -> Answer {
        let browser = Browser::with_clock(self.clock.clone());
        browser.stop_before(CALLBACK);
        let url = self.provider.sign_in_url(proof, None).await.unwrap();
        let page = browser.open(url.as_str()).await.unwrap();
        let page = browser.press(&page, "Continue as Ada").await.unwrap();
        answer_in(&page.stopped_before.expect("the browser comes back"))
    }

    pub(crate) async fn sign_in(&self) -> Result<Redeemed, IdentityError> {
        let answer = self.answer(&proof()).await;
        self.provider.redeem(answer, &proof()).await
    }

    /// Why a sign-in at a provider that does this is not accepted.
    async fn refusal(&self, tampering: Tampering) -> String {
        self.idp.tamper(tampering);
        let outcome = self.sign_in().await;
        self.idp.tamper(Tampering::default());
        self.unusable(outcome)
    }

    async fn refresh(&self, token: &SecretString) -> Result<Refreshed, IdentityError> {
        self.provider.refresh(token, &self.ada()).await
    }

    /// Why an answer is not accepted; the reason gives nothing away.
    fn unusable<T>(&self, outcome: Result<T, IdentityError>) -> String {
        match outcome {
            Err(IdentityError::Unusable(why)) => {
                for secret in self.idp.secrets_issued() {
                    assert!(!why.contains(&secret), "{why}");
                }
                why
            }
            Err(other) => panic!("not as expected: {other}"),
            Ok(_) => panic!("it was accepted"),
        }
    }

    fn ada(&self) -> Subject {
        Subject { issuer: self.idp.issuer(), subject: "ada".into() }
    }

    fn key_fetches(&self) -> usize {
        self.calls_of("jwks")
    }

    fn calls_of(&self, name: &str) -> usize {
        self.idp.control().calls().iter().filter(|call| *call == name).count()
    }
}

pub(crate) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
}

fn ada() -> Person {
    Person {
        login: "ada".into(),
        name: "Ada".into(),
        email: "Ada@example.com".into(),
        email_verified: Some(true),
        groups: vec!["staff".into(), "aws-temp#S3Admin#111122223333".into()],
        disabled: false,
    }
}

fn oidc(issuer: &str) -> Oidc {
    Oidc {
        issuer: issuer.into(),
        client_id: "elevate".into(),
        client_secret: "an-idp-client-secret".into(),
        scopes: ["openid", "email", "groups", "offline_access"].map(Into::into).into(),
        groups_claim: "groups".into(),
        groups_from: GroupsFrom::IdToken,
        trust_unverified_email: false,
        person_claim: None,
    }
}

fn proof() -> SignInProof {
    SignInProof { state: Secret::of([1; 32]), nonce: Secret::of([2; 32]), verifier: Secret::of([3; 32]) }
}

fn answer_in(url: &Url) -> Answer {
    let parameter =
        |name| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(parameter("state").as_deref(), Some(proof().state.expose()));
    Answer { code: parameter("code").expect("there is a code").into(), issuer: parameter("iss") }
}

fn claims(claims: Value) -> Map<String, Value> {
    claims.as_object().unwrap().clone()
}

/// A provider whose ID tokens say this.
fn saying(said: Value) -> Tampering {
    Tampering { claims: claims(said), ..Tampering::default() }
}

fn dropping(name: &str) -> Tampering {
    Tampering { dropped_claims: vec![name.into()], ..Tampering::default() }
}

fn forging(forgery: Forgery) -> Tampering {
    Tampering { forgery: Some(forgery), ..Tampering::default() }
}

/// Seconds from noon, as claims have it.
fn at(seconds: i64) -> i64 {
    noon().timestamp() + seconds
}

fn groups(names: &[&str]) -> Groups {
    names.iter().copied().collect()
}

#[tokio::test]
async fn a_sign_in_tells_who_it_was() {
    let realm = Realm::new().await;
    let redeemed = realm.sign_in().await.unwrap();
    assert_eq!(*redeemed.signed_in.subject(), realm.ada());
    assert_eq!(redeemed.signed_in.verified_email().unwrap().as_str(), "ada@example.com");
    assert_eq!(*redeemed.signed_in.groups(), groups(&["aws-temp#S3Admin#111122223333", "staff"]));
    assert!(redeemed.refresh_token.is_some());
}

#[tokio::test]
async fn a_browser_is_sent_with_pkce_and_without_a_prompt() {
    let realm = Realm::new().await;
    let url = realm.provider.sign_in_url(&proof(), None).await.unwrap();
    let mut sent: Vec<_> = url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
    sent.sort();
    let challenge = sent.remove(1);
    assert!(challenge.starts_with("code_challenge=") && !challenge.contains(proof().verifier.expose()));
    assert_eq!(
        sent,
        [
            "client_id=elevate",
            "code_challenge_method=S256",
            &format!("nonce={}", proof().nonce.expose()),
            "redirect_uri=http://127.0.0.1:9/oidc/callback",
            "response_type=code",
            "scope=openid email groups offline_access",
            &format!("state={}", proof().state.expose()),
        ]
    );
}

#[tokio::test]
async fn id_tokens_of_another_moment_client_or_sign_in_are_refused() {
    let realm = Realm::new().await;
    let late = "has expired, or was not issued just now";
    let cases = [
        (dropping("nonce"), "another sign-in"),
        (saying(json!({ "nonce": "another" })), "another sign-in"),
        (saying(json!({ "exp": at(-30) })), late),
        (saying(json!({ "iat": at(31) })), late),
        (saying(json!({ "iat": at(-601) })), late),
        (saying(json!({ "nbf": at(31) })), "not valid yet"),
        (saying(json!({ "nbf": "soon" })), "not valid yet"),
        (saying(json!({ "iss": "https://evil.example" })), "another issuer"),
        (saying(json!({ "aud": "another" })), "somebody else"),
        (saying(json!({ "aud": ["elevate", "another"] })), "somebody else"),
        (dropping("aud"), "somebody else"),
        (saying(json!({ "azp": "another" })), "another client"),
        (saying(json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" })), "another access token"),
        (Tampering { without_id_token: true, ..Tampering::default() }, "no ID token"),
        (
            Tampering { raw_id_token: Some("a.{CLAIMS}.b".into()), ..Tampering::default() },
            "could not be read",
        ),
        (dropping("sub"), "could not be read"),
        (dropping("exp"), "could not be read"),
    ];
    for (tampering, reason) in cases {
        let told = realm.refusal(tampering.clone()).await;
        assert!(told.contains(reason), "{tampering:?}: {told}");
    }
}

#[tokio::test]
async fn forged_id_tokens_are_refused() {
    let realm = Realm::new().await;
    let cases = [
        (Forgery::Unsigned, "is not signed"),
        (Forgery::HmacWithPublicKey, "an algorithm that is not accepted"),
        (Forgery::HmacWithClientSecret, "an algorithm that is not accepted"),
        (Forgery::ForeignKey, "a wrong signature"),
        (Forgery::UnknownKey, "not among the provider's"),
        (Forgery::EmbeddedKey, "not among the provider's"),
        (Forgery::CriticalExtension, "a header that is not supported"),
        (Forgery::AccessTokenType, "a header that is not supported"),
    ];
    for (forgery, reason) in cases {
        let told = realm.refusal(forging(forgery)).await;
        assert!(told.contains(reason), "{forgery:?}: {told}");
    }
}

#[tokio::test]
async fn the_provider_does_not_choose_the_algorithms() {
    let realm = Realm::new().await;
    let configuration =
        claims(json!({ "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"] }));
    for forgery in [Forgery::HmacWithClientSecret, Forgery::Unsigned] {
        let tampering = Tampering { configuration: configuration.clone(), ..forging(forgery) };
        assert!(realm.refusal(tampering).await.contains("sign"));
    }
}

#[tokio::test]
async fn clocks_may_differ_by_half_a_minute() {
    let realm = Realm::new().await;
    for said in [
        json!({ "exp": at(-29) }),
        json!({ "iat": at(30) }),
        json!({ "iat": at(-600) }),
        json!({ "nbf": at(30) }),
    ] {
        realm.idp.tamper(saying(said.clone()));
        assert!(realm.sign_in().await.is_ok(), "{said}");
    }
}

#[tokio::test]
async fn claims_that_do_not_matter_do_not_stand_in_the_way() {
    let realm = Realm::new().await;
    realm.idp.tamper(saying(json!({
        "email_verified": "true",
        "updated_at": "2026-03-02T11:59:00.000Z",
        "azp": "elevate",
        "acr": "1",
        "https://example.com/tenant": { "a": [1] },
    })));
    let redeemed = realm.sign_in().await.unwrap();
    assert!(redeemed.signed_in.verified_email().is_some());
}

#[tokio::test]
async fn an_address_nobody_vouches_for_is_not_told() {
    let realm = Realm::new().await;
    realm.idp.update_person("ada", |ada| ada.email_verified = Some(false));
    assert!(realm.sign_in().await.unwrap().signed_in.verified_email().is_none());
    realm.idp.update_person("ada", |ada| ada.email_verified = None);
    assert!(realm.sign_in().await.unwrap().signed_in.verified_email().is_none());
    let trusting = Realm::with(|oidc| oidc.trust_unverified_email = true).await;
    trusting.idp.update_person("ada", |ada| ada.email_verified = None);
    assert!(trusting.sign_in().await.unwrap().signed_in.verified_email().is_some());
}

#[tokio::test]
async fn too_many_groups_are_not_no_groups() {
    let realm = Realm::new().await;
    realm.idp.update_person("ada", |ada| ada.groups.clear());
    assert_eq!(*realm.sign_in().await.unwrap().signed_in.groups(), Groups::default());
    let told = realm.refusal(saying(json!({ "_claim_names": { "groups": "src1" } }))).await;
    assert!(told.contains("assigned to this application"), "{told}");
}

#[tokio::test]
async fn a_code_is_good_once_and_with_its_verifier() {
    let realm = Realm::new().await;
    let answer = realm.answer(&proof()).await;
    let injected = SignInProof { verifier: Secret::of([4; 32]), ..proof() };
    let outcome = realm.provider.redeem(answer, &injected).await;
    assert!(matches!(outcome, Err(IdentityError::Gone)));

    let answer = realm.answer(&proof()).await;
    assert!(realm.provider.redeem(answer.clone(), &proof()).await.is_ok());
    assert!(matches!(realm.provider.redeem(answer, &proof()).await, Err(IdentityError::Gone)));
}

#[tokio::test]
async fn an_answer_of_another_issuer_costs_no_code() {
    let realm = Realm::new().await;
    for (issuer, reason) in [("https://evil.example", "another issuer"), ("", "does not name its issuer")] {
        let tampering = Tampering { answer_issuer: Some(issuer.into()), ..Tampering::default() };
        let told = realm.refusal(tampering).await;
        assert!(told.contains(reason), "{told}");
    }
    assert_eq!(realm.calls_of("token"), 0);
}

#[tokio::test]
async fn an_older_provider_need_not_name_itself() {
    let realm = Realm::new().await;
    let configuration = claims(json!({ "authorization_response_iss_parameter_supported": false }));
    realm.idp.tamper(Tampering { configuration, answer_issuer: Some(String::new()), ..Tampering::default() });
    assert!(realm.sign_in().await.is_ok());
}

#[tokio::test]
async fn a_flood_of_unknown_keys_costs_one_fetch_per_cooldown() {
    let realm = Realm::new().await;
    assert!(realm.sign_in().await.is_ok());
    let before = realm.key_fetches();
    for _ in 0..3 {
        realm.refusal(forging(Forgery::UnknownKey)).await;
    }
    assert_eq!(realm.key_fetches() - before, 1);
    realm.clock.advance(TimeDelta::seconds(30));
    realm.refusal(forging(Forgery::UnknownKey)).await;
    assert_eq!(realm.key_fetches() - before, 2);
}

#[tokio::test]
async fn keys_may_rotate_and_the_old_ones_stay_while_new_ones_cannot_be_had() {
    let realm = Realm::new().await;
    assert!(realm.sign_in().await.is_ok());
    realm.idp.control().fail_next("jwks", Fault::Status(503));
    realm.refusal(forging(Forgery::UnknownKey)).await;
    assert!(realm.sign_in().await.is_ok());
    realm.idp.rotate_keys();
    realm.clock.advance(TimeDelta::seconds(30));
    assert!(realm.sign_in().await.is_ok());
}

#[tokio::test]
async fn a_refresh_tells_the_groups_as_they_are_now() {
    let realm = Realm::new().await;
    let first = realm.sign_in().await.unwrap().refresh_token.unwrap();
    realm.idp.update_person("ada", |ada| ada.groups = vec!["new".into()]);
    let refreshed = realm.refresh(&first).await.unwrap();
    assert_eq!(*refreshed.groups.unwrap().groups(), groups(&["new"]));
    let second = refreshed.refresh_token.unwrap();
    assert_ne!(first.expose_secret(), second.expose_secret());
    assert!(realm.refresh(&second).await.is_ok());
}

#[tokio::test]
async fn a_refresh_may_come_without_another_token_or_an_id_token() {
    let realm = Realm::new().await;
    let token = realm.sign_in().await.unwrap().refresh_token.unwrap();
    realm.idp.tamper(Tampering {
        refresh_tokens: RefreshTokens::Kept,
        without_id_token: true,
        ..Tampering::default()
    });
    let refreshed = realm.refresh(&token).await.unwrap();
    assert_eq!(*refreshed.groups.unwrap().groups(), groups(&["aws-temp#S3Admin#111122223333", "staff"]));
    assert!(refreshed.refresh_token.is_none());
}

#[tokio::test]
async fn a_refresh_for_another_person_is_refused() {
    let realm = Realm::new().await;
    let userinfo = claims(json!({ "sub": "bob" }));
    for tampering in [
        saying(json!({ "sub": "bob" })),
        Tampering { without_id_token: true, userinfo, ..Tampering::default() },
    ] {
        realm.idp.tamper(Tampering::default());
        let token = realm.sign_in().await.unwrap().refresh_token.unwrap();
        realm.idp.tamper(tampering);
        let outcome = realm.refresh(&token).await;
        assert!(realm.unusable(outcome).contains("another person"));
    }
}

#[tokio::test]
async fn a_new_refresh_token_is_kept_whatever_the_claims_are_like() {
    let realm = Realm::new().await;
    let mut token = realm.sign_in().await.unwrap().refresh_token.unwrap();
    realm.idp.control().fail_always("userinfo", Fault::Status(503));
    let userinfo_down = Tampering { without_id_token: true, ..Tampering::default() };
    for (tampering, reason) in [
        (saying(json!({ "groups": { "a": 1 } })), "neither a list of names"),
        (saying(json!({ "hasgroups": true })), "too many"),
        (saying(json!({ "exp": at(-60) })), "expired"),
        (forging(Forgery::ForeignKey), "wrong signature"),
        (userinfo_down, "status 503"),
    ] {
        realm.idp.tamper(tampering);
        let refreshed = realm.refresh(&token).await.unwrap();
        let told = refreshed.groups.unwrap_err().to_string();
        assert!(told.contains(reason), "{told}");
        token = refreshed.refresh_token.unwrap();
    }
    realm.idp.tamper(Tampering::default());
    assert!(realm.refresh(&token).await.unwrap().groups.is_ok());
}

#[tokio::test]
async fn only_an_invalid_grant_is_the_end_of_a_refresh_token() {
    let realm = Realm::new().await;
    let token = realm.sign_in().await.unwrap().refresh_token.unwrap();
    for (fault, is_unavailable) in [
        (Fault::Status(503), true),
        (Fault::RateLimited(1), true),
        (Fault::Garbage, false),
        (Fault::Status(400), false),
    ] {
        realm.idp.control().fail_next("token", fault.clone());
        let outcome = realm.refresh(&token).await;
        match outcome {
            Err(IdentityError::Unavailable(_)) => assert!(is_unavailable, "{fault:?}"),
            Err(IdentityError::Unusable(_)) => assert!(!is_unavailable, "{fault:?}"),
            other => panic!("{fault:?}: {other:?}"),
        }
    }
    realm.idp.update_person("ada", |ada| ada.disabled = true);
    assert!(matches!(realm.refresh(&token).await, Err(IdentityError::Gone)));
}

#[tokio::test]
async fn a_wrong_client_secret_is_not_the_end_of_a_refresh_token() {
    let realm = Realm::with(|oidc| oidc.client_secret = "wrong".into()).await;
    let outcome = realm.refresh(&SecretString::from("any")).await;
    assert!(realm.unusable(outcome).contains("invalid_client"));
}

#[tokio::test]
async fn a_provider_that_is_down_is_asked_again_when_it_is_needed() {
    let realm = Realm::new().await;
    for fault in [Fault::Status(503), Fault::Status(404), Fault::AnswerLost] {
        realm.idp.control().fail_next("openid-configuration", fault.clone());
        assert!(matches!(realm.provider.check().await, Err(IdentityError::Unavailable(_))), "{fault:?}");
    }
    assert!(realm.provider.check().await.is_ok());
    realm.idp.control().fail_always("openid-configuration", Fault::Status(503));
    assert!(realm.sign_in().await.is_ok());
}

#[tokio::test]
async fn a_provider_that_is_not_the_one_configured_is_refused() {
    let cases = [
        (json!({ "issuer": "https://evil.example" }), "another issuer"),
        (json!({ "authorization_endpoint": "http://evil.example/authorize" }), "not https"),
        (json!({ "token_endpoint": null }), "no token endpoint"),
        (json!({ "jwks_uri": 7 }), "could not be read"),
    ];
    let realm = Realm::new().await;
    for (configuration, reason) in cases {
        realm.idp.tamper(Tampering { configuration: claims(configuration), ..Tampering::default() });
        let outcome = realm.provider.check().await;
        let told = realm.unusable(outcome);
        assert!(told.contains(reason), "{told}");
    }
}

#[tokio::test]
async fn nothing_is_asked_over_plain_http_or_read_without_end() {
    let cases = [
        (json!({ "jwks_uri": "http://evil.example/jwks" }), "not https"),
        (json!({ "padding": "x".repeat(300_000) }), "longer than"),
    ];
    let realm = Realm::new().await;
    for (configuration, reason) in cases {
        realm.idp.tamper(Tampering { configuration: claims(configuration), ..Tampering::default() });
        match realm.provider.check().await {
            Err(IdentityError::Unavailable(told)) => assert!(told.contains(reason), "{told}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let realm = Realm::new().await;
    let honest = format!("{}/.well-known/openid-configuration", realm.idp.issuer());
    let elsewhere = Router::new().fallback(move || async move { Redirect::temporary(&honest) });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, elsewhere).await });
    let time = Arc::new(StageClock(realm.clock.clone()));
    let provider = OpenIdProvider::new(oidc(&issuer), CALLBACK.parse().unwrap(), stage::http(), time);
    assert!(matches!(provider.check().await, Err(IdentityError::Unavailable(told)) if told.contains("307")));
    assert_eq!(realm.calls_of("openid-configuration"), 0);
}
