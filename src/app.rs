//! App: the adapters that the configuration selects, the routes, and the background loops.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use axum::Router;
use futures_util::future::join_all;
use secrecy::SecretString;
use tokio::{
    net::TcpListener,
    time::{MissedTickBehavior, timeout},
};

use crate::{
    aws::AwsCloud,
    config::{Config, Limits, Mode, Slack},
    domain::{account::Platform, job::Lane},
    flows::{Broker, Home, Ports, Settings, sweep},
    identity::{OpenIdProvider, SignInWithSlack},
    intake::Intake,
    metrics::{Metrics, acks},
    outbound::{CallTimer, HttpClient},
    ports::{Channel, ChatPorts, Clock, Counters, Ids, PlatformSignIn, SealError, Sealer, Workspace},
    rate_limit::ProcessRateLimits,
    sealer::Keyring,
    slack::{
        client::{SlackChat, SlackClientConfig},
        ids::PLATFORM,
        names, routes,
        socket::{SocketClient, SocketConfig, Sockets},
        verify::Verifier,
    },
    store::{DynamoStore, schema::check_table},
    text::Names,
    web::{self, Served},
};

/// How often the sweeper looks for overdue jobs.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// How long jobs in progress may take to finish after the process is told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(25);

/// What the app gets from the machine and AWS's SDK.
#[derive(Clone)]
pub struct Outside {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub ids: Arc<dyn Ids>,
    /// DynamoDB, with credentials, region and endpoint.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// STS, likewise.
    pub sts: aws_sdk_sts::Client,
    /// KMS, likewise.
    pub kms: aws_sdk_kms::Client,
    /// Sends all other requests and holds the app's metrics.
    pub http: HttpClient,
}

/// The app, ready to serve.
pub struct App {
    broker: Arc<Broker>,
    router: Router,
    sockets: Option<Arc<Sockets>>,
    limits: Limits,
    metrics: Arc<Metrics>,
}

/// Builds the app, and checks that Slack matches the configuration.
///
/// # Errors
/// If Slack cannot be reached, belongs to another workspace, or the channels are not suitable.
pub async fn build(config: Config, outside: Outside) -> anyhow::Result<App> {
    let http = outside.http.clone();
    let metrics = Arc::clone(http.metrics());
    let names = names(&config.policy);
    let ports = adapters(&config, &names, outside)?;
    let workspace = check_slack(&config.slack, &ports, &http).await?;
    let home = Home {
        tenant: workspace.tenant,
        name: workspace.name,
        review_channel: config.slack.team_id.conversation(&config.slack.review_channel),
        names,
    };
    let settings = Settings {
        public_url: config.public_url,
        homes: BTreeMap::from([(Platform::new(PLATFORM), home)]),
        audit_channel: config.slack.team_id.conversation(&config.slack.audit_channel),
        linking: config.link,
    };
    let broker = Broker::new(ports, config.policy, settings);
    let intake = Intake::new(&config.limits, config.client_address, &metrics);
    let (router, sockets) = match &config.slack.mode {
        Mode::Http { signing_secret } => {
            let slack = routes::router(Arc::clone(&broker), Verifier::new(signing_secret), intake.clone());
            let slack = acks::measured(slack, &metrics);
            let web = web::router(Arc::clone(&broker), Arc::clone(&metrics), &intake, || true);
            (web.merge(slack), None)
        }
        Mode::Socket { app_token } => {
            let client = socket_client(&config.slack, app_token, http, &broker.ports().clock);
            let sockets = Sockets::new(client, Arc::clone(&broker), Arc::clone(&metrics));
            let serving = sockets.serving();
            let is_reached = move || *serving.borrow() > 0;
            let web = web::router(Arc::clone(&broker), Arc::clone(&metrics), &intake, is_reached);
            (web, Some(sockets))
        }
    };
    Ok(App { broker, router, sockets, limits: config.limits, metrics })
}

