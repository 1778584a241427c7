//! Acts: what people do about an existing request. Each verb is defined here once; `decide` holds its rule.

use serde::{Deserialize, Serialize};

use super::reason::Reason;

/// What a person does about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A reviewer approves the request.
    Approve,
    /// A reviewer rejects the request, with a reason.
    Reject(Reason),
    /// The requester or a reviewer withdraws the request before it is answered.
    Withdraw,
    /// The requester or a reviewer ends access early.
    End,
}

/// What a person attempted, whether or not it succeeded. The names are stored permanently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tried {
    /// Using the app at all.
    Use,
    /// Linking their account.
    Link,
    /// Making a request.
    Request,
    /// Approving a request.
    Approve,
    /// Rejecting a request.
    Reject,
    /// Withdrawing a request.
    Withdraw,
    /// Ending access.
    End,
    /// Opening the AWS console.
    OpenConsole,
}

impl Act {
    /// Returns the attempt that is recorded when this act is refused.
    #[must_use]
    pub fn tried(&self) -> Tried {
        match self {
            Self::Approve => Tried::Approve,
            Self::Reject(_) => Tried::Reject,
            Self::Withdraw => Tried::Withdraw,
            Self::End => Tried::End,
        }
    }
}
