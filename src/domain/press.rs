//! Presses: what somebody on a chat platform asks for, and where they hear the answer.

use serde::{Deserialize, Serialize};

use super::{
    account::Account,
    act::{Act, Tried},
    decide::Ask,
    ids::{CommandId, RequestId},
    secret::Sealed,
    window::Timestamp,
};

/// What somebody pressed, typed or submitted: stored before the platform is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Press {
    /// Who asks.
    pub asker: Asker,
    /// What for.
    pub wish: Wish,
}

/// Who asks for something, and where they hear the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// Made from what the platform sent, so that the same press has the same id.
    pub id: CommandId,
    /// When it came in.
    pub at: Timestamp,
    /// The account.
    pub who: Account,
    /// Where an answer for this person's eyes alone goes.
    pub reply_to: ReplyTo,
}

/// What a press asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// To make this request, under this id.
    Request(RequestId, Ask),
    /// To do this about a request.
    Do(RequestId, Act),
    /// To get a link to the console.
    OpenConsole(RequestId),
    /// To link.
    Link,
    /// To link with this code, which is sealed for whoever typed it and this press.
    Confirm(Sealed),
    /// To unlink.
    Unlink,
}

/// Where an answer for one person's eyes alone goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyTo {
    /// Where the person acted.
    Handle(ReplyHandle),
    /// The person's conversation with the app.
    Direct,
}

/// What opens a form for the person who has just acted. Only the platform's adapter reads what is inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormHandle(String);

/// What answers the person who has just acted, where they acted. Only the platform's adapter reads what is inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReplyHandle(String);

impl FormHandle {
    /// The handle that the platform gave.
    #[must_use]
    pub fn new(handle: impl Into<String>) -> Self {
        Self(handle.into())
    }

    /// What the platform gave.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ReplyHandle {
    /// The handle that the platform gave.
    #[must_use]
    pub fn new(handle: impl Into<String>) -> Self {
        Self(handle.into())
    }

    /// What the platform gave.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Asker {
    /// What they ask for.
    #[must_use]
    pub fn wishes(self, wish: Wish) -> Press {
        Press { asker: self, wish }
    }
}

impl Wish {
    /// What auditors are told was tried when the wish is refused; nothing for what is never refused.
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

    /// The wish, if it is worth carrying to a sign-in and back: it is about a request.
    #[must_use]
    pub fn rides_along(&self) -> Option<Self> {
        self.request().map(|_| self.clone())
    }

    /// The request the wish is about, or makes.
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
