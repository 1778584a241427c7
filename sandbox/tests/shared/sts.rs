//! STS as the AWS SDK asks it, and what it is asked for.

use aws_sdk_sts::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    types::Tag,
};
use serde_json::json;

/// A client that tries once.
pub(crate) fn client(url: &str, credentials: Credentials) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .endpoint_url(url)
        .build();
    Client::from_conf(config)
}

/// A key of somebody, without a session.
pub(crate) fn key(id: &str, secret: &str) -> Credentials {
    Credentials::new(id, secret, None, None, "test")
}

/// The key of a session.
pub(crate) fn session_key(session: &aws_sdk_sts::types::Credentials) -> Credentials {
    let token = Some(session.session_token().to_owned());
    Credentials::new(session.access_key_id(), session.secret_access_key(), token, None, "test")
}

pub(crate) fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

/// Everything, until `end`.
pub(crate) fn policy_until(end: &str) -> String {
    let until = json!({ "DateGreaterThanEquals": { "aws:CurrentTime": end } });
    let statements = json!([
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": until },
    ]);
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}
