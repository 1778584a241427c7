//! Presses: what a person on a chat platform asks for, and where they receive the answer.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    account::{Account, MessageRef},
    act::{Act, Tried},
    decide::Ask,
    ids::{CommandId, RequestId},
    secret::Sealed,
    window::Timestamp,
};

/// What a person pressed, typed or submitted. It is stored before the platform receives its acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Press {
    /// Who asks, and where they receive the answer.
    pub asker: Asker,
    /// What they ask for.
    pub wish: Wish,
}

/// The person who asks for something, and where they receive the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The press's id, derived from what the platform sent, so that a repeated press has the same id.
    pub id: CommandId,
    /// When the press arrived.
    pub at: Timestamp,
    /// The account.
    pub who: Account,
    /// Where they acted.
    pub acted_in: ActedIn,
    /// Where an answer that only this person may see is sent.
    pub reply_to: ReplyTo,
}

/// Where a person acted, as the platform states it. A form counts as the message that it was opened from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActedIn {
    /// In words that they typed, which name the request.
    Words,
    /// In this message.
    Message(MessageRef),
    /// In a message that only they see, whose location no one can note.
    Whisper,
    /// In a view, or somewhere that the platform does not state.
    Elsewhere,
}

/// What a press asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// To make this request, under this id.
    Request(RequestId, Ask),
    /// To perform an act on a request.
    Do(RequestId, Act),
    /// To get a link to the console.
    OpenConsole(RequestId),
    /// To link.
    Link,
    /// To confirm a link with this code, which is sealed for this account and press.
    Confirm(Sealed),
    /// To unlink.
    Unlink,
}

/// Where an answer that only one person may see is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyTo {
    /// To the place where the person acted.
    Handle(ReplyHandle),
    /// To the person's conversation with the app.
    Direct,
}

/// The platform's handle for opening a form for the person who has just acted. Only the platform's adapter interprets
/// it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormHandle(String);

/// The platform's handle for answering the person where they acted. Only the platform's adapter interprets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReplyHandle(String);

impl FormHandle {
    /// Wraps the platform's handle.
    #[must_use]
    pub fn new(handle: impl Into<String>) -> Self {
        Self(handle.into())
    }

    /// Returns the platform's handle.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ReplyHandle {
    /// Wraps the platform's handle.
    #[must_use]
    pub fn new(handle: impl Into<String>) -> Self {
        Self(handle.into())
    }

    /// Returns the platform's handle.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names the message for auditors, in the platform's terms.
impl fmt::Display for ActedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words => f.write_str("a command"),
            Self::Message(message) => write!(f, "{}/{}", message.conversation().id(), message.id()),
            Self::Whisper => f.write_str("a message for one person"),
            Self::Elsewhere => f.write_str("no message"),
        }
    }
}

impl Asker {
    /// Returns what the person asks for.
    #[must_use]
    pub fn wishes(self, wish: Wish) -> Press {
        Press { asker: self, wish }
    }
}

impl Wish {
    /// Returns the attempt that is recorded when the wish is refused, or `None` for a wish that is never refused.
    #[must_use]
    pub fn tried(&self) -> Option<Tried> {
        match self {
            Self::Request(..) => Some(Tried::Request),
            Self::Do(_, act) => Some(act.tried()),
            Self::OpenConsole(_) => Some(Tried::OpenConsole),
            Self::Link | Self::Confirm(_) => Some(Tried::Link),
            Self::Unlink => None,
        }
    }

    /// Returns the wish if it is about a request, and so is kept through a sign-in.
    #[must_use]
    pub fn rides_along(&self) -> Option<Self> {
        self.request().map(|_| self.clone())
    }

    /// Returns the request that the wish is about or makes.
    #[must_use]
    pub fn request(&self) -> Option<&RequestId> {
        match self {
            Self::Request(id, _) | Self::Do(id, _) | Self::OpenConsole(id) => Some(id),
            Self::Link | Self::Confirm(_) | Self::Unlink => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auditors_hear_of_wishes_that_change_something_and_of_which_request() {
        let id = RequestId::new(Timestamp::UNIX_EPOCH, 1);
        let approve = Wish::Do(id.clone(), Act::Approve);
        assert_eq!((approve.tried(), approve.request()), (Some(Tried::Approve), Some(&id)));
        assert_eq!((Wish::Link.tried(), Wish::Link.request()), (Some(Tried::Link), None));
        assert_eq!((Wish::Unlink.tried(), Wish::Unlink.request()), (None, None));
    }
}
