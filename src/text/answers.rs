//! Answers to somebody who has just pressed or typed: no, done, broken, and how it works.

use super::{
    Names,
    overview::eligible_for,
    receipt::receipt_parts,
    refused as why_not,
    rich::{Line, say},
    said::{Part, Said},
    standing::Standing,
};
use crate::domain::{
    linking::OnMismatch,
    message::{Done, Drawn, Form, RequestForm},
    refusal::Refused,
    window::Minutes,
};

/// A "no", and the request it is about when looking at it helps.
pub(super) fn refused(why: &Refused, pointer: Option<&Drawn>, names: &Names) -> Said {
    let why = why_not(why, names);
    let summary = Line::given(&why, 1_000);
    let mut parts = vec![Part::Text(why)];
    parts.extend(pointer.into_iter().flat_map(|drawn| receipt_parts(&Standing::of(drawn), names)));
    Said { summary, parts }
}

/// What was done, where nothing else shows it.
pub(super) fn done(done: &Done, Names { platform, command, .. }: &Names) -> Said {
    Said::paragraph(match done {
        Done::Requested(id) => say!(
            "Your request {id} is on its way to the reviewers. The answer comes in your messages with this app.",
            id
        ),
        Done::NotLinked => say!(
            "Your {platform} account is not linked to any identity. Link it with `{command} link`.",
            platform,
            command
        ),
    })
}

/// How to write in one line what a form would have asked for.
pub(super) fn without_form(form: &Form, names: &Names) -> Said {
    let Names { command, .. } = names;
    match form {
        Form::Request(RequestForm { targets, .. }) => Said {
            summary: say!("How to ask for access in one line"),
            parts: vec![
                Part::paragraph(say!(
                    "There is no form here. Ask in one line: `{command} 111122223333/S3Admin 1h bucket policy broken`",
                    command
                )),
                eligible_for(targets, names),
            ],
        },
        Form::Rejection(id) => Said::paragraph(say!(
            "There is no form here. Say why in one line: `{command} reject {id} use the read-only role`",
            command,
            id
        )),
    }
}

/// Something broke.
pub(super) fn failed(reference: &str, Names { command, .. }: &Names) -> Said {
    Said::paragraph(say!(
        "Something broke, and what you wanted may not have been done. Look with `{command} status`, then try again. \
         If it happens again, tell whoever runs this app: reference {reference}.",
        command,
        reference = Line::code(reference)
    ))
}

/// What somebody asked for could not be stored, as far as the app knows.
#[must_use]
pub fn not_stored(reference: &str, Names { command, .. }: &Names) -> String {
    format!(
        "That could not be stored, as far as I can tell. Look with {command} status whether it was, and else try \
         again in a minute. If it happens again, tell whoever runs this app: reference {reference}."
    )
}

/// How to use the app.
pub(super) fn help(max: Minutes, example: Minutes, on_mismatch: OnMismatch, names: &Names) -> Said {
    let Names { platform, command, .. } = names;
    let confirm = match on_mismatch {
        OnMismatch::Code => {
            Some(say!("`{command} confirm K7QM-2XPA` does so with the code that you are shown then", command))
        }
        OnMismatch::Refuse | OnMismatch::PlatformSignIn => None,
    };
    let mut commands = vec![
        say!("`{command}` opens a form to ask for access", command),
        say!(
            "`{command} 111122223333/S3Admin {example} bucket policy broken` asks in one line",
            command,
            example
        ),
        say!("`{command} status` shows what you can ask for and your newest requests", command),
        say!("`{command} link` links your {platform} account to your identity", command, platform),
    ];
    commands.extend(confirm);
    commands.push(say!("`{command} unlink` undoes that", command));
    commands.push(say!("`{command} help` shows this", command));
    let parts = vec![
        Part::paragraph(say!("*Access to AWS roles, for a while and for a reason*")),
        Part::Paragraph(commands),
        Part::paragraph(say!(
            "A target is an account and a role. A duration is such as `45m` or `1h30m`, at most {max}. \
             A reviewer answers; access is open from the approval on.",
            max
        )),
    ];
    Said { summary: say!("How to use `{command}`", command), parts }
}
