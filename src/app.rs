//! App: the adapters that the configuration selects, the routes, and the background tasks.

mod check;
mod supervise;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use anyhow::{Context, anyhow, bail, ensure};
use axum::Router;
use secrecy::SecretString;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Interval, MissedTickBehavior, interval, timeout},
};

use crate::{
    aws::AwsCloud,
    config::{Config, Limits, Mode, Slack},
    domain::{
        account::{Conversation, Platform},
        job::Lane,
        message::ChannelTrouble,
    },
    flows::{Broker, Home, Ports, Settings, TenantName, health, policy, sweep},
    identity::{OpenIdProvider, SignInWithSlack},
    intake::Intake,
    metrics::{Background, Metrics, acks},
    outbound::{CallTimer, HttpClient},
    ports::{
        Because, Channel, ChatError, ChatPorts, Clock, Counters, Directory, Ids, PlatformSignIn, Workspace,
    },
    rate_limit::ProcessRateLimits,
    sealer::Keyring,
    slack::{
        client::{SlackChat, SlackClientConfig},
        ids::PLATFORM,
        names, routes,
        socket::{SocketClient, SocketConfig, Sockets},
        verify::Verifier,
    },
    store::DynamoStore,
    text::Names,
    web::{self, Served},
};

pub use self::check::{Checked, check, check_targets, policy_in_force, warnings};

/// How often the sweeper looks for overdue jobs.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// How long jobs in progress may take to finish after the process is told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(20);
/// How long the start waits for Slack, and for the table. What does not answer is asked again in the background.
const START_WITHIN: Duration = Duration::from_secs(5);

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
    admin: Router,
    intake: Intake,
    sockets: Option<Arc<Sockets>>,
    limits: Limits,
    metrics: Arc<Metrics>,
}

/// The sockets that the app accepts connections on.
#[derive(Debug)]
pub struct Listeners {
    /// For Slack and browsers.
    pub public: TcpListener,
    /// For the operator's machines.
    pub admin: TcpListener,
}

/// Builds the app, checks that Slack matches the configuration, if it answers, and puts the policy in force, if it is
/// newer.
///
/// # Errors
/// If Slack refuses the app, belongs to another workspace, or a channel is shared with another organization.
pub async fn build(config: Config, outside: Outside) -> anyhow::Result<App> {
    let http = outside.http.clone();
    let metrics = Arc::clone(http.metrics());
    let names = names(&config.policy);
    let ports = adapters(&config, &names, outside)?;
    let name = TenantName::default();
    if let Some(workspace) = ask_slack_at_start(&config.slack, &ports, &http).await? {
        name.learn(workspace.name);
    }
    let broker = broker_of(&config, ports, names, name);
    let intake = Intake::new(&config.limits, config.client_address, &metrics);
    let web = web::router(Arc::clone(&broker), &intake);
    let (router, admin, sockets) = match &config.slack.mode {
        Mode::Http { signing_secrets } => {
            let slack = routes::router(Arc::clone(&broker), Verifier::new(signing_secrets), intake.clone());
            let slack = acks::measured(slack, &metrics);
            (web.merge(slack), web::admin(&broker, Arc::clone(&metrics), || true), None)
        }
        Mode::Socket { app_token } => {
            let client = socket_client(&config.slack, app_token, http, &broker.ports().clock);
            let sockets = Sockets::new(client, Arc::clone(&broker), Arc::clone(&metrics));
            let serving = sockets.serving();
            let is_reached = move || *serving.borrow() > 0;
            (web, web::admin(&broker, Arc::clone(&metrics), is_reached), Some(sockets))
        }
    };
    adopt_at_start(&broker).await;
    Ok(App { broker, router, admin, intake, sockets, limits: config.limits, metrics })
}

/// Puts the policy in force before anything is served, if the table answers. Otherwise the app looks again in the
/// background, and decides nothing until then.
async fn adopt_at_start(broker: &Arc<Broker>) {
    let error = match timeout(START_WITHIN, policy::adopt(broker)).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => format!("{error:#}"),
        Err(_) => format!("no answer within {} s", START_WITHIN.as_secs()),
    };
    tracing::warn!(error, "app: the policy in force is not known, will look again");
}

/// Builds the broker alone, for a command of the operator. Neither Slack nor any other counterpart is asked.
///
/// # Errors
/// If the adapters cannot be created.
pub fn operate(config: &Config, outside: Outside) -> anyhow::Result<Arc<Broker>> {
    let names = names(&config.policy);
    let ports = adapters(config, &names, outside)?;
    Ok(broker_of(config, ports, names, TenantName::default()))
}

