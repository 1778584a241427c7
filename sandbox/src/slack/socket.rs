//! Socket Mode: the bot's open connections, and the outcome of the envelopes sent on them.
//!
//! <https://docs.slack.dev/apis/events-api/using-socket-mode>. An envelope goes out on one connection and is
//! acknowledged there, once; anything else that a bot sends is an error and ends the connection.

mod link;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

pub(super) use self::link::link;
use super::{
    Slack,
    dispatch::{Dispatch, Installed},
    lock,
    wire::{Ack, Failure, PATIENCE},
};
use crate::random::random_id;

/// How many connections an app may have open at once.
const MOST_CONNECTIONS: usize = 10;

/// Why Slack ends a connection.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Disconnect {
    /// It will be ended in ten seconds.
    Warning,
    /// It is ended, and another one may be opened.
    RefreshRequested,
    /// Socket Mode was switched off.
    LinkDisabled,
}

impl Disconnect {
    fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::RefreshRequested => "refresh_requested",
            Self::LinkDisabled => "link_disabled",
        }
    }
}

/// The connections that are open, and the envelopes that were ever sent.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    connections: Vec<Connection>,
    opened: u64,
    envelopes: BTreeMap<String, Envelope>,
}

#[derive(Debug)]
struct Connection {
    id: u64,
    outbox: mpsc::UnboundedSender<Outgoing>,
    /// Whether it is about to be ended.
    is_warned: bool,
}

/// A connection that was taken in.
struct Opened {
    id: u64,
    outgoing: mpsc::UnboundedReceiver<Outgoing>,
    /// How many are open, this one among them.
    number: usize,
}

/// What is to be said on a connection.
#[derive(Debug)]
enum Outgoing {
    Envelope(Value),
    Disconnect(Disconnect),
}

/// An envelope that was sent.
#[derive(Debug)]
struct Envelope {
    connection: u64,
    accepts_payload: bool,
    /// Who waits to hear of it, until it is acknowledged.
    waiting: Option<oneshot::Sender<Answer>>,
}

/// The payload of an acknowledgement, or what is wrong with it.
type Answer = Result<Value, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Acknowledgement {
    envelope_id: String,
    payload: Option<Value>,
}

impl Slack {
    /// How many connections the bot holds open.
    #[must_use]
    pub fn open_sockets(&self) -> usize {
        self.sockets(|sockets| sockets.connections.len())
    }

    /// Ends all connections that are open.
    pub fn disconnects(&self, reason: Disconnect) {
        if reason == Disconnect::LinkDisabled {
            *lock(&self.0.installed) = Installed::Nowhere;
        }
        self.sockets(|sockets| sockets.disconnect(reason));
    }

    /// Sends an envelope, and waits until it is acknowledged.
    pub(super) async fn sends_envelope(&self, dispatch: &Dispatch<'_>) -> Result<Ack, Failure> {
        let started = Instant::now();
        let Some(answer) = self.sockets(|sockets| sockets.send(dispatch)) else {
            return Err(Failure::Unreachable("it has no connection open".to_owned()));
        };
        match tokio::time::timeout(PATIENCE, answer).await {
            Err(_) => Err(Failure::TimedOut),
            Ok(Err(_)) => Err(Failure::Unreachable("the connection has ended".to_owned())),
            Ok(Ok(Err(fault))) => Err(Failure::Unacceptable(fault)),
            Ok(Ok(Ok(body))) => Ok(Ack { status: 200, body, took: started.elapsed() }),
        }
    }

    /// Takes a connection in, or says why there can be none.
    fn opens_socket(&self) -> Result<Opened, &'static str> {
        match *lock(&self.0.installed) {
            Installed::Socket => self.sockets(Sockets::open).ok_or("too_many_websockets"),
            Installed::Nowhere | Installed::At(_) => Err(Disconnect::LinkDisabled.name()),
        }
    }

    fn sockets<T>(&self, change: impl FnOnce(&mut Sockets) -> T) -> T {
        change(&mut lock(&self.0.sockets))
    }
}

impl Sockets {
    /// Takes a connection in, unless there are too many.
    fn open(&mut self) -> Option<Opened> {
        if self.connections.len() == MOST_CONNECTIONS {
            return None;
        }
        let (outbox, outgoing) = mpsc::unbounded_channel();
        self.opened += 1;
        self.connections.push(Connection { id: self.opened, outbox, is_warned: false });
        Some(Opened { id: self.opened, outgoing, number: self.connections.len() })
    }

    /// Forgets a connection. Nobody will hear of what was sent on it.
    fn close(&mut self, connection: u64) {
        self.connections.retain(|open| open.id != connection);
        for envelope in self.envelopes.values_mut().filter(|envelope| envelope.connection == connection) {
            envelope.waiting = None;
        }
    }

    fn disconnect(&mut self, reason: Disconnect) {
        for connection in &mut self.connections {
            connection.is_warned = true;
            // A connection that has just ended needs no telling.
            connection.outbox.send(Outgoing::Disconnect(reason)).ok();
        }
    }

    /// Sends an envelope on one of the connections, each in its turn; on one about to end only if there is no
    /// other.
    fn send(&mut self, dispatch: &Dispatch<'_>) -> Option<oneshot::Receiver<Answer>> {
        let least = self.connections.iter().map(|connection| connection.is_warned).min()?;
        self.connections.rotate_left(1);
        let connection = self.connections.iter().rfind(|connection| connection.is_warned == least)?;
        let id = random_id::<16>();
        connection.outbox.send(Outgoing::Envelope(dispatch.envelope(&id))).ok()?;

        let (waiting, answer) = oneshot::channel();
        let envelope = Envelope {
            connection: connection.id,
            accepts_payload: dispatch.accepts_payload(),
            waiting: Some(waiting),
        };
        self.envelopes.insert(id, envelope);
        Some(answer)
    }

    /// Takes what the bot has sent on a connection for an acknowledgement.
    ///
    /// # Errors
    /// When it is none. All that waits for the connection fails with it.
    fn acknowledge(&mut self, connection: u64, text: &str) -> Result<(), String> {
        let acknowledged = self.acknowledged(connection, text);
        if let Err(fault) = &acknowledged {
            for envelope in self.envelopes.values_mut().filter(|envelope| envelope.connection == connection) {
                if let Some(waiting) = envelope.waiting.take() {
                    waiting.send(Err(fault.clone())).ok();
                }
            }
        }
        acknowledged
    }

    fn acknowledged(&mut self, connection: u64, text: &str) -> Result<(), String> {
        let ack: Acknowledgement =
            serde_json::from_str(text).map_err(|error| format!("no acknowledgement: {error}"))?;
        let envelope = self
            .envelopes
            .get_mut(&ack.envelope_id)
            .filter(|envelope| envelope.connection == connection)
            .ok_or("an acknowledgement of an envelope that was not sent on this connection")?;
        match ack.payload {
            None | Some(Value::Object(_)) => {}
            Some(_) => return Err("a payload that is no object".to_owned()),
        }
        if ack.payload.is_some() && !envelope.accepts_payload {
            return Err("a payload for an envelope that accepts none".to_owned());
        }
        let waiting =
            envelope.waiting.take().ok_or("an acknowledgement of an envelope for the second time")?;
        // Whoever waited has given up if this comes late.
        waiting.send(Ok(ack.payload.unwrap_or_default())).ok();
        Ok(())
    }
}
