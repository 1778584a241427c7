//! The overview: the identity a person is linked to, what they can request, and their latest requests.

use super::{
    Names,
    rich::{Line, say},
    said::{Action, Button, Part, Said},
};
use crate::domain::{
    ids::Target,
    message::Overview,
    request::{Request, Status},
    window::Timestamp,
};

/// The most targets that are listed.
const MOST_TARGETS: usize = 20;

/// The most requests that are listed.
const MOST_REQUESTS: usize = 10;

/// The whole of it.
pub(super) fn overview(overview: &Overview, names: &Names) -> Said {
    let Overview { email, targets, requests, as_of } = overview;
    let Names { platform, command, .. } = names;
    let Some(email) = email else {
        return Said::paragraph(say!(
            "You are not linked. Link your {platform} account with `{command} link`.",
            platform,
            command
        ));
    };
    let linked = say!("You are linked to *{email}*.", email);
    let lines = requests.iter().map(|request| request_line(request, *as_of, names)).collect();
    let mut parts = vec![
        Part::paragraph(linked.clone()),
        eligible_for(targets, names),
        list("Your latest requests", lines, MOST_REQUESTS),
    ];
    parts.extend(requests.iter().find_map(|request| way_in(request, *as_of, names)).into_iter().flatten());
    parts.push(Part::Small(
        "This shows what your groups allowed at the last check. They are checked again when you make a request.".into(),
    ));
    Said { summary: linked, parts }
}

/// The way into the latest access that is open: a person who cannot be sent a message finds it here.
fn way_in(request: &Request, as_of: Timestamp, names: &Names) -> Option<[Part; 2]> {
    let Status::Approved { window, .. } = request.status_at(as_of) else { return None };
    let open = say!(
        "*Access is open* to {target} until {end}",
        target = names.target(&request.target),
        end = window.ends()
    );
    let button = Button::new("Open console", Action::OpenConsole(request.id.clone())).primary();
    Some([Part::paragraph(open), Part::Buttons(vec![button])])
}

/// What a person can request.
pub(super) fn eligible_for(targets: &[Target], names: &Names) -> Part {
    let targets = targets.iter().map(|target| names.target(target)).collect();
    list("You can request", targets, MOST_TARGETS)
}

/// As many of the items as are listed, and how many are not.
fn list(title: &'static str, items: Vec<Line>, most: usize) -> Part {
    let title = Line::from(title).bold();
    if items.is_empty() {
        return Part::Paragraph(vec![title, "None.".into()]);
    }
    let more = items.len().saturating_sub(most);
    let mut lines = vec![title];
    lines.extend(items.into_iter().take(most).map(|item| say!("• {item}", item)));
    lines.extend((more > 0).then(|| say!("… and {more} more", more)));
    Part::Paragraph(lines)
}

fn request_line(request: &Request, as_of: Timestamp, names: &Names) -> Line {
    let status = request.status_at(as_of);
    let until = |end: Timestamp| say!("until {end}", end);
    let when = match &status {
        Status::Requested => until(request.answer_by),
        Status::Approved { window, .. } => until(window.ends()),
        Status::Rejected { .. } | Status::Withdrawn { .. } => request.changed_at.into(),
        Status::Expired => request.answer_by.into(),
        Status::Ended { ended_at, .. } => (*ended_at).into(),
    };
    say!(
        "{target} for {duration} · *{status}* {when} · {id}",
        target = names.target(&request.target),
        duration = request.duration,
        status = status.word(),
        when,
        id = &request.id
    )
}
