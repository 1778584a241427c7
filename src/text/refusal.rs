//! What a person reads who was refused: what happened, and what to do next.

use super::Names;
use crate::domain::{
    ids::MemberKind,
    refusal::{Expected, Refusal, Refused},
};

/// What is said of a refusal, with the reference that the operator needs.
#[must_use]
pub fn refused(refused: &Refused, names: &Names) -> String {
    let said = refusal(&refused.refusal, names);
    match &refused.reference {
        Some(reference) => format!("{said} Quote reference {reference}."),
        None => said,
    }
}

/// The sentences for a refusal.
#[must_use]
pub fn refusal(why: &Refusal, names: &Names) -> String {
    let Names { platform, command, .. } = names;
    match why {
        Refusal::OwnRequest { reviewers } => {
            format!("You cannot answer your own request. A member of {reviewers} has to.")
        }
        Refusal::NotReviewer { reviewers } => format!(
            "Only a member of {reviewers} can answer this request. If you should be one, ask the owner of that group."
        ),
        Refusal::AnswerRequiresSignIn => {
            "Answering requires a sign-in at your identity provider. Press the button again to get a link to it.".to_owned()
        }
        Refusal::OtherReviewer { signed_in } => format!(
            "You signed in as {signed_in}, but this answer was begun from somebody else's {platform} account. Sign out at your identity provider and open the link again."
        ),
        Refusal::SignInTooOld { max_age } => format!(
            "You signed in at your identity provider more than {max_age} ago, and this requires a more recent sign-in. Open the link again, and sign in when you are asked to."
        ),
        Refusal::SignInTooWeak { accepted } => format!(
            "This requires a stronger sign-in than the one you made: {}. Open the link again and sign in that way, or ask the people who manage your account at the identity provider.",
            accepted.join(", ")
        ),
        Refusal::NotParty { reviewers } => {
            format!("Only the requester or a member of {reviewers} can do that. Ask one of them.")
        }
        Refusal::AlreadyAnswered { status, by } => {
            format!("{by} has already {} this request. There is nothing left to do.", status.as_str())
        }
        Refusal::ExpiredUnanswered => {
            format!("This request expired before anybody answered it. The requester can make a new one with {command}.")
        }
        Refusal::ApprovedAndOver { by } => format!(
            "{by} approved this request, and its access is already over. The requester can make a new one with {command}."
        ),
        Refusal::NotLive { status } => format!(
            "Access is not open: this request is {}. Make a new one with {command} if you still need it.",
            status.as_str()
        ),
        Refusal::OtherPerson { signed_in } => format!(
            "You signed in as {signed_in}, and this access was approved for somebody else. Sign out at your identity provider and open the link again, or make a request of your own with {command}."
        ),
        Refusal::NotYours => {
            format!("This access was approved for somebody else. Make a request of your own with {command}.")
        }
        Refusal::NotEligible { target, group } => format!(
            "You are not eligible for {target}: it requires membership of {group}. Ask the owner of that group."
        ),
        Refusal::TooLong { asked, max } => {
            format!("{asked} is longer than the {max} that is allowed. Ask for {max} or less.")
        }
        Refusal::AlreadyOpen { target, request } => format!(
            "You already have a request for {target} that is waiting or approved: {request}. Use it, or withdraw or end it first."
        ),
        Refusal::NoReason => "Say why, in a few words.".to_owned(),
        Refusal::ReasonTooLong { length, max } => {
            format!("That is {length} characters; {max} are allowed. Shorten it.")
        }
        Refusal::NoSuchRequest { request } => {
            format!("There is no request {request}. Look at yours with {command} status.")
        }
        Refusal::OtherTenant => {
            "Only members of this workspace can use this app. Use your own workspace's, or ask somebody here.".to_owned()
        }
        Refusal::NotFullMember { kind } => format!(
            "Your {platform} account is {}, and only full members can use this app. Ask a workspace admin.",
            member_kind(*kind)
        ),
        Refusal::NotLinked => format!("I don't know you yet. Link your {platform} account first."),
        Refusal::SignInAgain => {
            format!("Your identity provider wants you to sign in again. Link your {platform} account once more, then repeat this.")
        }
        Refusal::NoGroupsClaim { group } => format!(
            "Your identity provider sent no groups for you, so it is not known whether you are in {group}. Tell the people who run this app."
        ),
        Refusal::IdentityUnavailable { .. } => {
            "Your groups could not be checked because the identity provider did not answer, so nothing was changed. Try again in a minute. If it keeps happening, tell the people who run this app.".to_owned()
        }
        Refusal::TokenUnavailable { .. } => {
            "Your groups could not be checked because your stored sign-in could not be read, so nothing was changed. Try again in a minute. If it keeps happening, tell the people who run this app.".to_owned()
        }
        Refusal::KeyUnavailable { .. } => {
            "Your groups could not be checked because the key to your stored sign-in was not available, so nothing was changed. Try again in a minute. If it keeps happening, tell the people who run this app.".to_owned()
        }
        Refusal::IdentityUnusable { why } => format!(
            "The identity provider's answer could not be accepted ({why}), so nothing was changed. Tell the people who run this app."
        ),
        Refusal::SignInDeclined => {
            "You were not signed in: the sign-in was cancelled or denied. Open the link again to try once more.".to_owned()
        }
        Refusal::SignInRefused { error } => format!(
            "You were not signed in: the identity provider answered “{error}”. Tell the people who run this app."
        ),
        Refusal::LinkGone => {
            format!("This link has been used or is too old. Get a new one in {platform}.")
        }
        Refusal::OtherBrowser => {
            format!("This sign-in was started in another browser. Open the link from {platform} in this one.")
        }
        Refusal::ForgedForm => {
            format!("This page was not opened from the link in {platform}, or cookies are blocked. Open the link from {platform} again.")
        }
        Refusal::NoConfirmedEmail => {
            format!("Your {platform} profile has no confirmed e-mail address. Confirm it in {platform}, then start again with {command} link.")
        }
        Refusal::NoVerifiedEmail => {
            "Your identity provider does not vouch for your e-mail address. Tell the people who run this app.".to_owned()
        }
        Refusal::EmailsDiffer { account, identity } => format!(
            "You signed in as {identity}, but the {platform} account that this link belongs to is {account}. Open your own link, from your own {command} link. If both addresses are yours, tell the people who run this app."
        ),
        Refusal::OtherDomain { identity, domains } => {
            let domains: Vec<_> = domains.iter().map(ToString::to_string).collect();
            format!(
                "You signed in as {identity}, and only addresses of {} can be linked here. Sign out at your identity provider and sign in with one of these, or ask the people who run this app.",
                domains.join(", ")
            )
        }
        Refusal::OtherAccount => {
            format!("In {platform} you are signed in as somebody else than the account that this link belongs to, so nothing was linked. Sign in to {platform} in this browser as that account, if it is yours, and open the link again; or else get your own, with {command} link.")
        }
        Refusal::AccountSignInFailed { why } => format!(
            "You could not be signed in with {platform} ({why}), so nothing was linked. Open the link again, and if that does not help, tell the people who run this app."
        ),
        Refusal::AccountSignInUnavailable { .. } => {
            format!("You could not be signed in with {platform}, because {platform} did not answer, so nothing was linked. Open the link again in a minute. If it keeps happening, tell the people who run this app.")
        }
        Refusal::BadCode => {
            "That isn't a code: codes are eight letters and digits, as the page shows them. Type it again.".to_owned()
        }
        Refusal::NoCode => {
            format!("No code waits for your {platform} account. Type only a code that you have seen yourself, on the page at the end of your own {command} link, and never one that somebody gave you.")
        }
        Refusal::CodeTooLate { minutes } => {
            format!("That code has expired: codes are good for {minutes} minutes. Get another one with {command} link.")
        }
        Refusal::WrongCode { left } => {
            let tries = if *left == 1 { "1 try".to_owned() } else { format!("{left} tries") };
            format!("That code doesn't match. {tries} left.")
        }
        Refusal::CodeUsedUp => {
            format!("A wrong code was typed too often, so this code can no longer be used. Get another one with {command} link.")
        }
        Refusal::IdentityTaken => {
            format!("This identity is already linked to another {platform} account. Unlink it there first, with {command} unlink.")
        }
        Refusal::LinkedToAnother => {
            format!("Your {platform} account is linked to another identity, of another address. Unlink it first, with {command} unlink.")
        }
        Refusal::SessionRefused { why } => {
            format!("AWS refused the session: {}. Tell the people who run this app.", why.trim_end_matches('.'))
        }
        Refusal::SessionUnavailable { .. } => {
            format!("AWS could not open a session just now. Press Open console in {platform} to try again. If it keeps happening, tell the people who run this app.")
        }
        Refusal::GivenUp => {
            format!("What you asked for could not be done for a quarter of an hour, and it will not be tried again. See where things stand with {command} status, and ask again if you still need it. If it happens again, tell the people who run this app.")
        }
        Refusal::TooFast { seconds } => {
            format!("That is too much at once, so nothing was done. Wait {seconds} s, then repeat it.")
        }
        Refusal::Unreadable { text, expected } => unreadable(text, *expected),
        Refusal::IncompleteCommand => {
            "That command did not arrive whole, so nothing was done. Type it again.".to_owned()
        }
        Refusal::DamagedForm => "This form is damaged. Close it and press Reject again.".to_owned(),
    }
}

fn member_kind(kind: MemberKind) -> &'static str {
    match kind {
        MemberKind::Full => "a full member's",
        MemberKind::Guest => "a guest",
        MemberKind::Bot => "a bot",
        MemberKind::Deactivated => "deactivated",
    }
}

fn unreadable(text: &str, expected: Expected) -> String {
    match (text, expected) {
        ("", Expected::Target) => "Name an account and a role, such as 111122223333/S3Admin.".to_owned(),
        ("", Expected::Duration) => "Say for how long, such as 45m or 1h30m.".to_owned(),
        (_, Expected::Target) => {
            format!("I couldn't read “{text}”. Name an account and a role, such as 111122223333/S3Admin.")
        }
        (_, Expected::Duration) => {
            format!(
                "I couldn't read “{text}”. Say for how long in whole minutes or hours, such as 45m or 1h30m."
            )
        }
    }
}

#[cfg(test)]
mod tests;
