//! The identity provider, honest and hostile.

mod logout;
mod told;

use std::sync::Arc;

use axum::{Router, response::Redirect};
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use elevate::{
    config::{GroupNames, GroupsFrom, Oidc},
    domain::{
        person::{Groups, Subject},
        secret::Secret,
    },
    identity::OpenIdProvider,
    ports::{Answer, Identity, IdentityError, Redeemed, Refreshed, SignInAsks, SignInProof},
    text::answer_fault,
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
        let url = self.provider.sign_in_url(proof, &SignInAsks::default()).await.unwrap();
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

    /// The product, as it is when it has just started.
    fn another_client(&self) -> OpenIdProvider {
        let time = Arc::new(StageClock(self.clock.clone()));
        OpenIdProvider::new(oidc(&self.idp.issuer()), CALLBACK.parse().unwrap(), stage::http(), time)
    }

    async fn refresh(&self, token: &SecretString) -> Result<Refreshed, IdentityError> {
        self.provider.refresh(token, &self.ada()).await
    }

    /// Why an answer is not accepted; the reason gives nothing away.
    fn unusable<T>(&self, outcome: Result<T, IdentityError>) -> String {
        match outcome {
            Err(IdentityError::Unusable(fault)) => {
                let why = answer_fault(&fault);
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
        email_claim: "email".into(),
        trusted_audiences: Vec::new(),
        client_auth: None,
        authorization: [].into(),
        group_names: GroupNames::default(),
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
    let url = realm.provider.sign_in_url(&proof(), &SignInAsks::default()).await.unwrap();
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
    let cases = [
        (dropping("nonce"), "another sign-in"),
        (saying(json!({ "nonce": "another" })), "another sign-in"),
        (saying(json!({ "exp": at(-30) })), "expired 30 s ago"),
        (saying(json!({ "iat": at(31) })), "issued 31 s in the future"),
        (saying(json!({ "iat": at(-601) })), "issued 601 s ago, not just now"),
        (saying(json!({ "nbf": at(31) })), "not valid for another 31 s"),
        (saying(json!({ "nbf": "soon" })), "nbf in its ID token has a value"),
        (saying(json!({ "iss": "https://evil.example" })), "another issuer"),
        (saying(json!({ "aud": "another" })), "also meant for another"),
        (saying(json!({ "aud": ["elevate", "another"] })), "also meant for another"),
        (dropping("aud"), "ID token has no aud"),
        (saying(json!({ "azp": "another" })), "another client"),
        (saying(json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" })), "another access token"),
        (Tampering { without_id_token: true, ..Tampering::default() }, "has no id_token"),
        (
            Tampering { raw_id_token: Some("a.{CLAIMS}.b".into()), ..Tampering::default() },
            "could not be read",
        ),
        (dropping("sub"), "ID token has no sub"),
        (dropping("exp"), "ID token has no exp"),
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
        (Forgery::UnknownKey, "not in its key set"),
        (Forgery::EmbeddedKey, "brings its own key"),
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
    let signed_in = realm.sign_in().await.unwrap().signed_in;
    assert!(
        signed_in.groups().claims_instead().unwrap().1.contains(&"email".to_owned()),
        "it says what came"
    );
    let told = realm.refusal(saying(json!({ "_claim_names": { "groups": "src1" } }))).await;
    assert!(told.contains("assigned to this application"), "{told}");
}

#[tokio::test]
async fn a_code_is_good_once_and_with_its_verifier() {
    let realm = Realm::new().await;
    let answer = realm.answer(&proof()).await;
    let injected = SignInProof { verifier: Secret::of([4; 32]), ..proof() };
    let outcome = realm.provider.redeem(answer, &injected).await;
    assert!(matches!(outcome, Err(IdentityError::Gone(_))));

    let answer = realm.answer(&proof()).await;
    assert!(realm.provider.redeem(answer.clone(), &proof()).await.is_ok());
    assert!(matches!(realm.provider.redeem(answer, &proof()).await, Err(IdentityError::Gone(_))));
}

#[tokio::test]
async fn an_answer_of_another_issuer_costs_no_code() {
    let realm = Realm::new().await;
    for (issuer, reason) in [("https://evil.example", "another issuer"), ("", "has no iss")] {
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
async fn a_refresh_that_does_not_tell_groups_leaves_them_unknown_and_says_what_it_told() {
    let realm = Realm::new().await;
    let mut token = realm.sign_in().await.unwrap().refresh_token.unwrap();
    let raw = |raw: &str| Tampering { raw_id_token: Some(raw.into()), ..Tampering::default() };
    let without = Tampering { without_id_token: true, ..Tampering::default() };
    for (tampering, is_told) in [
        (without, false),
        (raw(""), false),
        (dropping("groups"), true),
        (saying(json!({ "groups": null })), true),
    ] {
        realm.idp.tamper(tampering.clone());
        let refreshed = realm.refresh(&token).await.unwrap();
        let Err(IdentityError::GroupsUnknown { claims }) = refreshed.groups else {
            panic!("{tampering:?}: {:?}", refreshed.groups)
        };
        assert_eq!(claims.contains(&"email".to_owned()), is_told, "{claims:?}");
        token = refreshed.refresh_token.unwrap();
    }
    assert_eq!(realm.calls_of("userinfo"), 0, "groups are configured to come from the ID token");
    realm.idp.tamper(saying(json!({ "groups": [] })));
    let none = realm.refresh(&token).await.unwrap().groups.unwrap();
    assert_eq!(*none.groups(), groups(&[]), "none is known");
}

#[tokio::test]
async fn a_refresh_may_come_without_another_token() {
    let realm = Realm::new().await;
    let token = realm.sign_in().await.unwrap().refresh_token.unwrap();
    realm.idp.tamper(Tampering { refresh_tokens: RefreshTokens::Kept, ..Tampering::default() });
    let refreshed = realm.refresh(&token).await.unwrap();
    assert!(refreshed.groups.is_ok() && refreshed.refresh_token.is_none());
}

#[tokio::test]
async fn a_refresh_for_another_person_is_refused() {
    let at_userinfo = Realm::with(|oidc| oidc.groups_from = GroupsFrom::Userinfo).await;
    let userinfo = claims(json!({ "sub": "bob" }));
    for (realm, tampering) in [
        (Realm::new().await, saying(json!({ "sub": "bob" }))),
        (at_userinfo, Tampering { without_id_token: true, userinfo, ..Tampering::default() }),
    ] {
        let token = realm.sign_in().await.unwrap().refresh_token.unwrap();
        realm.idp.tamper(tampering);
        let refreshed = realm.refresh(&token).await.unwrap();
        assert!(realm.unusable(refreshed.groups).contains("about another person"));
        assert!(refreshed.refresh_token.is_some(), "the new token is kept all the same");
    }
}

#[tokio::test]
async fn a_new_refresh_token_is_kept_whatever_the_answer_is_like() {
    let realm = Realm::with(|oidc| oidc.groups_from = GroupsFrom::Userinfo).await;
    let mut token = realm.sign_in().await.unwrap().refresh_token.unwrap();
    let answering = |said| Tampering { token_answer: claims(said), ..Tampering::default() };
    let userinfo = |said| Tampering { userinfo: claims(said), ..Tampering::default() };
    let many: Vec<String> = (0..300_000).map(|n| format!("department/{n:06}")).collect();
    for (tampering, reason) in [
        (userinfo(json!({ "groups": { "a": 1 } })), "groups in its userinfo response"),
        (userinfo(json!({ "hasgroups": true })), "too many"),
        (userinfo(json!({ "sub": 7 })), "sub in its userinfo response"),
        (userinfo(json!({ "groups": many })), "its userinfo response is longer than"),
        (saying(json!({ "exp": at(-60) })), "expired 60 s ago"),
        (forging(Forgery::ForeignKey), "wrong signature"),
        (answering(json!({ "id_token": 7 })), "id_token in its token response"),
        (answering(json!({ "id_token": "x" })), "ID token could not be read"),
        (answering(json!({ "access_token": null })), "token response has no access_token"),
        (answering(json!({ "access_token": [1] })), "access_token in its token response"),
    ] {
        realm.idp.tamper(tampering);
        let refreshed = realm.refresh(&token).await.unwrap();
        let told = realm.unusable(refreshed.groups);
        assert!(told.contains(reason), "{told}");
        token = refreshed.refresh_token.unwrap();
    }
    realm.idp.tamper(Tampering::default());
    assert!(realm.refresh(&token).await.unwrap().groups.is_ok());
}

#[tokio::test]
async fn what_a_token_answer_says_besides_does_not_matter() {
    let realm = Realm::new().await;
    let mut token = realm.sign_in().await.unwrap().refresh_token.unwrap();
    for odd in [
        json!({ "expires_in": "3600" }),
        json!({ "expires_in": 3599.5 }),
        json!({ "expires_in": -1 }),
        json!({ "expires_in": null }),
        json!({ "token_type": null }),
        json!({ "token_type": "" }),
        json!({ "token_type": ["bearer"] }),
        json!({ "scope": ["openid"] }),
        json!({ "scope": 7 }),
        json!({ "anything": { "else": [null] } }),
    ] {
        realm.idp.tamper(Tampering { token_answer: claims(odd.clone()), ..Tampering::default() });
        assert!(realm.sign_in().await.is_ok(), "{odd}");
        let refreshed = realm.refresh(&token).await.unwrap();
        assert!(refreshed.groups.is_ok(), "{odd}");
        token = refreshed.refresh_token.unwrap();
    }
    let many: Vec<String> = (0..10_000).map(|n| format!("department-with-a-long-name/{n:06}")).collect();
    realm.idp.tamper(saying(json!({ "groups": many })));
    assert_eq!(realm.refresh(&token).await.unwrap().groups.unwrap().groups().iter().count(), 10_000);
}

#[tokio::test]
async fn what_a_discovery_document_says_besides_does_not_matter() {
    let realm = Realm::new().await;
    for odd in [json!(""), json!(7), json!(null), json!([0, 1]), json!({ "a": [] }), json!("en"), json!(true)]
    {
        for name in [
            "op_policy_uri",
            "op_tos_uri",
            "service_documentation",
            "registration_endpoint",
            "acr_values_supported",
            "claims_supported",
            "scopes_supported",
            "request_parameter_supported",
            "end_session_endpoint",
            "subject_types_supported",
            "response_types_supported",
            "id_token_signing_alg_values_supported",
            "ui_locales_supported",
            "userinfo_endpoint",
            "token_endpoint_auth_methods_supported",
        ] {
            let configuration = claims(json!({ name: odd }));
            realm.idp.tamper(Tampering { configuration, ..Tampering::default() });
            assert!(realm.another_client().check().await.is_ok(), "{name} {odd}");
        }
    }
}

#[tokio::test]
async fn whatever_a_refusal_to_renew_is_called_a_sign_in_cures_it_unless_the_client_is_refused() {
    let realm = Realm::new().await;
    let token = realm.sign_in().await.unwrap().refresh_token.unwrap();
    let description = "AADSTS50076: you must use multi-factor authentication";
    for error in ["interaction_required", "login_required", "consent_required", "invalid_request", "odd"] {
        realm.idp.tamper(Tampering {
            refused_refresh: Some((error.into(), description.into())),
            ..Tampering::default()
        });
        match realm.refresh(&token).await {
            Err(IdentityError::SignInRequired(words)) => {
                assert_eq!((words.error.as_str(), words.description.as_deref()), (error, Some(description)));
            }
            other => panic!("{error}: {other:?}"),
        }
    }
    for error in ["invalid_client", "unauthorized_client"] {
        realm.idp.tamper(Tampering {
            refused_refresh: Some((error.into(), description.into())),
            ..Tampering::default()
        });
        let outcome = realm.refresh(&token).await;
        assert!(realm.unusable(outcome).contains(&format!("{error}, “{description}”")));
    }
    realm.idp.tamper(Tampering::default());
    assert!(realm.refresh(&token).await.is_ok(), "none of them was the end of the token");
}

#[tokio::test]
async fn a_key_that_was_replaced_under_its_name_is_fetched_once_per_cooldown() {
    let realm = Realm::new().await;
    assert!(realm.sign_in().await.is_ok());
    realm.idp.replace_key();
    assert!(realm.sign_in().await.is_ok(), "the new key was fetched");
    let before = realm.key_fetches();
    for _ in 0..3 {
        realm.refusal(forging(Forgery::ForeignKey)).await;
    }
    assert_eq!(realm.key_fetches() - before, 0, "it was fetched less than 30 s ago");
    realm.clock.advance(TimeDelta::seconds(30));
    realm.refusal(forging(Forgery::ForeignKey)).await;
    assert_eq!(realm.key_fetches() - before, 1);
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
    assert!(matches!(realm.refresh(&token).await, Err(IdentityError::Gone(_))));
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
        (
            json!({ "authorization_endpoint": "http://evil.example/authorize" }),
            "authorization_endpoint in its",
        ),
        (json!({ "token_endpoint": null }), "discovery document has no token_endpoint"),
        (
            json!({ "token_endpoint": "http://evil.example/token" }),
            "token_endpoint in its discovery document",
        ),
        (json!({ "jwks_uri": 7 }), "jwks_uri in its discovery document"),
        (json!({ "issuer": null }), "discovery document has no issuer"),
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
    let realm = Realm::new().await;
    let says = |configuration| Tampering { configuration: claims(configuration), ..Tampering::default() };
    realm.idp.tamper(says(json!({ "jwks_uri": "http://evil.example/jwks" })));
    let outcome = realm.provider.check().await;
    assert!(matches!(outcome, Err(IdentityError::Unavailable(told)) if told.contains("not https")));
    realm.idp.tamper(says(json!({ "padding": "x".repeat(300_000) })));
    let outcome = realm.provider.check().await;
    assert!(realm.unusable(outcome).contains("discovery document is longer than 262144 bytes"));
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
