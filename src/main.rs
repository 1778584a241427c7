//! The command line: connects the real adapters and runs the command.
#![expect(clippy::print_stdout, reason = "prints the output of commands")]

use std::{
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    panic,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use aws_config::{BehaviorVersion, SdkConfig};
use clap::{Parser, Subcommand, ValueEnum};
use elevate::{
    app::{self, Listeners, Outside},
    config::{Config, DynamoDb, Transport},
    domain::{
        email::Email,
        ids::{AccountId, Target},
        reason::Reason,
    },
    flows::{Broker, operator, policy},
    log_redaction::most_verbose,
    log_writer::LogWriter,
    metrics::Metrics,
    outbound::HttpClient,
    secrets::KeptSecrets,
    store::{schema::create_table, writers::restrict_writes},
    system::{SystemClock, SystemIds},
};
use tokio::{
    net::{TcpListener, TcpSocket},
    signal::unix::{Signal, SignalKind, signal},
    time::timeout,
};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

/// A Slack bot that gives engineers time-bound access to AWS roles.
#[derive(Parser)]
#[command(version)]
struct CommandLine {
    /// The configuration file; by default elevate.toml, if it exists.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// The format of the log.
    #[arg(long, global = true, value_enum, default_value_t = Log::Text)]
    log: Log,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, ValueEnum)]
enum Log {
    Text,
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Serves Slack and browsers until SIGTERM or SIGINT.
    Serve,
    /// Checks the configuration, DynamoDB, Slack, the identity provider, AWS and KMS.
    Check {
        /// Also assumes this role, in a session that may do nothing. Repeat it for more.
        #[arg(long = "target", value_name = "ACCOUNT/ROLE")]
        targets: Vec<Target>,
    },
    /// Creates the DynamoDB table, or reports how an existing one differs.
    CreateTable {
        /// The table's name; without it, the configuration file names the table.
        #[arg(long)]
        table: Option<String>,
        /// The ARN of the role that the bot runs as; repeat it for operators' roles. Nobody else may write to the table.
        #[arg(long, value_name = "ARN", value_parser = role_arn)]
        broker_role: Vec<String>,
    },
    /// Freezes access: until it is thawed, no request is approved and no session begins. All else goes on.
    Freeze {
        /// Why; auditors read it.
        #[arg(long)]
        reason: Reason,
    },
    /// Ends a freeze.
    Thaw,
    /// Ends all access that a person has, and withdraws their waiting requests.
    End {
        /// The person's email address, as the identity provider has it.
        #[arg(long, value_name = "EMAIL")]
        person: Email,
    },
    /// Shows which policy is in force, and how this configuration's differs from it.
    Policy {
        #[command(subcommand)]
        command: Option<PolicyCommand>,
    },
    /// Prints the Slack app manifest.
    Manifest {
        /// The address at which Slack and browsers reach this app.
        #[arg(long, default_value = MANIFEST_URL)]
        public_url: String,
        /// How Slack reaches this app: http or socket.
        #[arg(long, default_value = Transport::Http.as_str())]
        mode: Transport,
    },
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Puts this configuration's policy in force, even if it was in force earlier. Replicas with another one decide
    /// nothing from then on.
    Adopt,
}

/// How many connections may wait to be accepted. The system may lower it (`net.core.somaxconn`).
const BACKLOG: u32 = 4_096;
/// How long an operator's command waits until people are notified of what it did.
const NOTIFIED_WITHIN: Duration = Duration::from_secs(10);
/// How long the end of the process waits for the reader of its log.
const FLUSHED_WITHIN: Duration = Duration::from_secs(1);

const MANIFEST: &str = include_str!("../manifests/slack-app.yaml");
const MANIFEST_URL: &str = "https://elevate.example.com";

