//! Visits: what people continue with in a browser.
//!
//! A [`ticket`] leads to a `sign_in`, which returns to the [`callback`]. The callback calls the flows in which a visit
//! ends; those flows use the other two.

pub mod callback;
pub(super) mod sign_in;
pub mod ticket;

use secrecy::SecretString;
use url::Url;

use super::{Broker, Result};
use crate::domain::{
    account::Account, act::Act, code::Code, email::Email, person::Link, press::Wish, refusal::Refused,
    request::Request,
};

/// What comes of a visit, and the account whose visit it is, if its ticket is stored. A page speaks of the platform of
/// that account. An expired ticket still shows it; a used one does not.
#[derive(Debug)]
pub struct Visited<T> {
    /// The account.
    pub who: Option<Account>,
    /// What comes of the visit.
    pub outcome: Result<T>,
}

/// What a ticket leads to, shown to a person before they continue.
#[derive(Clone, Debug)]
pub enum Shown {
    /// Linking this account.
    Link(Invitee),
    /// Answering a request.
    Review(Box<Asked>),
    /// Nothing to confirm: opening the address is enough.
    Onward,
}

/// The account that a link would link.
#[derive(Clone, Debug)]
pub struct Invitee {
    /// The account.
    pub who: Account,
    /// The account's display name.
    pub name: String,
    /// The tenant's name.
    pub tenant: String,
}

impl Invitee {
    /// Returns this account under this display name.
    pub(super) fn of(broker: &Broker, who: Account, name: String) -> Result<Self> {
        let home = broker.home_of(&who)?;
        let tenant = home.name.get().unwrap_or_else(|| home.tenant.id()).to_owned();
        Ok(Self { who, name, tenant })
    }
}

/// An act that is about to be performed.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The current request.
    pub request: Request,
    /// The answer.
    pub act: Act,
}

/// The result of a sign-in.
#[derive(Debug)]
pub enum CameBack {
    /// The person is linked.
    Linked {
        /// The link.
        link: Link,
        /// What the person wanted when they were asked to link. It has not been carried out.
        wish: Option<Wish>,
        /// Why their groups do not count, if the provider omits or misspells them.
        why_uncounted: Option<Refused>,
    },
    /// The request is answered.
    Answered(Act),
    /// The person must authenticate at the identity provider, at this URL.
    OnToIdentityProvider(Url),
    /// The person must prove that the account is theirs by a sign-in at its platform, at this URL.
    OnToPlatform(Url),
    /// The person must prove that the account is theirs by typing a code from it.
    TakesCode {
        /// The code.
        code: Code,
        /// The address of the identity.
        email: Email,
        /// The account.
        invitee: Invitee,
        /// Why their groups do not count, if the provider omits or misspells them.
        why_uncounted: Option<Refused>,
    },
    /// The console sign-in link: a bearer secret.
    Console(SecretString),
}
