//! The scene of Socket Mode: a Slack that says what the test says, and the product's connections to it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Json, Router, extract::Request, middleware, routing::post};
use elevate::{
    metrics::Metrics,
    slack::socket::{SocketClient, SocketConfig, Sockets},
};
use futures_util::{SinkExt, StreamExt};
use sandbox::{
    example_corp::{ADA, Persona, TEAM},
    http::Control,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{Instant, advance, pause, resume, timeout},
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};
use tokio_util::sync::CancellationToken;

use crate::{metrics::Scrape, world::World};

/// The app's token.
pub(super) const APP_TOKEN: &str = "xapp-any";
/// With what every ticket begins.
pub(super) const TICKET: &str = "only-once-";

/// Slack's side of Socket Mode, which says what the test says.
pub(super) struct ScriptedSlack {
    api_url: String,
    links: TcpListener,
    pub(super) control: Control,
    /// When it was asked for connections.
    asked: Arc<Mutex<Vec<Instant>>>,
}

/// The product's side of it.
pub(super) struct Bot {
    sockets: Arc<Sockets>,
    metrics: Arc<Metrics>,
    pub(super) stop: CancellationToken,
    pub(super) holding: JoinHandle<()>,
}

/// One connection, from Slack's side.
pub(crate) struct Connection<S = TcpStream>(WebSocketStream<S>);

impl ScriptedSlack {
    pub(super) async fn start() -> Self {
        let links = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let link = format!("ws://{}/link?app_id=A0ELEVATE&ticket={TICKET}", links.local_addr().unwrap());
        let given = Arc::new(AtomicUsize::new(0));
        let open = async move || {
            let number = given.fetch_add(1, Ordering::SeqCst);
            Json(json!({ "ok": true, "url": format!("{link}{number}") }))
        };
        let (control, asked) = (Control::default(), Arc::new(Mutex::new(Vec::new())));
        let router = Router::new().route("/apps.connections.open", post(open));
        let noted = Arc::clone(&asked);
        let noting = middleware::map_request(move |request: Request| {
            noted.lock().unwrap().push(Instant::now());
            async { request }
        });
        let (listener, address) = sandbox::http::listen(0).await.unwrap();
        let router = sandbox::http::controlled(router, control.clone()).layer(noting);
        sandbox::http::serve(listener, router);
        Self { api_url: format!("http://{address}"), links, control, asked }
    }

    /// The product of `world`, with connections to this Slack.
    pub(super) fn meets(&self, world: &World) -> Bot {
        let http = stage::http();
        let metrics = Arc::clone(http.metrics());
        let client = SocketClient::new(SocketConfig {
            http,
            api_url: self.api_url.parse().unwrap(),
            app_token: APP_TOKEN.into(),
            clock: Arc::clone(&world.app.broker().ports().clock),
        });
        let sockets = Sockets::new(client, Arc::clone(world.app.broker()), Arc::clone(&metrics));
        let stop = CancellationToken::new();
        let holding = tokio::spawn(Arc::clone(&sockets).hold(stop.clone()));
        Bot { sockets, metrics, stop, holding }
    }

    /// When it was asked for connections, from the first time on.
    pub(super) fn asked(&self) -> Vec<Duration> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|at| *at - asked[0]).collect()
    }

    /// Takes in the next connection.
    pub(super) async fn accepts(&self) -> Connection {
        let (stream, _) = soon(self.links.accept()).await.unwrap();
        Connection::on(stream).await
    }

    /// Hangs up on the next connection before it is one.
    pub(super) async fn hangs_up(&self) {
        soon(self.links.accept()).await.unwrap();
    }

    /// Takes in the next connection, and says hello on it.
    pub(super) async fn greets(&self) -> Connection {
        let mut connection = self.accepts().await;
        connection.says(&json!({ "type": "hello" })).await;
        connection
    }
}

impl Bot {
    pub(super) async fn serves_on(&self, connections: usize) {
        soon(self.sockets.serving().wait_for(|serving| *serving == connections)).await.unwrap();
    }

    /// How many envelopes of this kind came to this.
    pub(super) fn answers(&self, kind: &str, outcome: &str) -> f64 {
        self.counted("count", kind, outcome)
    }

    /// For how many seconds Slack has waited for them.
    pub(super) fn waits(&self, kind: &str, outcome: &str) -> f64 {
        self.counted("sum", kind, outcome)
    }

    fn counted(&self, what: &str, kind: &str, outcome: &str) -> f64 {
        let name = format!("elevate_slack_ack_duration_seconds_{what}");
        Scrape::read(&self.metrics.text()).sum(&name, &[("kind", kind), ("outcome", outcome)])
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// What somebody opens on `stream`.
    pub(crate) async fn on(stream: S) -> Self {
        Self(soon(accept_async(stream)).await.unwrap())
    }

    pub(crate) async fn says(&mut self, what: &Value) {
        self.0.send(Message::text(what.to_string())).await.unwrap();
    }

    pub(crate) async fn hears(&mut self) -> Value {
        let heard = soon(self.0.next()).await.unwrap().unwrap();
        serde_json::from_str(heard.to_text().unwrap()).unwrap()
    }

    /// Pings, and waits for the answer.
    pub(super) async fn pings(&mut self) {
        self.0.send(Message::Ping("applink".into())).await.unwrap();
        assert!(soon(self.0.next()).await.unwrap().unwrap().is_pong());
    }

    /// Whether the next thing to come is the end.
    pub(super) async fn ends(&mut self) -> bool {
        matches!(soon(self.0.next()).await, None | Some(Ok(Message::Close(_)) | Err(_)))
    }
}

/// Ada asks for something, in one line.
pub(super) fn ask(world: &World, trigger: &str) -> Value {
    json!({
        "team_id": TEAM, "user_id": ADA.slack, "trigger_id": trigger,
        "text": "111122223333/S3Admin 1h bucket policy broken",
        "response_url": format!("{}/used/up", world.company.slack.url()),
    })
}

/// Somebody presses a button.
pub(super) fn pressed(who: Persona, button: &Value, trigger: &str) -> Value {
    json!({
        "type": "block_actions", "trigger_id": trigger, "user": { "id": who.slack, "team_id": TEAM },
        "actions": [button],
    })
}

/// An envelope that is called what it holds.
pub(crate) fn envelope(kind: &str, payload: Value) -> Value {
    json!({ "envelope_id": kind, "type": kind, "accepts_response_payload": true, "payload": payload })
}

/// Lets the machine's time pass at once.
pub(super) async fn passes(time: Duration) {
    pause();
    advance(time).await;
    resume();
}

/// What should not take long.
pub(crate) async fn soon<F: Future>(what: F) -> F::Output {
    timeout(Duration::from_secs(60), what).await.expect("nothing comes")
}
