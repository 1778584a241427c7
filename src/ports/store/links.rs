//! Links between accounts and identities.

use async_trait::async_trait;

use super::{Appended, NewEvent, StoreError};
use crate::domain::{
    account::Account,
    code::AwaitedCode,
    linking::{PendingLink, ShownBy},
    person::{FreshGroups, Link, Subject},
    secret::SecretHash,
    ticket::LinkSecrets,
};

/// Who is behind an account.
#[async_trait]
pub trait Links: Send + Sync {
    /// The link of an account.
    async fn link(&self, who: &Account) -> Result<Option<Link>, StoreError>;
    /// Binds an account to an identity, in place of the one it replaces; uses up the link token.
    async fn save_link(&self, new: &NewLink) -> Result<Appended, LinkError>;
    /// Dissolves a link, with its token.
    async fn remove_link(&self, link: &Link, event: &NewEvent) -> Result<Appended, UnlinkError>;
    /// The account that an identity is bound to.
    async fn owner(&self, subject: &Subject) -> Result<Option<Account>, StoreError>;
    /// Drops the token of a link, and takes no sign-in before `event` for a recent one any more.
    async fn sign_out(&self, link: &Link, event: &NewEvent) -> Result<Appended, UnlinkError>;
    /// Notes the groups last heard of, for display.
    async fn save_groups(&self, link: &Link, groups: &FreshGroups) -> Result<(), StoreError>;
}

/// A link that is about to be made.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// The link, with its refresh token where the provider gives one.
    pub made: PendingLink,
    /// The other identity that the account is linked to, and has to be still.
    pub replaces: Option<Subject>,
    /// What is used up by it.
    pub uses_up: LinkProof,
    /// What is recorded.
    pub event: NewEvent,
}

/// What a link is made from, and uses up.
#[derive(Clone, Debug)]
pub enum LinkProof {
    /// A sign-in at the identity provider, whose address is the account's.
    SignIn(LinkSecrets),
    /// A sign-in at the identity provider, and one at the platform.
    PlatformSignIn(LinkSecrets, SecretHash),
    /// A code that was typed, in the last try that was counted.
    Code(AwaitedCode),
}

impl LinkProof {
    /// What it shows that the account is theirs by.
    #[must_use]
    pub fn shown_by(&self) -> ShownBy {
        match self {
            Self::SignIn(_) => ShownBy::Address,
            Self::PlatformSignIn(..) => ShownBy::PlatformSignIn,
            Self::Code(_) => ShownBy::Code,
        }
    }
}

/// A link was not made.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The link token has been used up, or a later browser has taken it over.
    #[error("the link token has been used up")]
    UsedUp,
    /// The identity belongs to another account.
    #[error("the identity belongs to another account")]
    IdentityTaken,
    /// The account does not belong to whom it should, if to anybody.
    #[error("the account is linked to another identity")]
    LinkedToAnother,
    /// Nobody knows whether it was made.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// A link was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UnlinkError {
    /// It is not as it was read, or the event has been recorded before.
    #[error("somebody else changed the link first")]
    Conflict,
    /// Nobody knows whether it was changed.
    #[error(transparent)]
    Failed(#[from] StoreError),
}
