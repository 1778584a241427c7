//! Identifies a browser. A cookie binds a sign-in to the browser that started it, and a form to its page.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, header::SET_COOKIE, request::Parts},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};

use crate::domain::secret::Secret;

/// Browsers refuse a `__Host-` cookie from any other host or path, or without `Secure`.
const COOKIE: &str = "__Host-elevate";

/// The secret that identifies a browser, if it has one.
#[derive(Debug)]
pub(super) struct Browser(pub(super) Option<Secret>);

impl<S: Sync> FromRequestParts<S> for Browser {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let jar = CookieJar::from_headers(&parts.headers);
        Ok(Self(jar.get(COOKIE).and_then(|cookie| Secret::presented(cookie.value()))))
    }
}

/// Sets the cookie with the secret that identifies a browser until it is closed.
///
/// `Lax`, because the identity provider sends the browser back from another site.
pub(super) fn remember(browser: &Secret) -> [(HeaderName, String); 1] {
    let cookie = Cookie::build((COOKIE, browser.expose()))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .build();
    [(SET_COOKIE, cookie.to_string())]
}

/// Returns what a form must send back. Only a page shown in this browser contains it.
pub(super) fn form_token(browser: &Secret, page: &Secret) -> Secret {
    browser.derive("form", page.expose())
}

/// Returns whether a form was sent from a page of ours in this browser.
pub(super) fn is_ours(headers: &HeaderMap, browser: &Secret, page: &Secret, token: &str) -> bool {
    let is_same_site = headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin");
    is_same_site && form_token(browser, page).matches(token)
}
