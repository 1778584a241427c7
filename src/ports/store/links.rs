//! Links between accounts and identities.

use async_trait::async_trait;

use super::{Appended, NewEvent, StoreError};
use crate::domain::{
    account::Account,
    code::AwaitedCode,
    email::Email,
    linking::{PendingLink, ShownBy},
    person::{FreshGroups, Link, Subject},
    secret::SecretHash,
    ticket::LinkSecrets,
    window::Timestamp,
};

/// The identities that accounts are linked to.
#[async_trait]
pub trait Links: Send + Sync {
    /// Returns the link of an account.
    async fn link(&self, who: &Account) -> Result<Option<Link>, StoreError>;
    /// Binds an account to an identity, in place of the identity it replaces. Uses up the link token.
    async fn save_link(&self, new: &NewLink) -> Result<Appended, LinkError>;
    /// Deletes a link and its token.
    async fn remove_link(&self, link: &Link, event: &NewEvent) -> Result<Appended, UnlinkError>;
    /// Returns the account that an identity is bound to.
    async fn owner(&self, subject: &Subject) -> Result<Option<Account>, StoreError>;
    /// Invalidates every sign-in of this identity that began before `at`, linked or not. A change that is based on one is
    /// no longer committed.
    async fn end_sign_ins(&self, subject: &Subject, at: Timestamp) -> Result<(), StoreError>;
    /// Deletes the token of a link, and the link of the same account that waits for its code. Sign-ins before `event` no
    /// longer count as recent.
    async fn sign_out(&self, link: &Link, event: &NewEvent) -> Result<Appended, UnlinkError>;
    /// Stores the latest known groups, for display.
    async fn save_groups(&self, link: &Link, groups: &FreshGroups) -> Result<(), StoreError>;
}

/// A link to create.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// The link, with its refresh token if the provider issues one.
    pub made: PendingLink,
    /// The identity that the account is linked to, which the link replaces. It must not have changed.
    pub replaces: Option<Subject>,
    /// The address that the account had until now, if it changes.
    pub leaves: Option<Email>,
    /// Whether the address must belong to no other linked account.
    pub has_address_to_itself: bool,
    /// The proof that it uses up.
    pub uses_up: LinkProof,
    /// The event that records it.
    pub event: NewEvent,
}

/// The proof that a link is based on. Creating the link uses it up.
#[derive(Clone, Debug)]
pub enum LinkProof {
    /// A sign-in at the identity provider, with the same e-mail address as the account.
    SignIn(LinkSecrets),
    /// A sign-in at the identity provider and a sign-in at the platform.
    PlatformSignIn(LinkSecrets, SecretHash),
    /// A code that was entered in the latest counted attempt.
    Code(Box<AwaitedCode>),
}

impl LinkProof {
    /// How it proves that the person owns the account.
    #[must_use]
    pub fn shown_by(&self) -> ShownBy {
        match self {
            Self::SignIn(_) => ShownBy::Address,
            Self::PlatformSignIn(..) => ShownBy::PlatformSignIn,
            Self::Code(_) => ShownBy::Code,
        }
    }
}

/// A link was not created.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The link token has been used up, or a sign-in in another browser has taken it over.
    #[error("the link token has been used up")]
    UsedUp,
    /// The identity belongs to another account.
    #[error("the identity belongs to another account")]
    IdentityTaken,
    /// The address of the identity belongs to another account.
    #[error("the address belongs to another account")]
    AddressTaken,
    /// The account is not linked as expected: it is linked to another identity, or no longer linked.
    #[error("the account is linked to another identity")]
    LinkedToAnother,
    /// The identity has been signed out since the sign-in that the link is based on.
    #[error("the identity has been signed out since")]
    SignedOut,
    /// The store failed. Whether the link was created is unknown.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// A link was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UnlinkError {
    /// It has changed since it was read, or the event has already been recorded.
    #[error("somebody else changed the link first")]
    Conflict,
    /// The store failed. Whether the link was changed is unknown.
    #[error(transparent)]
    Failed(#[from] StoreError),
}
