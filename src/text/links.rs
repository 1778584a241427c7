//! Links that lead out of the chat, and the link between an account and an identity.

use url::Url;

use super::{
    Names, refused,
    rich::{Line, say},
    said::{Action, Button, LeadsTo, Link, Part, Said},
    words,
};
use crate::domain::{
    act::Act,
    email::Email,
    ids::Target,
    person::Human,
    refusal::Refused,
    ticket::{CONSOLE_LASTS, LINK_LASTS, REVIEW_LASTS},
    window::Timestamp,
};

/// A one-time link to the AWS console.
pub(super) fn console_link(target: &Target, url: &Url, ends_at: Timestamp, names: &Names) -> Said {
    let terms = say!(
        "For you only: you sign in first. Works once, within {minutes} minutes. Access ends {ends_at}.",
        minutes = CONSOLE_LASTS.num_minutes(),
        ends_at
    );
    let target = names.target(target);
    let parts = vec![
        Part::paragraph(say!("Your link to *{target}*", target = target.clone())),
        link("Open AWS console", LeadsTo::Console, url, names),
        Part::Small(terms),
    ];
    Said { summary: say!("Your link to {target}", target), parts }
}

/// A one-time link to the sign-in by which an answer counts.
pub(super) fn sign_in_to_answer(
    act: &Act,
    target: &Target,
    requester: &Human,
    url: &Url,
    names: &Names,
) -> Said {
    let what = say!(
        "{answer} {who}'s request for {target}",
        answer = words::act(act),
        who = Line::mention(requester),
        target = names.target(target)
    );
    let parts = vec![
        Part::paragraph(say!(
            "Sign in to {what}. Your answer counts after you sign in.",
            what = what.clone()
        )),
        link("Sign in", LeadsTo::SignInToAnswer, url, names),
        Part::Small(for_you_alone(REVIEW_LASTS.num_minutes())),
    ];
    Said { summary: say!("Sign in to {what}", what), parts }
}

/// An invitation to link, with the reason for it.
pub(super) fn link_invitation(why: Option<&Refused>, url: &Url, names: &Names) -> Said {
    let why = match why {
        Some(why) => refused(why, names),
        None => {
            let platform = &names.platform;
            format!("Link your {platform} account by signing in at your identity provider.")
        }
    };
    let summary = Line::given(&why, 1_000);
    let parts = vec![
        Part::Text(why),
        link("Link my account", LeadsTo::SignInToLink, url, names),
        Part::Small(for_you_alone(LINK_LASTS.num_minutes())),
    ];
    Said { summary, parts }
}

fn for_you_alone(minutes: i64) -> Line {
    say!("For you only: do not share it. Works once, within {minutes} minutes.", minutes)
}

fn link(label: &'static str, leads_to: LeadsTo, url: &Url, Names { platform, .. }: &Names) -> Part {
    let otherwise = format!("The link is too long for {platform}. Contact the people who run this app.");
    Part::Link(Link { label, url: url.clone(), leads_to, otherwise })
}

/// The person is linked, and can undo it.
pub(super) fn linked(email: &Email, Names { platform, command, .. }: &Names) -> Said {
    let text = say!(
        "Your {platform} account is linked to *{email}*. Request access with `{command}`. \
         If you did not link it, unlink it and contact the people who run this app.",
        platform,
        email,
        command
    );
    let summary = say!("Your {platform} account is linked to {email}.", platform, email);
    Said { summary, parts: with_unlink(text) }
}

/// The person is linked to another identity than before, and can undo it.
pub(super) fn relinked(email: &Email, Names { platform, .. }: &Names) -> Said {
    let text = say!(
        "*Your {platform} account is now linked to a different identity*, which has the same address, *{email}*. \
         This is expected when your company moves to another identity provider. \
         If you did not link it, unlink it at once and contact the people who run this app.",
        platform,
        email
    );
    let summary = say!(
        "Your {platform} account is now linked to a different identity with the address {email}.",
        platform,
        email
    );
    Said { summary, parts: with_unlink(text) }
}

fn with_unlink(text: Line) -> Vec<Part> {
    vec![Part::paragraph(text), Part::Buttons(vec![Button::new("Unlink", Action::Unlink).danger()])]
}

/// The person is no longer linked.
pub(super) fn unlinked(email: &Email, Names { platform, command, .. }: &Names) -> Said {
    Said::paragraph(say!(
        "Your {platform} account is no longer linked to *{email}*. Link it again with `{command} link`.",
        platform,
        email,
        command
    ))
}

/// The person has signed out at the identity provider.
pub(super) fn signed_out(email: &Email, Names { command, .. }: &Names) -> Said {
    Said::paragraph(say!(
        "Your identity provider reports that you signed out as *{email}*. Sign in again with `{command} link` before \
         you request access or answer a request.",
        email,
        command
    ))
}
