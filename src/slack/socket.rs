//! Slack over Socket Mode: connections that we hold open, on which it sends what it would post otherwise.
//!
//! <https://docs.slack.dev/apis/events-api/using-socket-mode>. The loop is ours, on a WebSocket of
//! tokio-tungstenite over our own HTTP client: slack-morphism's manager speaks TLS only with a feature that
//! brings a second provider of cryptography, and it decides itself when connections are replaced. Here one that
//! Slack announces to end serves on while its successor is opened, and one that falls silent is given up.
//!
//! Neither an address with its ticket nor a frame is ever logged, save why Slack ends a connection: both are secrets.

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

/// How many connections are open at a time: while one is replaced, another serves.
const CONNECTIONS: usize = 2;
/// How long a connection may be silent. Slack pings several times as often.
pub const SILENCE: Duration = Duration::from_secs(30);
/// How long a frame may take to be sent.
const SEND_WITHIN: Duration = Duration::from_secs(3);
/// The longest wait before a connection is tried again.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);
/// The longest that Slack is left alone, however long it wishes.
pub const LONGEST_QUIET: Duration = Duration::from_secs(5 * 60);

/// The connections of one replica.
#[derive(Debug)]
pub struct Sockets {
    client: SocketClient,
    broker: Arc<Broker>,
    metrics: Arc<Metrics>,
    serving: watch::Sender<usize>,
    /// Until when Slack wants no more connections to be asked for.
    quiet_until: watch::Sender<Instant>,
}

/// Why a place among the connections has become free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// Slack replaces the connection.
    Refreshed,
    /// It broke off, or fell silent.
    Lost,
    /// Slack never said hello on it.
    Refused,
}

/// A frame from Slack, as far as we use it.
#[derive(Deserialize)]
struct Frame<'f> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    envelope_id: Option<String>,
    /// As it came: its kind may come after it, and what is not used is not parsed.
    #[serde(borrow, default)]
    payload: Option<&'f RawValue>,
}

/// What Slack wants acknowledged, under its id.
struct Envelope {
    id: String,
    content: Content,
}

/// What an envelope holds, or why that could not be read.
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
    /// The connections that `client` will open. Opens none yet.
    #[must_use]
    pub fn new(client: SocketClient, broker: Arc<Broker>, metrics: Arc<Metrics>) -> Arc<Self> {
        let (serving, quiet_until) = (watch::Sender::new(0), watch::Sender::new(Instant::now()));
        Arc::new(Self { client, broker, metrics, serving, quiet_until })
    }

    /// On how many connections Slack has said hello.
    #[must_use]
    pub fn serving(&self) -> watch::Receiver<usize> {
        self.serving.subscribe()
    }

    /// Holds connections open until `stop` is cancelled; then takes nothing more, and answers what it has taken.
    pub async fn hold(self: Arc<Self>, stop: CancellationToken) {
        let mut places = JoinSet::new();
        for _ in 0..CONNECTIONS {
            places.spawn(Arc::clone(&self).hold_one(stop.clone()));
        }
        places.join_all().await;
    }

    /// Keeps one place among the connections taken.
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

    /// Opens a connection, and returns when another must take its place. It may go on serving after that.
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

    /// Takes envelopes and acknowledges them, until the connection ends or `stop` turns true.
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
                    // What failed is not acknowledged, so that Slack says so.
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
        drop((hello, acks)); // on a connection that broke, nobody waits for them any more
        give_up(&mut place, left);
        timeout(SEND_WITHIN, socket.close(None)).await.ok();
    }

    /// The acknowledgement of an envelope, once what it asks for is stored; none if it could not be.
    async fn answer(&self, Envelope { id, content }: Envelope) -> Option<Message> {
        let ack = match content {
            Content::Command(command) => inbound::command(&self.broker, command).await,
            Content::Interaction(interaction) => inbound::interaction(&self.broker, interaction).await,
            Content::Event => Ack::Heard, // none is used, and one that comes all the same has been heard
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

    /// How long to wait after so many failures: twice as long each time, but not all at the same moment.
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

/// Gives a place up, unless that has been done.
fn give_up(place: &mut Option<oneshot::Sender<Left>>, left: Left) {
    if let Some(place) = place.take() {
        place.send(left).ok(); // nobody waits for it who is told to stop
    }
}

/// Counts a connection among those on which Slack has said hello, until it is dropped.
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
