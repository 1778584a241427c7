//! AWS's error responses.

use axum::http::StatusCode;

/// An error of the query protocol.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AwsError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl AwsError {
    /// A request that is not right in itself.
    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    /// A caller who may not.
    pub(super) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, code, message: message.into() }
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::bad_request("ValidationError", message)
    }

    /// The wording of a value that breaks a constraint of the API's model.
    pub(super) fn constraint(value: &str, member: &str, constraint: &str) -> Self {
        Self::validation(format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: \
             Member must {constraint}"
        ))
    }

    pub(super) fn not_authorized(caller: &str, action: &str, resource: &str) -> Self {
        Self::forbidden(
            "AccessDenied",
            format!("User: {caller} is not authorized to perform: {action} on resource: {resource}"),
        )
    }
}
