//! Sign in with Slack, as an app sees it that checks nothing by itself.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use reqwest::Client;
use sandbox::{
    browser::{Browser, Page},
    clock::Clock,
    example_corp::{self, ADA, BOB, MALLORY, TEAM},
    slack::{Slack, SlackConfig},
};
use serde_json::{Value, json};
use url::Url;

const REDIRECT_URL: &str = "http://127.0.0.1:9/oidc/slack";

/// A workspace, the app, and a browser that comes back to the app and stops there.
struct World {
    slack: Slack,
    config: SlackConfig,
    browser: Browser,
    http: Client,
}

impl World {
    async fn open() -> Self {
        let config = example_corp::slack_config(Clock::running(), 0);
        let slack = Slack::start(config.clone()).await.unwrap();
        example_corp::furnish_slack(&slack);
        slack.allow_redirect(REDIRECT_URL);
        let browser = Browser::with_clock(config.clock.clone());
        browser.stop_before(REDIRECT_URL);
        Self { slack, config, browser, http: Client::new() }
    }

    async fn get(&self, url: &str) -> Value {
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    async fn endpoint(&self, name: &str) -> String {
        let document = self.get(&format!("{}/.well-known/openid-configuration", self.slack.url())).await;
        assert_eq!(document["issuer"], self.slack.url());
        document[name].as_str().unwrap().to_owned()
    }

    /// Goes to sign in, with some parameters replaced; an empty one is left out.
    async fn goes(&self, replaced: &[(&str, &str)]) -> Page {
        let mut parameters = BTreeMap::from([
            ("response_type", "code"),
            ("client_id", self.config.client_id.as_str()),
            ("redirect_uri", REDIRECT_URL),
            ("scope", "openid"),
            ("state", "the-state"),
            ("nonce", "the-nonce"),
            ("team", TEAM),
        ]);
        parameters.extend(replaced.iter().copied());
        parameters.retain(|_, value| !value.is_empty());
        let url = Url::parse_with_params(&self.endpoint("authorization_endpoint").await, parameters).unwrap();
        self.browser.open(url.as_str()).await.unwrap()
    }

    /// Presses a button, and is sent back with these parameters.
    async fn presses(&self, page: &Page, label: &str) -> BTreeMap<String, String> {
        back(&self.browser.press(page, label).await.unwrap())
    }

    async fn asks(&self, form: &[(&str, &str)]) -> Value {
        let (id, secret) = (&self.config.client_id, &self.config.client_secret);
        let request = self.http.post(self.endpoint("token_endpoint").await).basic_auth(id, Some(secret));
        let answer = request.form(form).send().await.unwrap();
        assert_eq!(answer.status(), 200, "Slack says no with this status, too");
        answer.json().await.unwrap()
    }

    async fn redeems(&self, code: &str) -> Value {
        let grant = ("grant_type", "authorization_code");
        self.asks(&[grant, ("code", code), ("redirect_uri", REDIRECT_URL)]).await
    }

    /// The claims of the ID token, whose signature is right.
    async fn claims(&self, tokens: &Value) -> Value {
        let keys: JwkSet = serde_json::from_value(self.get(&self.endpoint("jwks_uri").await).await).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[&self.config.client_id]);
        validation.set_issuer(&[self.slack.url()]);
        let key = DecodingKey::from_jwk(&keys.keys[0]).unwrap();
        jsonwebtoken::decode(tokens["id_token"].as_str().unwrap(), &key, &validation).unwrap().claims
    }
}

fn back(page: &Page) -> BTreeMap<String, String> {
    let back = page.stopped_before.as_ref().expect("Slack sends the browser back");
    back.query_pairs().into_owned().collect()
}

#[tokio::test]
async fn slack_tells_whose_account_and_workspace_it_is_and_no_more_than_was_asked_for() {
    let world = World::open().await;
    let answer = world.presses(&world.goes(&[]).await, "Sign in to Slack as Ada").await;
    assert_eq!(answer.keys().collect::<Vec<_>>(), ["code", "state"], "it names no issuer");
    assert_eq!(answer["state"], "the-state");
    let tokens = world.redeems(&answer["code"]).await;
    assert_eq!((&tokens["ok"], &tokens["token_type"]), (&json!(true), &json!("Bearer")));
    let claims = world.claims(&tokens).await;
    let told = ["sub", "https://slack.com/user_id", "https://slack.com/team_id", "nonce", "email", "name"];
    let expected =
        [json!(ADA.slack), json!(ADA.slack), json!(TEAM), json!("the-nonce"), json!(null), json!(null)];
    assert_eq!(told.map(|name| claims[name].clone()), expected);
}

