//! A client of the provider that checks nothing by itself: each test says what it expects.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeZone, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use reqwest::{Client, Response, StatusCode};
use sandbox::{
    browser::{Browser, Page},
    clock::Clock,
    idp::{Idp, IdpConfig, Person},
};
use serde_json::Value;
use url::Url;

pub(super) const CLIENT_ID: &str = "elevate";
pub(super) const CLIENT_SECRET: &str = "a secret/with:marks";
pub(super) const REDIRECT_URI: &str = "http://127.0.0.1:9/oidc/callback";
pub(super) const VERIFIER: &str = "a-code-verifier-of-more-than-forty-three-characters";
pub(super) const EVERYTHING: &str = "openid profile email groups offline_access";

pub(super) struct RelyingParty {
    pub(super) idp: Idp,
    pub(super) clock: Clock,
    pub(super) browser: Browser,
    http: Client,
}

/// A provider with Ada and Bob, and a browser nobody has signed in with.
pub(super) async fn relying_party() -> RelyingParty {
    let clock = Clock::standing(noon());
    let config = IdpConfig {
        clock: clock.clone(),
        client_id: CLIENT_ID.to_owned(),
        client_secret: CLIENT_SECRET.to_owned(),
        port: 0,
    };
    let idp = Idp::start(config).await.unwrap();
    idp.allow_redirect(REDIRECT_URI);
    idp.add_person(person("ada", "Ada Lovelace", &["aws-temp#S3Admin#111122223333"]));
    idp.add_person(person("bob", "Bob Barker", &[]));
    RelyingParty { browser: browser(&clock), idp, clock, http: Client::new() }
}

pub(super) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
}

pub(super) fn browser(clock: &Clock) -> Browser {
    let browser = Browser::with_clock(clock.clone());
    browser.stop_before(REDIRECT_URI);
    browser
}

fn person(login: &str, name: &str, groups: &[&str]) -> Person {
    Person {
        login: login.to_owned(),
        name: name.to_owned(),
        email: format!("{login}@example.com"),
        email_verified: Some(true),
        groups: groups.iter().map(|&group| group.to_owned()).collect(),
        disabled: false,
    }
}

impl RelyingParty {
    /// A right authorization request in which some parameters are replaced; an empty one is left out.
    pub(super) fn request(&self, replaced: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
        let mut parameters = BTreeMap::from([
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("redirect_uri", REDIRECT_URI),
            ("scope", EVERYTHING),
            ("state", "the-state"),
            ("nonce", "the-nonce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        parameters.extend(replaced.iter().copied());
        parameters.retain(|_, value| !value.is_empty());
        Url::parse_with_params(&format!("{}/authorize", self.idp.issuer()), parameters).unwrap().into()
    }

    /// Signs in as Ada, if the provider asks; answers with the parameters she comes back with.
    pub(super) async fn sign_in(&self, replaced: &[(&str, &str)]) -> BTreeMap<String, String> {
        let page = self.browser.open(&self.request(replaced)).await.unwrap();
        if page.stopped_before.is_some() {
            return come_back(&page);
        }
        come_back(&self.browser.press(&page, "Continue as Ada").await.unwrap())
    }

    /// Signs in as Ada, and redeems the code.
    pub(super) async fn tokens(&self, scope: &str) -> Value {
        let answer = self.sign_in(&[("scope", scope)]).await;
        accepted(self.redeem(&answer["code"]).await).await
    }

    pub(super) async fn redeem(&self, code: &str) -> Response {
        self.redeem_with(code, REDIRECT_URI, VERIFIER).await
    }

    pub(super) async fn redeem_with(&self, code: &str, redirect_uri: &str, verifier: &str) -> Response {
        let grant = ("grant_type", "authorization_code");
        let proof = [("code", code), ("redirect_uri", redirect_uri), ("code_verifier", verifier)];
        self.ask_for_tokens(&[&[grant], &proof[..]].concat()).await
    }

    pub(super) async fn refresh(&self, tokens: &Value) -> Response {
        let token = tokens["refresh_token"].as_str().unwrap();
        self.ask_for_tokens(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    pub(super) async fn ask_for_tokens(&self, form: &[(&str, &str)]) -> Response {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let request = self.http.post(format!("{}/token", self.idp.issuer()));
        let request = request.basic_auth(encode(CLIENT_ID), Some(encode(CLIENT_SECRET)));
        request.form(form).send().await.unwrap()
    }

    pub(super) async fn ask_for_tokens_unproven(&self, form: &[(&str, &str)]) -> Response {
        self.http.post(format!("{}/token", self.idp.issuer())).form(form).send().await.unwrap()
    }

    pub(super) async fn userinfo(&self, tokens: &Value) -> Response {
        let request = self.http.get(format!("{}/userinfo", self.idp.issuer()));
        request.bearer_auth(tokens["access_token"].as_str().unwrap()).send().await.unwrap()
    }

    pub(super) async fn document(&self, path: &str) -> Value {
        self.http.get(format!("{}/{path}", self.idp.issuer())).send().await.unwrap().json().await.unwrap()
    }

    /// The claims of an ID token, if a careful client would accept its signature.
    pub(super) async fn verified(&self, id_token: &str) -> Result<Value, jsonwebtoken::errors::Error> {
        let keys: JwkSet = serde_json::from_value(self.document("jwks").await).unwrap();
        let key = DecodingKey::from_jwk(&keys.keys[0])?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.set_audience(&[CLIENT_ID]);
        validation.set_issuer(&[self.idp.issuer()]);
        jsonwebtoken::decode(id_token, &key, &validation).map(|token| token.claims)
    }

    /// The claims in a token answer's ID token.
    pub(super) async fn claims(&self, tokens: &Value) -> Value {
        self.verified(tokens["id_token"].as_str().unwrap()).await.unwrap()
    }
}

/// The parameters in the URL a browser was stopped before.
pub(super) fn come_back(page: &Page) -> BTreeMap<String, String> {
    let back = page.stopped_before.as_ref().unwrap();
    assert!(back.as_str().starts_with(REDIRECT_URI));
    back.query_pairs().into_owned().collect()
}

pub(super) async fn accepted(response: Response) -> Value {
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-store");
    response.json().await.unwrap()
}

/// The error code of a refusal.
pub(super) async fn refused(response: Response) -> String {
    assert!(response.status().is_client_error());
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = response.json().await.unwrap();
    body["error"].as_str().unwrap().to_owned()
}