/// A counterpart, and whether its check succeeded.
pub type Checked = (&'static str, anyhow::Result<()>);

/// Checks every counterpart.
///
/// # Errors
/// If the adapters cannot be created.
pub async fn check(config: &Config, outside: Outside) -> anyhow::Result<Vec<Checked>> {
    let (dynamodb, http) = (outside.dynamodb.clone(), outside.http.clone());
    let ports = adapters(config, &names(&config.policy), outside)?;
    let (table, slack, identity) = tokio::join!(
        check_table(&dynamodb, &config.dynamodb.table),
        check_slack(&config.slack, &ports, &http),
        ports.identity.check(),
    );
    let mut checked = vec![
        ("DynamoDB", table.map_err(Into::into)),
        ("Slack", slack.map(drop)),
        ("identity provider", identity.map_err(Into::into)),
    ];
    if let Some(sign_in) = ports.chats.get(&Platform::new(PLATFORM)).and_then(|chat| chat.sign_in.as_ref()) {
        checked.push(("Sign in with Slack", sign_in.check().await.map_err(Into::into)));
    }
    if config.sealing.kms_key_id.is_some() {
        checked.push(("KMS", check_sealing(&*ports.sealer).await.map_err(Into::into)));
    }
    Ok(checked)
}

/// Creates every adapter. Each call of a counterpart is measured.
fn adapters(config: &Config, names: &Names, outside: Outside) -> anyhow::Result<Ports> {
    let Outside { clock, ids, dynamodb, sts, kms, http } = outside;
    let metrics = Arc::clone(http.metrics());
    let timer = |counterpart| CallTimer { counterpart, metrics: Arc::clone(&metrics) };
    let dynamodb = dynamodb.config().to_builder().interceptor(timer("dynamodb")).build();
    let sts = sts.config().to_builder().interceptor(timer("aws")).build();
    let kms = kms.config().to_builder().interceptor(timer("kms")).build();
    let counters: Arc<dyn Counters> = metrics.clone();
    let chat = Arc::new(SlackChat::new(SlackClientConfig {
        http: http.clone(),
        api_url: config.slack.api_url.clone(),
        bot_token: config.slack.bot_token.clone(),
        answers_at: config.slack.answers_at(),
        names: names.clone(),
        team: config.slack.team_id.clone(),
        clock: Arc::clone(&clock),
    }));
    let redirect_uri = |path| config.public_url.join(path).context("could not build a redirect address");
    let of_provider = redirect_uri("oidc/callback")?;
    let identity = OpenIdProvider::new(config.oidc.clone(), of_provider, http.clone(), Arc::clone(&clock));
    let sign_in: Option<Arc<dyn PlatformSignIn>> = match &config.slack.client {
        Some(client) => {
            let (of_slack, clock) = (redirect_uri("oidc/slack")?, Arc::clone(&clock));
            Some(Arc::new(SignInWithSlack::new(&config.slack, client, of_slack, http.clone(), clock)))
        }
        None => None,
    };
    let slack = ChatPorts {
        directory: Arc::clone(&chat) as _,
        messenger: Arc::clone(&chat) as _,
        dialogs: chat,
        sign_in,
    };
    let (sts, aws) = (aws_sdk_sts::Client::from_conf(sts), config.aws.clone());
    let kms = aws_sdk_kms::Client::from_conf(kms);
    let dynamodb = aws_sdk_dynamodb::Client::from_conf(dynamodb);
    Ok(Ports {
        store: Arc::new(DynamoStore::new(&dynamodb, &config.dynamodb.table)),
        chats: BTreeMap::from([(Platform::new(PLATFORM), slack)]),
        identity: Arc::new(identity),
        sealer: Arc::new(Keyring::new(&config.sealing, &kms, Arc::clone(&ids))),
        cloud: Arc::new(AwsCloud::new(sts, aws, config.public_url.clone(), http)),
        rate_limits: Arc::new(ProcessRateLimits::new(Arc::clone(&clock), Arc::clone(&counters))),
        counters,
        gauges: metrics,
        clock,
        ids,
    })
}

/// Checks that a secret can be sealed and opened again.
async fn check_sealing(sealer: &dyn Sealer) -> Result<(), SealError> {
    let row = [("purpose", "elevate/check")];
    let sealed = sealer.seal(&SecretString::from("elevate"), &row).await?;
    sealer.open(&sealed, &row).await.map(drop)
}

async fn check_slack(slack: &Slack, ports: &Ports, http: &HttpClient) -> anyhow::Result<Workspace> {
    let directory = &ports.chats[&Platform::new(PLATFORM)].directory;
    let workspace = directory.identify().await.context("could not ask Slack who the app is")?;
    ensure!(
        workspace.tenant == slack.team_id.tenant(),
        "slack.team_id is {}, but the bot token belongs to {} ({})",
        slack.team_id,
        workspace.tenant.id(),
        workspace.name,
    );
    let review = directory.channel(&slack.team_id.conversation(&slack.review_channel)).await;
    let review = review.context("could not look at slack.review_channel")?;
    let audit = directory.channel(&slack.team_id.conversation(&slack.audit_channel)).await;
    let audit = audit.context("could not look at slack.audit_channel")?;
    for (key, channel) in [("review_channel", &review), ("audit_channel", &audit)] {
        let Channel { name, is_member, is_shared_outside } = channel;
        ensure!(
            !is_shared_outside,
            "slack.{key}: #{name} is shared with another organisation, whose people could read along and press \
             its buttons; use a channel of your own workspace alone"
        );
        ensure!(*is_member, "slack.{key}: the app is not in #{name}; invite it there with /invite");
    }
    if let Mode::Socket { app_token } = &slack.mode {
        let checked = socket_client(slack, app_token, http.clone(), &ports.clock).check().await;
        checked.context("could not open a connection with slack.app_token")?;
    }
    Ok(workspace)
}

fn socket_client(
    slack: &Slack,
    app_token: &SecretString,
    http: HttpClient,
    clock: &Arc<dyn Clock>,
) -> SocketClient {
    SocketClient::new(SocketConfig {
        http,
        api_url: slack.api_url.clone(),
        app_token: app_token.clone(),
        clock: Arc::clone(clock),
    })
}

impl App {
    /// Returns the routes.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Returns the broker behind the routes.
    #[must_use]
    pub fn broker(&self) -> &Arc<Broker> {
        &self.broker
    }

    /// Returns the connections to Slack, if Socket Mode is used.
    #[must_use]
    pub fn sockets(&self) -> Option<&Arc<Sockets>> {
        self.sockets.as_ref()
    }

    /// Serves until the broker is stopped, then finishes what is in progress within 25 s.
    ///
    /// # Errors
    /// If the listener fails.
    pub async fn serve(self, listener: TcpListener) -> anyhow::Result<()> {
        let Self { broker, router, sockets, limits, metrics } = self;
        let stopping = broker.stopping();
        let sweep = |lane| sweep_until_stopped(Arc::clone(&broker), lane);
        let sweeper = tokio::spawn(join_all(Lane::ALL.map(sweep)));
        let sockets = sockets.map(|sockets| tokio::spawn(sockets.hold(stopping.clone())));
        let served = Served { router, limits, names: broker.names(), metrics: &metrics };
        let served = web::serve(listener, served, stopping.clone().cancelled_owned());
        let finished = async {
            served.await.context("could not serve")?;
            if let Some(sockets) = sockets {
                sockets.await.context("the connections to Slack stopped")?;
            }
            broker.idle().await;
            sweeper.await.map(drop).context("the sweeper stopped")
        };
        tokio::pin!(finished);
        tokio::select! {
            outcome = &mut finished => return outcome,
            () = stopping.cancelled() => {}
        }
        // Uses the machine's own time, as the process manager does.
        timeout(STOP_WITHIN, finished).await.unwrap_or_else(|_| {
            tracing::warn!("shutdown: jobs still in flight, left to other replicas");
            Ok(())
        })
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("broker", &self.broker).finish_non_exhaustive()
    }
}

/// Sweeps a lane periodically until the broker is stopped. A slow lane does not delay the others.
async fn sweep_until_stopped(broker: Arc<Broker>, lane: Lane) {
    let stopping = broker.stopping();
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stopping.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = sweep::sweep_lane(&broker, lane).await {
            tracing::warn!(?lane, error = format!("{error:#}"), "sweep: failed");
        }
    }
}
