//! Two accounts: the broker's own, and the one whose roles it may assume.

use aws_sdk_sts::{
    Client, config::Credentials, operation::assume_role::builders::AssumeRoleFluentBuilder,
    types::Credentials as Session,
};
use chrono::{SecondsFormat, TimeDelta};
use sandbox::{
    aws::{Aws, AwsConfig, Role},
    clock::Clock,
};

use super::{
    judge::Judge,
    sts::{client, key, session_key},
};
use crate::ministack::open_account;

const NAME: &str = "ada@example.com";

/// An AWS in which one role, `S3Admin`, trusts the broker, which is a user, and another, `Next`, trusts the
/// first.
pub(super) struct World {
    /// The account of the broker.
    pub(super) home: String,
    /// The account of the roles.
    pub(super) away: String,
    pub(super) clock: Clock,
    /// STS, as the broker asks it.
    pub(super) sts: Client,
    cloud: Cloud,
}

enum Cloud {
    StandIn(Aws),
    Judge(Judge),
}

impl World {
    pub(super) async fn stand_in() -> Self {
        let clock = Clock::running();
        let aws = Aws::start(AwsConfig { clock: clock.clone(), port: 0 }).await.unwrap();
        aws.register_caller("AKIABROKER", "arn:aws:iam::999988887777:user/broker");
        let sts = client(&aws.sts_url(), key("AKIABROKER", "secret"));
        let (home, away) = ("999988887777".to_owned(), "111122223333".to_owned());
        Self { home, away, clock, sts, cloud: Cloud::StandIn(aws) }.furnished().await
    }

    pub(super) async fn judge() -> Self {
        let judge = Judge::call();
        let (home, away) = (open_account(), open_account());
        let sts = client(&judge.url, judge.add_user(&home, "broker").await);
        Self { home, away, clock: Clock::running(), sts, cloud: Cloud::Judge(judge) }.furnished().await
    }

    pub(super) fn user(&self) -> String {
        format!("arn:aws:iam::{}:user/broker", self.home)
    }

    /// A role that trusts the broker's user with everything, and is not there yet.
    pub(super) fn role(&self, name: &str) -> Role {
        Role::new(&format!("arn:aws:iam::{}:role/{name}", self.away), &self.user())
    }

    /// Adds a role; answers with its ARN.
    pub(super) async fn add(&self, role: Role) -> String {
        match &self.cloud {
            Cloud::StandIn(aws) => aws.add_role(role.clone()),
            Cloud::Judge(judge) => judge.add_role(&role).await,
        }
        role.arn
    }

    /// A request in which everything is right.
    pub(super) fn request(&self) -> AssumeRoleFluentBuilder {
        self.request_of(&self.role("elevate/S3Admin").arn)
    }

    pub(super) fn request_of(&self, role: &str) -> AssumeRoleFluentBuilder {
        self.sts.assume_role().role_arn(role).role_session_name(NAME)
    }

    /// The endpoint of STS.
    pub(super) fn url(&self) -> String {
        match &self.cloud {
            Cloud::StandIn(aws) => aws.sts_url(),
            Cloud::Judge(judge) => judge.url.clone(),
        }
    }

    /// STS, as somebody else asks it.
    pub(super) fn sts_as(&self, credentials: Credentials) -> Client {
        client(&self.url(), credentials)
    }

    /// A request with which a session of `S3Admin` assumes `Next` in its turn.
    pub(super) fn next_request(&self, session: &Session) -> AssumeRoleFluentBuilder {
        let next = self.role("Next").arn;
        self.sts_as(session_key(session)).assume_role().role_arn(next).role_session_name(NAME)
    }

    /// The time in so many minutes, as policies have it.
    pub(super) fn minutes_from_now(&self, minutes: i64) -> String {
        (self.clock.now() + TimeDelta::minutes(minutes)).to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    async fn furnished(self) -> Self {
        let first = self.add(self.role("elevate/S3Admin")).await;
        self.add(Role::new(&self.role("Next").arn, &first)).await;
        self
    }
}

/// The session that a request asks for.
pub(super) async fn session(request: AssumeRoleFluentBuilder) -> Session {
    request.send().await.unwrap().credentials.unwrap()
}
