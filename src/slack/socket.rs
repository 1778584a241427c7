//! Slack over Socket Mode: connections that this process opens, on which Slack sends what it would otherwise post.
//!
//! <https://docs.slack.dev/apis/events-api/using-socket-mode>. The loop is implemented here, on tokio-tungstenite over
//! our own HTTP client. The manager of slack-morphism supports TLS only with a feature that adds a second cryptography
//! provider, and decides itself when to replace a connection. Here a connection whose end Slack announces keeps
//! serving while its successor opens, and a silent connection is dropped.
//!
//! Addresses with tickets and frames are secrets and are never logged, except the reason why Slack ends a connection.

mod link;

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, SinkExt, StreamExt, stream::FuturesUnordered};
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use tokio::{
    sync::{oneshot, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout, timeout_at},
};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use self::link::Socket;
pub use self::link::{SocketClient, SocketConfig};
use super::{
    inbound::{self, Ack},
    payload::{Interaction, SlashCommand},
};
use crate::{
    flows::Broker,
    metrics::{
        Metrics, Outcome,
        acks::{Kind, Waiting},
    },
};

/// How many connections are open at a time: while one is replaced, the other serves.
const CONNECTIONS: usize = 2;
/// How long a connection may be silent. Slack pings several times in this period.
pub const SILENCE: Duration = Duration::from_secs(30);
/// How long sending a frame may take.
const SEND_WITHIN: Duration = Duration::from_secs(3);
/// The longest wait before another connection is attempted.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);
/// The longest time for which Slack's wish for no connections is respected.
pub const LONGEST_QUIET: Duration = Duration::from_secs(5 * 60);

/// The connections of one replica.
#[derive(Debug)]
pub struct Sockets {
    client: SocketClient,
    broker: Arc<Broker>,
    metrics: Arc<Metrics>,
    serving: watch::Sender<usize>,
    /// Until when Slack refuses new connections.
    quiet_until: watch::Sender<Instant>,
}

/// Why a place among the connections became free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// Slack replaces the connection.
    Refreshed,
    /// The connection broke or fell silent.
    Lost,
    /// Slack never sent its hello.
    Refused,
}

/// The parts of a frame that are used.
#[derive(Deserialize)]
struct Frame<'f> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    envelope_id: Option<String>,
    /// The raw payload: the kind may follow it, and unused payloads are not parsed.
    #[serde(borrow, default)]
    payload: Option<&'f RawValue>,
}

/// A payload that Slack expects to be acknowledged by its id.
struct Envelope {
    id: String,
    content: Content,
}

/// The content of an envelope, or why it could not be parsed.
enum Content {
    Command(Option<SlashCommand>),
    Interaction(serde_json::Result<Interaction>),
    Event,
}

/// What a frame means for its connection.
enum Heard {
    Hello,
    Envelope(Box<Envelope>),
    /// The connection is about to be replaced.
    Refresh,
    Nothing,
}

impl Sockets {
    /// Manages the connections of `client`. Opens none yet.
    #[must_use]
    pub fn new(client: SocketClient, broker: Arc<Broker>, metrics: Arc<Metrics>) -> Arc<Self> {
        let (serving, quiet_until) = (watch::Sender::new(0), watch::Sender::new(Instant::now()));
        Arc::new(Self { client, broker, metrics, serving, quiet_until })
    }

    /// Returns how many connections have received Slack's hello.
    #[must_use]
    pub fn serving(&self) -> watch::Receiver<usize> {
        self.serving.subscribe()
    }

    /// Keeps connections open until `stop` is cancelled, then accepts nothing more and acknowledges what it has
    /// accepted.
    pub async fn hold(self: Arc<Self>, stop: CancellationToken) {
        let mut places = JoinSet::new();
        for _ in 0..CONNECTIONS {
            places.spawn(Arc::clone(&self).hold_one(stop.clone()));
        }
        places.join_all().await;
    }

    /// Keeps one place among the connections occupied.
    async fn hold_one(self: Arc<Self>, stop: CancellationToken) {
        let mut connections = JoinSet::new();
        let mut failures = 0;
        loop {
            let place = self.take_place(&mut connections, stop.clone());
            let left = tokio::select! {
                () = stop.cancelled() => break,
                left = place => left,
            };
            failures = match left {
                Left::Refreshed => 0,
                Left::Lost => 1,
                Left::Refused => failures + 1,
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(self.backoff(failures)) => {}
            }
            while connections.try_join_next().is_some() {}
        }
        connections.join_all().await;
    }

    /// Opens a connection, and returns when another must replace it. The old one may continue to serve.
    async fn take_place(self: &Arc<Self>, connections: &mut JoinSet<()>, stop: CancellationToken) -> Left {
        while Instant::now() < self.quiet_until() {
            sleep_until(self.quiet_until()).await;
        }
        match self.client.connect().await {
            Ok(socket) => {
                let (place, left) = oneshot::channel();
                connections.spawn(Arc::clone(self).serve(socket, place, stop));
                left.await.unwrap_or(Left::Lost)
            }
            Err(error) => {
                tracing::warn!(%error, "slack: connection failed");
                let until = Instant::now() + error.retry_after().unwrap_or_default().min(LONGEST_QUIET);
                self.quiet_until.send_modify(|latest| *latest = until.max(*latest));
                Left::Refused
            }
        }
    }

