//! Socket Mode: which connections the app holds open, and what it acknowledges on them.

use std::{sync::Arc, time::Duration};

use axum::{Json, Router, routing::post};
use elevate::{
    app,
    config::{Config, Mode, Transport},
    slack::socket::{SILENCE, SocketClient, SocketConfig, Sockets},
};
use futures_util::{SinkExt, StreamExt};
use sandbox::{
    clock::Clock,
    company::{ADA, Company, TEAM},
    dynamo::Dynamo,
    http::Fault,
    slack::Disconnect,
};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::{advance, pause, resume, timeout},
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};

use crate::{
    stage,
    world::{Counted, World, nine},
};

// ---------------------------------------------------------------------------------------------------------
// In Example Corp

#[tokio::test]
async fn a_refresh_leaves_no_gap_under_presses() {
    let world = World::asked_over(Transport::Socket).await;
    let (ada, bob) = (world.ada(), world.bob());
    world.company.slack.disconnects(Disconnect::Warning);
    ada.types("/elevate status").await;
    bob.presses("review.approve").await;
    world.serves_on(4).await;
    ada.types("/elevate status").await;

    passes(Duration::from_secs(10)).await;
    world.serves_on(2).await;
    ada.presses("request.end").await;
    assert!(world.card().contains("*Ended early*"));
    world.everybody_catches_up();
    world.finish().await;
}

#[tokio::test]
async fn without_the_right_app_token_the_app_does_not_start() {
    let company = Company::open(Clock::standing(nine()), Dynamo::in_memory().unwrap()).await.unwrap();
    let url = "http://127.0.0.1:1";
    let mut config = Config::parse(&company.configuration(url), company.environment()).unwrap();
    config.slack.mode = Mode::Socket { app_token: "xapp-another".into() };
    let outside = stage::outside(&company, Arc::new(Counted::default()));
    let expected =
        "could not open a connection with slack.app_token: slack refused apps.connections.open: invalid_auth";

    let checked = app::check(&config, outside.clone()).await.unwrap();
    let slack = checked.into_iter().find(|(counterpart, _)| *counterpart == "Slack").unwrap();
    assert_eq!(format!("{:#}", slack.1.unwrap_err()), expected);
    let started = app::build(config, outside).await;
    assert_eq!(format!("{:#}", started.expect_err("the app started")), expected);
}

#[tokio::test]
async fn the_app_is_ready_once_slack_has_said_hello() {
    let company = Company::open(Clock::standing(nine()), Dynamo::in_memory().unwrap()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let chance = Arc::new(Counted::default());
    let app = stage::build(&company, &url, Transport::Socket, chance).await.unwrap();
    let router = app.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let browser = sandbox::browser::Browser::with_clock(company.clock.clone());
    let asked = async |path: &str| browser.get_raw(&format!("{url}{path}")).await.unwrap();

    let ready = asked("/ready").await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "cannot reach: slack's socket mode\n"));
    let sockets = app.sockets().unwrap();
    let stop = watch::Sender::new(false);
    tokio::spawn(Arc::clone(sockets).hold(stop.subscribe()));
    soon(sockets.serving().wait_for(|serving| *serving > 0)).await.unwrap();
    assert_eq!(asked("/ready").await.status, 200);
    assert_eq!(asked("/slack/commands").await.status, 404, "nothing is served to Slack");
}

// ---------------------------------------------------------------------------------------------------------
// Word by word

