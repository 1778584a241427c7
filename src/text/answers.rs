//! Replies to a press or a command: refused, done, failed, and help.

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

/// A refusal, with the request it is about where that helps.
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
            "Your request {id} is on its way to the reviewers. Their answer arrives in your messages with this app, and `{command} status` shows it.",
            id,
            command
        ),
        Done::NotLinked => say!(
            "Your {platform} account is not linked to an identity. Link it with `{command} link`.",
            platform,
            command
        ),
    })
}

/// How to give in one line what a form would have asked for.
pub(super) fn without_form(form: &Form, names: &Names) -> Said {
    let Names { command, .. } = names;
    match form {
        Form::Request(RequestForm { targets, why_none, .. }) => {
            let in_one_line = Part::paragraph(say!(
                "Forms are not available here. Make the request in one line: `{command} 111122223333/S3Admin 1h bucket policy broken`",
                command
            ));
            let mut parts = vec![in_one_line, eligible_for(targets, names)];
            parts.extend(why_none.as_ref().map(|why| Part::Text(why_not(why, names))));
            Said { summary: say!("How to request access in one line"), parts }
        }
        Form::Rejection(id, _) => Said::paragraph(say!(
            "Forms are not available here. Give the reason in one line: `{command} reject {id} use the read-only role`",
            command,
            id
        )),
    }
}

/// What the person did is stored, and waits for the platform.
pub(super) fn delayed(Names { platform, command, .. }: &Names) -> Said {
    Said::paragraph(say!(
        "{platform} does not respond to the app at the moment. Your action is saved and will be done as soon as {platform} \
         responds; you don't need to repeat it. If that takes more than 15 minutes, you will be told. Check with \
         `{command} status`.",
        platform,
        command
    ))
}

/// Something went wrong.
pub(super) fn failed(reference: &str, Names { command, .. }: &Names) -> Said {
    Said::paragraph(say!(
        "Something went wrong, and your action may not have completed. Check with `{command} status`, then try again. \
         If it happens again, contact the people who run this app and quote reference {reference}.",
        command,
        reference = Line::code(reference)
    ))
}

/// The app could not confirm that an action was stored.
#[must_use]
pub fn not_stored(reference: &str, Names { command, .. }: &Names) -> String {
    format!(
        "The app could not confirm that your action was saved. Check with {command} status. If it is missing, try again \
         in a minute. If it happens again, contact the people who run this app and quote reference {reference}."
    )
}

/// How to use the app.
pub(super) fn help(max: Minutes, example: Minutes, on_mismatch: OnMismatch, names: &Names) -> Said {
    let Names { platform, command, .. } = names;
    let confirm = match on_mismatch {
        OnMismatch::Code => Some(say!(
            "`{command} confirm K7QM-2XPA` completes the link with the code that your browser shows",
            command
        )),
        OnMismatch::Refuse | OnMismatch::PlatformSignIn => None,
    };
    let mut commands = vec![
        say!("`{command}` opens a form to request access", command),
        say!(
            "`{command} 111122223333/S3Admin {example} bucket policy broken` requests access in one line",
            command,
            example
        ),
        say!("`{command} status` shows what you can request and your latest requests", command),
        say!("`{command} link` links your {platform} account to your identity", command, platform),
    ];
    commands.extend(confirm);
    commands.push(say!("`{command} unlink` unlinks your {platform} account", platform, command));
    commands.push(say!("`{command} help` shows this message", command));
    let parts = vec![
        Part::paragraph(say!("*Time-bound access to AWS roles*")),
        Part::Paragraph(commands),
        Part::paragraph(say!(
            "A target is an account and a role. A duration looks like `45m` or `1h30m`; the maximum is {max}. \
             A reviewer answers each request. Access starts when the request is approved.",
            max
        )),
    ];
    Said { summary: say!("How to use `{command}`", command), parts }
}
