//! From credentials to the console, where this one is stricter than others, and what it shows.

use aws_sdk_sts::types::Credentials;
use chrono::TimeDelta;
use reqwest::Client;
use sandbox::browser::{Browser, Page};
use serde_json::{Value, json};
use url::Url;

use super::{
    broker::{Broker, broker},
    sdk::policy_until,
};

fn session_parameter(credentials: &Credentials) -> String {
    let session = json!({
        "sessionId": credentials.access_key_id(),
        "sessionKey": credentials.secret_access_key(),
        "sessionToken": credentials.session_token(),
    });
    session.to_string()
}

/// Exchanges credentials by POST, where the contract goes by the GET that AWS documents.
async fn signin_token(broker: &Broker, credentials: &Credentials) -> String {
    let form = [("Action", "getSigninToken"), ("Session", &session_parameter(credentials))];
    let response = Client::new().post(broker.aws.signin_url()).form(&form).send().await.unwrap();
    let answer: Value = response.json().await.unwrap();
    answer["SigninToken"].as_str().unwrap().to_owned()
}

fn login_url(broker: &Broker, token: &str, destination: &str) -> String {
    let parameters = [
        ("Action", "login"),
        ("Issuer", "http://127.0.0.1:9/start"),
        ("Destination", destination),
        ("SigninToken", token),
    ];
    Url::parse_with_params(&broker.aws.signin_url(), parameters).unwrap().into()
}

async fn open_console(broker: &Broker, browser: &Browser) -> Page {
    let session = broker.session(Some(policy_until("2026-03-02T12:10:00Z"))).await;
    let token = signin_token(broker, &session).await;
    let url = login_url(broker, &token, "https://console.aws.amazon.com/");
    browser.open(&url).await.unwrap()
}

#[tokio::test]
async fn the_console_shows_who_is_signed_in_and_until_when() {
    let broker = broker().await;
    let page = open_console(&broker, &Browser::new()).await;
    assert_eq!(page.url.as_str(), broker.aws.console_url());
    let expected = "Demo AWS console\nSigned in to AWS\nRole\nS3Admin\nAccount\n111122223333\n\
                    Session name\nada@example.com\nSource identity\nada\nTag request\n01J\n\
                    Signed in until\n2026-03-02T13:00:00Z\nHard end\n2026-03-02T12:10:00Z\n\
                    Time left\n10 min 0 s\nTry s3:ListAllMyBuckets";
    assert_eq!(page.text(), expected);
}

#[tokio::test]
async fn after_its_hard_end_a_session_still_shows_but_can_do_nothing() {
    let broker = broker().await;
    let browser = Browser::new();
    open_console(&broker, &browser).await;
    let tried = async || {
        let page = browser.open(&broker.aws.console_url()).await.unwrap();
        browser.press(&page, "Try s3:ListAllMyBuckets").await.unwrap().text()
    };
    assert!(tried().await.ends_with("Time left\n10 min 0 s\nTry s3:ListAllMyBuckets\nAllowed"));
    broker.clock.advance(TimeDelta::minutes(10));
    let denied =
        "Time left\nnone\nTry s3:ListAllMyBuckets\nDenied: with an explicit deny in a session policy";
    assert!(tried().await.ends_with(denied));
}

#[tokio::test]
async fn an_expired_console_leads_back_to_its_issuer() {
    let broker = broker().await;
    let browser = Browser::new();
    open_console(&broker, &browser).await;
    broker.clock.advance(TimeDelta::hours(1));
    let page = browser.open(&broker.aws.console_url()).await.unwrap();
    assert_eq!((page.status, page.links()[0].url.as_str()), (401, "http://127.0.0.1:9/start"));
}

#[tokio::test]
async fn another_browser_is_not_signed_in() {
    let broker = broker().await;
    open_console(&broker, &Browser::new()).await;
    let page = Browser::new().open(&broker.aws.console_url()).await.unwrap();
    assert_eq!(page.status, 401);
}

#[tokio::test]
async fn what_was_exchanged_is_recorded_without_its_secrets() {
    let broker = broker().await;
    let session = broker.session(None).await;
    signin_token(&broker, &session).await;
    let expected = json!([{
        "method": "POST",
        "parameters": ["Session"],
        "session_members": ["sessionId", "sessionKey", "sessionToken"],
        "session_duration": null,
        "outcome": "Issued",
    }]);
    assert_eq!(serde_json::to_value(broker.aws.signin_calls()).unwrap(), expected);
}

#[tokio::test]
async fn a_signin_token_opens_the_console_once_and_not_for_who_only_looks() {
    let broker = broker().await;
    let token = signin_token(&broker, &broker.session(None).await).await;
    let url = login_url(&broker, &token, &broker.aws.console_url());
    let browser = Browser::new();
    assert_eq!(browser.head(&url).await.unwrap().status, 405);
    assert_eq!(browser.open(&url).await.unwrap().status, 200);
    assert_eq!(browser.open(&url).await.unwrap().status, 400);
}

#[tokio::test]
async fn a_destination_elsewhere_is_refused() {
    let broker = broker().await;
    let token = signin_token(&broker, &broker.session(None).await).await;
    for destination in
        ["https://evil.example.com/", "http://console.aws.amazon.com/", "console.aws.amazon.com"]
    {
        let page = Browser::new().open(&login_url(&broker, &token, destination)).await.unwrap();
        assert_eq!(page.status, 400, "{destination}");
    }
}

#[tokio::test]
async fn every_secret_is_on_the_list() {
    let broker = broker().await;
    let browser = Browser::new();
    open_console(&broker, &browser).await;
    let session = broker.session(None).await;
    let token = signin_token(&broker, &session).await;
    let cookie = browser.cookie(&broker.aws.console_url(), "aws_console").unwrap();
    let secrets = broker.aws.secrets_issued();
    for secret in [session.secret_access_key(), session.session_token(), &token, &cookie] {
        assert!(secrets.iter().any(|issued| issued == secret));
    }
}

#[tokio::test]
async fn what_opens_the_console_is_forgotten_once_it_does_not_any_more() {
    let broker = broker().await;
    let browser = Browser::new();
    open_console(&broker, &browser).await;
    let token = signin_token(&broker, &broker.session(None).await).await;
    let login = login_url(&broker, &token, &broker.aws.console_url());
    broker.aws.forget_before(broker.clock.now());
    assert!(broker.aws.signin_calls().is_empty());
    assert_eq!(browser.open(&broker.aws.console_url()).await.unwrap().status, 200);

    broker.aws.forget_before(broker.clock.now() + TimeDelta::minutes(15));
    assert_eq!(browser.open(&login).await.unwrap().status, 400);
    assert_eq!(browser.open(&broker.aws.console_url()).await.unwrap().status, 200);
    broker.aws.forget_before(broker.clock.now() + TimeDelta::hours(1));
    let page = browser.open(&broker.aws.console_url()).await.unwrap();
    assert!(page.text().contains("You are not signed in"), "{}", page.text());
}
