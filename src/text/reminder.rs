//! Reminders: a line below a message that is already there.

use super::{Names, people::person, rich::say, said::Said, standing::Standing};
use crate::domain::{
    ids::Target,
    message::{Drawn, Seen},
    request::{Request, Status},
    window::Timestamp,
};

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

/// To the requester: whether reviewers see the request.
pub(super) fn card_seen(drawn: &Drawn, seen: Seen, names: &Names) -> Said {
    let Request { target, answer_by, .. } = &drawn.request;
    let target = names.target(target);
    Said::paragraph(match seen {
        Seen::NotYet => say!(
            "*Not visible to reviewers yet* · {platform} does not let the app post your request for {target} in the \
             reviewers' channel. Contact the people who run this app. The app tries again every minute, and \
             {reviewer} can answer until {answer_by}. You do not have to make the request again.",
            platform = &names.platform,
            target,
            reviewer = names.a_reviewer(),
            answer_by = *answer_by
        ),
        Seen::AtLast => say!(
            "*Visible to reviewers* · your request for {target} is posted in the reviewers' channel. Until \
             {answer_by}, {reviewer} can answer it.",
            target,
            reviewer = names.a_reviewer(),
            answer_by = *answer_by
        ),
    })
}

/// To reviewers: the requester could not be told how the request stands.
pub(super) fn pass_on(drawn: &Drawn, names: &Names) -> Said {
    let Standing { request, status } = Standing::of(drawn);
    let (who, target) = (person(&request.requester), names.target(&request.target));
    let Names { platform, command, .. } = names;
    Said::paragraph(match &status {
        Status::Approved { window, .. } => say!(
            "*Please pass on* · {platform} does not let the app write to {who}. They have access to {target} until {end}. \
             `{command} status` gives them the button that opens the console.",
            platform,
            who,
            target,
            end = window.ends(),
            command
        ),
        Status::Requested
        | Status::Rejected { .. }
        | Status::Withdrawn { .. }
        | Status::Expired
        | Status::Ended { .. } => say!(
            "*Please pass on* · {platform} does not let the app write to {who}. Their request for {target}: {status}. \
             `{command} status` shows it to them.",
            platform,
            who,
            target,
            status = status.word(),
            command
        ),
    })
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
