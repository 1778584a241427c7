//! The broker: the ports, the policy and the settings that every flow uses.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, OnceLock},
};

use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;
use url::Url;

use super::{
    Error, Result, health,
    health::Seen,
    outbox::Outbox,
    people::known::Known,
    single_flight::{SingleFlight, Turns},
};
use crate::{
    domain::{
        account::{Account, Conversation, MessageRef, Platform, Tenant},
        burst::Recent,
        ids::RequestId,
        linking::LinkPolicy,
        message::Message,
        person::{FreshGroups, Subject},
        policy::Policy,
        policy_in_force::{PolicyDigest, PolicySettings},
        refusal::{Refusal, Refused},
    },
    ports::{
        Address, Because, ChatError, ChatPorts, Clock, Cloud, Counters, Gauges, Identity, Ids, RateLimits,
        Sealer, Store,
    },
    text::Names,
};

/// Every effect the broker can have.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the port it names")]
pub struct Ports {
    pub store: Arc<dyn Store>,
    pub chats: BTreeMap<Platform, ChatPorts>,
    pub identity: Arc<dyn Identity>,
    pub sealer: Arc<dyn Sealer>,
    pub cloud: Arc<dyn Cloud>,
    pub rate_limits: Arc<dyn RateLimits>,
    pub gauges: Arc<dyn Gauges>,
    pub counters: Arc<dyn Counters>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}

/// The addresses of the broker, and the settings that decide who is linked and let in.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The URL at which browsers reach it.
    pub public_url: Url,
    /// Its home on each chat platform that it serves.
    pub homes: BTreeMap<Platform, Home>,
    /// The audit channel, on any platform.
    pub audit_channel: Conversation,
    /// The settings for linking.
    pub linking: LinkPolicy,
    /// The settings that decide who is let in, by which replicas compare their policies.
    pub rules: PolicySettings,
}

/// The app's home on a chat platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The tenant whose members may use the app.
    pub tenant: Tenant,
    /// That tenant's name.
    pub name: TenantName,
    /// The channel in which the requests of these members are reviewed.
    pub review_channel: Conversation,
    /// The names for texts to these members.
    pub names: Names,
}

/// The name of a tenant, once the platform has said it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantName(Arc<OnceLock<String>>);

impl TenantName {
    /// Sets the name, unless it is known.
    pub fn learn(&self, name: String) {
        self.0.get_or_init(|| name);
    }

    /// Returns the name, if it is known.
    #[must_use]
    pub fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// The broker.
pub struct Broker {
    pub(super) ports: Ports,
    pub(super) policy: Policy,
    pub(super) settings: Settings,
    digest: PolicyDigest,
    names: Names,
    pub(super) groups: SingleFlight<(Account, Subject), Result<FreshGroups, Refusal>>,
    pub(super) drawing: Turns<RequestId>,
    pub(super) recording: Turns<Account>,
    pub(super) asking: Turns<Account>,
    pub(super) known: Known,
    pub(super) recent: Mutex<HashMap<Account, Recent>>,
    pub(super) outbox: Outbox,
    pub(super) seen: Mutex<Seen>,
    tasks: TaskTracker,
    drain: CancellationToken,
    stop: CancellationToken,
}

impl Broker {
    /// Creates a broker that acts through `ports` and decides by `policy`.
    #[must_use]
    pub fn new(ports: Ports, policy: Policy, settings: Settings) -> Arc<Self> {
        let tasks = TaskTracker::new();
        tasks.close();
        Arc::new(Self {
            ports,
            policy,
            digest: settings.rules.digest(),
            names: names_anywhere(&settings.homes),
            settings,
            groups: SingleFlight::default(),
            drawing: Turns::default(),
            recording: Turns::default(),
            asking: Turns::default(),
            known: Known::default(),
            recent: Mutex::default(),
            outbox: Outbox::default(),
            seen: Mutex::default(),
            tasks,
            drain: CancellationToken::new(),
            stop: CancellationToken::new(),
        })
    }

    /// Returns the settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the digest of the policy by which this broker decides.
    #[must_use]
    pub fn digest(&self) -> &PolicyDigest {
        &self.digest
    }

    /// Returns the names for texts whose reader's platform is unknown.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Returns the names for texts to this account, if it is known.
    #[must_use]
    pub fn names_for<'a>(&self, who: impl Into<Option<&'a Account>>) -> &Names {
        let home = who.into().and_then(|who| self.settings.homes.get(who.platform()));
        home.map_or(&self.names, |home| &home.names)
    }

    /// Returns the ports.
    #[must_use]
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Runs `task` to completion, even if the caller disconnects.
    pub fn spawn<F>(self: &Arc<Self>, task: impl FnOnce(Arc<Self>) -> F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.tasks.spawn(task(Arc::clone(self)).in_current_span())
    }

    /// Waits until all spawned tasks are done.
    pub async fn idle(&self) {
        self.tasks.wait().await;
    }

