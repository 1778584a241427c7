//! AWS as a broker of sessions sees it: STS, the console's federation endpoint, and the console's sign-in.
//!
//! Calls to STS are checked against every documented limit and recorded. A session's policy can be evaluated,
//! which shows whether a session that should have ended has.

mod arguments;
mod assume_role;
mod caller;
mod console;
mod error;
mod evaluate;
mod federation;
mod pages;
mod policy;
mod record;
mod role;
mod session;
mod signature;
mod sts;
mod xml;

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use chrono::{DateTime, Utc};

use crate::{
    clock::Clock,
    http::{self, Control},
};

use self::{console::ConsoleSession, federation::SigninToken, session::Session};
pub use self::{
    evaluate::Decision,
    record::{AssumeRoleCall, SigninTokenCall},
    role::Role,
};

/// Where and when an AWS runs.
#[derive(Clone, Debug)]
pub struct AwsConfig {
    /// The time by which sessions are issued and expire.
    pub clock: Clock,
    /// The loopback port to listen on; 0 for any free one.
    pub port: u16,
}

/// A running AWS; clones are handles on the same one.
#[derive(Clone)]
pub struct Aws(Arc<Inner>);

struct Inner {
    clock: Clock,
    url: String,
    control: Control,
    cloud: Mutex<Cloud>,
}

/// All that changes while it runs.
#[derive(Clone, Default)]
pub(crate) struct Cloud {
    /// By ARN.
    roles: BTreeMap<String, Role>,
    /// ARNs by access key id.
    callers: BTreeMap<String, String>,
    /// By access key id.
    sessions: BTreeMap<String, Session>,
    signin_tokens: BTreeMap<String, SigninToken>,
    /// By cookie.
    consoles: BTreeMap<String, ConsoleSession>,
    assumptions: Vec<AssumeRoleCall>,
    signin_calls: Vec<SigninTokenCall>,
    secrets: Vec<String>,
}

impl Aws {
    /// Listens on loopback and serves until the process ends.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(config: AwsConfig) -> io::Result<Self> {
        Self::start_beside(config, |_| Router::new()).await
    }

    /// Starts as [`Aws::start`] does, and serves on the same port what `beside` makes.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start_beside(config: AwsConfig, beside: impl FnOnce(Self) -> Router) -> io::Result<Self> {
        let (listener, address) = http::listen(config.port).await?;
        let aws = Self(Arc::new(Inner {
            clock: config.clock,
            url: format!("http://{address}"),
            control: Control::default(),
            cloud: Mutex::default(),
        }));
        // Calls differ by their Action, not by their path, so each handler applies the control.
        http::serve(listener, beside(aws.clone()).merge(aws.router()));
        Ok(aws)
    }

    /// The endpoint of STS, for an SDK's `endpoint_url`.
    #[must_use]
    pub fn sts_url(&self) -> String {
        self.0.url.clone()
    }

    /// The federation endpoint.
    #[must_use]
    pub fn signin_url(&self) -> String {
        format!("{}/federation", self.0.url)
    }

    /// The console, which shows who is signed in.
    #[must_use]
    pub fn console_url(&self) -> String {
        format!("{}/console", self.0.url)
    }

    /// Faults and latency, by action: `AssumeRole`, `GetCallerIdentity`, `getSigninToken`, `login`; and
    /// `console` for its page.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.0.control
    }

    /// Adds a role, or replaces the one with the same ARN.
    pub fn add_role(&self, role: Role) {
        self.cloud().roles.insert(role.arn.clone(), role);
    }

    /// The role with this ARN.
    #[must_use]
    pub fn role(&self, arn: &str) -> Option<Role> {
        self.cloud().roles.get(arn).cloned()
    }

    /// Makes an access key known, whatever its secret is. A key of an assumed role
    /// (`arn:aws:sts::…:assumed-role/…`) chains roles when it assumes one.
    pub fn register_caller(&self, access_key_id: &str, arn: &str) {
        self.cloud().callers.insert(access_key_id.to_owned(), arn.to_owned());
    }

    /// Every `AssumeRole` whose arguments could be read, oldest first.
    #[must_use]
    pub fn assumptions(&self) -> Vec<AssumeRoleCall> {
        self.cloud().assumptions.clone()
    }

    /// Every `getSigninToken`, oldest first.
    #[must_use]
    pub fn signin_calls(&self) -> Vec<SigninTokenCall> {
        self.cloud().signin_calls.clone()
    }

    /// The access key ids of all sessions, the one that lives longest last.
    #[must_use]
    pub fn access_keys(&self) -> Vec<String> {
        let cloud = self.cloud();
        let mut sessions: Vec<_> = cloud.sessions.values().collect();
        sessions.sort_by_key(|session| session.expires_at);
        sessions.into_iter().map(|session| session.access_key_id.clone()).collect()
    }

    /// The result of a call with a session's credentials; `credential` is its access key id or its
    /// session token.
    #[must_use]
    pub fn is_allowed(&self, credential: &str, action: &str, resource: &str, at: DateTime<Utc>) -> Decision {
        let cloud = self.cloud();
        let mut sessions = cloud.sessions.values();
        match sessions.find(|session| session.is_known_by(credential)) {
            Some(session) => session.may(action, resource, at),
            None => Decision::Denied("the security token included in the request is invalid".to_owned()),
        }
    }

    /// Forgets sessions, sign-in tokens and stays in the console that were over at `moment`. What is asked of it, and
    /// [secrets](Aws::secrets_issued), are recorded from here on.
    pub fn forget_before(&self, moment: DateTime<Utc>) {
        let cloud = &mut *self.cloud();
        cloud.sessions.retain(|_, session| !session.has_expired(moment));
        cloud.signin_tokens.retain(|_, token| token.is_usable(moment));
        cloud.consoles.retain(|_, console| moment < console.ends_at);
        (cloud.assumptions, cloud.signin_calls, cloud.secrets) = Default::default();
    }

    /// Every secret handed out: secret access keys, session tokens, sign-in tokens, console cookies.
    /// Access key ids are not secret.
    #[must_use]
    pub fn secrets_issued(&self) -> Vec<String> {
        self.cloud().secrets.clone()
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/", post(sts::answer))
            .route(
                "/federation",
                get(federation::by_query).post(federation::by_form).head(method_not_allowed),
            )
            .route("/console", get(console::show))
            .route("/console/left", get(console::left))
            .route("/console.js", get(console::script))
            .with_state(self.clone())
    }

    fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    pub(crate) fn snapshot(&self) -> Cloud {
        self.cloud().clone()
    }

    pub(crate) fn restore(&self, snapshot: &Cloud) {
        *self.cloud() = snapshot.clone();
    }

    fn cloud(&self) -> MutexGuard<'_, Cloud> {
        self.0.cloud.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `HEAD` must not use up what only a `GET` should.
async fn method_not_allowed() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}