#[tokio::test]
async fn a_browser_that_is_signed_in_to_slack_goes_back_at_once_unless_another_workspace_is_asked_for() {
    let world = World::open().await;
    world.presses(&world.goes(&[]).await, "Sign in to Slack as Ada").await;
    let answer = back(&world.goes(&[("scope", "openid email profile")]).await);
    let claims = world.claims(&world.redeems(&answer["code"]).await).await;
    assert_eq!((&claims["email"], &claims["name"]), (&json!(ADA.email), &json!(ADA.name)));

    let elsewhere = world.goes(&[("team", "T0ELSEWHERE")]).await;
    let answer = world.presses(&elsewhere, "Sign in to Slack as Mallory").await;
    let claims = world.claims(&world.redeems(&answer["code"]).await).await;
    assert_eq!(claims["https://slack.com/team_id"], "T0ELSEWHERE");
    assert_eq!(claims["https://slack.com/user_id"], MALLORY.slack);
}

#[tokio::test]
async fn a_request_in_which_something_is_wrong_sends_the_browser_nowhere() {
    let world = World::open().await;
    for wrong in [
        ("client_id", "1.1"),
        ("redirect_uri", "http://127.0.0.1:9/oidc/slack/elsewhere"),
        ("response_type", "token"),
        ("scope", "email"),
        ("scope", "openid users:read"),
        ("state", ""),
        ("nonce", ""),
        ("code_challenge", "x"),
    ] {
        let page = world.goes(&[wrong]).await;
        assert_eq!((page.status, page.stopped_before.is_none()), (400, true), "{wrong:?}");
    }
}

#[tokio::test]
async fn whoever_would_rather_not_goes_back_without_a_code() {
    let world = World::open().await;
    let answer = world.presses(&world.goes(&[]).await, "Cancel").await;
    assert_eq!(answer["error"], "access_denied");
    assert_eq!(answer["state"], "the-state");
}

#[tokio::test]
async fn who_has_left_signs_in_no_more() {
    let world = World::open().await;
    let page = world.goes(&[]).await;
    let code = &world.presses(&page, "Sign in to Slack as Bob").await["code"];
    world.slack.update_person(BOB.slack, |person| person.deleted = true);
    assert_eq!(world.redeems(code).await["error"], "invalid_code");
    assert!(world.goes(&[]).await.button("Sign in to Slack as Bob").is_none());
    assert_eq!(world.browser.press(&page, "Sign in to Slack as Bob").await.unwrap().status, 400);
}

#[tokio::test]
async fn a_code_is_good_once_for_ten_minutes_and_where_it_was_sent_to() {
    let world = World::open().await;
    let page = world.goes(&[]).await;
    let code = async || world.presses(&page, "Sign in to Slack as Ada").await["code"].clone();
    let once = code().await;
    assert_eq!(world.redeems(&once).await["ok"], true);
    assert_eq!(world.redeems(&once).await["error"], "invalid_code");

    let elsewhere = code().await;
    let form =
        [("grant_type", "authorization_code"), ("code", elsewhere.as_str()), ("redirect_uri", "http://x")];
    assert_eq!(world.asks(&form).await["error"], "bad_redirect_uri");
    assert_eq!(world.redeems(&elsewhere).await["error"], "invalid_code", "a failed attempt uses it up");

    let late = code().await;
    world.config.clock.advance(TimeDelta::minutes(10));
    assert_eq!(world.redeems(&late).await["error"], "invalid_code");
}

#[tokio::test]
async fn an_app_says_who_it_is_once_and_uses_no_pkce() {
    let world = World::open().await;
    let ask = async |basic: Option<(&str, &str)>, form: &[(&str, &str)]| -> Value {
        let request = world.http.post(world.endpoint("token_endpoint").await).form(form);
        let request = match basic {
            Some((id, secret)) => request.basic_auth(id, Some(secret)),
            None => request,
        };
        request.send().await.unwrap().json::<Value>().await.unwrap()["error"].clone()
    };
    let (id, secret) = (world.config.client_id.as_str(), world.config.client_secret.as_str());
    let posted = [("client_id", id), ("client_secret", secret)];
    let grant = [("grant_type", "authorization_code"), ("code", "unknown")];
    assert_eq!(ask(None, &[&posted[..], &grant].concat()).await, "invalid_code");
    assert_eq!(ask(Some((id, secret)), &grant).await, "invalid_code");
    assert_eq!(ask(Some((id, secret)), &[&posted[..], &grant].concat()).await, "bad_client_secret");
    assert_eq!(ask(Some((id, "another")), &grant).await, "bad_client_secret");
    assert_eq!(ask(None, &grant).await, "bad_client_secret");
    assert_eq!(ask(None, &[("client_id", "1.1"), ("client_secret", secret)]).await, "invalid_client_id");
    assert_eq!(ask(Some((id, secret)), &[("grant_type", "refresh_token")]).await, "invalid_grant_type");
    let verifier = [&grant[..], &[("code_verifier", "x")]].concat();
    assert_eq!(ask(Some((id, secret)), &verifier).await, "invalid_arguments");
    assert_eq!(
        world.http.post(world.endpoint("token_endpoint").await).body("x").send().await.unwrap().status(),
        200
    );
}
