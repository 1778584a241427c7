//! The HTTP clients through which openidconnect sends its requests. Of each answer they hand over only the members that
//! are used, so that the library's types cannot refuse a provider for anything else.

use std::{
    pin::Pin,
    sync::{Mutex, PoisonError},
};

use openidconnect::{
    AsyncHttpClient, HttpRequest, HttpResponse,
    http::{Response, StatusCode, header},
};
use serde_json::{Map, Value, json};
use url::Url;

use super::members::Members;
use crate::{
    domain::answer_fault::{AnswerFault, AnswerPart, OwnWords},
    outbound::{HttpClient, HttpError, is_protected},
    ports::IdentityError::{self, Unavailable, Unusable},
};

/// The members of a key that are used (RFC 7517, section 4, and RFC 7518, section 6).
const OF_A_KEY: [&str; 9] = ["kty", "use", "alg", "kid", "crv", "x", "y", "n", "e"];

type Answering<'c> = Pin<Box<dyn Future<Output = Result<HttpResponse, IdentityError>> + Send + 'c>>;

/// Fetches the discovery document and the key set of an issuer.
pub(super) struct Discovery<'a> {
    pub(super) http: &'a HttpClient,
    pub(super) counterpart: &'static str,
    pub(super) issuer: &'a str,
    pub(super) part: Mutex<AnswerPart>,
}

impl<'a> Discovery<'a> {
    /// Returns a client for the discovery document and then the key set.
    pub(super) fn new(http: &'a HttpClient, counterpart: &'static str, issuer: &'a str) -> Self {
        Self { http, counterpart, issuer, part: Mutex::new(AnswerPart::Discovery) }
    }

    /// Returns a client for the key set alone.
    pub(super) fn of_keys(http: &'a HttpClient, counterpart: &'static str, issuer: &'a str) -> Self {
        Self { part: Mutex::new(AnswerPart::KeySet), ..Self::new(http, counterpart, issuer) }
    }

    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, IdentityError> {
        let part = std::mem::replace(
            &mut *self.part.lock().unwrap_or_else(PoisonError::into_inner),
            AnswerPart::KeySet,
        );
        let operation = if part == AnswerPart::KeySet { "jwks" } else { "discovery" };
        let response = self.http.operation(self.counterpart, operation).send(request).await;
        let response = response.map_err(|error| unsent(error, part))?;
        if response.status() != StatusCode::OK {
            return Err(unexpected(&response));
        }
        let members = Members::read(part, response.body())?;
        let used = if part == AnswerPart::KeySet { keys(&members)? } else { self.metadata(&members)? };
        Ok(as_json(StatusCode::OK, &used))
    }

    /// Returns the metadata that are used, and what the library requires besides.
    fn metadata(&self, metadata: &Members) -> Result<Value, AnswerFault> {
        let issuer = metadata.required("issuer", metadata.text("issuer"))?;
        if issuer != self.issuer {
            return Err(AnswerFault::OtherIssuer { part: AnswerPart::Discovery, issuer });
        }
        let url = |name: &str| metadata.text(name)?.parse::<Url>().ok();
        let protected = |name: &str| metadata.required(name, url(name).filter(is_protected));
        let methods = metadata.texts("token_endpoint_auth_methods_supported");
        let names_itself = metadata.get("authorization_response_iss_parameter_supported");
        let mut used = json!({
            "issuer": issuer,
            "authorization_endpoint": protected("authorization_endpoint")?,
            "token_endpoint": protected("token_endpoint")?,
            "jwks_uri": metadata.required("jwks_uri", url("jwks_uri"))?,
            "token_endpoint_auth_methods_supported": methods.unwrap_or_else(|| vec!["client_secret_basic".to_owned()]),
            "authorization_response_iss_parameter_supported": names_itself == Some(Value::Bool(true)),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        if let Some(userinfo) = url("userinfo_endpoint") {
            used["userinfo_endpoint"] = json!(userinfo);
        }
        Ok(used)
    }
}

impl<'c> AsyncHttpClient<'c> for Discovery<'_> {
    type Error = IdentityError;
    type Future = Answering<'c>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.answer(request))
    }
}

/// Returns a key set with the members that are used. The library leaves out keys that it does not know.
pub(super) fn keys(set: &Members) -> Result<Value, AnswerFault> {
    let keys = set.get("keys").and_then(|keys| keys.as_array().cloned());
    let used = |key: Value| {
        let members = OF_A_KEY.iter().filter_map(|name| {
            let text = key.get(name)?.as_str()?;
            Some(((*name).to_owned(), Value::from(text)))
        });
        Value::from(members.collect::<Map<_, _>>())
    };
    let keys: Vec<Value> = set.required("keys", keys)?.into_iter().map(used).collect();
    Ok(json!({ "keys": keys }))
}

