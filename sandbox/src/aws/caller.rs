//! Who is calling STS: the key that signed, and whose it is.

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};

use super::{Cloud, error::AwsError, role};

/// Somebody whose key is known.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) arn: String,
    /// What a trust policy may call them.
    principals: Vec<String>,
    /// The source identity a session was issued with, which cannot be changed further on.
    pub(super) source_identity: Option<String>,
    /// The key of the session that calls, if it is one issued here.
    pub(super) session: Option<String>,
}

impl Caller {
    /// The owner of the key that signed a request.
    pub(super) fn identify(cloud: &Cloud, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Self, AwsError> {
        let key = signing_key(headers)?;
        if let Some(arn) = cloud.callers.get(key) {
            return Ok(Self::registered(arn));
        }
        let unknown = || {
            let what = "The security token included in the request is invalid.";
            AwsError::forbidden("InvalidClientTokenId", what)
        };
        let session = cloud.sessions.get(key).ok_or_else(unknown)?;
        if header(headers, "x-amz-security-token") != session.session_token {
            return Err(unknown());
        }
        if session.has_expired(now) {
            let what = "The security token included in the request is expired";
            return Err(AwsError::forbidden("ExpiredToken", what));
        }
        Ok(Self {
            arn: session.arn(),
            principals: vec![session.arn(), session.role_arn.clone()],
            source_identity: session.source_identity.clone(),
            session: Some(key.to_owned()),
        })
    }

    /// Whether assuming a role would chain it to another.
    pub(super) fn chains_roles(&self) -> bool {
        self.arn.contains(":assumed-role/")
    }

    pub(super) fn is_trusted_by(&self, role: &role::Role) -> bool {
        self.principals.iter().any(|principal| role.trusts.contains(principal))
    }

    fn registered(arn: &str) -> Self {
        let principals = std::iter::once(arn.to_owned()).chain(role::role_of_session(arn)).collect();
        Self { arn: arn.to_owned(), principals, source_identity: None, session: None }
    }
}

/// The access key id in an `Authorization` header whose form is right.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html>
fn signing_key(headers: &HeaderMap) -> Result<&str, AwsError> {
    let authorization = header(headers, "authorization");
    if authorization.is_empty() {
        let what = "Request is missing Authentication Token";
        return Err(AwsError::forbidden("MissingAuthenticationToken", what));
    }
    let incomplete = |what: &str| AwsError::bad_request("IncompleteSignature", what);
    let parts = authorization
        .strip_prefix("AWS4-HMAC-SHA256 ")
        .ok_or_else(|| incomplete("The algorithm must be AWS4-HMAC-SHA256"))?;
    let part = |name: &'static str| {
        let mut parts = parts.split(',').map(str::trim);
        parts
            .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
            .ok_or_else(|| incomplete(&format!("Authorization header requires '{name}' parameter.")))
    };
    let signature = part("Signature")?;
    if signature.len() != 64 || !signature.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(incomplete("The signature is not a SHA-256 in hexadecimal"));
    }
    check_signed_headers(headers, part("SignedHeaders")?).map_err(incomplete)?;
    check_scope(part("Credential")?, header(headers, "x-amz-date"))
}

fn check_signed_headers(headers: &HeaderMap, signed: &str) -> Result<(), &'static str> {
    let is_signed = |name| signed.split(';').any(|header| header == name);
    if !is_signed("host") || !is_signed("x-amz-date") {
        return Err("'Host' and 'X-Amz-Date' must be 'SignedHeaders' in the AWS Authorization.");
    }
    if headers.contains_key("x-amz-security-token") && !is_signed("x-amz-security-token") {
        return Err("'X-Amz-Security-Token' must be a 'SignedHeader' in the AWS Authorization.");
    }
    Ok(())
}

fn check_scope<'a>(credential: &'a str, date: &str) -> Result<&'a str, AwsError> {
    let mismatch = |what: &str| AwsError::forbidden("SignatureDoesNotMatch", what);
    let scope: Vec<_> = credential.split('/').collect();
    let [key, day, _region, service, terminator] = scope[..] else {
        return Err(AwsError::bad_request("IncompleteSignature", "Credential must have exactly 5 elements"));
    };
    if day.len() != 8 || !date.starts_with(day) {
        return Err(mismatch(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date",
        ));
    }
    if service != "sts" {
        return Err(mismatch("Credential should be scoped to correct service: 'sts'."));
    }
    if terminator != "aws4_request" {
        return Err(mismatch("Credential should be scoped with a valid terminator: 'aws4_request'"));
    }
    Ok(key)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
