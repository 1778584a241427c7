//! One connection, from its ticket to its end.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{RawQuery, Request, State},
    http::{Response, StatusCode},
    response::IntoResponse,
};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::time::{Instant, interval_at, sleep_until};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        handshake::server::create_response,
        protocol::{CloseFrame, Role, frame::coding::CloseCode},
    },
};

use super::{Disconnect, Opened, Outgoing};
use crate::{http, parameters::Parameters, slack::Slack};

/// How long a connection lives on once it is warned.
const GRACE: Duration = Duration::from_secs(10);
/// How often the bot is pinged; one that has not answered by the next time is gone.
const PING_EVERY: Duration = Duration::from_secs(10);
/// How long a bot may take to read what was said to it at the end.
const LINGER: Duration = Duration::from_secs(1);
/// How many bytes of a reason a frame has room for: RFC 6455, section 5.5.
const LONGEST_REASON: usize = 123;
/// What the machine at the other end calls itself.
const HOST: &str = "applink-1";
/// How many seconds a connection lives, about; what Slack says, not what is done here.
const ABOUT_SO_LONG: u32 = 18_060;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Turns a request with a good ticket into a connection.
pub(in crate::slack) async fn link(
    State(slack): State<Slack>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response<Body> {
    let answer = async {
        match slack.admits(query.as_deref().unwrap_or_default()) {
            Ok(()) => upgrade(slack.clone(), request),
            Err(why) => (StatusCode::FORBIDDEN, why).into_response(),
        }
    };
    http::apply(slack.control(), "link", answer).await
}

impl Slack {
    fn admits(&self, query: &str) -> Result<(), String> {
        let parameters = Parameters::parse(query.as_bytes()).map_err(|fault| fault.to_string())?;
        parameters.only(&["ticket", "app_id"]).map_err(|fault| fault.to_string())?;
        let app_id = parameters.require("app_id").map_err(|fault| fault.to_string())?;
        let ticket = parameters.require("ticket").map_err(|fault| fault.to_string())?;
        if app_id != self.0.config.app_id {
            return Err("the ticket is another app's".to_owned());
        }
        self.workspace().use_ticket(ticket).map_err(str::to_owned)
    }
}

fn upgrade(slack: Slack, mut request: Request) -> Response<Body> {
    let upgrade = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    match create_response(&Request::from_parts(parts, ())) {
        Ok(response) => {
            tokio::spawn(serve(slack, upgrade));
            response.map(|()| Body::empty())
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

async fn serve(slack: Slack, upgrade: OnUpgrade) {
    // A client that is gone before it has its connection needs none.
    let Ok(upgraded) = upgrade.await else { return };
    let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
    // However the connection ends, no one is left to notify.
    match slack.opens_socket() {
        Ok(mut opened) => {
            let end = converse(&slack, &mut socket, &mut opened).await;
            slack.sockets(|sockets| sockets.close(opened.id));
            if let Ok(frame) = end {
                socket.close(frame).await.ok();
            }
        }
        Err(reason) => {
            socket.send(disconnect(reason)).await.ok();
            socket.close(None).await.ok();
        }
    }
    // Hanging up on something unread would cost the bot what it has not read yet.
    tokio::time::timeout(LINGER, async { while let Some(Ok(_)) = socket.next().await {} }).await.ok();
}

/// Talks until either side wants no more; hands back what to say at the end.
async fn converse(
    slack: &Slack,
    socket: &mut Socket,
    opened: &mut Opened,
) -> Result<Option<CloseFrame>, Error> {
    socket.send(hello(&slack.0.config.app_id, opened.number)).await?;
    let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    let mut has_answered = true;
    let mut ends_at = None;
    loop {
        let end = ends_at.unwrap_or_else(Instant::now);
        tokio::select! {
            Some(outgoing) = opened.outgoing.recv() => match outgoing {
                Outgoing::Envelope(envelope) => socket.send(text(&envelope)).await?,
                Outgoing::Disconnect(reason) => {
                    socket.send(disconnect(reason.name())).await?;
                    match reason {
                        Disconnect::Warning => ends_at = Some(Instant::now() + GRACE),
                        Disconnect::RefreshRequested | Disconnect::LinkDisabled => return Ok(None),
                    }
                }
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    if let Err(fault) = slack.sockets(|sockets| sockets.acknowledge(opened.id, &text)) {
                        return Ok(Some(violation(&fault)));
                    }
                }
                Some(Ok(Message::Binary(_))) => return Ok(Some(violation("a frame that is no text"))),
                Some(Ok(Message::Pong(_))) => has_answered = true,
                // It is answered by the library.
                Some(Ok(Message::Ping(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(None),
            },
            _ = pings.tick() => {
                if !has_answered {
                    return Ok(None);
                }
                has_answered = false;
                socket.send(Message::Ping(format!("Ping from {HOST}").into())).await?;
            }
            () = sleep_until(end), if ends_at.is_some() => return Ok(None),
        }
    }
}

fn hello(app_id: &str, number: usize) -> Message {
    text(&json!({
        "type": "hello",
        "num_connections": number,
        "debug_info": { "host": HOST, "build_number": 0, "approximate_connection_time": ABOUT_SO_LONG },
        "connection_info": { "app_id": app_id },
    }))
}

fn disconnect(reason: &str) -> Message {
    text(&json!({ "type": "disconnect", "reason": reason, "debug_info": { "host": HOST } }))
}

fn text(json: &Value) -> Message {
    Message::text(json.to_string())
}

fn violation(fault: &str) -> CloseFrame {
    let reason = &fault[..fault.floor_char_boundary(LONGEST_REASON)];
    CloseFrame { code: CloseCode::Policy, reason: reason.into() }
}
