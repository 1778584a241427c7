//! The broker: the ports, the rules and the settings that every flow works with.

use std::{
    collections::HashMap,
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
        account::{Account, Conversation, Tenant},
        burst::Recent,
        ids::RequestId,
        linking::LinkPolicy,
        person::{FreshGroups, Subject},
        policy::Policy,
        refusal::{Refusal, Refused},
    },
    ports::{
        Clock, Cloud, Counters, Dialogs, Directory, Gauges, Identity, Ids, Messenger, PlatformSignIn,
        RateLimits, Sealer, Store,
    },
    text::Names,
};

/// Every effect the broker can have.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the port it names")]
pub struct Ports {
    pub store: Arc<dyn Store>,
    pub directory: Arc<dyn Directory>,
    pub messenger: Arc<dyn Messenger>,
    pub dialogs: Arc<dyn Dialogs>,
    pub identity: Arc<dyn Identity>,
    pub platform_sign_in: Option<Arc<dyn PlatformSignIn>>,
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
    /// The tenant it serves.
    pub home: Tenant,
    /// That tenant's name.
    pub home_name: String,
    /// Where reviewers answer.
    pub review_channel: Conversation,
    /// Where auditors listen.
    pub audit_channel: Conversation,
    /// What linking takes.
    pub linking: LinkPolicy,
    /// What sentences need to know of the platform and the policy.
    pub names: Names,
}

/// The broker.
pub struct Broker {
    pub(super) ports: Ports,
    pub(super) policy: Policy,
    pub(super) settings: Settings,
    pub(super) groups: SingleFlight<(Account, Subject), Result<FreshGroups, Refusal>>,
    pub(super) drawing: Turns<RequestId>,
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

    /// What sentences need to know of the platform and the policy.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.settings.names
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
