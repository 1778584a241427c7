//! The names that Slack sends back when somebody presses, chooses or submits.

use std::{fmt, str::FromStr};

use crate::domain::{
    ids::{BadId, RequestId},
    press::ActedIn,
};

/// The private metadata of the form that rejects a request: its id, and where the form was opened, as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejecting {
    /// The request.
    pub request: RequestId,
    /// Where the form was opened.
    pub opened_in: ActedIn,
}

impl fmt::Display for Rejecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let opened_in = serde_json::to_string(&self.opened_in).map_err(|_| fmt::Error)?;
        write!(f, "{} {opened_in}", self.request)
    }
}

impl FromStr for Rejecting {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let (request, opened_in) = text.split_once(' ').unwrap_or((text, ""));
        let opened_in = serde_json::from_str(opened_in).unwrap_or(ActedIn::Elsewhere);
        Ok(Self { request: request.parse()?, opened_in })
    }
}

/// Buttons.
pub mod action {
    use crate::domain::act::Act;

    /// The button that does this.
    #[must_use]
    pub fn of(act: &Act) -> &'static str {
        match act {
            Act::Approve => APPROVE,
            Act::Reject(_) => REJECT,
            Act::Withdraw => WITHDRAW,
            Act::End => END,
        }
    }

    /// What a button does at once; nothing for one that asks for more first, or does something else.
    #[must_use]
    pub fn act(id: &str) -> Option<Act> {
        [Act::Approve, Act::Withdraw, Act::End].into_iter().find(|act| of(act) == id)
    }

    /// Approves a request.
    pub const APPROVE: &str = "review.approve";
    /// Asks for the reason why a request is rejected.
    pub const REJECT: &str = "review.reject";
    /// Takes a request back.
    pub const WITHDRAW: &str = "request.withdraw";
    /// Ends access early.
    pub const END: &str = "request.end";
    /// Asks for a one-time link to the AWS console.
    pub const CONSOLE: &str = "session.console";
    /// Unlinks the person who presses.
    pub const UNLINK: &str = "person.unlink";
    /// Leads to the sign-in that links; Slack tells of the press, and nothing is to be done.
    pub const OPEN_LINK: &str = "person.link";
    /// Leads to the AWS console; Slack tells of the press, and nothing is to be done.
    pub const OPEN_SESSION: &str = "session.open";
    /// Leads to the sign-in by which an answer counts; Slack tells of the press, and nothing is to be done.
    pub const OPEN_ANSWER: &str = "review.open";
}

/// Forms.
pub mod view {
    /// Makes a request.
    pub const REQUEST: &str = "request.submit";
    /// Rejects the request that the form's private metadata names ([`Rejecting`](super::Rejecting)).
    pub const REJECTION: &str = "review.reject.submit";
}

/// The fields of forms: the id of a field's block, and of what stands in it.
pub mod field {
    /// What is asked for: `<account>/<role>`.
    pub const TARGET: &str = "target";
    /// For how long, such as `1h30m`.
    pub const DURATION: &str = "duration";
    /// Why it is asked for.
    pub const JUSTIFICATION: &str = "justification";
    /// Why it is rejected.
    pub const REASON: &str = "reason";
}

#[cfg(test)]
mod tests {
    use super::action;
    use crate::domain::act::Act;

    #[test]
    fn a_button_does_what_it_was_drawn_for_unless_it_asks_for_more_first() {
        for act in [Act::Approve, Act::Reject("no".parse().unwrap()), Act::Withdraw, Act::End] {
            let at_once = match act {
                Act::Approve | Act::Withdraw | Act::End => Some(act.clone()),
                Act::Reject(_) => None, // it opens a form
            };
            assert_eq!(action::act(action::of(&act)), at_once);
        }
    }
}
