//! Detects whether a person opens a page or a program fetches it ahead of a person.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
};

/// Why a page is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A person has followed a link.
    Visit,
    /// A link checker that requests only the headers, or a browser that prefetches a page before a click
    /// (<https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Purpose>). A prefetch starts nothing
    /// and finishes nothing.
    Prefetch,
}

impl<S: Sync> FromRequestParts<S> for Purpose {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let is_prefetch = ["sec-purpose", "purpose"].iter().any(|name| {
            parts.headers.get(*name).is_some_and(|value| value.as_bytes().starts_with(b"prefetch"))
        });
        Ok(if parts.method == Method::HEAD || is_prefetch { Self::Prefetch } else { Self::Visit })
    }
}
