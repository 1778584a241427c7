//! Requests to other servers: over https, to nobody but who was asked, and no more of an answer than is useful.

use std::{error::Error, time::Duration};

use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
pub(crate) use reqwest::Upgraded;
use reqwest::{Client, redirect};
use url::{Host, Url};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a request and its answer may take.
const TIMEOUT: Duration = Duration::from_secs(8);
/// The most bytes an answer's body may have. Key sets and tokens have some thousands.
const BODY_LIMIT: usize = 256 * 1024;

/// An HTTP client that follows no redirect, uses no proxy, and speaks plain http to loopback alone.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient(Client);

/// A request had no answer that may be read. Tells neither the URL nor the body: both may hold secrets.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HttpError {
    /// The client could not be built, for want of root certificates for one.
    #[error("no HTTP client could be built: {0}")]
    Unbuildable(String),
    /// The URL is plain http, and not loopback.
    #[error("the URL is not https")]
    Unprotected,
    /// There was no answer, or not all of it.
    #[error("{0}")]
    Failed(String),
    /// The answer was too long.
    #[error("the answer is longer than {BODY_LIMIT} bytes")]
    TooLong,
    /// The server said that it cannot answer: a status of 5xx or 429, or any where another protocol was asked for.
    #[error("status {status}")]
    Unable {
        /// The status.
        status: http::StatusCode,
        /// For how long the server wants to be left alone, where it says so in seconds.
        retry_after: Option<Duration>,
    },
}

impl HttpClient {
    /// A client that trusts the machine's root certificates.
    ///
    /// # Errors
    /// When the machine has none.
    pub(crate) fn new() -> Result<Self, HttpError> {
        Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .build()
            .map(Self)
            .map_err(|error| HttpError::Unbuildable(causes(&error)))
    }

    /// Sends a request.
    ///
    /// # Errors
    /// When it may not be sent, was not answered, or the server was not able to answer it.
    pub(crate) async fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, HttpError> {
        received(self.execute(request).await?).await
    }

    /// Sends a request for another protocol; hands back the head of the answer, and the connection as it is
    /// after that.
    ///
    /// # Errors
    /// When it may not be sent, was not answered, or the server stays with HTTP.
    pub(crate) async fn upgrade(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<(http::HeaderMap, Upgraded), HttpError> {
        let mut response = self.execute(request).await?;
        if response.status() != http::StatusCode::SWITCHING_PROTOCOLS {
            return Err(unable(&response));
        }
        let headers = std::mem::take(response.headers_mut());
        Ok((headers, response.upgrade().await.map_err(failed)?))
    }

    async fn execute(&self, request: http::Request<Vec<u8>>) -> Result<reqwest::Response, HttpError> {
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        if !is_protected(request.url()) {
            return Err(HttpError::Unprotected);
        }
        let response = self.0.execute(request).await.map_err(failed)?;
        let status = response.status();
        if status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS {
            return Err(unable(&response));
        }
        Ok(response)
    }
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

async fn received(mut response: reqwest::Response) -> Result<http::Response<Vec<u8>>, HttpError> {
    let mut answer = http::Response::new(Vec::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    let body = answer.body_mut();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(HttpError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(answer)
}

fn unable(response: &reqwest::Response) -> HttpError {
    let retry_after = response.headers().get(http::header::RETRY_AFTER);
    let seconds = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    HttpError::Unable { status: response.status(), retry_after: seconds.map(Duration::from_secs) }
}

fn failed(error: reqwest::Error) -> HttpError {
    HttpError::Failed(causes(&error.without_url()))
}

/// What the operator is told of a call of AWS's that failed: its code, or what happened, and nothing of any body.
pub(crate) fn aws_failure<E>(error: &SdkError<E>) -> String
where
    E: Error + ProvideErrorMetadata + 'static,
{
    error.code().map_or_else(|| causes(error), str::to_owned)
}

/// An error and what caused it, in one line.
fn causes(error: &dyn Error) -> String {
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
