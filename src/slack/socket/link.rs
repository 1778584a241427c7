//! One connection, from the app's token over a ticket to a WebSocket.

use http::{
    Request,
    header::{
        AUTHORIZATION, CONNECTION, CONTENT_TYPE, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
        SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};
use url::Url;

use crate::{
    outbound::{HttpClient, HttpError, Upgraded},
    ports::ChatError,
    slack::errors::{refused, unavailable},
};

/// The method that gives out tickets.
const METHOD: &str = "apps.connections.open";
/// What a failure to turn a ticket into a connection is told under; its address is a secret.
const HANDSHAKE: &str = "a socket mode connection";
/// The largest message that is read, in bytes. Slack's own are far smaller: a view holds at most 250 kB.
const MAX_MESSAGE: usize = 512 * 1024;

/// A connection.
pub(super) type Socket = WebSocketStream<Upgraded>;

/// What it takes to open connections.
#[derive(Debug)]
pub struct SocketConfig {
    /// The base of the Web API; plain http on loopback alone.
    pub api_url: Url,
    /// The app's token, which may open connections and nothing else.
    pub app_token: SecretString,
}

/// Opens connections.
#[derive(Debug)]
pub struct SocketClient {
    http: HttpClient,
    config: SocketConfig,
}

/// <https://docs.slack.dev/reference/methods/apps.connections.open>
#[derive(Deserialize)]
struct Opened {
    ok: bool,
    #[serde(default)]
    url: Option<Url>,
    #[serde(default)]
    error: String,
}

impl SocketClient {
    /// A client that trusts the machine's root certificates. Calls nobody yet.
    ///
    /// # Errors
    /// When the machine has none.
    pub fn new(config: SocketConfig) -> Result<Self, HttpError> {
        Ok(Self { http: HttpClient::new()?, config })
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
        let key = generate_key();
        let accept = derive_accept_key(key.as_bytes());
        let request = Request::get(self.ticket().await?.as_str())
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, key)
            .body(Vec::new())
            .map_err(|_| unavailable(HANDSHAKE, "an address that cannot be read"))?;
        let (headers, upgraded) =
            self.http.upgrade(request).await.map_err(|error| unanswered(HANDSHAKE, &error))?;
        if headers.get(SEC_WEBSOCKET_ACCEPT).map(HeaderValue::as_bytes) != Some(accept.as_bytes()) {
            return Err(unavailable(HANDSHAKE, "another protocol than a WebSocket's"));
        }
        let limits =
            WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(limits)).await)
    }

    /// An address at which one connection can be opened, as our HTTP client spells it.
    async fn ticket(&self) -> Result<Url, ChatError> {
        let method = format!("{}/{METHOD}", self.config.api_url.as_str().trim_end_matches('/'));
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.config.app_token.expose_secret()))
            .map_err(|_| refused(METHOD, "a token with characters that none has"))?;
        bearer.set_sensitive(true);
        let request = Request::post(method)
            .header(AUTHORIZATION, bearer)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Vec::new())
            .map_err(|_| unavailable(METHOD, "an address that cannot be read"))?;
        let answer = self.http.send(request).await.map_err(|error| unanswered(METHOD, &error))?;
        let opened: Opened = serde_json::from_slice(answer.body())
            .map_err(|_| unavailable(METHOD, "an answer that cannot be read"))?;
        match opened.url {
            Some(url) if opened.ok => {
                as_http(url).ok_or_else(|| unavailable(METHOD, "an address that is no WebSocket's"))
            }
            _ => Err(refused(METHOD, &opened.error)),
        }
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

fn unanswered(method: &'static str, error: &HttpError) -> ChatError {
    let retry_after = match error {
        HttpError::Unable { retry_after, .. } => *retry_after,
        HttpError::Unbuildable(_) | HttpError::Unprotected | HttpError::Failed(_) | HttpError::TooLong => {
            None
        }
    };
    ChatError::Unavailable { method, why: error.to_string(), retry_after }
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
