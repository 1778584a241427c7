//! An OpenID provider whose people sign in without a password.
//!
//! It speaks the authorization code flow with PKCE, rotates refresh tokens, and refuses what a lenient
//! provider would let pass: unknown or repeated parameters, a missing `state` or `nonce`, a second use of
//! anything that is valid once. [`Tampering`] makes it broken or hostile.

mod authorize;
mod discovery;
mod id_token;
mod keys;
mod logout;
mod oauth_error;
mod pages;
mod person;
mod tampering;
mod token;
mod token_store;
mod userinfo;

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    routing::{get, post},
};
use chrono::{DateTime, Utc};

use crate::{
    clock::Clock,
    http::{self, Control},
};

use self::token_store::TokenStore;
pub(crate) use self::{id_token::at_hash, keys::SigningKey};
pub use self::{
    person::Person,
    tampering::{Forgery, RefreshTokens, Tampering},
};

/// What an OpenID provider and its one client agree on.
#[derive(Clone, Debug)]
pub struct IdpConfig {
    /// The time in every token, and the one by which they expire.
    pub clock: Clock,
    /// The client's id.
    pub client_id: String,
    /// The client's secret, for `client_secret_basic`.
    pub client_secret: String,
    /// The loopback port to listen on; 0 for any free one.
    pub port: u16,
}

/// A running OpenID provider; clones are handles on the same one.
#[derive(Clone)]
pub struct Idp(Arc<Inner>);

struct Inner {
    clock: Clock,
    client_id: String,
    client_secret: String,
    issuer: String,
    control: Control,
    realm: Mutex<Realm>,
}

/// All that changes while the provider runs.
#[derive(Clone)]
pub(crate) struct Realm {
    redirects: BTreeSet<String>,
    logout_uri: Option<String>,
    people: BTreeMap<String, Person>,
    /// Made when it is first used, because that takes a while.
    key: OnceCell<SigningKey>,
    tampering: Tampering,
    token_store: TokenStore,
}

impl Idp {
    /// Listens on loopback and serves until the process ends.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(config: IdpConfig) -> io::Result<Self> {
        Self::start_beside(config, |_| Router::new()).await
    }

    /// Starts as [`Idp::start`] does, and serves on the same port what `beside` makes. Calls there are not
    /// counted, and no fault hits them.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start_beside(config: IdpConfig, beside: impl FnOnce(Self) -> Router) -> io::Result<Self> {
        let (listener, address) = http::listen(config.port).await?;
        let control = Control::default();
        let idp = Self(Arc::new(Inner {
            clock: config.clock,
            client_id: config.client_id,
            client_secret: config.client_secret,
            issuer: format!("http://{address}"),
            control: control.clone(),
            realm: Mutex::new(Realm::new()),
        }));
        let own = http::controlled(idp.router(), control);
        http::serve(listener, beside(idp.clone()).merge(own));
        Ok(idp)
    }

    /// The issuer identifier, such as `http://127.0.0.1:9000`.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.0.issuer.clone()
    }

    /// Faults and latency, by a path's last segment: `openid-configuration`, `jwks`, `authorize`, `token`,
    /// `userinfo`.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.0.control
    }

    /// Registers a redirect URI; it is compared character by character.
    pub fn allow_redirect(&self, uri: &str) {
        self.realm().redirects.insert(uri.to_owned());
    }

    /// Adds a person, or replaces the one with the same login.
    pub fn add_person(&self, person: Person) {
        self.realm().people.insert(person.login.clone(), person);
    }

    /// The person who signs in as `login`.
    #[must_use]
    pub fn person(&self, login: &str) -> Option<Person> {
        self.realm().people.get(login).cloned()
    }

    /// Changes a person; tokens issued from now on say so. An unknown login changes nothing.
    pub fn update_person(&self, login: &str, change: impl FnOnce(&mut Person)) {
        if let Some(person) = self.realm().people.get_mut(login) {
            change(person);
        }
    }

    /// Signs with a new key; the old one vanishes from the key set at once.
    pub fn rotate_keys(&self) {
        self.realm().key = OnceCell::from(SigningKey::generate());
    }

    /// Signs with a new key under the old one's `kid`.
    pub fn replace_key(&self) {
        let mut realm = self.realm();
        realm.key = OnceCell::from(SigningKey::generate_as(realm.key().kid.clone()));
    }

    /// Ends all sessions of a person, and everything issued to them.
    pub fn revoke(&self, login: &str) {
        self.realm().token_store.revoke(login);
    }

    /// Forgets codes and access tokens that had expired at `moment`, and refresh tokens that had waited for a week.
    /// [Secrets](Idp::secrets_issued) are recorded from here on.
    pub fn forget_before(&self, moment: DateTime<Utc>) {
        self.realm().token_store.forget_before(moment);
    }

    /// Misbehaves from now on as `tampering` says; `Tampering::default()` is honest again.
    pub fn tamper(&self, tampering: Tampering) {
        self.realm().tampering = tampering;
    }

    /// Every secret handed out, agreed on or heard: the client secret, codes, tokens, session cookies, nonces, code
    /// verifiers.
    #[must_use]
    pub fn secrets_issued(&self) -> Vec<String> {
        let client_secret = std::iter::once(self.0.client_secret.clone());
        client_secret.chain(self.realm().token_store.secrets()).collect()
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(discovery::configuration))
            .route("/jwks", get(discovery::key_set))
            .route("/authorize", get(authorize::begin).post(authorize::sign_in))
            .route("/token", post(token::token))
            .route("/userinfo", get(userinfo::userinfo).post(userinfo::userinfo))
            .with_state(self.clone())
    }

    pub(crate) fn snapshot(&self) -> Realm {
        self.realm().clone()
    }

    pub(crate) fn restore(&self, snapshot: &Realm) {
        *self.realm() = snapshot.clone();
    }

    fn realm(&self) -> MutexGuard<'_, Realm> {
        self.0.realm.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Realm {
    fn new() -> Self {
        Self {
            redirects: BTreeSet::new(),
            logout_uri: None,
            people: BTreeMap::new(),
            key: OnceCell::new(),
            tampering: Tampering::default(),
            token_store: TokenStore::default(),
        }
    }

    fn key(&self) -> &SigningKey {
        self.key.get_or_init(SigningKey::of_this_process)
    }

    /// The person whose browser has a session, unless this provider sees that they are disabled.
    fn signed_in(&self, login: &str) -> Option<&Person> {
        let is_seen = |person: &&Person| !person.disabled || self.tampering.sessions_cache_groups;
        self.people.get(login).filter(is_seen)
    }

    /// The person who signs in as `login`, unless they are disabled.
    fn active(&self, login: &str) -> Option<&Person> {
        self.people.get(login).filter(|person| !person.disabled)
    }
}