#[tokio::test]
async fn an_envelope_on_two_connections_and_once_more_counts_once() {
    let world = World::with_linked([ADA]).await;
    let slack = ScriptedSlack::start().await;
    let bot = slack.meets(&world);
    let (mut one, mut other) = (slack.accepts().await, slack.accepts().await);
    let command = envelope("slash_commands", ask(&world));
    for connection in [&mut one, &mut other] {
        connection.says(&json!({ "type": "hello" })).await;
        connection.says(&command).await;
        assert_eq!(connection.hears().await, json!({ "envelope_id": "slash_commands" }));
    }
    one.says(&command).await;
    assert_eq!(one.hears().await, json!({ "envelope_id": "slash_commands" }));
    world.settle().await;
    assert!(world.ada().hears().contains("on its way"));
    world.card();
    world.ada().is_told();
    assert_eq!(world.audit().len(), 1);
    drop(bot);
    world.finish().await;
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_acknowledged_and_a_command_says_so() {
    let world = World::with_linked([ADA]).await;
    let slack = ScriptedSlack::start().await;
    let _bot = slack.meets(&world);
    let mut connection = slack.accepts().await;
    connection.says(&json!({ "type": "hello" })).await;
    world.company.dynamo.control().fail_always("TransactWriteItems", Fault::Status(500));

    let unlink = json!({ "action_id": "person.unlink" });
    let press = json!({
        "type": "block_actions", "trigger_id": "a press", "user": { "id": ADA.slack, "team_id": TEAM },
        "actions": [unlink],
    });
    connection.says(&envelope("interactive", press)).await;
    connection.says(&envelope("slash_commands", ask(&world))).await;
    let ack = connection.hears().await;
    assert_eq!(ack["envelope_id"], "slash_commands");
    assert!(ack["payload"]["text"].as_str().unwrap().contains("could not be stored"), "{ack}");
    world.settle().await;
    connection.says(&envelope("events_api", json!({}))).await;
    assert_eq!(connection.hears().await, json!({ "envelope_id": "events_api" }), "and none of the press");
    world.company.dynamo.control().heal();
    world.finish().await;
}

#[tokio::test]
async fn a_connection_that_falls_silent_is_replaced_and_one_that_pings_is_not() {
    let world = World::start().await;
    let slack = ScriptedSlack::start().await;
    let bot = slack.meets(&world);
    let (mut silent, mut pinging) = (slack.accepts().await, slack.accepts().await);
    for connection in [&mut silent, &mut pinging] {
        connection.says(&json!({ "type": "hello" })).await;
    }
    bot.serves_on(2).await;
    passes(SILENCE - Duration::from_secs(1)).await;
    pinging.pings().await;
    passes(Duration::from_secs(2)).await;

    let mut successor = slack.accepts().await;
    assert!(silent.ends().await);
    bot.serves_on(1).await;
    successor.says(&json!({ "type": "hello" })).await;
    bot.serves_on(2).await;
    pinging.says(&envelope("events_api", json!({}))).await;
    assert_eq!(pinging.hears().await, json!({ "envelope_id": "events_api" }));
}

#[tokio::test]
async fn a_connection_that_slack_ends_is_replaced_while_the_other_serves() {
    let world = World::start().await;
    let slack = ScriptedSlack::start().await;
    let bot = slack.meets(&world);
    let (mut ending, mut other) = (slack.accepts().await, slack.accepts().await);
    for connection in [&mut ending, &mut other] {
        connection.says(&json!({ "type": "hello" })).await;
    }
    bot.serves_on(2).await;
    ending.says(&json!({ "type": "disconnect", "reason": "refresh_requested" })).await;
    let mut successor = slack.accepts().await;
    successor.says(&json!({ "type": "hello" })).await;
    bot.serves_on(3).await;
    drop(ending);
    bot.serves_on(2).await;
    for connection in [&mut other, &mut successor] {
        connection.says(&envelope("events_api", json!({}))).await;
        assert_eq!(connection.hears().await, json!({ "envelope_id": "events_api" }));
    }
}

#[tokio::test]
async fn what_was_taken_before_the_stop_is_acknowledged_after_it() {
    let world = World::with_linked([ADA]).await;
    let slack = ScriptedSlack::start().await;
    let bot = slack.meets(&world);
    let (mut connection, mut other) = (slack.accepts().await, slack.accepts().await);
    world.company.dynamo.control().slow("TransactWriteItems", Duration::from_millis(300));
    connection.says(&envelope("slash_commands", ask(&world))).await;
    connection.says(&envelope("events_api", json!({}))).await;
    assert_eq!(connection.hears().await["envelope_id"], "events_api");
    bot.stop.send_replace(true);
    assert_eq!(connection.hears().await, json!({ "envelope_id": "slash_commands" }));
    assert!(connection.ends().await && other.ends().await);
    soon(bot.holding).await.unwrap();
    world.settle().await;
    world.everybody_catches_up();
    world.finish().await;
}

// ---------------------------------------------------------------------------------------------------------
// The scene

/// Slack's side of Socket Mode, which says what the test says.
struct ScriptedSlack {
    api_url: String,
    links: TcpListener,
}

/// The product's side of it.
struct Bot {
    sockets: Arc<Sockets>,
    stop: watch::Sender<bool>,
    holding: JoinHandle<()>,
}

/// One connection, from Slack's side.
struct Connection(WebSocketStream<TcpStream>);

impl ScriptedSlack {
    async fn start() -> Self {
        let links = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/link?ticket=once&app_id=A0ELEVATE", links.local_addr().unwrap());
        let opened = Json(json!({ "ok": true, "url": url }));
        let router = Router::new().route("/apps.connections.open", post(async || opened));
        let (listener, address) = sandbox::http::listen(0).await.unwrap();
        sandbox::http::serve(listener, router);
        Self { api_url: format!("http://{address}"), links }
    }

    /// The product of `world`, with connections to this Slack.
    fn meets(&self, world: &World) -> Bot {
        let config = SocketConfig { api_url: self.api_url.parse().unwrap(), app_token: "xapp-any".into() };
        let sockets = Sockets::new(SocketClient::new(config).unwrap(), Arc::clone(world.app.broker()));
        let stop = watch::Sender::new(false);
        let holding = tokio::spawn(Arc::clone(&sockets).hold(stop.subscribe()));
        Bot { sockets, stop, holding }
    }

    async fn accepts(&self) -> Connection {
        let (stream, _) = soon(self.links.accept()).await.unwrap();
        Connection(accept_async(stream).await.unwrap())
    }
}

impl Bot {
    async fn serves_on(&self, connections: usize) {
        soon(self.sockets.serving().wait_for(|serving| *serving == connections)).await.unwrap();
    }
}

impl Connection {
    async fn says(&mut self, what: &Value) {
        self.0.send(Message::text(what.to_string())).await.unwrap();
    }

    async fn hears(&mut self) -> Value {
        let heard = soon(self.0.next()).await.unwrap().unwrap();
        serde_json::from_str(heard.to_text().unwrap()).unwrap()
    }

    /// Pings, and waits for the answer.
    async fn pings(&mut self) {
        self.0.send(Message::Ping("applink".into())).await.unwrap();
        assert!(soon(self.0.next()).await.unwrap().unwrap().is_pong());
    }

    /// Whether the next thing to come is the end.
    async fn ends(&mut self) -> bool {
        matches!(soon(self.0.next()).await, None | Some(Ok(Message::Close(_)) | Err(_)))
    }
}

/// Ada asks for something, in one line.
fn ask(world: &World) -> Value {
    json!({
        "team_id": TEAM, "user_id": ADA.slack, "trigger_id": "a command",
        "text": "111122223333/S3Admin 1h bucket policy broken",
        "response_url": format!("{}/used/up", world.company.slack.url()),
    })
}

/// An envelope that is called what it holds.
fn envelope(kind: &str, payload: Value) -> Value {
    json!({ "envelope_id": kind, "type": kind, "accepts_response_payload": true, "payload": payload })
}

/// Lets the machine's time pass at once.
async fn passes(time: Duration) {
    pause();
    advance(time).await;
    resume();
}

/// What should not take long.
async fn soon<F: Future>(what: F) -> F::Output {
    timeout(Duration::from_secs(60), what).await.expect("nothing comes")
}
