//! Headers of every response: nothing is framed, cached, sniffed or loaded from other sites.

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::{self, Next},
    response::Response,
};
use url::Url;

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers by name.
type Headers = Vec<(HeaderName, HeaderValue)>;

/// Returns the same routes, of which every response has the headers. It must be the outermost layer.
pub fn with_headers(router: Router, public_url: &Url) -> Router {
    let mut headers = vec![
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    if public_url.scheme() == "https" {
        headers.push((header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"));
    }
    let headers: Headers =
        headers.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    router.layer(middleware::from_fn_with_state(headers, add))
}

async fn add(State(headers): State<Headers>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in headers {
        response.headers_mut().insert(name, value);
    }
    response
}