#[tokio::main]
async fn main() -> ExitCode {
    let line = CommandLine::parse();
    let metrics = Metrics::new();
    let Ok(writer) = LogWriter::start(io::stderr(), metrics.log_lines_dropped()) else {
        return ExitCode::FAILURE;
    };
    let format = line.log;
    start_log(format, writer.clone());
    let outcome = run(line, metrics).await;
    if let Err(error) = &outcome {
        match format {
            Log::Text => drop((&writer).write_all(format!("elevate: {error:#}\n").as_bytes())),
            Log::Json => tracing::error!(error = format!("{error:#}"), "process: failed"),
        }
    }
    writer.flush(FLUSHED_WITHIN);
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(line: CommandLine, metrics: Arc<Metrics>) -> anyhow::Result<()> {
    let http = HttpClient::new(metrics)?;
    let aws = async || {
        let aws = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
        aws.load().await
    };
    let config = async |aws: &SdkConfig| Config::load(line.config.as_deref(), &KeptSecrets::new(aws)).await;
    match line.command {
        Command::Serve => {
            let aws = aws().await;
            serve(config(&aws).await?, outside(&aws, http.clone())).await
        }
        Command::Check { targets } => {
            let aws = aws().await;
            check(&config(&aws).await?, &outside(&aws, http.clone()), &targets).await
        }
        Command::CreateTable { table, broker_role } => {
            let table = table
                .map_or_else(|| DynamoDb::load(line.config.as_deref()).map(|section| section.table), Ok)?;
            make_table(&table, &broker_role, &aws().await).await
        }
        Command::Freeze { reason } => {
            let aws = aws().await;
            let broker = app::operate(&config(&aws).await?, outside(&aws, http.clone()))?;
            let is_news = operator::freeze(&broker, reason).await?;
            told(&broker, if is_news { "access is frozen" } else { "access was frozen already" }).await
        }
        Command::Thaw => {
            let aws = aws().await;
            let broker = app::operate(&config(&aws).await?, outside(&aws, http.clone()))?;
            let is_news = operator::thaw(&broker).await?;
            told(&broker, if is_news { "access is thawed" } else { "access was not frozen" }).await
        }
        Command::End { person } => {
            let aws = aws().await;
            let broker = app::operate(&config(&aws).await?, outside(&aws, http.clone()))?;
            let ended = operator::end(&broker, &person).await?;
            let ids: String = ended.iter().map(|id| format!("\n{id}")).collect();
            told(&broker, &format!("ended or withdrawn: {}{ids}", ended.len())).await
        }
        Command::Policy { command } => {
            let aws = aws().await;
            let broker = app::operate(&config(&aws).await?, outside(&aws, http.clone()))?;
            match command {
                None => {
                    for line in app::policy_in_force(&broker).await? {
                        println!("{line}");
                    }
                    Ok(())
                }
                Some(PolicyCommand::Adopt) => {
                    let is_news = policy::put_back(&broker).await?;
                    let outcome = if is_news {
                        "this configuration's policy is in force; replicas with another one decide nothing"
                    } else {
                        "this configuration's policy was in force already"
                    };
                    told(&broker, outcome).await
                }
            }
        }
        Command::Manifest { public_url, mode } => {
            print!("{}", manifest(mode, &public_url));
            Ok(())
        }
    }
}

/// Prints what an operator's command did. Waits for a while until people are notified of it; replicas that serve notify
/// the rest.
async fn told(broker: &Broker, outcome: &str) -> anyhow::Result<()> {
    println!("{outcome}");
    drop(timeout(NOTIFIED_WITHIN, broker.idle()).await);
    broker.stop();
    Ok(())
}

/// The manifest. For Socket Mode it contains no address that Slack posts to, only the redirect URL for browsers.
fn manifest(mode: Transport, public_url: &str) -> String {
    let posted_to = format!("{MANIFEST_URL}/slack/");
    let manifest = match mode {
        Transport::Http => MANIFEST.to_owned(),
        Transport::Socket => {
            let lines = MANIFEST.split_inclusive('\n').filter(|line| !line.contains(&posted_to));
            lines.collect::<String>().replace("socket_mode_enabled: false", "socket_mode_enabled: true")
        }
    };
    manifest.replace(MANIFEST_URL, public_url.trim_end_matches('/'))
}

async fn serve(config: Config, outside: Outside) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    let listeners = Listeners { public: bind(config.listen)?, admin: bind(config.admin_listen)? };
    let drain = config.limits.drain;
    let app = app::build(config, outside).await?;
    let [listen, admin_listen] = [&listeners.public, &listeners.admin].map(TcpListener::local_addr);
    tracing::info!(listen = %listen?, admin_listen = %admin_listen?, "app: serving");
    tokio::spawn(signals.stop(Arc::clone(app.broker()), drain));
    app.serve(listeners).await?;
    tracing::info!("app: stopped");
    Ok(())
}

async fn check(config: &Config, outside: &Outside, targets: &[Target]) -> anyhow::Result<()> {
    let mut found: Vec<_> = app::check(config, outside.clone()).await?;
    let names: Vec<String> = targets.iter().map(|target| format!("target {target}")).collect();
    let probed = app::check_targets(config, outside.clone(), targets).await?;
    found.extend(names.iter().map(String::as_str).zip(probed));
    for (counterpart, outcome) in &found {
        match outcome {
            Ok(()) => println!("ok      {counterpart}"),
            Err(error) => println!("failed  {counterpart}: {error:#}"),
        }
    }
    for warning in app::warnings(config, outside).await {
        println!("warning {warning}");
    }
    let broker = app::operate(config, outside.clone())?;
    match app::policy_in_force(&broker).await {
        Ok(lines) => lines.iter().for_each(|line| println!("policy  {line}")),
        Err(error) => println!("policy  unknown: {error:#}"),
    }
    let faulty = found.iter().filter(|(_, outcome)| outcome.is_err()).count();
    if faulty > 0 {
        bail!("{faulty} of {} checks failed", found.len());
    }
    Ok(())
}