    /// Stops the broker: it starts no work that another replica can do, and releases its leases.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Returns the token that is cancelled when the process stops. All background tasks end when it is cancelled.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Returns the token that is cancelled when the process is about to stop. It serves on until load balancers have
    /// noticed.
    #[must_use]
    pub fn draining(&self) -> CancellationToken {
        self.drain.clone()
    }

    /// Returns whether the broker is stopping.
    pub(super) fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Logs a failure, once. Returns the reference by which the operator can find it.
    pub fn report(&self, error: &Error) -> String {
        let reference = self.ports.ids.reference();
        tracing::error!(reference, error = format!("{error:#}"), "request failed, reference given");
        reference
    }

    /// Adds a reference to a refusal that requires the operator, and logs the refusal with it, once.
    #[must_use]
    pub fn refer(&self, refused: Refused) -> Refused {
        let Refused { refusal, reference: None } = &refused else { return refused };
        if !refusal.sends_to_operator() {
            return refused;
        }
        let reference = self.ports.ids.reference();
        let (code, facts) = (refusal.code(), loggable_facts(refusal));
        if refusal.refuses_the_client() {
            tracing::error!(reference, code, facts, "refused: operator must act");
        } else {
            tracing::warn!(reference, code, facts, "refused: operator must act");
        }
        Refused { reference: Some(reference), ..refused }
    }

    /// Returns the app's home on the platform of this account.
    ///
    /// # Errors
    /// [`Refusal::OtherTenant`] when the account belongs to another tenant, or to a platform that is not served.
    pub(super) fn home_of(&self, who: &Account) -> Result<&Home, Refusal> {
        let home = self.settings.homes.get(who.platform());
        home.filter(|home| home.tenant == *who.tenant()).ok_or(Refusal::OtherTenant)
    }

    /// Returns where the requests of this account are answered: in the home on its own platform and nowhere else. Requests
    /// of no account are answered in the first home.
    ///
    /// # Errors
    /// When the account's platform is not served.
    pub(super) fn review_channel(
        &self,
        requester: Option<&Account>,
    ) -> Result<Option<&Conversation>, ChatError> {
        let homes = &self.settings.homes;
        let home = match requester {
            Some(who) => self.chat(who.platform()).map(|_| homes.get(who.platform()))?,
            None => homes.values().next(),
        };
        Ok(home.map(|home| &home.review_channel))
    }

    /// Returns the operations of the app on this platform.
    ///
    /// # Errors
    /// When the platform is not served. Pending work for it resumes once the operator configures it again.
    pub(super) fn chat(&self, platform: &Platform) -> Result<&ChatPorts, ChatError> {
        self.ports.chats.get(platform).ok_or_else(|| ChatError::Refused {
            platform: platform.clone(),
            operation: "chat",
            reason: "platform_not_configured".to_owned(),
            because: Because::Other,
        })
    }

    /// Posts a message to `to`. If the platform has no threads, posts to the conversation instead.
    pub(super) async fn post(&self, to: &Address, message: &Message) -> Result<MessageRef, ChatError> {
        let messenger = &self.chat(to.platform())?.messenger;
        let outcome = match (messenger.post(to, message).await, to) {
            (Err(ChatError::Unsupported { .. }), Address::Thread(below)) => {
                let conversation = Address::Conversation(below.conversation().clone());
                messenger.post(&conversation, message).await
            }
            (outcome, _) => outcome,
        };
        health::saw_post(self, to, outcome.as_ref().err());
        outcome
    }

    /// Returns a URL of the broker that ends in a secret.
    pub(super) fn url(&self, path: &str, secret: &str) -> Url {
        let mut url = self.settings.public_url.clone();
        url.set_path(&format!("{path}/{secret}"));
        url
    }
}

/// Returns the names for texts whose reader's platform is unknown: those of the only home, or such as fit any.
fn names_anywhere(homes: &BTreeMap<Platform, Home>) -> Names {
    let mut homes = homes.values().map(|home| &home.names);
    match (homes.next(), homes.next()) {
        (Some(only), None) => only.clone(),
        (Some(one), Some(_)) => one.on_any_platform(),
        (None, _) => Names::default(),
    }
}

/// Returns a refusal's facts as JSON, with e-mail addresses reduced to their domains.
fn loggable_facts(refusal: &Refusal) -> String {
    let mut facts = serde_json::to_value(refusal).unwrap_or_default();
    if let Some(facts) = facts.as_object_mut() {
        facts.remove("code");
    }
    let facts = facts.to_string();
    let mut shown = String::new();
    for piece in facts.split_inclusive(['"', ' ', ',', '/', ':', '(', ')', '<', '>']) {
        shown.push_str(piece.split_once('@').map_or(piece, |(_, domain)| domain));
    }
    shown
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").field("settings", &self.settings).finish_non_exhaustive()
    }
}
