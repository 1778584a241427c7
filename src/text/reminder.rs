//! Reminders: a line below a message that is already there.

use super::{Names, people::person, rich::say, said::Said};
use crate::domain::{ids::Target, message::Drawn, request::Request, window::Timestamp};

/// To reviewers: a request still waits.
pub(super) fn reminder(drawn: &Drawn, names: &Names) -> Said {
    let Request { requester, target, requested_at, answer_by, .. } = &drawn.request;
    Said::paragraph(say!(
        "*Still waiting* · {who} requested {target} {at} · {reviewer} can answer above until {answer_by}",
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
        "*Ends soon* · your access to {target} ends {ends_at}. Finish what you are doing. If you need more time, \
         make a new request with `{command}` after it ends.",
        target = names.target(target),
        ends_at,
        command = &names.command
    ))
}
