//! The requester's lasting message: what has become of their request, and what they can do.

use slack_morphism::prelude::{
    SlackBlock, SlackBlockButtonElement, SlackBlockButtonStyle, SlackMessageContent,
};

use super::{
    blocks::{actions, context, message, request_button, section},
    ids::action,
    standing::Standing,
    text::date,
};
use crate::{
    domain::{ids::RequestId, message::Drawn, request::Status},
    text::Names,
};

/// A message of its own.
pub(super) fn receipt(drawn: &Drawn, names: &Names) -> SlackMessageContent {
    let standing = Standing::of(drawn);
    let summary = format!("Your request for {}: {}", standing.what(names), standing.status.word());
    message(summary, receipt_blocks(&standing, names))
}

/// What the message shows, to be shown elsewhere too.
pub(super) fn receipt_blocks(standing: &Standing<'_>, names: &Names) -> Vec<SlackBlock> {
    let mut blocks = vec![section(format!("You asked for {}", standing.what(names)))];
    blocks.extend(standing.story(names));
    blocks.extend(actions(buttons(&standing.request.id, &standing.status)));
    blocks.extend(hint(&standing.status).map(|hint| context(hint.to_owned())));
    blocks.push(standing.reference());
    blocks
}

fn buttons(id: &RequestId, status: &Status) -> Vec<SlackBlockButtonElement> {
    match status {
        Status::Requested => vec![request_button(action::WITHDRAW, "Withdraw", id)],
        Status::Approved { .. } => vec![
            request_button(action::CONSOLE, "Open console", id).with_style(SlackBlockButtonStyle::Primary),
            request_button(action::END, "End now", id).with_style(SlackBlockButtonStyle::Danger),
        ],
        Status::Rejected { .. } | Status::Withdrawn { .. } | Status::Expired | Status::Ended { .. } => {
            Vec::new()
        }
    }
}

fn hint(status: &Status) -> Option<String> {
    match status {
        Status::Requested => None,
        Status::Approved { window, .. } => Some(format!(
            "From {} on AWS refuses every further call of your sessions, whatever you are in the middle of. \
             *End now* stops further sessions at once; one that is open works until then.",
            date(window.ends())
        )),
        Status::Rejected { .. } | Status::Withdrawn { .. } | Status::Expired | Status::Ended { .. } => {
            Some("If you still need access, make a new request with `/elevate`.".to_owned())
        }
    }
}
