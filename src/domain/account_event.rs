//! What happens to an account: it is linked or unlinked, what it tries is refused, what it should hear does not arrive.
//!
//! The events of an account are a stream like those of a request. They decide nothing: the link itself is a row of
//! its own. So an event has no number until the store appends it.

use serde::{Deserialize, Serialize};

use super::{
    account::Account,
    act::Tried,
    burst::Kind,
    email::Email,
    ids::{CommandId, RequestId, Target},
    linking::ShownBy,
    person::Subject,
    refusal::Refused,
    trail::{
        actor::Actor,
        record::{Record, Schema},
    },
    window::Timestamp,
};

/// What has happened to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", content = "facts", rename_all = "snake_case")]
pub enum AccountEvent {
    /// It is linked to an identity.
    Linked {
        /// The address of the identity.
        email: Email,
        /// What has shown that the account is theirs.
        shown_by: ShownBy,
    },
    /// It is linked to another identity than before, which has the same address.
    Relinked {
        /// The address of both identities.
        email: Email,
        /// The identity it was linked to.
        from: Subject,
        /// The identity it is linked to.
        to: Subject,
        /// What has shown that the account is theirs.
        shown_by: ShownBy,
    },
    /// It is not linked any more.
    Unlinked {
        /// The address of the identity.
        email: Email,
    },
    /// Its person has signed out at the identity provider, and must sign in again.
    SignedOut {
        /// The address of the identity.
        email: Email,
    },
    /// Something was tried and refused.
    Refused {
        /// What was tried.
        tried: Tried,
        /// The request it was about.
        request: Option<RequestId>,
        /// The target it was about.
        target: Option<Target>,
        /// Why, and what the person was given to find it by.
        #[serde(flatten)]
        why: Refused,
    },
    /// Something could not be told, and is not tried any more.
    Undelivered {
        /// What, in a few words.
        what: String,
        /// The request it was about.
        request: Option<RequestId>,
        /// Why not.
        why: String,
    },
}

/// An event of an account, as it is kept.
pub type AccountRecord = Record<Account, AccountEvent>;

/// What is about to happen to an account: an event that has no number yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChange {
    /// The account.
    pub account: Account,
    /// What causes it: one command causes one event of an account.
    pub command: CommandId,
    /// When.
    pub at: Timestamp,
    /// Who causes it.
    pub actor: Actor,
    /// What happens.
    pub what: AccountEvent,
}

/// Where the stream of an account ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the last event: the optimistic lock.
    pub number: u64,
    /// The time of the last event.
    pub at: Timestamp,
}

impl AccountEvent {
    /// The change that this event is when `actor` causes it.
    #[must_use]
    pub fn of(self, account: &Account, actor: Actor, command: CommandId, at: Timestamp) -> AccountChange {
        AccountChange { account: account.clone(), command, at, actor, what: self }
    }

    /// What it counts as in a burst, if it may be part of one.
    #[must_use]
    pub fn burst_kind(&self) -> Option<Kind> {
        match self {
            Self::Linked { .. } => Some(Kind::Linked),
            Self::Unlinked { .. } => Some(Kind::Unlinked),
            Self::SignedOut { .. } => Some(Kind::SignedOut),
            Self::Refused { tried, .. } => Some(Kind::Refused(*tried)),
            Self::Relinked { .. } | Self::Undelivered { .. } => None,
        }
    }

    /// The request it is about, if it is.
    #[must_use]
    pub fn request(&self) -> Option<&RequestId> {
        match self {
            Self::Refused { request, .. } | Self::Undelivered { request, .. } => request.as_ref(),
            Self::Linked { .. } | Self::Relinked { .. } | Self::Unlinked { .. } | Self::SignedOut { .. } => {
                None
            }
        }
    }
}

impl AccountChange {
    /// Numbers the event as the one that comes after `head`, and dates it no earlier.
    #[must_use]
    pub fn after(&self, head: Option<Head>) -> AccountRecord {
        let Self { account, command, at, actor, what } = self.clone();
        let (number, at) = head.map_or((1, at), |head| (head.number + 1, at.max(head.at)));
        Record { schema: Schema, stream: account, number, at, command, actor, what }
    }
}

#[cfg(test)]
pub(super) mod tests;
