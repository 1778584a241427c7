//! Links that lead out of Slack, and the link between a Slack account and an identity.

use slack_morphism::prelude::{SlackBlock, SlackBlockButtonStyle, SlackMessageContent};
use url::Url;

use super::{
    blocks::{actions, button, context, link, message, plain_section, section},
    ids::action,
    text::{date, escaped, mention, name},
};
use crate::{
    domain::{
        decide::Verdict,
        email::Email,
        person::Human,
        refusal::Refused,
        ticket::{CONSOLE_LASTS, LINK_LASTS, REVIEW_LASTS},
        window::Timestamp,
    },
    text::{Names, refused},
};

/// The value of the button that unlinks, which is about no request.
const UNLINK: &str = "unlink";

/// A one-time link to the AWS console for `target`, which is in Slack's markup.
pub(super) fn console_link(target: &str, url: &Url, ends_at: Timestamp) -> SlackMessageContent {
    let terms = format!(
        "For you alone: you sign in on the way. Works once, within {} minutes. Access ends {}.",
        CONSOLE_LASTS.num_minutes(),
        date(ends_at)
    );
    let blocks = vec![
        section(format!("Your link to *{target}*")),
        link(action::OPEN_SESSION, "Open AWS console", url),
        context(terms),
    ];
    message(format!("Your link to {target}"), blocks)
}

/// A one-time link to the sign-in by which an answer counts. `target` is in Slack's markup.
pub(super) fn sign_in_to_answer(
    verdict: &Verdict,
    target: &str,
    requester: &Human,
    url: &Url,
) -> SlackMessageContent {
    let what = format!("{} {}'s request for {target}", verdict.tried(), mention(requester));
    let minutes = REVIEW_LASTS.num_minutes();
    let blocks = vec![
        section(format!("Sign in to {what}. It is not answered before that.")),
        link(action::OPEN_ANSWER, "Sign in", url),
        context(format!("For you alone: do not pass it on. Works once, within {minutes} minutes.")),
    ];
    message(format!("Sign in to {what}"), blocks)
}

/// An invitation to link, with the reason for it.
pub(super) fn link_invitation(why: Option<&Refused>, url: &Url, names: &Names) -> SlackMessageContent {
    let why = why.map_or_else(
        || "Link your Slack account by signing in at your identity provider.".to_owned(),
        |why| refused(why, names),
    );
    let minutes = LINK_LASTS.num_minutes();
    let blocks = vec![
        plain_section(&why),
        link(action::OPEN_LINK, "Link my account", url),
        context(format!("For you alone: do not pass it on. Works once, within {minutes} minutes.")),
    ];
    message(escaped(&why, 1_000), blocks)
}

/// The person is linked, and can undo it.
pub(super) fn linked(email: &Email) -> SlackMessageContent {
    let email = name(email.as_str());
    let text = format!(
        "Your Slack account is linked to *{email}*. Ask for access with `/elevate`. \
         If it was not you who linked it, unlink it and tell whoever runs this app."
    );
    message(format!("Your Slack account is linked to {email}."), with_unlink(text))
}

/// The person is linked to another identity than before, and can undo it.
pub(super) fn relinked(email: &Email) -> SlackMessageContent {
    let email = name(email.as_str());
    let text = format!(
        "*Your Slack account is linked to another identity than before*, which has the same address, *{email}*. \
         That is as it should be when your company moves to another identity provider. \
         If it was not you who linked it, unlink it at once and tell whoever runs this app."
    );
    let summary = format!("Your Slack account is linked to another identity of {email}.");
    message(summary, with_unlink(text))
}

fn with_unlink(text: String) -> Vec<SlackBlock> {
    let unlink = button(action::UNLINK, "Unlink")
        .with_value(UNLINK.to_owned())
        .with_style(SlackBlockButtonStyle::Danger);
    [section(text).into(), actions(vec![unlink])].into_iter().flatten().collect()
}

/// The person is not linked any more.
pub(super) fn unlinked(email: &Email) -> SlackMessageContent {
    let text = format!(
        "Your Slack account is not linked to *{}* any more. Link it again with `/elevate link`.",
        name(email.as_str())
    );
    message(text.clone(), vec![section(text)])
}

/// The person has signed out at the identity provider.
pub(super) fn signed_out(email: &Email) -> SlackMessageContent {
    let text = format!(
        "Your identity provider says that you have signed out as *{}*. Sign in again with `/elevate link` before you \
         ask for access or answer a request.",
        name(email.as_str())
    );
    message(text.clone(), vec![section(text)])
}
