//! Verifies that a logout token is genuine, current and issued to this client: OpenID Connect Back-Channel Logout,
//! section 2.6 (<https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation>).

use serde_json::Value;

use super::jwt::{self, KeySet, Recipient};
use crate::domain::{
    answer_fault::{AnswerFault, AnswerPart},
    window::Timestamp,
};

/// The event that marks a token as a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The accepted `typ`, in lower case. Providers that predate the specification use `JWT` for all tokens, or omit it.
const TYPES: [&str; 3] = ["logout+jwt", "application/logout+jwt", "jwt"];

/// The verified content of a logout token.
#[derive(Debug)]
pub(super) struct LogoutToken {
    pub(super) id: String,
    pub(super) subject: String,
    pub(super) issued_at: Timestamp,
}

/// Verifies a token and returns its content.
pub(super) fn verify(
    unverified_jwt: &str,
    keys: &KeySet,
    recipient: &Recipient<'_>,
) -> Result<LogoutToken, AnswerFault> {
    let token = jwt::verify(AnswerPart::LogoutToken, unverified_jwt, keys, &TYPES)?;
    token.check_recipient(recipient)?;
    let issued_at = token.check_times(recipient.now)?;
    let claims = token.claims;
    let is_logout = |events: &Value| events.get(EVENT).is_some_and(Value::is_object);
    claims.required("events", claims.get("events").filter(is_logout))?;
    if claims.has("nonce") {
        return Err(claims.wrong("nonce")); // only ID tokens have one
    }
    let id = claims.required("jti", claims.text("jti"))?;
    let subject = claims.required("sub", claims.text("sub"))?;
    Ok(LogoutToken { id, subject, issued_at })
}