fn broker_of(config: &Config, ports: Ports, names: Names, name: TenantName) -> Arc<Broker> {
    let slack = &config.slack;
    let home = Home {
        tenant: slack.team_id.tenant(),
        name,
        review_channel: slack.team_id.conversation(&slack.review_channel),
        names,
    };
    let settings = Settings {
        public_url: config.public_url.clone(),
        homes: BTreeMap::from([(Platform::new(PLATFORM), home)]),
        audit_channel: slack.team_id.conversation(&slack.audit_channel),
        linking: config.link.clone(),
        rules: config.rules(),
    };
    Broker::new(ports, config.policy.clone(), settings)
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

/// Checks that the app can work in Slack as it is configured.
async fn check_slack(slack: &Slack, ports: &Ports, http: &HttpClient) -> anyhow::Result<Workspace> {
    let directory = &*ports.chats[&Platform::new(PLATFORM)].directory;
    let workspace = identify(slack, directory).await?;
    for (key, channel) in channels(slack) {
        let found =
            directory.channel(&channel).await.with_context(|| format!("could not look at slack.{key}"))?;
        if let Some(trouble) = health::trouble_of(&found) {
            bail!("slack.{key}: {}", in_trouble(&found, trouble));
        }
    }
    check_socket(slack, ports, http).await?;
    Ok(workspace)
}

/// Checks at start what must not be: another workspace, a refused token, a channel that strangers read. Returns `None`
/// if Slack does not answer. What else is wrong is reported while the app serves.
async fn ask_slack_at_start(
    slack: &Slack,
    ports: &Ports,
    http: &HttpClient,
) -> anyhow::Result<Option<Workspace>> {
    let directory = &*ports.chats[&Platform::new(PLATFORM)].directory;
    let asked = async {
        let workspace = identify(slack, directory).await?;
        for (key, channel) in channels(slack) {
            let found = match directory.channel(&channel).await {
                Ok(found) => found,
                Err(ChatError::Refused { because: Because::Addressee, .. }) => continue,
                Err(error) => return Err(error).with_context(|| format!("could not look at slack.{key}")),
            };
            if let Some(trouble @ ChannelTrouble::Shared) = health::trouble_of(&found) {
                bail!("slack.{key}: {}", in_trouble(&found, trouble));
            }
        }
        check_socket(slack, ports, http).await?;
        Ok(workspace)
    };
    let error = match timeout(START_WITHIN, asked).await {
        Ok(Ok(workspace)) => return Ok(Some(workspace)),
        Ok(Err(error)) if matches!(error.downcast_ref(), Some(ChatError::Unavailable { .. })) => error,
        Ok(Err(error)) => return Err(error),
        Err(_) => anyhow!("no answer within {} s", START_WITHIN.as_secs()),
    };
    tracing::warn!(error = format!("{error:#}"), "app: Slack does not answer, will ask again");
    Ok(None)
}

async fn identify(slack: &Slack, directory: &dyn Directory) -> anyhow::Result<Workspace> {
    let workspace = directory.identify().await.context("could not ask Slack who the app is")?;
    ensure!(
        workspace.tenant == slack.team_id.tenant(),
        "slack.team_id is {}, but the bot token belongs to {} ({})",
        slack.team_id,
        workspace.tenant.id(),
        workspace.name,
    );
    Ok(workspace)
}

/// The configured channels by their keys.
fn channels(slack: &Slack) -> [(&'static str, Conversation); 2] {
    [("review_channel", &slack.review_channel), ("audit_channel", &slack.audit_channel)]
        .map(|(key, channel)| (key, slack.team_id.conversation(channel)))
}

/// What is wrong with a channel, and what to do.
fn in_trouble(Channel { name, .. }: &Channel, trouble: ChannelTrouble) -> String {
    match trouble {
        ChannelTrouble::Archived => format!("#{name} is archived; unarchive it or use another channel"),
        ChannelTrouble::Shared => format!(
            "#{name} is shared with another organisation, whose people could read along and press its buttons; use a              channel of your own workspace alone"
        ),
        ChannelTrouble::Left | ChannelTrouble::Missing => {
            format!("the app is not in #{name}; invite it there with /invite")
        }
    }
}

async fn check_socket(slack: &Slack, ports: &Ports, http: &HttpClient) -> anyhow::Result<()> {
    let Mode::Socket { app_token } = &slack.mode else { return Ok(()) };
    let checked = socket_client(slack, app_token, http.clone(), &ports.clock).check().await;
    checked.context("could not open a connection with slack.app_token")
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
    /// Returns the routes for Slack and browsers.
    pub fn router(&self) -> Router {
        web::with_headers(self.router.clone(), &self.broker.settings().public_url)
    }

    /// Returns the routes for the operator's machines.
    pub fn admin(&self) -> Router {
        self.admin.clone()
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

    /// Serves until the broker is stopped, then finishes what is in progress within 20 s.
    ///
    /// # Errors
    /// If a listener fails.
    pub async fn serve(self, listeners: Listeners) -> anyhow::Result<()> {
        let Self { broker, router, admin, intake, sockets, limits, metrics } = self;
        let stopping = broker.stopping();
        let background =
            Tasks { broker: Arc::clone(&broker), metrics: Arc::clone(&metrics) }.start(&intake, sockets);
        let served = |router| Served {
            router,
            limits,
            public_url: &broker.settings().public_url,
            names: broker.names(),
            metrics: &metrics,
        };
        let public = web::serve(listeners.public, served(router), stopping.clone().cancelled_owned());
        // Serves to the end, so that machines hear that the process stops.
        let admin = web::serve(listeners.admin, served(admin), std::future::pending());
        let finished = async {
            public.await.context("could not serve")?;
            background.join_all().await;
            broker.idle().await;
            Ok(())
        };
        // Uses the machine's own time, as the process manager does.
        let in_time = async {
            tokio::pin!(finished);
            tokio::select! {
                outcome = &mut finished => return outcome,
                () = stopping.cancelled() => {}
            }
            timeout(STOP_WITHIN, finished).await.unwrap_or_else(|_| {
                tracing::warn!("shutdown: jobs still in flight, left to other replicas");
                Ok(())
            })
        };
        tokio::select! {
            outcome = in_time => outcome,
            failed = admin => failed.context("could not serve machines"),
        }
    }
}

/// The tasks that run as long as the process.
struct Tasks {
    broker: Arc<Broker>,
    metrics: Arc<Metrics>,
}

impl Tasks {
    /// Starts them. One that ends before the broker is stopped is started again.
    fn start(&self, intake: &Intake, sockets: Option<Arc<Sockets>>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for lane in Lane::ALL {
            self.keep(&mut tasks, Background::Sweeper, move |broker| sweep_until_stopped(broker, lane));
        }
        let intake = intake.clone();
        self.keep(&mut tasks, Background::Health, move |broker| watch_store(broker, intake.clone()));
        self.keep(&mut tasks, Background::Health, watch_platforms);
        if let Some(sockets) = sockets {
            self.keep(&mut tasks, Background::Connections, move |broker| {
                Arc::clone(&sockets).hold(broker.stopping())
            });
        }
        tasks
    }

    fn keep<F>(
        &self,
        tasks: &mut JoinSet<()>,
        background: Background,
        task: impl Fn(Arc<Broker>) -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let (broker, metrics) = (Arc::clone(&self.broker), Arc::clone(&self.metrics));
        let stopping = broker.stopping();
        tasks.spawn(supervise::keep(background, metrics, stopping, move || task(Arc::clone(&broker))));
    }
}

/// Looks at the store periodically, and logs what is logged once a minute.
async fn watch_store(broker: Arc<Broker>, intake: Intake) {
    let stopping = broker.stopping();
    let mut ticks = every(health::LOOK_AT_STORE_EVERY);
    while stopping.run_until_cancelled(ticks.tick()).await.is_some() {
        health::look_at_store(&broker).await;
        intake.strangers().log_when_due();
    }
}

/// Looks at chat platforms periodically.
async fn watch_platforms(broker: Arc<Broker>) {
    let stopping = broker.stopping();
    let mut ticks = every(health::LOOK_AT_PLATFORMS_EVERY);
    while stopping.run_until_cancelled(ticks.tick()).await.is_some() {
        stopping.run_until_cancelled(health::look_at_platforms(&broker)).await;
    }
}

fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("broker", &self.broker).finish_non_exhaustive()
    }
}

/// Sweeps a lane periodically until the broker is stopped. A slow lane does not delay the others.
async fn sweep_until_stopped(broker: Arc<Broker>, lane: Lane) {
    let stopping = broker.stopping();
    let mut ticks = every(SWEEP_EVERY);
    while stopping.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = sweep::sweep_lane(&broker, lane).await {
            tracing::warn!(?lane, error = format!("{error:#}"), "sweep: failed");
        }
    }
}
