//! One connection, from the app's token over a ticket to a WebSocket.

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

/// The method that gives out tickets.
const METHOD: &str = "apps.connections.open";
/// What a failure to turn a ticket into a connection is told under; its address is a secret.
const HANDSHAKE: &str = "a socket mode connection";
/// The largest message that is read, in bytes. Slack's own are far smaller: a view holds at most 250 kB.
const MAX_MESSAGE: usize = 512 * 1024;

/// A connection.
pub(super) type Socket = WebSocketStream<Upgraded>;

/// What opening connections requires.
pub struct SocketConfig {
    /// Sends the requests.
    pub http: HttpClient,
    /// The base of the Web API; plain http on loopback alone.
    pub api_url: Url,
    /// The app's token, which may open connections and nothing else.
    pub app_token: SecretString,
    /// How long calls wait before they are made again.
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
    /// A client that calls nobody yet.
    #[must_use]
    pub fn new(config: SocketConfig) -> Self {
        let SocketConfig { http, api_url, app_token, clock } = config;
        Self { api: WebApi::new(&http, &api_url, app_token, clock), http }
    }

    /// Makes sure that the app's token opens connections.
    ///
    /// # Errors
    /// When Slack says that it does not, or cannot be asked.
    pub async fn check(&self) -> Result<(), ChatError> {
        self.ticket().await.map(drop)
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// When Slack gives no ticket, or takes it for none.
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

    /// An address at which one connection can be opened.
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

/// A WebSocket begins as a request over http, or https.
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
