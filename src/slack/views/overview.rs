//! Where a person stands: whom they are linked to, what they can ask for, and their newest requests.

use slack_morphism::prelude::SlackMessageContent;

use super::{
    blocks::{context, message, section},
    text::{code, date, name},
};
use crate::{
    domain::{
        message::Overview,
        request::{Request, Status},
        window::Timestamp,
    },
    text::Names,
};

/// The most targets that are listed.
const MOST_TARGETS: usize = 20;

/// The most requests that are listed.
const MOST_REQUESTS: usize = 10;

/// The whole of it.
pub(super) fn overview(overview: &Overview, names: &Names) -> SlackMessageContent {
    let Overview { email, targets, requests, as_of } = overview;
    let Some(email) = email else {
        let text = "You are not linked. Link your Slack account with `/elevate link`.".to_owned();
        return message(text.clone(), vec![section(text)]);
    };
    let linked = format!("You are linked to *{}*.", name(email.as_str()));
    let targets = targets.iter().map(|target| super::target(target, names)).collect();
    let requests = requests.iter().map(|request| line(request, *as_of, names)).collect();
    let blocks = vec![
        section(linked.clone()),
        section(list("You can ask for", targets, MOST_TARGETS)),
        section(list("Your newest requests", requests, MOST_REQUESTS)),
        context(
            "What you can ask for is what this app last heard of your groups; it is checked again when you ask."
                .to_owned(),
        ),
    ];
    message(linked, blocks)
}

/// As many of the items as are listed, and how many are not.
fn list(title: &str, items: Vec<String>, most: usize) -> String {
    if items.is_empty() {
        return format!("*{title}*\nNothing.");
    }
    let more = items.len().saturating_sub(most);
    let mut lines = vec![format!("*{title}*")];
    lines.extend(items.into_iter().take(most).map(|item| format!("• {item}")));
    lines.extend((more > 0).then(|| format!("… and {more} more")));
    lines.join("\n")
}

fn line(request: &Request, as_of: Timestamp, names: &Names) -> String {
    let status = request.status_at(as_of);
    let when = match &status {
        Status::Requested => format!("until {}", date(request.answer_by)),
        Status::Approved { window, .. } => format!("until {}", date(window.ends())),
        Status::Rejected { .. } | Status::Withdrawn { .. } => date(request.changed_at),
        Status::Expired => date(request.answer_by),
        Status::Ended { ended_at, .. } => date(*ended_at),
    };
    let target = super::target(&request.target, names);
    format!("{target} for {} · *{}* {when} · {}", request.duration, status.word(), code(request.id.as_str()))
}
