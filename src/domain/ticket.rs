//! Tickets: one-time secrets, each of which stands for a visit that a person may continue in a browser.
//!
//! A ticket is issued in an address. Opening the address starts a sign-in, which is itself a ticket for the same
//! visit, identified by its `state`.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{
    account::{Account, Platform},
    act::Act,
    ids::{CommandId, RequestId},
    linking::PendingLink,
    press::Wish,
    secret::SecretHash,
    window::Timestamp,
};

/// How long an address for linking is valid.
pub const LINK_LASTS: TimeDelta = TimeDelta::minutes(10);
/// How long an address for confirming an answer is valid.
pub const REVIEW_LASTS: TimeDelta = TimeDelta::minutes(10);
/// How long an address for opening the AWS console is valid.
pub const CONSOLE_LASTS: TimeDelta = TimeDelta::minutes(15);
/// How long a person may spend at a sign-in.
pub const SIGN_IN_LASTS: TimeDelta = TimeDelta::minutes(10);

/// A one-time secret, stored under its hash, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The hash of the secret: of the one in an address, or of a sign-in's `state`.
    pub key: SecretHash,
    /// The first moment at which the ticket is no longer valid.
    pub expires_at: Timestamp,
    /// The account that the ticket was issued to.
    pub who: Account,
    /// What its holder continues with.
    pub visit: Visit,
    /// The sign-in whose `state` it is, or `None` for an address.
    pub sign_in: Option<SignIn>,
    /// What the person wanted when they were sent here. It is kept through the sign-in and never carried out.
    pub wish: Option<Wish>,
}

/// A sign-in that has been started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// The hash of the cookie of the browser that started it.
    pub browser: SecretHash,
    /// The address that it was started from, which is consumed together with it.
    pub ticket: SecretHash,
    /// Whether the provider was asked to let the person authenticate, whatever session the browser has there.
    #[serde(default)]
    pub afresh: bool,
}

/// What a person continues with in a browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visit {
    /// Link the account to the identity that signs in.
    Link {
        /// The account's display name.
        name: String,
    },
    /// Prove that the account of a link belongs to the person whose identity it links.
    HoldAccount {
        /// The sign-in at the identity provider, which is consumed as well.
        after: SecretHash,
        /// The link.
        pending: Box<PendingLink>,
    },
    /// Open the AWS console.
    OpenConsole {
        /// The request that grants access.
        request: RequestId,
    },
    /// Answer a request.
    Review(Answering),
}

/// An act that counts once the person who performed it has signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answering {
    /// The request.
    pub request: RequestId,
    /// The act.
    pub act: Act,
    /// The press that performed it.
    pub press: CommandId,
}

/// The secrets that lead to a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkSecrets {
    /// The address.
    pub token: SecretHash,
    /// The last sign-in at the identity provider that was started from it.
    pub sign_in: SecretHash,
}

/// Where a person signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInAt {
    /// At the identity provider.
    IdentityProvider,
    /// At this chat platform.
    Platform(Platform),
}

impl Ticket {
    /// Returns the sign-in in this browser through which its holder continues to `visit`.
    #[must_use]
    pub fn leads_to(&self, visit: Visit, state: SecretHash, browser: SecretHash, now: Timestamp) -> Self {
        let ticket = self.sign_in.as_ref().map_or(&self.key, |earlier| &earlier.ticket).clone();
        Self {
            key: state,
            expires_at: now + SIGN_IN_LASTS,
            who: self.who.clone(),
            visit,
            sign_in: Some(SignIn { browser, ticket, afresh: false }),
            wish: self.wish.clone(),
        }
    }

    /// Returns the same sign-in, for which the person must authenticate.
    #[must_use]
    pub fn afresh(self) -> Self {
        Self { sign_in: self.sign_in.map(|sign_in| SignIn { afresh: true, ..sign_in }), ..self }
    }

    /// Returns when the browser was sent to this sign-in.
    #[must_use]
    pub fn begun_at(&self) -> Timestamp {
        self.expires_at - SIGN_IN_LASTS
    }

