//! Events of an account: links, unlinks, refused attempts and messages that could not be delivered.
//!
//! The events of an account form a stream, as those of a request do. They decide nothing: the link itself is a row of
//! its own. For this reason an event has no number until the store appends it.

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
    undelivered::{NotAccepted, NoticeKind},
    window::Timestamp,
};

/// An event of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", content = "facts", rename_all = "snake_case")]
pub enum AccountEvent {
    /// The account was linked to an identity.
    Linked {
        /// The identity's address.
        email: Email,
        /// The proof that the account belongs to the person.
        shown_by: ShownBy,
    },
    /// The account was linked to another identity with the same address.
    Relinked {
        /// The address that both identities have.
        email: Email,
        /// The identity it was linked to before.
        from: Subject,
        /// The identity it is linked to.
        to: Subject,
        /// The proof that the account belongs to the person.
        shown_by: ShownBy,
    },
    /// The account was unlinked.
    Unlinked {
        /// The identity's address.
        email: Email,
    },
    /// The person signed out at the identity provider and must sign in again.
    SignedOut {
        /// The identity's address.
        email: Email,
    },
    /// An attempt was refused.
    Refused {
        /// The attempt.
        tried: Tried,
        /// The request it was about, if any.
        request: Option<RequestId>,
        /// The target it was about, if any.
        target: Option<Target>,
        /// The reason, and the reference that the person was given.
        #[serde(flatten)]
        why: Refused,
    },
    /// A message could not be delivered and is not retried.
    Undelivered {
        /// The kind of message.
        notice: NoticeKind,
        /// The request it was about, if any.
        request: Option<RequestId>,
        /// Why it could not be delivered.
        why: NotAccepted,
    },
}

/// An event of an account, as it is stored.
pub type AccountRecord = Record<Account, AccountEvent>;

/// An event that is about to happen to an account and has no number yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChange {
    /// The account.
    pub account: Account,
    /// The command that causes it. A command causes at most one event of an account.
    pub command: CommandId,
    /// When it happens.
    pub at: Timestamp,
    /// Who causes it.
    pub actor: Actor,
    /// What happens.
    pub what: AccountEvent,
}

/// The end of an account's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the last event: the optimistic lock.
    pub number: u64,
    /// The time of the last event.
    pub at: Timestamp,
}

impl AccountEvent {
    /// The names of all events of this kind.
    pub const NAMES: [&str; 6] = ["linked", "relinked", "unlinked", "signed_out", "refused", "undelivered"];

    /// Returns the change that makes this event happen, caused by `actor`.
    #[must_use]
    pub fn of(self, account: &Account, actor: Actor, command: CommandId, at: Timestamp) -> AccountChange {
        AccountChange { account: account.clone(), command, at, actor, what: self }
    }

    /// Returns the word under which it is stored and counted.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Linked { .. } => "linked",
            Self::Relinked { .. } => "relinked",
            Self::Unlinked { .. } => "unlinked",
            Self::SignedOut { .. } => "signed_out",
            Self::Refused { .. } => "refused",
            Self::Undelivered { .. } => "undelivered",
        }
    }

    /// Returns the kind under which a burst counts this event, or `None` if it never joins a burst.
    #[must_use]
    pub fn burst_kind(&self) -> Option<Kind> {
        match self {
            Self::Linked { .. } => Some(Kind::Linked),
            Self::Unlinked { .. } => Some(Kind::Unlinked),
            Self::SignedOut { .. } => Some(Kind::SignedOut),
            Self::Refused { why, .. } if why.refusal.is_exception() => None,
            Self::Refused { tried, .. } => Some(Kind::Refused(*tried)),
            Self::Relinked { .. } | Self::Undelivered { .. } => None,
        }
    }

    /// Returns the request that the event is about, if any.
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
    /// Numbers the event as the successor of `head`, and dates it no earlier than `head`.
    #[must_use]
    pub fn after(&self, head: Option<Head>) -> AccountRecord {
        let Self { account, command, at, actor, what } = self.clone();
        let (number, at) = head.map_or((1, at), |head| (head.number + 1, at.max(head.at)));
        Record { schema: Schema, stream: account, number, at, command, actor, what }
    }
}

#[cfg(test)]
pub(super) mod tests;
