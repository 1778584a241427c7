//! Requests to other servers: one HTTP client with one set of trusted roots and one proxy configuration.
//!
//! <https://docs.rs/reqwest/0.13/reqwest/#proxies> lists the variables that name proxies.

mod aws;

use std::{error::Error, io, sync::Arc, time::Duration};

use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
pub(crate) use reqwest::Upgraded;
use reqwest::{Client, redirect};
use rustls::CertificateError;
use tokio::time::Instant;
use url::{Host, Url};

pub(crate) use self::aws::CallTimer;
use crate::metrics::{Metrics, Outcome};

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The only HTTP client. It trusts the machine's root certificates (`SSL_CERT_FILE` and `SSL_CERT_DIR` override them),
/// uses the proxies of `HTTPS_PROXY` and `NO_PROXY`, and follows no redirects.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: Client,
    limits: Limits,
    metrics: Arc<Metrics>,
}

/// The limits of one request and its response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The time limit of both, from the connection to the last byte.
    pub(crate) duration: Duration,
    /// The maximum length of the response's body, in bytes.
    pub(crate) body: usize,
}

impl Limits {
    /// Suits key sets and tokens, which have some thousands of bytes.
    const DEFAULT: Self = Self { duration: Duration::from_secs(8), body: 256 * 1024 };
    /// Suits tokens and claims of people in many thousands of groups.
    pub(crate) const WITH_GROUPS: Self = Self { body: 4 * 1024 * 1024, ..Self::DEFAULT };
}

/// A counterpart's operation, as named in metrics. Each of its requests is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation<'c> {
    http: &'c HttpClient,
    counterpart: &'static str,
    name: &'static str,
}

/// A request had no usable response. The error contains neither the URL nor the body, because both may contain
/// secrets.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HttpError {
    /// The client could not be built, for example because there are no root certificates.
    #[error("no HTTP client could be built: {0}")]
    Unbuildable(String),
    /// The URL uses plain HTTP and is not on loopback.
    #[error("the URL is not https")]
    Unprotected,
    /// No connection was made, so nothing was sent.
    #[error("{host}: {why}")]
    NoConnection {
        /// The host in the URL.
        host: String,
        /// The error and its causes.
        why: String,
    },
    /// The connection broke.
    #[error("{host}: {why}")]
    BrokenOff {
        /// The host in the URL.
        host: String,
        /// The error and its causes.
        why: String,
    },
    /// No complete response arrived in time.
    #[error("{host}: nothing within {} s", .within.as_secs())]
    TimedOut {
        /// The host in the URL.
        host: String,
        /// The time limit.
        within: Duration,
    },
    /// The response was too long.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The server could not answer: status 5xx or 429, or any status if another protocol was requested.
    #[error("status {status}")]
    Unable {
        /// The status.
        status: StatusCode,
        /// How long the server asks clients to wait, if it says so in seconds.
        retry_after: Option<Duration>,
    },
}

