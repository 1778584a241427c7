//! Sign-ins: what the identity provider, and a chat platform as a provider, say of a person.

use async_trait::async_trait;
use secrecy::SecretString;
use url::Url;

use crate::domain::{
    person::{FreshGroups, HeldAccount, SignedIn, Subject},
    secret::Secret,
    step_up::StepUp,
    window::Timestamp,
};

/// What the identity provider tells.
#[async_trait]
pub trait Identity: Send + Sync {
    /// Whether the provider can be reached, and is what it says it is.
    async fn check(&self) -> Result<(), IdentityError>;
    /// Where a browser goes to sign in, in the way that is asked for.
    async fn sign_in_url(&self, proof: &SignInProof, asks: Option<&StepUp>) -> Result<Url, IdentityError>;
    /// Redeems what the browser brought back.
    async fn redeem(&self, answer: Answer, proof: &SignInProof) -> Result<Redeemed, IdentityError>;
    /// Asks for the groups of `expected` as they are now.
    async fn refresh(&self, token: &SecretString, expected: &Subject) -> Result<Refreshed, IdentityError>;
    /// Who has signed out there, by what the provider says to us and not through a browser.
    async fn signed_out(&self, logout_token: &str) -> Result<SignedOut, IdentityError>;
}

/// The secrets of one sign-in: the code is worth nothing without them.
#[derive(Clone, Debug)]
pub struct SignInProof {
    /// `state`.
    pub state: Secret,
    /// `nonce`.
    pub nonce: Secret,
    /// The PKCE code verifier.
    pub verifier: Secret,
}

/// What the identity provider sent back through the browser.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The authorization code.
    pub code: SecretString,
    /// The issuer that answered (RFC 9207).
    pub issuer: Option<String>,
}

/// What a sign-in brought.
#[derive(Clone, Debug)]
pub struct Redeemed {
    /// Who signed in.
    pub signed_in: SignedIn,
    /// The refresh token, where the provider gives one.
    pub refresh_token: Option<SecretString>,
}

/// What a refresh brought.
#[derive(Clone, Debug)]
pub struct Refreshed {
    /// The groups as they are now, or why they cannot be told.
    pub groups: Result<FreshGroups, IdentityError>,
    /// The refresh token that takes the place of the one used.
    pub refresh_token: Option<SecretString>,
}

/// Somebody has signed out at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOut {
    /// Names what the provider said, so that it counts once however often it comes.
    pub id: String,
    /// Who it was.
    pub subject: Subject,
    /// When, by the provider's clock.
    pub at: Timestamp,
}

/// The identity provider did not tell.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IdentityError {
    /// It could not be asked.
    #[error("the identity provider did not answer: {0}")]
    Unavailable(String),
    /// The refresh token, or the code, is worth nothing any more (`invalid_grant`).
    #[error("the grant is gone")]
    Gone,
    /// Its answer cannot be trusted or used.
    #[error("the identity provider's answer was not accepted: {0}")]
    Unusable(String),
}

/// Whose account a browser is signed in to at a chat platform.
#[async_trait]
pub trait PlatformSignIn: Send + Sync {
    /// Whether the platform's provider can be reached, and is what it says it is.
    async fn check(&self) -> Result<(), IdentityError>;
    /// Where a browser goes to sign in.
    async fn sign_in_url(&self, proof: &SignInProof) -> Result<Url, IdentityError>;
    /// Redeems what the browser brought back.
    async fn redeem(&self, answer: Answer, proof: &SignInProof) -> Result<HeldAccount, IdentityError>;
}
