//! `ministack`'s IAM, in which accounts are furnished.

use aws_sdk_sts::config::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use reqwest::Client;
use sandbox::{aws::Role, clock::Clock};
use serde_json::{Value, json};

use super::sts::key;
use crate::{contracts::judge_at, ministack::ROOT_SECRET};

pub(super) struct Judge {
    pub(super) url: String,
    http: Client,
}

impl Judge {
    pub(super) fn call() -> Self {
        Self { url: judge_at("CONTRACT_AWS_URL"), http: Client::new() }
    }

    /// A user who may do everything; answers with their key.
    pub(super) async fn add_user(&self, account: &str, name: &str) -> Credentials {
        self.iam(account, "CreateUser", &[("UserName", name)]).await;
        let everything = everything().to_string();
        let policy = [("UserName", name), ("PolicyName", "everything"), ("PolicyDocument", &everything)];
        self.iam(account, "PutUserPolicy", &policy).await;
        let answer = self.iam(account, "CreateAccessKey", &[("UserName", name)]).await;
        key(element(&answer, "AccessKeyId"), element(&answer, "SecretAccessKey"))
    }

    /// A role that may do everything, with the trust policy that `role` stands for.
    pub(super) async fn add_role(&self, role: &Role) {
        let (account, name) = (role.arn.split(':').nth(4).unwrap(), role.arn.rsplit('/').next().unwrap());
        let path = role.arn.split(":role").nth(1).unwrap().strip_suffix(name).unwrap();
        let (trust, everything) = (trust(role).to_string(), everything().to_string());
        let longest = role.max_session.num_seconds().to_string();
        let creation = [
            ("RoleName", name),
            ("Path", path),
            ("AssumeRolePolicyDocument", &trust),
            ("MaxSessionDuration", &longest),
        ];
        self.iam(account, "CreateRole", &creation).await;
        let policy = [("RoleName", name), ("PolicyName", "everything"), ("PolicyDocument", &everything)];
        self.iam(account, "PutRolePolicy", &policy).await;
    }

    /// What IAM answers to an account's root user.
    async fn iam(&self, account: &str, action: &str, parameters: &[(&str, &str)]) -> String {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("Action", action), ("Version", "2010-05-08")])
            .extend_pairs(parameters)
            .finish();
        let content = ("content-type", "application/x-www-form-urlencoded");
        let identity = key(account, ROOT_SECRET).into();
        let signing = SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("iam")
            .time(Clock::running().now().into())
            .settings(SigningSettings::default());
        let signed = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new("POST", &self.url, [content].into_iter(), signed).unwrap();
        let (signature, _) = sign(signable, &signing.build().unwrap().into()).unwrap().into_parts();
        let request = self.http.post(&self.url).header(content.0, content.1);
        let request = signature.headers().fold(request, |request, (name, value)| request.header(name, value));
        let response = request.body(body).send().await.unwrap();
        let status = response.status();
        let answer = response.text().await.unwrap();
        assert!(status.is_success(), "{action}: {answer}");
        answer
    }
}

fn everything() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }],
    })
}

fn trust(role: &Role) -> Value {
    let actions = [
        ("sts:AssumeRole", true),
        ("sts:SetSourceIdentity", role.allows_source_identity),
        ("sts:TagSession", role.allows_tag_session),
    ];
    let actions = actions.into_iter().filter_map(|(action, is_allowed)| is_allowed.then_some(action));
    let mut statement = json!({
        "Effect": "Allow",
        "Principal": { "AWS": role.trusts },
        "Action": actions.collect::<Vec<_>>(),
    });
    if let Some(external_id) = &role.external_id {
        statement["Condition"] = json!({ "StringEquals": { "sts:ExternalId": external_id } });
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// The text of the first element of a name.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let rest = xml.split_once(&format!("<{name}>")).unwrap().1;
    rest.split_once('<').unwrap().0
}