/// Exchanges codes and refresh tokens at the token endpoint, and keeps the answer as it came.
pub(super) struct Exchange<'a> {
    http: &'a HttpClient,
    counterpart: &'static str,
    answer: Mutex<Option<Members>>,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(http: &'a HttpClient, counterpart: &'static str) -> Self {
        Self { http, counterpart, answer: Mutex::default() }
    }

    /// Returns the tokens as they came, whether or not the library could read them.
    pub(super) fn into_answer(self) -> Option<Members> {
        self.answer.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, IdentityError> {
        let part = AnswerPart::TokenAnswer;
        let response = self.http.operation(self.counterpart, "token").send(request).await;
        let response = response.map_err(|error| unsent(error, part))?;
        let (used, answer) = tokens(&response)?;
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
        Ok(used)
    }
}

impl<'c> AsyncHttpClient<'c> for Exchange<'_> {
    type Error = IdentityError;
    type Future = Answering<'c>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.answer(request))
    }
}

/// Returns the members that are used of tokens, with the answer as it came, or of a refusal. Slack refuses with status
/// 200.
pub(super) fn tokens(response: &HttpResponse) -> Result<(HttpResponse, Option<Members>), AnswerFault> {
    let part = AnswerPart::TokenAnswer;
    let (status, answer) = (response.status(), Members::read(part, response.body()));
    let refusal = answer.as_ref().ok().and_then(|answer| {
        let error = answer.text("error").filter(|_| !answer.has("access_token"))?;
        Some(json!({ "error": error, "error_description": answer.text("error_description") }))
    });
    match (refusal, answer) {
        (Some(refusal), _) => Ok((as_json(StatusCode::BAD_REQUEST, &refusal), None)),
        (None, Ok(answer)) if status.is_success() => {
            let used = json!({
                "access_token": answer.text("access_token"),
                "refresh_token": answer.text("refresh_token"),
                "token_type": "bearer",
            });
            Ok((as_json(StatusCode::OK, &used), Some(answer)))
        }
        (None, Err(fault)) if status.is_success() => Err(fault),
        (None, Ok(_) | Err(_)) => Err(AnswerFault::Status { part, status: status.as_u16() }),
    }
}

fn as_json(status: StatusCode, body: &Value) -> HttpResponse {
    let mut response = Response::new(body.to_string().into_bytes());
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn unexpected(response: &HttpResponse) -> IdentityError {
    let leads_to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
    let leads_to =
        leads_to.map(|to| format!(", which redirects to {}", to.chars().take(200).collect::<String>()));
    let (status, leads_to) = (response.status().as_u16(), leads_to.unwrap_or_default());
    let words = words_of(response).map(|words| format!(", and says: {}", words.in_one_line()));
    let words = words.unwrap_or_default();
    Unavailable(format!("its discovery document or key set came with status {status}{leads_to}{words}"))
}

/// Returns the provider's own words in what came in place of an answer: in a JSON object, or in the challenge of a
/// protected resource (RFC 6750, section 3).
pub(super) fn words_of(response: &HttpResponse) -> Option<OwnWords> {
    let in_body = || {
        let body = Members::read(AnswerPart::Userinfo, response.body()).ok()?;
        Some((body.text("error")?, body.text("error_description")))
    };
    let in_header = || {
        let challenge = response.headers().get(header::WWW_AUTHENTICATE)?.to_str().ok()?;
        let value = |name: &str| {
            let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
            rest.split_once('"').map(|(value, _)| value.to_owned())
        };
        Some((value("error")?, value("error_description")))
    };
    let (error, description) = in_body().or_else(in_header)?;
    Some(OwnWords::cleaned(&error, description.as_deref()))
}

/// Returns the error of a request without an answer.
pub(super) fn unsent(error: HttpError, part: AnswerPart) -> IdentityError {
    match error {
        HttpError::TooLong(bytes) => Unusable(AnswerFault::TooLong { part, bytes }),
        HttpError::Unbuildable(_)
        | HttpError::Unprotected
        | HttpError::NoConnection { .. }
        | HttpError::BrokenOff { .. }
        | HttpError::TimedOut { .. }
        | HttpError::Unable { .. } => Unavailable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_quoted_wherever_it_says_why_not() {
        let said = |name: &str, value: &str, body: &str| {
            let response = Response::builder().status(401).header(name, value).body(body.as_bytes().to_vec());
            words_of(&response.unwrap()).map(|words| words.in_one_line())
        };
        let json = r#"{"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant not found."}"#;
        assert_eq!(said("x", "", json).as_deref(), Some("invalid_tenant: AADSTS90002: Tenant not found."));
        let challenge = r#"Bearer realm="idp", error="invalid_token", error_description="The token expired""#;
        assert_eq!(
            said("www-authenticate", challenge, "").as_deref(),
            Some("invalid_token: The token expired")
        );
        for silent in ["", "<html>", "{}", r#"{"error": 7}"#] {
            assert_eq!(said("www-authenticate", "Bearer", silent), None, "{silent}");
        }
    }
}
