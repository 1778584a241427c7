//! Error responses of the token and userinfo endpoints: RFC 6749, section 5.2, and RFC 6750, section 3.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::parameters::ParameterFault;

/// An error that a client receives as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OAuthError {
    pub(super) code: String,
    pub(super) description: String,
}

impl OAuthError {
    pub(super) fn new(code: impl Into<String>, description: impl Into<String>) -> Self {
        Self { code: code.into(), description: description.into() }
    }

    pub(super) fn invalid_grant(description: &str) -> Self {
        Self::new("invalid_grant", description)
    }
}

impl From<ParameterFault> for OAuthError {
    fn from(fault: ParameterFault) -> Self {
        Self::new("invalid_request", fault.to_string())
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.code, "error_description": self.description }));
        let unstored = [(header::CACHE_CONTROL, "no-store")];
        match self.code.as_str() {
            "invalid_client" => {
                let challenge = [(header::WWW_AUTHENTICATE, r#"Basic realm="token""#)];
                (StatusCode::UNAUTHORIZED, challenge, unstored, body).into_response()
            }
            "invalid_token" => {
                let challenge = [(header::WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#)];
                (StatusCode::UNAUTHORIZED, challenge, unstored, body).into_response()
            }
            _ => (StatusCode::BAD_REQUEST, unstored, body).into_response(),
        }
    }
}
