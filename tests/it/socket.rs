//! Socket Mode: which connections the app holds open, and what it acknowledges on them.

mod quiet;
pub(crate) mod scene;
mod twice;
mod unsaid;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use elevate::{
    app,
    config::{Config, Mode, Secrets, Transport},
    flows::health,
    slack::socket::SILENCE,
};
use sandbox::{
    clock::Clock,
    dynamo::Dynamo,
    example_corp::{ADA, Company},
    http::Fault,
    slack::Disconnect,
};
use serde_json::json;
use tokio::net::TcpListener;

use self::scene::{ScriptedSlack, ask, envelope, passes, pressed, soon};
use crate::world::{Counted, Story, machines_reach, nine, play};

// ---------------------------------------------------------------------------------------------------------
// In Example Corp

#[tokio::test]
async fn a_refresh_leaves_no_gap_under_presses() {
    play(Story::asked().over(Transport::Socket), async |world| {
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
    })
    .await;
}

#[tokio::test]
async fn without_the_right_app_token_the_app_does_not_start() {
    let company = Company::open(Clock::standing(nine()), Dynamo::in_memory().unwrap()).await.unwrap();
    let url = "http://127.0.0.1:1";
    let mut config =
        Config::parse(&company.configuration(url), company.environment(), Secrets::new()).unwrap();
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
    let random = Arc::new(Counted::default());
    let app = stage::build(&company, &url, Transport::Socket, random).await.unwrap();
    let router = app.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let browser = sandbox::browser::Browser::with_clock(company.clock.clone());
    let admin_url = machines_reach(&app).await;
    let is_ready = async || {
        health::look_at_store(app.broker()).await;
        let ready = browser.get_raw(&format!("{admin_url}/ready")).await.unwrap();
        (ready.status, ready.body)
    };
    assert_eq!(is_ready().await, (503, "not ready: no connection to receive requests on\n".to_owned()));
    company.clock.advance(TimeDelta::seconds(31));
    let degraded = "ready\ndegraded: no connection to receive requests on\n";
    assert_eq!(is_ready().await, (200, degraded.to_owned()), "browsers are served");
    let sockets = app.sockets().unwrap();
    tokio::spawn(Arc::clone(sockets).hold(app.broker().stopping()));
    soon(sockets.serving().wait_for(|serving| *serving > 0)).await.unwrap();
    assert_eq!(is_ready().await, (200, "ready\n".to_owned()));
    let commands = browser.get_raw(&format!("{url}/slack/commands")).await.unwrap();
    assert_eq!(commands.status, 404, "nothing is served to Slack");
}

// ---------------------------------------------------------------------------------------------------------
// Word by word

#[tokio::test]
async fn what_cannot_be_stored_is_not_acknowledged_and_a_command_says_so() {
    play(Story::with_linked([ADA]), async |world| {
        let slack = ScriptedSlack::start().await;
        let bot = slack.meets(world);
        let mut connection = slack.greets().await;
        world.company.dynamo.control().fail_always("TransactWriteItems", Fault::Status(500));

        let unlink = pressed(ADA, &json!({ "action_id": "person.unlink" }), "a press");
        connection.says(&envelope("interactive", unlink)).await;
        connection.says(&envelope("slash_commands", ask(world, "a command"))).await;
        let ack = connection.hears().await;
        assert_eq!(ack["envelope_id"], "slash_commands");
        assert!(
            ack["payload"]["text"].as_str().unwrap().contains("could not confirm that your action was saved"),
            "{ack}"
        );
        world.settle().await;
        connection.says(&envelope("events_api", json!({}))).await;
        assert_eq!(connection.hears().await, json!({ "envelope_id": "events_api" }), "and none of the press");
        let answers = [("interaction", "unavailable"), ("command", "ok"), ("event", "ok")];
        assert_eq!(answers.map(|(kind, outcome)| bot.answers(kind, outcome)), [1.0; 3]);
        world.company.dynamo.control().heal();
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_falls_silent_is_replaced_and_one_that_pings_is_not() {
    play(Story::start(), async |world| {
        let slack = ScriptedSlack::start().await;
        let bot = slack.meets(world);
        let (mut silent, mut pinging) = (slack.greets().await, slack.greets().await);
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
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_slack_ends_is_replaced_while_the_other_serves() {
    play(Story::start(), async |world| {
        let slack = ScriptedSlack::start().await;
        let bot = slack.meets(world);
        let (mut ending, mut other) = (slack.greets().await, slack.greets().await);
        bot.serves_on(2).await;
        ending.says(&json!({ "type": "disconnect", "reason": "refresh_requested" })).await;
        let mut successor = slack.greets().await;
        bot.serves_on(3).await;
        drop(ending);
        bot.serves_on(2).await;
        for connection in [&mut other, &mut successor] {
            connection.says(&envelope("events_api", json!({}))).await;
            assert_eq!(connection.hears().await, json!({ "envelope_id": "events_api" }));
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_taken_before_the_stop_is_acknowledged_after_it() {
    play(Story::with_linked([ADA]), async |world| {
        let slack = ScriptedSlack::start().await;
        let bot = slack.meets(world);
        let (mut connection, mut other) = (slack.accepts().await, slack.accepts().await);
        world.company.dynamo.control().slow("TransactWriteItems", Duration::from_millis(300));
        connection.says(&envelope("slash_commands", ask(world, "a command"))).await;
        connection.says(&envelope("events_api", json!({}))).await;
        assert_eq!(connection.hears().await["envelope_id"], "events_api");
        bot.stop.cancel();
        assert_eq!(connection.hears().await, json!({ "envelope_id": "slash_commands" }));
        assert!(connection.ends().await && other.ends().await);
        assert!(bot.waits("command", "ok") >= 0.3, "it is timed until its acknowledgement was sent");
        soon(bot.holding).await.unwrap();
        world.settle().await;
        world.everybody_catches_up();
    })
    .await;
}
