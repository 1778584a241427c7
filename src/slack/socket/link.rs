//! One Socket Mode connection: from the app's token through a ticket to a WebSocket.

use std::{fmt, sync::Arc};

use http::{
    Request,
    header::{HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY},
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        client::IntoClientRequest,
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};
use url::Url;

use crate::{
    outbound::{HttpClient, HttpError, Upgraded},
    ports::{ChatError, Clock},
    slack::{
        errors::{unavailable, unavailable_for},
        web_api::{Again, WebApi},
    },
};

/// The method that issues tickets.
const METHOD: &str = "apps.connections.open";
/// The name under which a failed handshake is reported; the address is a secret.
const HANDSHAKE: &str = "a socket mode connection";
/// The largest message that is read, in bytes. Slack's payloads are far smaller: a view holds at most 250 kB.
const MAX_MESSAGE: usize = 512 * 1024;

/// A connection.
pub(super) type Socket = WebSocketStream<Upgraded>;

/// What a socket client requires.
pub struct SocketConfig {
    /// Sends the requests.
    pub http: HttpClient,
    /// The base URL of the Web API. Plain HTTP is allowed on loopback only.
    pub api_url: Url,
    /// The app's token, which may only open connections.
    pub app_token: SecretString,
    /// The clock that times retries.
    pub clock: Arc<dyn Clock>,
}

/// Opens connections.
pub struct SocketClient {
    http: HttpClient,
    api: WebApi,
}

/// <https://docs.slack.dev/reference/methods/apps.connections.open>
#[derive(Deserialize)]
struct Opened {
    url: Url,
}

impl SocketClient {
    /// Creates a client. Sends nothing yet.
    #[must_use]
    pub fn new(config: SocketConfig) -> Self {
        let SocketConfig { http, api_url, app_token, clock } = config;
        Self { api: WebApi::new(&http, &api_url, app_token, clock), http }
    }

    /// Checks that the app's token can open connections.
    ///
    /// # Errors
    /// If Slack refuses the token or does not answer.
    pub async fn check(&self) -> Result<(), ChatError> {
        self.ticket().await.map(drop)
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// If Slack issues no ticket or does not accept it.
    pub(super) async fn connect(&self) -> Result<Socket, ChatError> {
        let unreadable = || unavailable(HANDSHAKE, "an address that cannot be read");
        let ticket = self.ticket().await?;
        let (mut head, ()) = ticket.as_str().into_client_request().map_err(|_| unreadable())?.into_parts();
        let accept = head.headers.get(SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
        head.uri = as_http(ticket).ok_or_else(unreadable)?.as_str().parse().map_err(|_| unreadable())?;
        let upgrade = self.http.upgrade(Request::from_parts(head, Vec::new())).await;
        let (headers, upgraded) = upgrade.map_err(|error| unanswered(&error))?;
        let accepted = headers.get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes);
        if accepted != accept.as_deref().map(str::as_bytes) {
            return Err(unavailable(HANDSHAKE, "another protocol than a WebSocket's"));
        }
        let limits =
            WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(limits)).await)
    }

    /// Returns an address at which one connection can be opened.
    async fn ticket(&self) -> Result<Url, ChatError> {
        let Opened { url } = self.api.call(Again::Never, METHOD, &json!({})).await?;
        Ok(url)
    }
}

impl fmt::Debug for SocketClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketClient").finish_non_exhaustive()
    }
}

/// Returns the HTTP URL of a WebSocket: its handshake is an HTTP request.
fn as_http(mut url: Url) -> Option<Url> {
    let scheme = match url.scheme() {
        "wss" => "https",
        "ws" => "http",
        _ => return None,
    };
    url.set_scheme(scheme).ok()?;
    Some(url)
}

fn unanswered(error: &HttpError) -> ChatError {
    let retry_after = match error {
        HttpError::Unable { retry_after, .. } => *retry_after,
        HttpError::Unbuildable(_)
        | HttpError::Unprotected
        | HttpError::NoConnection { .. }
        | HttpError::BrokenOff { .. }
        | HttpError::TimedOut { .. }
        | HttpError::TooLong(_) => None,
    };
    unavailable_for(HANDSHAKE, error.to_string(), retry_after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_leads_to_a_web_socket_alone() {
        for (ticket, spelt) in [
            ("wss://example.com/link?ticket=1", Some("https://example.com/link?ticket=1")),
            ("ws://127.0.0.1:9/link", Some("http://127.0.0.1:9/link")),
            ("https://example.com/link", None),
            ("file:///link", None),
        ] {
            let read = as_http(ticket.parse().unwrap());
            assert_eq!(read.as_ref().map(Url::as_str), spelt, "{ticket}");
        }
    }
}
