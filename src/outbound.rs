//! Requests to other servers: one HTTP client, with one set of trusted roots and one rule for proxies, for all of them.
//!
//! <https://docs.rs/reqwest/0.13/reqwest/#proxies> says which variables name proxies.

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

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The one HTTP client: it trusts the machine's root certificates (`SSL_CERT_FILE` and `SSL_CERT_DIR` override
/// them), goes through the proxies of `HTTPS_PROXY` and `NO_PROXY`, and follows no redirect.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: Client,
    limits: Limits,
    metrics: Arc<Metrics>,
}

/// What one request and its response may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How long both may take, from the connection to the last byte.
    pub(crate) duration: Duration,
    /// The most bytes that the response's body may have.
    pub(crate) body: usize,
}

impl Limits {
    /// Key sets and tokens have some thousands of bytes.
    const DEFAULT: Self = Self { duration: Duration::from_secs(8), body: 256 * 1024 };
}

/// A counterpart's operation, as metrics name it: every request of it is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation<'c> {
    http: &'c HttpClient,
    counterpart: &'static str,
    name: &'static str,
}

/// A request had no response that may be read. Holds neither the URL nor the body: both may hold secrets.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HttpError {
    /// The client could not be built, for want of root certificates for one.
    #[error("no HTTP client could be built: {0}")]
    Unbuildable(String),
    /// The URL is plain http, and not loopback.
    #[error("the URL is not https")]
    Unprotected,
    /// There was no connection, so that nothing was sent.
    #[error("{host}: {why}")]
    NoConnection {
        /// The host in the URL.
        host: String,
        /// The error and its causes.
        why: String,
    },
    /// The connection broke off.
    #[error("{host}: {why}")]
    BrokenOff {
        /// The host in the URL.
        host: String,
        /// The error and its causes.
        why: String,
    },
    /// There was no whole response in time.
    #[error("{host}: nothing within {} s", .within.as_secs())]
    TimedOut {
        /// The host in the URL.
        host: String,
        /// How long the response was waited for.
        within: Duration,
    },
    /// The response was too long.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The server cannot answer: a status of 5xx or 429, or any where another protocol was asked for.
    #[error("status {status}")]
    Unable {
        /// The status.
        status: StatusCode,
        /// For how long the server wants to be left alone, where it says so in seconds.
        retry_after: Option<Duration>,
    },
}

impl HttpClient {
    /// A client whose measured requests are counted by `metrics`.
    ///
    /// # Errors
    /// When the machine has no root certificates.
    pub fn new(metrics: Arc<Metrics>) -> Result<Self, HttpError> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|error| HttpError::Unbuildable(causes(&error)))?;
        Ok(Self { client, limits: Limits::DEFAULT, metrics })
    }

    /// The metrics that count its measured requests.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// The same client with other limits.
    pub(crate) fn limited_to(&self, limits: Limits) -> Self {
        Self { limits, ..self.clone() }
    }

    /// Requests of one operation of a counterpart.
    pub(crate) fn operation(&self, counterpart: &'static str, name: &'static str) -> Operation<'_> {
        Operation { http: self, counterpart, name }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// When it may not be sent, was not answered, or the server was not able to answer it.
    pub(crate) async fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, HttpError> {
        let request = protected(request)?;
        let host = host_of(request.url());
        let response = able(self.execute(request, &host).await?)?;
        self.read(response, &host).await
    }

    /// Sends a request for another protocol; returns the head of the response, and the connection as it is after
    /// that.
    ///
    /// # Errors
    /// When it may not be sent, was not answered, or the server stays with HTTP.
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
    /// Sends a request, and measures it.
    ///
    /// # Errors
    /// When it may not be sent, was not answered, or the server was not able to answer it.
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
        response
    }
}

fn protected(request: http::Request<Vec<u8>>) -> Result<reqwest::Request, HttpError> {
    let request = reqwest::Request::try_from(request).map_err(|_| HttpError::Unprotected)?;
    if is_protected(request.url()) { Ok(request) } else { Err(HttpError::Unprotected) }
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// Whether nobody between here and there can read along: https, or the machine itself.
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

/// Whether the server's certificate was refused because no trusted CA has signed it.
fn is_untrusted(error: &(dyn Error + 'static)) -> bool {
    // An I/O error hides the error that it was made from, which is not among its sources.
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let tls = inner.and_then(|error| error.downcast_ref()).or_else(|| error.downcast_ref());
    let why = match tls {
        Some(rustls::Error::InvalidCertificate(why)) => Some(why),
        _ => None,
    };
    // A bad signature is that of a CA which has the name of a trusted one, and another key.
    matches!(why, Some(CertificateError::UnknownIssuer | CertificateError::BadSignature))
        || inner.is_some_and(|error| is_untrusted(error))
        || error.source().is_some_and(is_untrusted)
}

/// What the operator is told of a call of AWS's that failed: its code, or what happened, and nothing of any body.
pub(crate) fn aws_failure<E>(error: &SdkError<E>) -> String
where
    E: Error + ProvideErrorMetadata + 'static,
{
    error.code().map_or_else(|| causes(error), str::to_owned)
}

/// An error and what caused it, in one line.
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
