//! Sign-ins at the identity provider, and at a chat platform.

use async_trait::async_trait;
use secrecy::SecretString;
use url::Url;

use crate::domain::{
    answer_fault::{AnswerFault, OwnWords},
    person::{FreshGroups, HeldAccount, SignedIn, Subject},
    secret::Secret,
    step_up::StepUp,
    window::Timestamp,
};

/// The identity provider.
#[async_trait]
pub trait Identity: Send + Sync {
    /// Checks that the provider is reachable and is the configured issuer.
    async fn check(&self) -> Result<(), IdentityError>;
    /// Returns where a browser goes to sign in.
    async fn sign_in_url(&self, proof: &SignInProof, asks: &SignInAsks<'_>) -> Result<Url, IdentityError>;
    /// Redeems what the browser brought back for tokens.
    async fn redeem(&self, answer: Answer, proof: &SignInProof) -> Result<Redeemed, IdentityError>;
    /// Requests the current groups of `expected`.
    async fn refresh(&self, token: &SecretString, expected: &Subject) -> Result<Refreshed, IdentityError>;
    /// Verifies the provider's report, sent directly to this process, that a person signed out.
    async fn signed_out(&self, logout_token: &str) -> Result<SignedOut, IdentityError>;
}

/// The secrets of one sign-in. The code is worthless without them.
#[derive(Clone, Debug)]
pub struct SignInProof {
    /// `state`.
    pub state: Secret,
    /// `nonce`.
    pub nonce: Secret,
    /// The PKCE code verifier.
    pub verifier: Secret,
}

/// What a sign-in at the identity provider is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignInAsks<'a> {
    /// The required recency and strength.
    pub step_up: Option<&'a StepUp>,
    /// Whether the person must authenticate now, whatever session the browser has there.
    pub afresh: bool,
}

/// What the identity provider sent back through the browser.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The authorization code.
    pub code: SecretString,
    /// The issuer that answered (RFC 9207).
    pub issuer: Option<String>,
}

/// The result of a sign-in.
#[derive(Clone, Debug)]
pub struct Redeemed {
    /// Who signed in.
    pub signed_in: SignedIn,
    /// The refresh token, if the provider issues one.
    pub refresh_token: Option<SecretString>,
}

/// The result of a refresh.
#[derive(Clone, Debug)]
pub struct Refreshed {
    /// The current groups, or why they are not available.
    pub groups: Result<FreshGroups, IdentityError>,
    /// The refresh token that replaces the one used.
    pub refresh_token: Option<SecretString>,
}

/// A person signed out at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOut {
    /// Identifies the report, so that a repeated report counts once.
    pub id: String,
    /// Who it was.
    pub subject: Subject,
    /// When, by the provider's clock.
    pub at: Timestamp,
}

/// The identity provider returned no usable result.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IdentityError {
    /// The provider did not answer.
    #[error("the identity provider did not answer: {0}")]
    Unavailable(String),
    /// The refresh token or the code is no longer valid (`invalid_grant`).
    #[error("the grant is gone")]
    Gone(OwnWords),
    /// The provider does not renew a sign-in and requires another one.
    #[error("the identity provider requires a sign-in")]
    SignInRequired(OwnWords),
    /// The response to a refresh does not contain the groups.
    #[error("the identity provider returned no groups")]
    GroupsUnknown {
        /// The names of the claims that it contains, if it contains any.
        claims: Vec<String>,
    },
    /// The response cannot be trusted or used.
    #[error("the identity provider's answer was not accepted")]
    Unusable(AnswerFault),
}

/// The sign-in at a chat platform, which shows the account that a browser is signed in to.
#[async_trait]
pub trait PlatformSignIn: Send + Sync {
    /// Checks that the platform's provider is reachable and is the configured issuer.
    async fn check(&self) -> Result<(), IdentityError>;
    /// Returns where a browser goes to sign in.
    async fn sign_in_url(&self, proof: &SignInProof) -> Result<Url, IdentityError>;
    /// Redeems what the browser brought back for an account.
    async fn redeem(&self, answer: Answer, proof: &SignInProof) -> Result<HeldAccount, IdentityError>;
}

impl From<AnswerFault> for IdentityError {
    fn from(fault: AnswerFault) -> Self {
        Self::Unusable(fault)
    }
}
