//! Words that are used within sentences of several kinds.

use crate::domain::{audit::Tried, decide::Verdict};

/// What a reviewer answers: "You are about to …".
pub(super) fn verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "approve",
        Verdict::Reject(_) => "reject",
    }
}

/// What somebody tried in vain: "… tried to …".
pub(super) fn tried(tried: Tried) -> &'static str {
    match tried {
        Tried::Use => "use this app",
        Tried::Link => "link their account",
        Tried::Request => "make a request",
        Tried::Approve => "approve",
        Tried::Reject => "reject",
        Tried::Withdraw => "withdraw",
        Tried::End => "end access",
        Tried::OpenConsole => "open the AWS console",
    }
}