impl HttpClient {
    /// Creates a client whose measured requests are counted by `metrics`.
    ///
    /// # Errors
    /// If the machine has no root certificates.
    pub fn new(metrics: Arc<Metrics>) -> Result<Self, HttpError> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|error| HttpError::Unbuildable(causes(&error)))?;
        Ok(Self { client, limits: Limits::DEFAULT, metrics })
    }

    /// Returns the metrics that count the measured requests.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Returns the same client with other limits.
    pub(crate) fn limited_to(&self, limits: Limits) -> Self {
        Self { limits, ..self.clone() }
    }

    /// Returns a client for requests of one operation of a counterpart.
    pub(crate) fn operation(&self, counterpart: &'static str, name: &'static str) -> Operation<'_> {
        Operation { http: self, counterpart, name }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// If the request may not be sent, was not answered, or the server could not answer it.
    pub(crate) async fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, HttpError> {
        let request = protected(request)?;
        let host = host_of(request.url());
        let response = able(self.execute(request, &host).await?)?;
        self.read(response, &host).await
    }

    /// Sends a request for another protocol. Returns the head of the response and the upgraded connection.
    ///
    /// # Errors
    /// If the request may not be sent, was not answered, or the server does not switch protocols.
    pub(crate) async fn upgrade(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<(HeaderMap, Upgraded), HttpError> {
        let request = protected(request)?;
        let host = host_of(request.url());
        let mut response = self.execute(request, &host).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(unable(&response));
        }
        let headers = std::mem::take(response.headers_mut());
        let upgraded = response.upgrade().await.map_err(|error| self.failed(error, &host))?;
        Ok((headers, upgraded))
    }

    async fn execute(
        &self,
        mut request: reqwest::Request,
        host: &str,
    ) -> Result<reqwest::Response, HttpError> {
        *request.timeout_mut() = Some(self.limits.duration);
        self.client.execute(request).await.map_err(|error| self.failed(error, host))
    }

    async fn read(
        &self,
        mut response: reqwest::Response,
        host: &str,
    ) -> Result<http::Response<Vec<u8>>, HttpError> {
        let mut read = http::Response::new(Vec::new());
        *read.status_mut() = response.status();
        *read.headers_mut() = std::mem::take(response.headers_mut());
        let body = read.body_mut();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(error, host))? {
            if body.len() + chunk.len() > self.limits.body {
                return Err(HttpError::TooLong(self.limits.body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(read)
    }

    fn failed(&self, error: reqwest::Error, host: &str) -> HttpError {
        let (host, is_connect) = (host.to_owned(), error.is_connect());
        if error.is_timeout() && !is_connect {
            return HttpError::TimedOut { host, within: self.limits.duration };
        }
        let error = error.without_url();
        let why = if is_untrusted(&error) {
            "its certificate is signed by a CA that is not trusted; SSL_CERT_FILE and SSL_CERT_DIR name those that are"
                .to_owned()
        } else {
            causes(&error)
        };
        if is_connect { HttpError::NoConnection { host, why } } else { HttpError::BrokenOff { host, why } }
    }
}

impl Operation<'_> {
    /// Sends a request and measures it.
    ///
    /// # Errors
    /// If the request may not be sent, was not answered, or the server could not answer it.
    pub(crate) async fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, HttpError> {
        let since = Instant::now();
        let response = self.http.send(request).await;
        let outcome = match &response {
            Ok(response) if response.status().is_client_error() => Outcome::Refused,
            Ok(_) => Outcome::Ok,
            Err(_) => Outcome::Unavailable,
        };
        self.http.metrics.called(self.counterpart, self.name, outcome, since);
        let error = match &response {
            Ok(response) if outcome == Outcome::Refused => refusal_in(response),
            Ok(_) => return response,
            Err(error) => error.to_string(),
        };
        log_failure((self.counterpart, self.name), outcome, &error);
        response
    }
}

/// Logs a request that a counterpart refused or did not answer.
fn log_failure((counterpart, operation): (&str, &str), outcome: Outcome, error: &str) {
    tracing::warn!(counterpart, operation, outcome = outcome.word(), error, "outbound: call failed");
}

/// Returns the status of a refusal, and the error code of OAuth if it contains one
/// (<https://www.rfc-editor.org/rfc/rfc6749#section-5.2>). No other part of a body is logged.
fn refusal_in(response: &http::Response<Vec<u8>>) -> String {
    #[derive(serde::Deserialize)]
    struct OAuthError {
        error: String,
    }
    let status = response.status().as_u16();
    match serde_json::from_slice(response.body()) {
        Ok(OAuthError { error }) => format!("status {status}, {}", code_of(&error)),
        Err(_) => format!("status {status}"),
    }
}

/// Returns an error code in a few plain characters, whatever a counterpart puts there.
fn code_of(error: &str) -> String {
    error.chars().filter(|c| c.is_ascii_alphanumeric() || "_.".contains(*c)).take(60).collect()
}

fn protected(request: http::Request<Vec<u8>>) -> Result<reqwest::Request, HttpError> {
    let request = reqwest::Request::try_from(request).map_err(|_| HttpError::Unprotected)?;
    if is_protected(request.url()) { Ok(request) } else { Err(HttpError::Unprotected) }
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// Returns whether the connection is protected from eavesdroppers: it uses HTTPS or stays on this machine.
pub(crate) fn is_protected(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback)
}

fn able(response: reqwest::Response) -> Result<reqwest::Response, HttpError> {
    let status = response.status();
    let is_unable = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    if is_unable { Err(unable(&response)) } else { Ok(response) }
}

fn unable(response: &reqwest::Response) -> HttpError {
    let retry_after = response.headers().get(RETRY_AFTER);
    let seconds = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    HttpError::Unable { status: response.status(), retry_after: seconds.map(Duration::from_secs) }
}

/// Returns whether the server's certificate was rejected because no trusted CA signed it.
fn is_untrusted(error: &(dyn Error + 'static)) -> bool {
    // An I/O error hides the error that it wraps, which is not among its sources.
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let tls = inner.and_then(|error| error.downcast_ref()).or_else(|| error.downcast_ref());
    let why = match tls {
        Some(rustls::Error::InvalidCertificate(why)) => Some(why),
        _ => None,
    };
    // A bad signature comes from a CA with the name of a trusted one and another key.
    matches!(why, Some(CertificateError::UnknownIssuer | CertificateError::BadSignature))
        || inner.is_some_and(|error| is_untrusted(error))
        || error.source().is_some_and(is_untrusted)
}

/// The largest number of characters of a denial that are quoted.
const LONGEST_DENIAL: usize = 400;

/// Describes a failed call of AWS to the operator: by its code, or by what happened, without any part of a body. The
/// exception is a denial, whose words say which policy denies what.
pub(crate) fn aws_failure<E>(error: &SdkError<E>) -> String
where
    E: Error + ProvideErrorMetadata + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) if code.starts_with("AccessDenied") => {
            let line = message.lines().next().unwrap_or_default();
            let shown: String = line.chars().filter(|char| !char.is_control()).take(LONGEST_DENIAL).collect();
            format!("{code}: {shown}")
        }
        (Some(code), _) => code.to_owned(),
        (None, _) => causes(error),
    }
}

/// Formats an error and its causes in one line.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_loopback_are_protected() {
        for url in ["https://example.com", "http://localhost:1", "http://127.8.8.8", "http://[::1]:1"] {
            assert!(is_protected(&url.parse().unwrap()), "{url}");
        }
        for url in [
            "http://example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "file:///etc",
            "ws://localhost",
        ] {
            assert!(!is_protected(&url.parse().unwrap()), "{url}");
        }
    }
}
