//! Answers to somebody who has just pressed or typed: no, done, broken, and how it works.

use slack_morphism::prelude::SlackMessageContent;

use super::{
    blocks::{message, plain_section, section},
    receipt::receipt_blocks,
    standing::Standing,
    text::{code, escaped},
};
use crate::{
    domain::{
        linking::OnMismatch,
        message::{Done, Drawn},
        refusal::Refused,
        window::Minutes,
    },
    text::{Names, refused as said},
};

/// A "no", and the request it is about when looking at it helps.
pub(super) fn refused(why: &Refused, pointer: Option<&Drawn>, names: &Names) -> SlackMessageContent {
    let why = said(why, names);
    let mut blocks = vec![plain_section(&why)];
    blocks.extend(pointer.into_iter().flat_map(|drawn| receipt_blocks(&Standing::of(drawn), names)));
    message(escaped(&why, 1_000), blocks)
}

/// What was done, where nothing else shows it.
pub(super) fn done(done: &Done) -> SlackMessageContent {
    let text = match done {
        Done::Requested(id) => format!(
            "Your request {} is on its way to the reviewers. The answer comes in your messages with this app.",
            code(id.as_str())
        ),
        Done::NotLinked => {
            "Your Slack account is not linked to any identity. Link it with `/elevate link`.".to_owned()
        }
    };
    message(text.clone(), vec![section(text)])
}

/// Something broke.
pub(super) fn failed(reference: &str) -> SlackMessageContent {
    let text = format!(
        "Something broke, and what you wanted may not have been done. Look with `/elevate status`, then try again. \
         If it happens again, tell whoever runs this app: reference {}.",
        code(reference)
    );
    message(text.clone(), vec![section(text)])
}

/// How to use the app.
pub(super) fn help(max: Minutes, example: Minutes, on_mismatch: OnMismatch) -> SlackMessageContent {
    let in_one_line = format!("/elevate 111122223333/S3Admin {example} bucket policy broken");
    let confirm = match on_mismatch {
        OnMismatch::Code => {
            Some(("/elevate confirm K7QM-2XPA", "does so with the code that you are shown then"))
        }
        OnMismatch::Refuse | OnMismatch::PlatformSignIn => None,
    };
    let commands = [
        ("/elevate", "opens a form to ask for access"),
        (&in_one_line, "asks in one line"),
        ("/elevate status", "shows what you can ask for and your newest requests"),
        ("/elevate link", "links your Slack account to your identity"),
    ];
    let commands = commands.into_iter().chain(confirm);
    let commands = commands.chain([("/elevate unlink", "undoes that"), ("/elevate help", "shows this")]);
    let lines: Vec<_> = commands.map(|(command, does)| format!("{} {does}", code(command))).collect();
    let blocks = vec![
        section("*Access to AWS roles, for a while and for a reason*".to_owned()),
        section(lines.join("\n")),
        section(format!(
            "A target is an account and a role. A duration is such as `45m` or `1h30m`, at most {max}. \
             A reviewer answers; access is open from the approval on."
        )),
    ];
    message("How to use `/elevate`".to_owned(), blocks)
}
