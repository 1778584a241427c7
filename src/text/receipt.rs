//! The requester's lasting message: the status of their request, and what they can do.

use super::{
    Names,
    rich::{Line, say},
    said::{Action, Button, Part, Said},
    standing::Standing,
};
use crate::domain::{act::Act, ids::RequestId, message::Drawn, request::Status};

/// A message of its own.
pub(super) fn receipt(drawn: &Drawn, names: &Names) -> Said {
    let standing = Standing::of(drawn);
    let summary = say!(
        "Your request for {what}: {status}",
        what = standing.what(names),
        status = standing.status.word()
    );
    Said { summary, parts: receipt_parts(&standing, names) }
}

/// What the message shows, to be shown elsewhere too.
pub(super) fn receipt_parts(standing: &Standing<'_>, names: &Names) -> Vec<Part> {
    let mut parts = vec![Part::paragraph(say!("You requested {what}", what = standing.what(names)))];
    parts.extend(standing.story(names));
    parts.push(Part::Buttons(buttons(&standing.request.id, &standing.status)));
    parts.extend(hint(&standing.status, names).map(Part::Small));
    parts.push(standing.reference());
    parts
}

fn buttons(id: &RequestId, status: &Status) -> Vec<Button> {
    match status {
        Status::Requested => vec![Button::new("Withdraw", Action::Do(id.clone(), Act::Withdraw))],
        Status::Approved { .. } => vec![
            Button::new("Open console", Action::OpenConsole(id.clone())).primary(),
            Button::new("End now", Action::Do(id.clone(), Act::End)).danger(),
        ],
        Status::Rejected { .. } | Status::Withdrawn { .. } | Status::Expired | Status::Ended { .. } => {
            Vec::new()
        }
    }
}

fn hint(status: &Status, Names { command, .. }: &Names) -> Option<Line> {
    match status {
        Status::Requested => None,
        Status::Approved { window, .. } => Some(say!(
            "From {end}, AWS denies every call that your sessions make, even in the middle of your work. \
             *End now* prevents new sessions at once; a session that is open works until then.",
            end = window.ends()
        )),
        Status::Rejected { .. } | Status::Withdrawn { .. } | Status::Expired | Status::Ended { .. } => {
            Some(say!("If you still need access, make a new request with `{command}`.", command))
        }
    }
}
