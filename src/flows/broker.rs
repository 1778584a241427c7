//! The broker: the ports, the rules and the settings that every flow works with.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex},
};

use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;
use url::Url;

use super::{
    Error, Result,
    outbox::Outbox,
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

/// Where the broker lives, and what linking takes there.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address under which browsers reach it.
    pub public_url: Url,
    /// Its home on each chat platform that it serves.
    pub homes: BTreeMap<Platform, Home>,
    /// Where auditors listen, on whichever platform.
    pub audit_channel: Conversation,
    /// What linking takes.
    pub linking: LinkPolicy,
    /// The names that sentences use where it is not known from which platform their reader comes.
    pub names: Names,
}

/// The app's home on a chat platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The tenant whose members may use the app.
    pub tenant: Tenant,
    /// That tenant's name.
    pub name: String,
    /// Where the requests of these members are answered.
    pub review_channel: Conversation,
    /// The names that sentences for these members use.
    pub names: Names,
}

/// The broker.
pub struct Broker {
    pub(super) ports: Ports,
    pub(super) policy: Policy,
    pub(super) settings: Settings,
    pub(super) groups: SingleFlight<(Account, Subject), Result<FreshGroups, Refusal>>,
    pub(super) drawing: Turns<RequestId>,
    pub(super) recording: Turns<Account>,
    pub(super) recent: Mutex<HashMap<Account, Recent>>,
    pub(super) outbox: Outbox,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Broker {
    /// A broker that acts through `ports` and rules by `policy`.
    #[must_use]
    pub fn new(ports: Ports, policy: Policy, settings: Settings) -> Arc<Self> {
        let tasks = TaskTracker::new();
        tasks.close();
        Arc::new(Self {
            ports,
            policy,
            settings,
            groups: SingleFlight::default(),
            drawing: Turns::default(),
            recording: Turns::default(),
            recent: Mutex::default(),
            outbox: Outbox::default(),
            tasks,
            stop: CancellationToken::new(),
        })
    }

    /// Where it lives, and what linking takes there.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The names that sentences use where it is not known from which platform their reader comes.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.settings.names
    }

    /// The names that sentences for this account use.
    #[must_use]
    pub fn names_for(&self, who: &Account) -> &Names {
        self.settings.homes.get(who.platform()).map_or(&self.settings.names, |home| &home.names)
    }

    /// The effects it can have.
    #[must_use]
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Runs `task` to its end, even when the caller hangs up.
    pub fn spawn<F>(self: &Arc<Self>, task: impl FnOnce(Arc<Self>) -> F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.tasks.spawn(task(Arc::clone(self)).in_current_span())
    }

    /// Waits until everything that was spawned is done.
    pub async fn idle(&self) {
        self.tasks.wait().await;
    }

    /// Begins nothing more that another replica can do as well, and releases what it has leased.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Is cancelled when the process stops: whatever runs in the background ends by it.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Whether it has been told to stop.
    pub(super) fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Logs a failure, once, and hands back the reference under which the operator finds it.
    pub fn report(&self, error: &Error) -> String {
        let reference = self.ports.ids.reference();
        tracing::error!(reference, error = format!("{error:#}"), "request failed, reference given");
        reference
    }

    /// Gives a refusal that sends a person to the operator its reference, and logs it under that, once.
    #[must_use]
    pub fn refer(&self, refused: Refused) -> Refused {
        let Refused { refusal, reference: None } = &refused else { return refused };
        if !refusal.sends_to_operator() {
            return refused;
        }
        let reference = self.ports.ids.reference();
        let facts = loggable_facts(refusal);
        tracing::warn!(reference, code = refusal.code(), facts, "refused: operator must act");
        Refused { reference: Some(reference), ..refused }
    }

    /// The app's home on the platform of this account.
    ///
    /// # Errors
    /// [`Refusal::OtherTenant`] when the account belongs to another tenant, or to a platform that is not served.
    pub(super) fn home_of(&self, who: &Account) -> Result<&Home, Refusal> {
        let home = self.settings.homes.get(who.platform());
        home.filter(|home| home.tenant == *who.tenant()).ok_or(Refusal::OtherTenant)
    }

    /// Where the requests of this account are answered. Those that came by no platform that is served are answered at
    /// the first home.
    pub(super) fn review_channel(&self, requester: Option<&Account>) -> Option<&Conversation> {
        let homes = &self.settings.homes;
        let home = requester.and_then(|who| homes.get(who.platform())).or_else(|| homes.values().next());
        home.map(|home| &home.review_channel)
    }

    /// What the app may do on this platform.
    ///
    /// # Errors
    /// When the platform is not served: what waits for it can go on once the operator configures it again.
    pub(super) fn chat(&self, platform: &Platform) -> Result<&ChatPorts, ChatError> {
        self.ports.chats.get(platform).ok_or_else(|| ChatError::Refused {
            platform: platform.clone(),
            operation: "chat",
            reason: "platform_not_configured".to_owned(),
            because: Because::Other,
        })
    }

    /// Posts a message on the platform that `to` is on: where that has no threads, below everything else.
    pub(super) async fn post(&self, to: &Address, message: &Message) -> Result<MessageRef, ChatError> {
        let messenger = &self.chat(to.platform())?.messenger;
        match (messenger.post(to, message).await, to) {
            (Err(ChatError::Unsupported { .. }), Address::Thread(below)) => {
                let conversation = Address::Conversation(below.conversation().clone());
                messenger.post(&conversation, message).await
            }
            (outcome, _) => outcome,
        }
    }

    /// An address of ours that ends in a secret.
    pub(super) fn url(&self, path: &str, secret: &str) -> Url {
        let mut url = self.settings.public_url.clone();
        url.set_path(&format!("{path}/{secret}"));
        url
    }
}

/// A refusal's facts as JSON, in which only the domains of e-mail addresses are left.
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
