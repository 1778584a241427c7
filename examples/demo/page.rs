//! The page: everybody's Slack in a browser, the product behind it, and what the product has written down.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{Router, routing::get};
use chrono::TimeDelta;
use elevate::{
    config::Transport,
    flows::{Broker, sweep},
    system::SystemIds,
};
use sandbox::{
    call_log,
    clock::Clock,
    dynamo::Dynamo,
    example_corp::{ADA, BOB, CAROL, Company, MALLORY, Ports},
    http, slack,
};

use crate::{CommandLine, records};

/// How often the sweeper looks for jobs that nobody has done.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

/// Serves the page as the command line says, until the process is told to stop.
///
/// # Errors
/// When a port is taken, or what is kept of an earlier run cannot be read.
pub(crate) async fn run(line: &CommandLine) -> anyhow::Result<()> {
    let (port, data) = (line.port, line.data.as_deref());
    let [bot, slack, idp, aws] = [1, 2, 3, 4].map(|after| port + after);
    let taken = || format!("the demo takes the ports {port} to {aws}; --port chooses others");
    let (listener, address) = http::listen(port).await.with_context(taken)?;
    let (bot_listener, bot_address) = http::listen(bot).await.with_context(taken)?;
    let ports = Ports { slack, idp, aws };
    let mut company = Company::open_at(ports, clock(data)?, database(data)?).await.with_context(taken)?;
    company.settings = line.settings();
    furnish(&company);

    let app = stage::build(&company, &format!("http://{bot_address}"), Transport::Http, Arc::new(SystemIds))
        .await?;
    let call_log = company.watch();
    http::serve(bot_listener, call_log::of_browsers(app.router(), &call_log));
    tokio::spawn(sweep_for_good(Arc::clone(app.broker()), company.clock.clone()));

    let origin = format!("http://{address}");
    let records = Router::new().route("/api/records", get(records::told)).with_state(company.clone());
    http::serve(listener, sandbox::playground::router(company, call_log, &origin, records));
    println!("\n  elevate, with nothing but this machine. Open  {origin}\n\n  Ctrl-C ends it.\n");
    tokio::signal::ctrl_c().await.context("could not wait for Ctrl-C")
}

fn database(data: Option<&Path>) -> anyhow::Result<Dynamo> {
    let Some(folder) = data else { return Ok(Dynamo::in_memory()?) };
    std::fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    let file = folder.join("elevate.db");
    Dynamo::open(&file).with_context(|| format!("could not open {}", file.display()))
}

/// The machine's clock; or, where what is stored is kept, one that is as far ahead of it as the last run's was. What
/// has been written down must not lie in the future.
fn clock(data: Option<&Path>) -> anyhow::Result<Clock> {
    let clock = Clock::running();
    let Some(file) = data.map(|folder| folder.join("clock")) else { return Ok(clock) };
    if let Ok(millis) = std::fs::read_to_string(&file) {
        let millis = millis.trim().parse().with_context(|| format!("could not read {}", file.display()))?;
        clock.advance(TimeDelta::milliseconds(millis));
    }
    let moved = clock.clone();
    tokio::spawn(async move {
        let mut moves = moved.listen();
        while moves.changed().await.is_ok() {
            let ahead = moved.now() - Clock::running().now();
            if let Err(error) = std::fs::write(&file, ahead.num_milliseconds().to_string()) {
                println!("  could not write {}: {error}", file.display());
            }
        }
    });
    Ok(clock)
}

/// Opens everybody's messages with the app, and a channel that is shared with Mallory's workspace.
fn furnish(company: &Company) {
    for insider in [ADA, BOB, CAROL] {
        drop(company.slack.direct_channel(insider.slack));
    }
    company.slack.add_channel(slack::Channel {
        id: "C0PARTNERS".into(),
        name: "partners".into(),
        is_ext_shared: true,
        members: [ADA, BOB, MALLORY].map(|persona| persona.slack.to_owned()).into(),
        ..slack::Channel::default()
    });
}

/// Does what the clock has made due, every few seconds and whenever somebody has moved the clock.
async fn sweep_for_good(broker: Arc<Broker>, clock: Clock) {
    let mut moves = clock.listen();
    loop {
        match sweep::sweep(&broker).await {
            Ok(0) => drop(tokio::time::timeout(SWEEP_EVERY, moves.changed()).await),
            Ok(_) => broker.idle().await,
            Err(error) => {
                println!("  could not sweep: {error:#}");
                tokio::time::sleep(SWEEP_EVERY).await;
            }
        }
    }
}
