//! Reminders: a line below the message that somebody has already.

use slack_morphism::prelude::SlackMessageContent;

use super::{
    blocks::{message, section},
    text::{date, person},
};
use crate::{
    domain::{message::Drawn, request::Request, window::Timestamp},
    text::Names,
};

/// To reviewers: a request still waits.
pub(super) fn reminder(drawn: &Drawn, names: &Names) -> SlackMessageContent {
    let Request { requester, target, requested_at, answer_by, .. } = &drawn.request;
    let (who, target) = (person(requester), super::target(target, names));
    line(format!(
        "*Still waiting* · {who} asked for {target} {} · {} can answer above until {}",
        date(*requested_at),
        super::a_reviewer(names),
        date(*answer_by)
    ))
}

/// To the requester: access is about to end. `target` is in Slack's markup.
pub(super) fn end_is_near(target: &str, ends_at: Timestamp) -> SlackMessageContent {
    line(format!(
        "*Ends soon* · your access to {target} ends {}. Finish what you are doing; if you need it for longer, make a \
         new request with `/elevate` once it has ended.",
        date(ends_at)
    ))
}

fn line(text: String) -> SlackMessageContent {
    message(text.clone(), vec![section(text)])
}
