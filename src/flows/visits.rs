//! Visits: what people go on with in a browser.
//!
//! A [`ticket`] leads to a `sign_in`, which comes back to the [`callback`]. That stands above the flows that a visit
//! ends in; the other two lie below them.

pub mod callback;
pub(super) mod sign_in;
pub mod ticket;

use secrecy::SecretString;
use url::Url;

use super::{Broker, Result};
use crate::domain::{
    account::Account, act::Act, code::Code, email::Email, person::Link, press::Wish, request::Request,
};

/// What a ticket leads to, for a person to look at before they go on.
#[derive(Clone, Debug)]
pub enum Shown {
    /// Linking this account.
    Link(Invitee),
    /// Answering a request.
    Review(Box<Asked>),
    /// There is nothing to confirm: opening the address is enough.
    Onward,
}

/// Whom a link would link.
#[derive(Clone, Debug)]
pub struct Invitee {
    /// The account.
    pub who: Account,
    /// The name it shows.
    pub name: String,
    /// The name of its tenant.
    pub tenant: String,
}

impl Invitee {
    /// This account, which goes by this name.
    pub(super) fn of(broker: &Broker, who: Account, name: String) -> Result<Self> {
        let tenant = broker.home_of(&who)?.name.clone();
        Ok(Self { who, name, tenant })
    }
}

/// What is about to be answered.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request, as it is.
    pub request: Request,
    /// The answer.
    pub act: Act,
}

/// What a sign-in was good for.
#[derive(Debug)]
pub enum CameBack {
    /// The person is linked.
    Linked {
        /// The link.
        link: Link,
        /// What they wanted when they were asked to link. Nobody has done it.
        wish: Option<Wish>,
    },
    /// The request is answered.
    Answered(Act),
    /// The person is to show that the account is theirs: this is where they sign in to its platform.
    OnToPlatform(Url),
    /// The person is to show that the account is theirs: this is what they type there.
    TakesCode {
        /// The code.
        code: Code,
        /// The address of the identity.
        email: Email,
        /// The account.
        invitee: Invitee,
    },
    /// The address of the AWS console, signed in: a bearer secret.
    Console(SecretString),
}