    /// Returns where its holder signs in. A callback from anywhere else is refused.
    #[must_use]
    pub fn signs_in_at(&self) -> SignInAt {
        match &self.visit {
            Visit::Link { .. } | Visit::OpenConsole { .. } | Visit::Review(_) => SignInAt::IdentityProvider,
            Visit::HoldAccount { .. } => SignInAt::Platform(self.who.platform().clone()),
        }
    }

    /// Returns whether it is presented at the address in which it was issued.
    #[must_use]
    pub fn is_for(&self, door: &str) -> bool {
        self.sign_in.is_none() && self.visit.door() == door
    }
}

impl Visit {
    /// The first path segments of all addresses in which tickets are issued.
    pub const DOORS: [&str; 3] = ["link", "console", "review"];

    /// Returns the first path segment of the address in which a ticket for this visit is issued.
    #[must_use]
    pub fn door(&self) -> &'static str {
        let [link, console, review] = Self::DOORS;
        match self {
            Self::Link { .. } => link,
            Self::OpenConsole { .. } => console,
            Self::Review(_) => review,
            Self::HoldAccount { .. } => "", // it continues another visit and has no address of its own
        }
    }

    /// Returns how long the address is valid.
    #[must_use]
    pub fn lasts(&self) -> TimeDelta {
        match self {
            Self::Link { .. } | Self::HoldAccount { .. } => LINK_LASTS,
            Self::OpenConsole { .. } => CONSOLE_LASTS,
            Self::Review(_) => REVIEW_LASTS,
        }
    }

    /// Returns whether the sign-in must meet the operator's requirements for recency and strength.
    #[must_use]
    pub fn is_stepped_up(&self) -> bool {
        match self {
            Self::OpenConsole { .. } | Self::Review(_) => true,
            Self::Link { .. } | Self::HoldAccount { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{decide::Ask, secret::Secret};

    fn invitation() -> Ticket {
        let wish = Wish::Request(
            RequestId::new(Timestamp::UNIX_EPOCH, 1),
            Ask {
                target: "111122223333/S3Admin".parse().unwrap(),
                duration: "1h".parse().unwrap(),
                justification: "bucket policy broken".parse().unwrap(),
            },
        );
        Ticket {
            key: Secret::of([1; 32]).hash(),
            expires_at: Timestamp::UNIX_EPOCH + LINK_LASTS,
            who: Account::new("slack", "T0123456", "U0ADA"),
            visit: Visit::Link { name: "Ada".to_owned() },
            sign_in: None,
            wish: Some(wish),
        }
    }

    #[test]
    fn every_sign_in_knows_the_address_it_came_from_and_what_was_wanted() {
        let invitation = invitation();
        let [state, browser] = [2, 3].map(|n| Secret::of([n; 32]).hash());
        let now = Timestamp::UNIX_EPOCH;
        let first = invitation.leads_to(invitation.visit.clone(), state, browser.clone(), now);
        let second = first.leads_to(first.visit.clone(), Secret::of([4; 32]).hash(), browser.clone(), now);
        for sign_in in [&first, &second] {
            let started = SignIn { browser: browser.clone(), ticket: invitation.key.clone(), afresh: false };
            assert_eq!(sign_in.sign_in, Some(started));
            assert_eq!((&sign_in.wish, &sign_in.who), (&invitation.wish, &invitation.who));
            assert_eq!(sign_in.expires_at, now + SIGN_IN_LASTS);
        }
    }

    #[test]
    fn a_ticket_is_good_at_its_own_address_alone_and_a_sign_in_at_none() {
        let invitation = invitation();
        assert_eq!(Visit::DOORS.map(|door| invitation.is_for(door)), [true, false, false]);
        let hash = Secret::of([2; 32]).hash();
        let sign_in =
            invitation.leads_to(invitation.visit.clone(), hash.clone(), hash, Timestamp::UNIX_EPOCH);
        assert_eq!(Visit::DOORS.map(|door| sign_in.is_for(door)), [false; 3]);
    }
}
