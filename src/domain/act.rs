//! Acts: what people do about a request that somebody has made. Each verb stands here once; `decide` has its rule.

use serde::{Deserialize, Serialize};

use super::reason::Reason;

/// What a person does about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A reviewer says yes.
    Approve,
    /// A reviewer says no, and why.
    Reject(Reason),
    /// The requester, or a reviewer, takes it back before it is answered.
    Withdraw,
    /// The requester, or a reviewer, ends access early.
    End,
}

/// What somebody tried, whatever came of it. The names are stored for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tried {
    /// To use the app at all.
    Use,
    /// To link themselves.
    Link,
    /// To make a request.
    Request,
    /// To approve one.
    Approve,
    /// To reject one.
    Reject,
    /// To take one back.
    Withdraw,
    /// To end access.
    End,
    /// To open the AWS console.
    OpenConsole,
}

impl Act {
    /// What is recorded as tried when the act is refused.
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