async fn make_table(table: &str, writers: &[String], aws: &SdkConfig) -> anyhow::Result<()> {
    let dynamodb = aws_sdk_dynamodb::Client::new(aws);
    for line in create_table(&dynamodb, table).await? {
        println!("{line}");
    }
    if !writers.is_empty() {
        println!("{}", restrict_writes(&dynamodb, table, writers).await?);
    }
    Ok(())
}

/// Accepts the ARN of a role, as `aws:PrincipalArn` contains it, not of a session of it.
fn role_arn(arn: &str) -> Result<String, &'static str> {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    match fields[..] {
        ["arn", partition, "iam", "", account, role]
            if partition.starts_with("aws")
                && account.parse::<AccountId>().is_ok()
                && role.strip_prefix("role/").is_some_and(|name| !name.is_empty() && !name.contains('*')) =>
        {
            Ok(arn.to_owned())
        }
        _ => Err("expected the ARN of a role, such as arn:aws:iam::999988887777:role/elevate-broker"),
    }
}

fn outside(aws: &SdkConfig, http: HttpClient) -> Outside {
    Outside {
        clock: Arc::new(SystemClock::start()),
        ids: Arc::new(SystemIds),
        dynamodb: aws_sdk_dynamodb::Client::new(aws),
        sts: aws_sdk_sts::Client::new(aws),
        kms: aws_sdk_kms::Client::new(aws),
        http,
    }
}

/// Listens with a queue for as many connections as arrive at once when Slack or a load balancer reconnects.
fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let bound = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    bound().with_context(|| format!("could not listen on {address}"))
}

/// The signals of a process manager.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// From now on, none of them ends the process by itself.
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("could not listen for signals");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// At SIGTERM, reports that the process is about to stop, and stops the broker after `drain`; at once at SIGINT or
    /// another SIGTERM. SIGHUP changes nothing.
    async fn stop(mut self, broker: Arc<Broker>, drain: Duration) {
        let drain = loop {
            tokio::select! {
                _ = self.terminate.recv() => break drain,
                _ = self.interrupt.recv() => break Duration::ZERO,
                _ = self.hangup.recv() => tracing::info!("app: SIGHUP ignored, configuration is read at start"),
            }
        };
        tracing::info!("app: stopping");
        broker.draining().cancel();
        let another = async {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
        };
        drop(timeout(drain, another).await);
        broker.stop();
    }
}

/// Starts the log. `RUST_LOG` sets its level; secrets are never logged. A panic is a line like any other.
fn start_log(log: Log, writer: LogWriter) {
    let chosen = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let is_read_by_a_person = io::stderr().is_terminal();
    let log_to =
        tracing_subscriber::fmt().with_env_filter(chosen).with_writer(writer).with_ansi(is_read_by_a_person);
    match log {
        Log::Text => log_to.finish().with(most_verbose()).init(),
        Log::Json => log_to.json().finish().with(most_verbose()).init(),
    }
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        let error = info.payload_as_str().unwrap_or_default();
        tracing::error!(place, error, "process: panicked");
    }));
}

#[cfg(test)]
mod tests {
    use yaml_rust2::{Yaml, YamlLoader};

    use super::*;

    fn printed(mode: Transport) -> (String, Yaml) {
        let text = manifest(mode, "https://elevate.your.company/");
        let yaml = YamlLoader::load_from_str(&text).expect("the manifest is YAML").remove(0);
        (text, yaml)
    }

    #[test]
    fn the_manifest_names_the_address_that_slack_posts_to() {
        let (_, manifest) = printed(Transport::Http);
        let command = &manifest["features"]["slash_commands"][0];
        assert_eq!(command["url"].as_str(), Some("https://elevate.your.company/slack/commands"));
        assert_eq!(manifest["settings"]["socket_mode_enabled"].as_bool(), Some(false));
    }

    #[test]
    fn both_manifests_name_the_address_that_slack_sends_browsers_back_to() {
        for mode in [Transport::Http, Transport::Socket] {
            let (_, manifest) = printed(mode);
            let redirect = &manifest["oauth_config"]["redirect_urls"][0];
            assert_eq!(redirect.as_str(), Some("https://elevate.your.company/oidc/slack"));
        }
    }

    #[test]
    fn the_manifest_of_socket_mode_names_no_address_that_slack_posts_to() {
        let (text, manifest) = printed(Transport::Socket);
        assert!(!text.contains("/slack/") && !text.contains("elevate.example.com"), "{text}");
        assert_eq!(manifest["settings"]["socket_mode_enabled"].as_bool(), Some(true));
        assert_eq!(manifest["settings"]["interactivity"]["is_enabled"].as_bool(), Some(true));
        assert_eq!(manifest["features"]["slash_commands"][0]["command"].as_str(), Some("/elevate"));
    }
}
