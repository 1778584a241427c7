//! Forms: their fields and the text beside them.

use std::collections::BTreeSet;

use super::{Names, refused, rich::say, said::Part};
use crate::domain::{
    ids::{RequestId, Target},
    message::{Form, RequestForm},
    refusal::Refused,
    window::Minutes,
};

/// The most targets that a form lists.
pub const MOST_LISTED: usize = 100;

/// A form, before any platform lays it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    /// Its heading.
    pub title: &'static str,
    /// What it asks for.
    pub fields: Vec<Field>,
    /// What follows its fields.
    pub parts: Vec<Part>,
    /// The label of the button that sends it; none where there is nothing to send.
    pub submit: Option<&'static str>,
}

/// A field of a [`Dialog`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its heading.
    pub label: &'static str,
    /// What belongs in it.
    pub input: Input,
}

/// What belongs in a [`Field`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// One of these targets, each with the name of its account.
    Target(Vec<(Target, String)>),
    /// One of these durations.
    Duration(Vec<Minutes>),
    /// Why access is requested.
    Justification,
    /// Why a request is rejected.
    Reason,
}

/// The texts of a form.
#[must_use]
pub fn form(form: &Form, names: &Names) -> Dialog {
    match form {
        Form::Request(form) => request_form(form, names),
        Form::Rejection(id, _) => rejection_form(id),
    }
}

/// To make a request; or why there is nothing to request.
fn request_form(form: &RequestForm, names: &Names) -> Dialog {
    let title = "Request access";
    let targets: BTreeSet<&Target> = form.targets.iter().collect();
    if targets.is_empty() {
        return Dialog {
            title,
            fields: vec![],
            parts: nothing_to_ask_for(form.why_none.as_ref(), names),
            submit: None,
        };
    }
    let unlisted = targets.len().saturating_sub(MOST_LISTED);
    let called = |target: &Target| {
        names.accounts.get(&target.account).map_or(target.account.as_str(), String::as_str).to_owned()
    };
    let targets =
        targets.into_iter().take(MOST_LISTED).map(|target| (target.clone(), called(target))).collect();
    let durations: BTreeSet<&Minutes> = form.durations.iter().collect();
    let fields = vec![
        Field { label: "Account and role", input: Input::Target(targets) },
        Field { label: "For how long", input: Input::Duration(durations.into_iter().copied().collect()) },
        Field { label: "Why", input: Input::Justification },
    ];
    let checked = say!(
        "This list shows what your groups allowed at the last check. They are checked again when you send the request. \
         A member of {reviewers} answers it.",
        reviewers = &form.reviewers
    );
    let mut parts = vec![Part::Small(checked)];
    parts.extend((unlisted > 0).then(|| also_on_the_command_line(unlisted, names)));
    Dialog { title, fields, parts, submit: Some("Request") }
}

/// To say why a request is rejected.
fn rejection_form(id: &RequestId) -> Dialog {
    Dialog {
        title: "Reject request",
        fields: vec![Field { label: "Why", input: Input::Reason }],
        parts: vec![Part::Small(say!("{id} · the requester and the reviewers read this", id))],
        submit: Some("Reject"),
    }
}

fn nothing_to_ask_for(why: Option<&Refused>, names: &Names) -> Vec<Part> {
    let Names { command, .. } = names;
    let in_one_line = format!(
        "make the request in one line, which checks your groups again: {command} 111122223333/S3Admin 1h bucket policy broken"
    );
    let Some(why) = why else {
        return vec![Part::Text(format!(
            "At the last check, none of your groups made you eligible for a role. Ask the people who manage your groups. \
             If you have just been added to one, {in_one_line}"
        ))];
    };
    vec![
        Part::Text(format!("At the last check: {}", refused(why, names))),
        Part::Text(format!("If this has been fixed since, {in_one_line}")),
    ]
}

fn also_on_the_command_line(unlisted: usize, Names { platform, command, .. }: &Names) -> Part {
    Part::Small(say!(
        "{unlisted} more are not listed, because {platform} shows at most {most}. \
         Request one of them in one line: `{command} 111122223333/S3Admin 1h bucket policy broken`",
        unlisted,
        platform,
        most = MOST_LISTED,
        command
    ))
}
