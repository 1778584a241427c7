//! How credentials become a session in the console. Nobody emulates that; it is as AWS documents it:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>

use aws_sdk_sts::types::Credentials as Session;
use chrono::TimeDelta;
use reqwest::Response;
use sandbox::{
    aws::{Aws, AwsConfig, Role},
    browser::{Browser, Page},
    clock::Clock,
};
use serde_json::{Value, json};
use url::Url;

use super::sts::{client, key};

contracts! {
    nobody judges {
        credentials_are_exchanged_for_a_signin_token,
        credentials_that_are_wrong_or_incomplete_are_refused,
        credentials_that_have_expired_are_refused,
        a_console_session_lasts_from_a_quarter_of_an_hour_to_twelve,
        a_duration_fails_with_credentials_from_role_chaining,
        a_signin_token_opens_the_console,
        a_signin_token_is_good_for_a_quarter_of_an_hour,
        a_made_up_signin_token_opens_nothing,
    }
}

const ROLE: &str = "arn:aws:iam::111122223333:role/S3Admin";
const USER: &str = "arn:aws:iam::999988887777:user/broker";
const CHAIN: &str = "arn:aws:sts::999988887777:assumed-role/broker/i-0abc";

/// A role that trusts a user, and a session of another role.
struct World {
    aws: Aws,
    clock: Clock,
}

impl World {
    async fn stand_in() -> Self {
        let clock = Clock::running();
        let aws = Aws::start(AwsConfig { clock: clock.clone(), port: 0 }).await.unwrap();
        aws.add_role(Role { trusts: vec![USER.to_owned(), CHAIN.to_owned()], ..Role::new(ROLE, USER) });
        aws.register_caller("AKIAUSER", USER);
        aws.register_caller("ASIACHAIN", CHAIN);
        Self { aws, clock }
    }

    /// A session issued to whoever has this key.
    async fn session(&self, key_id: &str) -> Session {
        let request = client(&self.aws.sts_url(), key(key_id, "secret")).assume_role();
        request.role_arn(ROLE).role_session_name("ada").send().await.unwrap().credentials.unwrap()
    }

    async fn exchange(&self, session: &str, others: &[(&str, &str)]) -> Response {
        let parameters = [&[("Action", "getSigninToken"), ("Session", session)], others].concat();
        reqwest::get(Url::parse_with_params(&self.aws.signin_url(), parameters).unwrap()).await.unwrap()
    }

    async fn signin_token(&self, session: &Session) -> String {
        let answer: Value = self.exchange(&parameter(session), &[]).await.json().await.unwrap();
        answer["SigninToken"].as_str().unwrap().to_owned()
    }

    async fn login(&self, token: &str) -> Page {
        let parameters = [
            ("Action", "login"),
            ("Issuer", "https://example.com/"),
            ("Destination", "https://console.aws.amazon.com/s3/home?region=eu-west-1"),
            ("SigninToken", token),
        ];
        let url = Url::parse_with_params(&self.aws.signin_url(), parameters).unwrap();
        Browser::with_clock(self.clock.clone()).open(url.as_str()).await.unwrap()
    }
}

fn parameter(session: &Session) -> String {
    let session = json!({
        "sessionId": session.access_key_id(),
        "sessionKey": session.secret_access_key(),
        "sessionToken": session.session_token(),
    });
    session.to_string()
}

async fn credentials_are_exchanged_for_a_signin_token(world: World) {
    let response = world.exchange(&parameter(&world.session("AKIAUSER").await), &[]).await;
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    assert!(!answer["SigninToken"].as_str().unwrap().is_empty());
}

async fn credentials_that_are_wrong_or_incomplete_are_refused(world: World) {
    let session = world.session("AKIAUSER").await;
    let wrong = parameter(&session).replace(session.secret_access_key(), "another");
    let incomplete = json!({ "sessionId": session.access_key_id() }).to_string();
    for session in [wrong.as_str(), &incomplete, "not JSON", ""] {
        assert_eq!(world.exchange(session, &[]).await.status(), 400, "{session}");
    }
}

async fn credentials_that_have_expired_are_refused(world: World) {
    let session = world.session("AKIAUSER").await;
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(world.exchange(&parameter(&session), &[]).await.status(), 400);
}

async fn a_console_session_lasts_from_a_quarter_of_an_hour_to_twelve(world: World) {
    let session = parameter(&world.session("AKIAUSER").await);
    for (seconds, status) in [("899", 400), ("900", 200), ("43200", 200), ("43201", 400), ("long", 400)] {
        let response = world.exchange(&session, &[("SessionDuration", seconds)]).await;
        assert_eq!(response.status(), status, "{seconds}");
    }
}

async fn a_duration_fails_with_credentials_from_role_chaining(world: World) {
    let session = parameter(&world.session("ASIACHAIN").await);
    assert_eq!(world.exchange(&session, &[("SessionDuration", "1800")]).await.status(), 400);
    assert_eq!(world.exchange(&session, &[]).await.status(), 200);
}

async fn a_signin_token_opens_the_console(world: World) {
    let page = world.login(&world.signin_token(&world.session("AKIAUSER").await).await).await;
    assert_eq!((page.status, page.hops[0].status), (200, 302));
    assert!(page.text().contains("Signed in"));
}

async fn a_signin_token_is_good_for_a_quarter_of_an_hour(world: World) {
    let token = world.signin_token(&world.session("AKIAUSER").await).await;
    world.clock.advance(TimeDelta::minutes(15));
    assert_eq!(world.login(&token).await.status, 400);
}

async fn a_made_up_signin_token_opens_nothing(world: World) {
    assert_eq!(world.login("made-up").await.status, 400);
}
