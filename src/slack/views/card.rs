//! The card in the review channel: what reviewers answer.

use slack_morphism::prelude::{SlackBlockButtonElement, SlackBlockButtonStyle, SlackMessageContent};

use super::{
    blocks::{actions, message, request_button, section},
    ids::action,
    standing::Standing,
    text::{mention, person},
};
use crate::{
    domain::{ids::RequestId, message::Drawn, request::Status},
    text::Names,
};

/// Who asks for what and why, what has become of it, and what can be done about it.
pub(super) fn review_card(drawn: &Drawn, names: &Names) -> SlackMessageContent {
    let standing = Standing::of(drawn);
    let requester = &standing.request.requester;
    let what = standing.what(names);
    let summary = format!("{} asks for {what}: {}", mention(requester), standing.status.word());

    let mut blocks = vec![section(format!("{} asks for {what}", person(requester)))];
    blocks.extend(standing.story(names));
    blocks.extend(actions(buttons(&standing.request.id, &standing.status)));
    blocks.push(standing.reference());
    message(summary, blocks)
}

fn buttons(id: &RequestId, status: &Status) -> Vec<SlackBlockButtonElement> {
    match status {
        Status::Requested => vec![
            request_button(action::APPROVE, "Approve", id).with_style(SlackBlockButtonStyle::Primary),
            request_button(action::REJECT, "Reject", id).with_style(SlackBlockButtonStyle::Danger),
            request_button(action::WITHDRAW, "Withdraw", id),
        ],
        Status::Approved { .. } => {
            vec![request_button(action::END, "End access", id).with_style(SlackBlockButtonStyle::Danger)]
        }
        Status::Rejected { .. } | Status::Withdrawn { .. } | Status::Expired | Status::Ended { .. } => {
            Vec::new()
        }
    }
}
