//! The card in the review channel: what reviewers answer.

use super::{
    Names,
    people::person,
    rich::{Line, say},
    said::{Action, Button, Part, Said},
    standing::Standing,
};
use crate::domain::{act::Act, ids::RequestId, message::Drawn, request::Status};

/// Who requests what and why, its status, and what can be done about it.
pub(super) fn review_card(drawn: &Drawn, names: &Names) -> Said {
    let standing = Standing::of(drawn);
    let requester = &standing.request.requester;
    let what = standing.what(names);
    let summary = say!(
        "{who} requests {what}: {status}",
        who = Line::mention(requester),
        what = what.clone(),
        status = standing.status.word()
    );

    let mut parts = vec![Part::paragraph(say!("{who} requests {what}", who = person(requester), what))];
    parts.extend(standing.story(names));
    parts.push(Part::Buttons(buttons(&standing.request.id, &standing.status)));
    parts.push(standing.reference());
    Said { summary, parts }
}

fn buttons(id: &RequestId, status: &Status) -> Vec<Button> {
    match status {
        Status::Requested => vec![
            Button::new("Approve", Action::Do(id.clone(), Act::Approve)).primary(),
            Button::new("Reject", Action::AskWhy(id.clone())).danger(),
            Button::new("Withdraw", Action::Do(id.clone(), Act::Withdraw)),
        ],
        Status::Approved { .. } => vec![Button::new("End access", Action::Do(id.clone(), Act::End)).danger()],
        Status::Rejected { .. } | Status::Withdrawn { .. } | Status::Expired | Status::Ended { .. } => {
            Vec::new()
        }
    }
}