    /// Receives envelopes and acknowledges them until the connection ends or `stop` is cancelled.
    async fn serve(
        self: Arc<Self>,
        mut socket: Socket,
        place: oneshot::Sender<Left>,
        stop: CancellationToken,
    ) {
        let mut place = Some(place);
        let mut hello = None;
        let mut acks = FuturesUnordered::new();
        let mut is_listening = true;
        let mut silent_at = Instant::now() + SILENCE;
        while is_listening || !acks.is_empty() {
            tokio::select! {
                () = stop.cancelled(), if is_listening => is_listening = false,
                Some(ack) = acks.next() => {
                    // A failure is not acknowledged, so that Slack shows it.
                    let Some((ack, waiting)) = ack else { continue };
                    let Ok(Ok(())) = timeout(SEND_WITHIN, socket.send(ack)).await else { break };
                    Waiting::end(waiting, Outcome::Ok);
                }
                message = timeout_at(silent_at, socket.next()), if is_listening => {
                    let Ok(Some(Ok(message))) = message else { break };
                    silent_at = Instant::now() + SILENCE;
                    match read(&message) {
                        Heard::Hello => hello = Some(Serving::begin(&self.serving)),
                        Heard::Envelope(envelope) => {
                            let waiting = Waiting::begin(&self.metrics, envelope.content.kind());
                            acks.push(self.answer(*envelope).map(|ack| Some((ack?, waiting))));
                        }
                        Heard::Refresh if hello.is_some() => give_up(&mut place, Left::Refreshed),
                        Heard::Refresh | Heard::Nothing => {}
                    }
                }
            }
        }
        let left = if hello.is_some() { Left::Lost } else { Left::Refused };
        drop((hello, acks)); // nothing waits for them on a broken connection
        give_up(&mut place, left);
        timeout(SEND_WITHIN, socket.close(None)).await.ok();
    }

    /// Returns the acknowledgement of an envelope once its press is stored, or `None` if it could not be stored.
    async fn answer(&self, Envelope { id, content }: Envelope) -> Option<Message> {
        let ack = match content {
            Content::Command(command) => inbound::command(&self.broker, command).await,
            Content::Interaction(interaction) => inbound::interaction(&self.broker, interaction).await,
            Content::Event => Ack::Heard, // events are acknowledged but not used
        };
        let ack = match ack {
            Ack::Heard => json!({ "envelope_id": id }),
            Ack::Shows(payload) => json!({ "envelope_id": id, "payload": payload }),
            Ack::Failed => return None,
        };
        Some(Message::text(ack.to_string()))
    }

    fn quiet_until(&self) -> Instant {
        *self.quiet_until.borrow()
    }

    /// Returns how long to wait after this many failures. The wait doubles each time and is randomized.
    fn backoff(&self, failures: u32) -> Duration {
        if failures == 0 {
            return Duration::ZERO;
        }
        let mut chance = [0];
        self.broker.ports().ids.fill(&mut chance);
        let longest = Duration::from_secs(1 << (failures - 1).min(6)).min(LONGEST_BACKOFF);
        longest.mul_f64(0.5 + f64::from(chance[0]) / 512.0)
    }
}

fn read(message: &Message) -> Heard {
    let Message::Text(text) = message else { return Heard::Nothing };
    let Ok(frame) = serde_json::from_str::<Frame>(text) else {
        tracing::warn!("slack: unknown frame ignored");
        return Heard::Nothing;
    };
    match (frame.kind.as_str(), frame.envelope_id) {
        ("hello", _) => Heard::Hello,
        ("disconnect", _) if ["warning", "refresh_requested"].contains(&frame.reason.as_str()) => {
            Heard::Refresh
        }
        ("disconnect", _) => {
            tracing::warn!(reason = frame.reason, "slack: connection closed by Slack");
            Heard::Nothing
        }
        (kind, Some(id)) => {
            let payload = frame.payload.map_or("", RawValue::get);
            Heard::Envelope(Box::new(Envelope { id, content: Content::read(kind, payload) }))
        }
        (_, None) => Heard::Nothing,
    }
}

impl Content {
    fn read(envelope: &str, payload: &str) -> Self {
        match envelope {
            "slash_commands" => Self::Command(serde_json::from_str(payload).ok()),
            "interactive" => Self::Interaction(serde_json::from_str(payload)),
            _ => Self::Event,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Command(_) => Kind::Command,
            Self::Interaction(_) => Kind::Interaction,
            Self::Event => Kind::Event,
        }
    }
}

/// Gives up a place, unless that has already been done.
fn give_up(place: &mut Option<oneshot::Sender<Left>>, left: Left) {
    if let Some(place) = place.take() {
        place.send(left).ok(); // after a stop, nothing waits for it
    }
}

/// Counts a connection as one that received Slack's hello, until it is dropped.
struct Serving(watch::Sender<usize>);

impl Serving {
    fn begin(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
