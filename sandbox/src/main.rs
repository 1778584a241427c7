//! The stand-ins as processes: one on a loopback port, with Example Corp's data and the control API.
#![expect(clippy::print_stdout, reason = "says on the command line where it listens")]

mod control;

use std::{io, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use sandbox::{
    aws::{Aws, AwsConfig},
    clock::Clock,
    example_corp,
    idp::Idp,
    slack::Slack,
};
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

/// Stand-ins for the services that elevate talks to, each a process on 127.0.0.1, for Example Corp.
///
/// People, channels, ids, tokens and secrets are those of sandbox/src/company.rs. Once it serves, a stand-in
/// prints one line, `listening on http://127.0.0.1:PORT`, and runs until SIGTERM or SIGINT. What can be seen
/// and done from outside, at /control/ on the same port, is documented in sandbox/src/control.rs.
#[derive(Parser)]
#[command(version)]
struct CommandLine {
    #[command(subcommand)]
    service: Service,
}

#[derive(Subcommand)]
enum Service {
    /// A Slack workspace: its Web API and its people.
    Slack {
        #[command(flatten)]
        place: Place,
        /// Where the bot listens for commands, interactions and events; without it Socket Mode is on.
        #[arg(long, value_name = "URL")]
        bot_url: Option<Url>,
    },
    /// An OpenID provider whose people sign in without a password.
    Idp {
        #[command(flatten)]
        place: Place,
        /// Where the bot wants people sent back to: <its public URL>/oidc/callback.
        #[arg(long, value_name = "URI")]
        redirect_uri: Option<String>,
    },
    /// AWS: STS, the console's sign-in and its front door.
    Aws {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Args)]
struct Place {
    /// The port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(CommandLine::parse().service).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the one place that prints a failure")]
            {
                eprintln!("sandbox: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(service: Service) -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    println!("listening on {}", start(service).await?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Starts a stand-in; says where it is.
async fn start(service: Service) -> io::Result<String> {
    let clock = Clock::running();
    match service {
        Service::Slack { place, bot_url } => {
            let config = example_corp::slack_config(clock.clone(), place.port);
            let slack = Slack::start_beside(config, |slack| control::slack(slack, clock)).await?;
            example_corp::furnish_slack(&slack);
            match bot_url {
                Some(bot_url) => slack.install(bot_url.as_str()),
                None => slack.install_socket(),
            }
            Ok(slack.url())
        }
        Service::Idp { place, redirect_uri } => {
            let config = example_corp::idp_config(clock.clone(), place.port);
            let idp = Idp::start_beside(config, |idp| control::idp(idp, clock)).await?;
            example_corp::furnish_idp(&idp);
            if let Some(uri) = redirect_uri {
                idp.allow_redirect(&uri);
            }
            Ok(idp.issuer())
        }
        Service::Aws { place } => {
            let config = AwsConfig { clock: clock.clone(), port: place.port };
            let aws = Aws::start_beside(config, |aws| control::aws(aws, clock)).await?;
            example_corp::furnish_aws(&aws);
            Ok(aws.sts_url())
        }
    }
}
