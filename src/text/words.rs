//! Words that are used within sentences of several kinds.

use crate::domain::{
    act::{Act, Tried},
    undelivered::NoticeKind,
};

/// What somebody does about a request: "You are about to … this request".
pub(super) fn act(act: &Act) -> &'static str {
    match act {
        Act::Approve => "approve",
        Act::Reject(_) => "reject",
        Act::Withdraw => "withdraw",
        Act::End => "end the access of",
    }
}

/// What somebody has done about a request.
pub(super) fn done(act: &Act) -> &'static str {
    match act {
        Act::Approve => "The request is approved.",
        Act::Reject(_) => "The request is rejected.",
        Act::Withdraw => "The request is withdrawn.",
        Act::End => "Access has ended.",
    }
}

/// What a platform did not accept: "… does not accept …".
pub(super) fn notice(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Card => "the review card",
        NoticeKind::Receipt => "the receipt",
        NoticeKind::ConsoleLink => "the link to the AWS console",
        NoticeKind::CardSeen => "the notice of whether reviewers see the request",
        NoticeKind::PassOn => "the line below the card for reviewers to pass on",
        NoticeKind::EndIsNear => "the warning that access is about to end",
        NoticeKind::AuditLine => "a line of this channel",
        NoticeKind::Linked => "the notice of being linked",
        NoticeKind::Relinked => "the notice of being linked to another identity",
        NoticeKind::Unlinked => "the notice of not being linked any more",
        NoticeKind::SignedOut => "the notice of having to sign in again",
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
