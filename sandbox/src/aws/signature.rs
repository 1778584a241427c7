//! Verifies a request's signature: Signature Version 4, in the `Authorization` header.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html>

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use axum::{
    body::Bytes,
    http::{HeaderMap, header::AsHeaderName},
};

use super::error::AwsError;

/// A request to STS, limited to what a signature covers: `POST /` without a query.
pub(super) struct SignedRequest<'a> {
    headers: &'a HeaderMap,
    body: &'a Bytes,
    signature: Signature<'a>,
}

/// An `Authorization` header whose form is right.
struct Signature<'a> {
    key: &'a str,
    /// The day, the region, the service and the terminator.
    scope: [&'a str; 4],
    /// The names of the headers, separated by semicolons.
    signed_headers: &'a str,
    value: &'a str,
}

impl<'a> SignedRequest<'a> {
    /// Reads the signature, without looking yet whether it is right.
    pub(super) fn read(headers: &'a HeaderMap, body: &'a Bytes) -> Result<Self, AwsError> {
        let signature = Signature::parse(text(headers, "authorization"))?;
        check_signed_headers(headers, signature.signed_headers).map_err(incomplete)?;
        check_scope(signature.scope, text(headers, "x-amz-date"))?;
        Ok(Self { headers, body, signature })
    }

    /// The id of the key that signed.
    pub(super) fn key(&self) -> &'a str {
        self.signature.key
    }

    pub(super) fn session_token(&self) -> &'a str {
        text(self.headers, "x-amz-security-token")
    }

    /// Whether the signer knows the key's secret.
    pub(super) fn check(&self, secret: &str) -> Result<(), AwsError> {
        let key = self.signature.scope.iter().fold(format!("AWS4{secret}").into_bytes(), |key, part| {
            sign(&key, part.as_bytes()).as_ref().to_vec()
        });
        let right = hex::encode(sign(&key, self.string_to_sign().as_bytes()));
        if self.signature.value == right {
            return Ok(());
        }
        Err(mismatch(
            "The request signature we calculated does not match the signature you provided. Check your AWS \
             Secret Access Key and signing method. Consult the service documentation for details.",
        ))
    }

    fn string_to_sign(&self) -> String {
        let request = hex::encode(digest(&SHA256, self.canonical().as_bytes()));
        let (date, scope) = (text(self.headers, "x-amz-date"), self.signature.scope.join("/"));
        format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{request}")
    }

    fn canonical(&self) -> String {
        let names = self.signature.signed_headers;
        let header = |name| format!("{name}:{}\n", text(self.headers, name).trim());
        let headers: String = names.split(';').map(header).collect();
        let body = hex::encode(digest(&SHA256, self.body));
        format!("POST\n/\n\n{headers}\n{names}\n{body}")
    }
}

impl<'a> Signature<'a> {
    fn parse(authorization: &'a str) -> Result<Self, AwsError> {
        if authorization.is_empty() {
            let what = "Request is missing Authentication Token";
            return Err(AwsError::forbidden("MissingAuthenticationToken", what));
        }
        let parts = authorization
            .strip_prefix("AWS4-HMAC-SHA256 ")
            .ok_or_else(|| incomplete("The algorithm must be AWS4-HMAC-SHA256"))?;
        let part = |name: &'static str| {
            let mut parts = parts.split(',').map(str::trim);
            parts
                .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
                .ok_or_else(|| incomplete(&format!("Authorization header requires '{name}' parameter.")))
        };
        let value = part("Signature")?;
        if value.len() != 64 || !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(incomplete("The signature is not a SHA-256 in hexadecimal"));
        }
        let credential: Vec<_> = part("Credential")?.split('/').collect();
        let [key, scope @ ..] = &credential[..] else {
            return Err(incomplete("Credential must have exactly 5 elements"));
        };
        let scope = scope.try_into().map_err(|_| incomplete("Credential must have exactly 5 elements"))?;
        Ok(Self { key, scope, signed_headers: part("SignedHeaders")?, value })
    }
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

fn check_scope([day, _region, service, terminator]: [&str; 4], date: &str) -> Result<(), AwsError> {
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
    Ok(())
}

fn incomplete(what: &str) -> AwsError {
    AwsError::bad_request("IncompleteSignature", what)
}

fn mismatch(what: &str) -> AwsError {
    AwsError::forbidden("SignatureDoesNotMatch", what)
}

fn sign(key: &[u8], text: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text)
}

fn text(headers: &HeaderMap, name: impl AsHeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
