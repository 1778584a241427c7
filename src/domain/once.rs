//! One-time secrets: what each of them stands for while it is kept.

use serde::{Deserialize, Serialize};

use super::{
    account::Account,
    decide::Verdict,
    ids::{CommandId, RequestId},
    linking::PendingLink,
    secret::SecretHash,
    window::Timestamp,
};

/// What a one-time secret stands for, stored under the secret's hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Once {
    /// The secret's hash.
    pub key: SecretHash,
    /// The first moment at which it is worth nothing.
    pub expires_at: Timestamp,
    /// What it stands for.
    pub purpose: Purpose,
}

/// What a one-time secret may be used for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A link token: its holder may link this Slack account to themselves.
    Link {
        /// The account.
        who: Account,
        /// The name it shows.
        name: String,
    },
    /// A console ticket: the requester may open the console.
    Console {
        /// The request it stands on.
        request: RequestId,
        /// The Slack account it was given to.
        who: Account,
    },
    /// A ticket to answer a request: its holder may sign in, and the answer counts.
    Answer(Answering),
    /// The `state` of a sign-in in progress.
    SignIn {
        /// The hash of the cookie of the browser that started it.
        browser: SecretHash,
        /// What the sign-in is for.
        to: SignInTo,
    },
}

/// An answer that counts once whoever gave it has signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answering {
    /// The request.
    pub request: RequestId,
    /// The answer.
    pub verdict: Verdict,
    /// The Slack account that gave it.
    pub who: Account,
    /// The press by which it was given.
    pub press: CommandId,
}

/// What a sign-in is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInTo {
    /// To link.
    Link {
        /// The link token that it will use up.
        token: SecretHash,
        /// The account that the token was made for.
        who: Account,
    },
    /// To show that the Slack account of a link is theirs whose identity it is of.
    HoldAccount {
        /// The link token and the sign-in at the identity provider, which it will use up with itself.
        uses_up: LinkSecrets,
        /// The link.
        pending: Box<PendingLink>,
    },
    /// To open the console.
    OpenConsole {
        /// The ticket that it will use up.
        ticket: SecretHash,
        /// The account that the ticket was made for.
        who: Account,
        /// The request that the ticket was made for.
        request: RequestId,
    },
    /// To answer a request.
    Answer {
        /// The ticket that it will use up.
        ticket: SecretHash,
        /// What the ticket was made for.
        answering: Answering,
    },
}

/// The secrets that lead to a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkSecrets {
    /// The link token.
    pub token: SecretHash,
    /// The sign-in at the identity provider that was started from it last.
    pub sign_in: SecretHash,
}

/// Where somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInAt {
    /// At the identity provider.
    IdentityProvider,
    /// At Slack.
    Slack,
}

impl SignInTo {
    /// Where the sign-in takes place; its answer counts from nowhere else.
    #[must_use]
    pub fn at(&self) -> SignInAt {
        match self {
            Self::Link { .. } | Self::OpenConsole { .. } | Self::Answer { .. } => SignInAt::IdentityProvider,
            Self::HoldAccount { .. } => SignInAt::Slack,
        }
    }
}
