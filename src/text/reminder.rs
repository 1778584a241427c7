//! Reminders: a line below the message that somebody has already.

use super::{Names, people::person, rich::say, said::Said};
use crate::domain::{ids::Target, message::Drawn, request::Request, window::Timestamp};

/// To reviewers: a request still waits.
pub(super) fn reminder(drawn: &Drawn, names: &Names) -> Said {
    let Request { requester, target, requested_at, answer_by, .. } = &drawn.request;
    Said::paragraph(say!(
        "*Still waiting* · {who} asked for {target} {at} · {reviewer} can answer above until {answer_by}",
        who = person(requester),
        target = names.target(target),
        at = *requested_at,
        reviewer = names.a_reviewer(),
        answer_by = *answer_by
    ))
}

/// To the requester: access is about to end.
pub(super) fn end_is_near(target: &Target, ends_at: Timestamp, names: &Names) -> Said {
    Said::paragraph(say!(
        "*Ends soon* · your access to {target} ends {ends_at}. Finish what you are doing; if you need it for longer, \
         make a new request with `{command}` once it has ended.",
        target = names.target(target),
        ends_at,
        command = &names.command
    ))
}
