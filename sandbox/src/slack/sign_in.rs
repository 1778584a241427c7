//! Sign in with Slack: the workspace as an OpenID provider, whose people sign in without a password
//! (<https://docs.slack.dev/authentication/sign-in-with-slack>).
//!
//! It behaves as Slack does: the response to the browser names no issuer, the token endpoint refuses with status 200,
//! and an app that is not declared a public client cannot use PKCE. It is stricter in what it requires: `state` and
//! `nonce`, a registered redirect URL character by character, no unknown and no repeated parameter.

mod authorize;
mod page;
mod token;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{Slack, lock};
use crate::{http, idp::SigningKey, random::random_token};

/// The scopes of Sign in with Slack; it refuses others.
const SCOPES: [&str; 3] = ["openid", "profile", "email"];

/// The key of every workspace of this process: to make one takes as long as a whole story.
static KEY: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);

/// The registrations and the issued codes and tokens of Sign in with Slack.
#[derive(Clone, Debug, Default)]
pub(super) struct SignIns {
    redirects: BTreeSet<String>,
    /// Who is signed in to Slack, and since when, by the browser's cookie.
    sessions: BTreeMap<String, Session>,
    codes: BTreeMap<String, Code>,
    /// Claims of ID tokens to add or to replace.
    tampered: Map<String, Value>,
    secrets: Vec<String>,
}

#[derive(Clone, Debug)]
struct Session {
    user: String,
    at: DateTime<Utc>,
}

/// A code, good once.
#[derive(Clone, Debug)]
struct Code {
    session: Session,
    scopes: String,
    nonce: String,
    redirect_uri: String,
    expires_at: DateTime<Utc>,
}

impl Slack {
    /// Registers a redirect URL of the app; it is compared character by character.
    pub fn allow_redirect(&self, url: &str) {
        lock(&self.0.sign_ins).redirects.insert(url.to_owned());
    }

    /// ID tokens say this from now on, too, or instead; nothing makes them honest again.
    pub fn tamper_with_id_tokens(&self, claims: Map<String, Value>) {
        lock(&self.0.sign_ins).tampered = claims;
    }

    /// Every secret handed out to people who sign in with Slack, or agreed on: the client secret, codes, tokens,
    /// session cookies.
    #[must_use]
    pub fn sign_in_secrets(&self) -> Vec<String> {
        let client_secret = std::iter::once(self.0.config.client_secret.clone());
        client_secret.chain(lock(&self.0.sign_ins).secrets.clone()).collect()
    }
}

impl SignIns {
    fn new_secret(&mut self) -> String {
        let secret = random_token();
        self.secrets.push(secret.clone());
        secret
    }
}

/// The provider's endpoints.
pub(super) fn router(slack: Slack) -> Router {
    let control = slack.control().clone();
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/openid/connect/keys", get(key_set))
        .route("/openid/connect/authorize", get(authorize::begin).post(authorize::answer))
        .route("/api/openid.connect.token", post(token::token))
        .with_state(slack);
    http::controlled(router, control)
}

/// What Slack's own document says, for this workspace.
async fn configuration(State(slack): State<Slack>) -> Json<Value> {
    let issuer = slack.url();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/openid/connect/authorize"),
        "token_endpoint": format!("{issuer}/api/openid.connect.token"),
        "jwks_uri": format!("{issuer}/openid/connect/keys"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["form_post"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "auth_time", "iss"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": true,
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    }))
}

async fn key_set() -> Json<Value> {
    Json(json!({ "keys": [KEY.public] }))
}
