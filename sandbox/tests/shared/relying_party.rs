//! A client of an OpenID provider that checks nothing by itself: each test says what it expects.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use reqwest::{Client, Response, StatusCode};
use sandbox::{
    browser::{Browser, Page},
    clock::Clock,
    idp::Person,
};
use serde_json::Value;
use url::Url;

pub(crate) const CLIENT_ID: &str = "elevate";
pub(crate) const CLIENT_SECRET: &str = "a secret/with:marks";
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:9/oidc/callback";
pub(crate) const VERIFIER: &str = "a-code-verifier-of-more-than-forty-three-characters";
pub(crate) const EVERYTHING: &str = "openid profile email groups offline_access";

pub(crate) struct RelyingParty {
    pub(crate) issuer: String,
    /// Nobody has signed in with it.
    pub(crate) browser: Browser,
    configuration: Value,
    http: Client,
}

/// Ada, who may ask for a role.
pub(crate) fn ada() -> Person {
    Person { groups: vec!["aws-temp#S3Admin#111122223333".to_owned()], ..person("ada", "Ada Lovelace") }
}

/// Bob, who is in no group.
pub(crate) fn bob() -> Person {
    person("bob", "Bob Barker")
}

fn person(login: &str, name: &str) -> Person {
    Person {
        login: login.to_owned(),
        name: name.to_owned(),
        email: format!("{login}@example.com"),
        email_verified: Some(true),
        groups: Vec::new(),
        disabled: false,
    }
}

/// A browser that comes back to the client with an answer, and shows it instead of going on.
pub(crate) fn browser(clock: &Clock) -> Browser {
    let browser = Browser::with_clock(clock.clone());
    browser.stop_before(REDIRECT_URI);
    browser
}

impl RelyingParty {
    /// A client of the provider at `issuer`, once it has read the provider's configuration.
    pub(crate) async fn of(issuer: String, clock: &Clock) -> Self {
        let http = Client::new();
        let configuration = configuration(&http, &issuer).await;
        Self { issuer, browser: browser(clock), configuration, http }
    }

    /// The discovery document, as it is at the moment.
    pub(crate) async fn discover(&self) -> Value {
        configuration(&self.http, &self.issuer).await
    }

    /// The key set, as it is at the moment.
    pub(crate) async fn keys(&self) -> Value {
        self.http.get(self.endpoint("jwks_uri")).send().await.unwrap().json().await.unwrap()
    }

    /// A right authorization request in which some parameters are replaced; an empty one is left out.
    pub(crate) fn request(&self, replaced: &[(&str, &str)]) -> String {
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
        Url::parse_with_params(self.endpoint("authorization_endpoint"), parameters).unwrap().into()
    }

    /// Signs in as Ada, if the provider asks; answers with the parameters she comes back with.
    pub(crate) async fn sign_in(&self, replaced: &[(&str, &str)]) -> BTreeMap<String, String> {
        let page = self.browser.open(&self.request(replaced)).await.unwrap();
        if page.stopped_before.is_some() {
            return come_back(&page);
        }
        come_back(&self.browser.press(&page, "Continue as Ada").await.unwrap())
    }

    /// Signs in as Ada, and redeems the code.
    pub(crate) async fn tokens(&self, scope: &str) -> Value {
        let answer = self.sign_in(&[("scope", scope)]).await;
        accepted(self.redeem(&answer["code"]).await).await
    }

    pub(crate) async fn redeem(&self, code: &str) -> Response {
        self.redeem_with(code, REDIRECT_URI, VERIFIER).await
    }

    pub(crate) async fn redeem_with(&self, code: &str, redirect_uri: &str, verifier: &str) -> Response {
        let grant = ("grant_type", "authorization_code");
        let proof = [("code", code), ("redirect_uri", redirect_uri), ("code_verifier", verifier)];
        self.ask_for_tokens(&[&[grant], &proof[..]].concat()).await
    }

    pub(crate) async fn refresh(&self, tokens: &Value) -> Response {
        let token = tokens["refresh_token"].as_str().unwrap();
        self.ask_for_tokens(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    pub(crate) async fn ask_for_tokens(&self, form: &[(&str, &str)]) -> Response {
        self.ask_for_tokens_as(Some(CLIENT_SECRET), form).await
    }

    /// Asks with another secret, or without one.
    pub(crate) async fn ask_for_tokens_as(&self, secret: Option<&str>, form: &[(&str, &str)]) -> Response {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let request = self.http.post(self.endpoint("token_endpoint")).form(form);
        let request = match secret {
            Some(secret) => request.basic_auth(encode(CLIENT_ID), Some(encode(secret))),
            None => request,
        };
        request.send().await.unwrap()
    }

    pub(crate) async fn userinfo(&self, access_token: &str) -> Response {
        let request = self.http.get(self.endpoint("userinfo_endpoint"));
        request.bearer_auth(access_token).send().await.unwrap()
    }

    /// The claims of an ID token, if a careful client would accept its signature.
    pub(crate) async fn verified(&self, id_token: &str) -> Result<Value, jsonwebtoken::errors::Error> {
        let keys: JwkSet = serde_json::from_value(self.keys().await).unwrap();
        let key = DecodingKey::from_jwk(&keys.keys[0])?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.set_audience(&[CLIENT_ID]);
        validation.set_issuer(&[&self.issuer]);
        jsonwebtoken::decode(id_token, &key, &validation).map(|token| token.claims)
    }

    /// The claims in a token answer's ID token.
    pub(crate) async fn claims(&self, tokens: &Value) -> Value {
        self.verified(text(tokens, "id_token")).await.unwrap()
    }

    fn endpoint(&self, name: &str) -> &str {
        text(&self.configuration, name)
    }
}

async fn configuration(http: &Client, issuer: &str) -> Value {
    let url = format!("{issuer}/.well-known/openid-configuration");
    http.get(url).send().await.unwrap().json().await.unwrap()
}

/// A member of an answer that must be a text.
pub(crate) fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap()
}

/// The parameters in the URL a browser was stopped before.
pub(crate) fn come_back(page: &Page) -> BTreeMap<String, String> {
    let back = page.stopped_before.as_ref().unwrap();
    assert!(back.as_str().starts_with(REDIRECT_URI));
    back.query_pairs().into_owned().collect()
}

pub(crate) async fn accepted(response: Response) -> Value {
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-store");
    response.json().await.unwrap()
}

/// The error code of a refusal.
pub(crate) async fn refused(response: Response) -> String {
    assert!(response.status().is_client_error());
    assert_eq!(response.headers()["cache-control"], "no-store");
    text(&response.json().await.unwrap(), "error").to_owned()
}
