//! A broker that may assume a role, and what it asks for.

use aws_sdk_sts::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::assume_role::{AssumeRoleError, AssumeRoleOutput, builders::AssumeRoleFluentBuilder},
    types::Tag,
};
use chrono::{DateTime, TimeZone, Utc};
use sandbox::{
    aws::{Aws, AwsConfig, Role},
    clock::Clock,
};
use serde_json::json;

pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/elevate/S3Admin";
pub(super) const BROKER: &str = "arn:aws:sts::999988887777:assumed-role/broker/i-0abc";
pub(super) const USER: &str = "arn:aws:iam::999988887777:user/broker";

pub(super) struct Broker {
    pub(super) aws: Aws,
    pub(super) clock: Clock,
    pub(super) sts: Client,
}

pub(super) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
}

/// A broker that is itself a session of a role, so that it chains roles.
pub(super) async fn broker() -> Broker {
    broker_as(BROKER, Role::new(ROLE, "arn:aws:iam::999988887777:role/broker")).await
}

pub(super) async fn broker_as(arn: &str, role: Role) -> Broker {
    let clock = Clock::standing(noon());
    let aws = Aws::start(AwsConfig { clock: clock.clone(), port: 0 }).await.unwrap();
    aws.add_role(role);
    aws.register_caller("ASIABROKER", arn);
    let sts = client(&aws, Credentials::new("ASIABROKER", "secret", None, None, "test"));
    Broker { aws, clock, sts }
}

pub(super) fn client(aws: &Aws, credentials: Credentials) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .endpoint_url(aws.sts_url())
        .build();
    Client::from_conf(config)
}

pub(super) fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

/// Everything, until `end`.
pub(super) fn policy_until(end: &str) -> String {
    let until = json!({ "DateGreaterThanEquals": { "aws:CurrentTime": end } });
    let statements = json!([
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": until },
    ]);
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// The code and message of a refusal.
pub(super) fn refusal(outcome: Result<AssumeRoleOutput, SdkError<AssumeRoleError>>) -> (String, String) {
    let error = outcome.unwrap_err().into_service_error();
    (error.code().unwrap().to_owned(), error.message().unwrap().to_owned())
}

impl Broker {
    /// A request in which everything is right.
    pub(super) fn request(&self) -> AssumeRoleFluentBuilder {
        self.sts.assume_role().role_arn(ROLE).role_session_name("ada@example.com")
    }

    /// The code and message of the refusal of a request.
    pub(super) async fn refusal_of(
        &self,
        change: impl FnOnce(AssumeRoleFluentBuilder) -> AssumeRoleFluentBuilder,
    ) -> (String, String) {
        refusal(change(self.request()).send().await)
    }

    /// The credentials of a session with `policy`.
    pub(super) async fn session(&self, policy: Option<String>) -> aws_sdk_sts::types::Credentials {
        let request = self.request().source_identity("ada").set_policy(policy).tags(tag("request", "01J"));
        request.send().await.unwrap().credentials.unwrap()
    }
}
