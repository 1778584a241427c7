//! The sentences for refusals: what happened, and what to do next.

use super::{
    Names,
    cloud::cloud_refusal,
    provider::{answer_fault, own_words},
};
use crate::domain::{
    ids::MemberKind,
    refusal::{Expected, Refusal, Refused},
};

/// The sentences for a refusal, with the reference that the operator needs.
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
            format!("You cannot answer your own request. A member of {reviewers} must answer it.")
        }
        Refusal::NotReviewer { reviewers } => format!(
            "Only a member of {reviewers} can answer this request. If you should be a member, ask the owner of that group."
        ),
        Refusal::AnswerRequiresSignIn => {
            "Answering requires a sign-in at your identity provider. Press the button again to get a sign-in link.".to_owned()
        }
        Refusal::OtherReviewer { signed_in } => format!(
            "You signed in as {signed_in}, but this answer was started from someone else's {platform} account. Sign out at your identity provider and open the link again."
        ),
        Refusal::SignInTooOld { max_age } => format!(
            "You signed in at your identity provider more than {max_age} ago, and this requires a more recent sign-in. Open the link again and sign in when prompted."
        ),
        Refusal::SignInNotFresh => {
            "Your identity provider did not ask you to sign in, so the app could not check whether you are still eligible. Sign out at your identity provider, then open the link again.".to_owned()
        }
        Refusal::SignInTooWeak { accepted } => format!(
            "This requires a stronger sign-in than the one you used. Accepted: {}. Open the link again and sign in that way, or ask the people who manage your account at the identity provider.",
            accepted.join(", ")
        ),
        Refusal::NotParty { reviewers } => {
            format!("Only the requester or a member of {reviewers} can do that. Ask one of them.")
        }
        Refusal::AlreadyAnswered { status, by } => {
            format!("{by} has already {} this request. You don't need to do anything.", status.as_str())
        }
        Refusal::ExpiredUnanswered => {
            format!("This request expired before anyone answered it. The requester can make a new one with {command}.")
        }
        Refusal::ApprovedAndOver { by } => format!(
            "{by} approved this request, and its access has already ended. The requester can make a new one with {command}."
        ),
        Refusal::NotLive { status } => format!(
            "Access is not open: this request is {}. Make a new one with {command} if you still need access.",
            status.as_str()
        ),
        Refusal::OtherPerson { signed_in } => format!(
            "You signed in as {signed_in}, but this access was approved for someone else. Sign out at your identity provider and open the link again, or make your own request with {command}."
        ),
        Refusal::NotYours => {
            format!("This access was approved for someone else. Make your own request with {command}.")
        }
        Refusal::NotEligible { target, group } => format!(
            "You are not eligible for {target}: it requires membership in {group}. Ask the owner of that group."
        ),
        Refusal::GroupMisspelled { group, sent } => format!(
            "Membership in {group} counts only under exactly that name, and your identity provider sends {sent}. Contact the people who run this app.",
            sent = sent.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ")
        ),
        Refusal::Frozen => {
            "Access is frozen: the people who run this app let nobody in for now. Nothing was changed. Ask them when it ends, and try again then.".to_owned()
        }
        Refusal::PolicyOutdated { .. } => {
            "The rules for access have just changed, and your action reached a part of the app that still has the earlier ones. Nothing was changed. Try again in a minute. If this happens again, contact the people who run this app.".to_owned()
        }
        Refusal::AuditOverdue => {
            "Nobody is let in for now, because the audit channel has not received what happened for more than ten minutes. Try again later, and tell the people who run this app.".to_owned()
        }
        Refusal::NotOffered { target } => format!(
            "{target} cannot be requested any more: its account is no longer offered. Ask the people who run this app."
        ),
        Refusal::UnprovenGrant { .. } => format!(
            "This access could not be verified, so nothing was opened. Make a new request with {command}, and contact the people who run this app."
        ),
        Refusal::TooManySessions { max } => format!(
            "You already have {max} sessions with this access, which is the maximum at once. Use one of them, or wait until one expires."
        ),
        Refusal::TooManyRequests { max } => format!(
            "You have made {max} requests within an hour, which is the maximum. Wait until the oldest of them is an hour old."
        ),
        Refusal::TooLong { asked, max } => {
            format!("{asked} is longer than the maximum of {max}. Request {max} or less.")
        }
        Refusal::AlreadyOpen { target, request } => format!(
            "You already have a request for {target} that is waiting or approved: {request}. Use it, or withdraw or end it first."
        ),
        Refusal::NoReason => "A reason is required. Give one in a few words.".to_owned(),
        Refusal::ReasonTooLong { length, max } => {
            format!("The reason has {length} characters; the maximum is {max}. Shorten it.")
        }
        Refusal::OtherMessage { .. } => {
            "You pressed a button on a message that is not this request's current one, so nothing was done. Use the card in the review channel, or your newest message about the request. If you did not expect that message, tell the people who run this app.".to_owned()
        }
        Refusal::NoSuchRequest { request } => {
            format!("There is no request {request}. See your requests with {command} status.")
        }
        Refusal::OtherTenant => {
            "Only members of this workspace can use this app. Use the app in your own workspace, or ask a member of this one.".to_owned()
        }
        Refusal::NotFullMember { kind } => format!(
            "Your {platform} account is {}, and only full members can use this app. Ask a workspace admin.",
            member_kind(*kind)
        ),
        Refusal::NotLinked => format!("Your {platform} account is not linked yet. Link it first."),
        Refusal::SignInAgain { words } => {
            let words = words.as_ref().map(|words| format!(" ({})", own_words(words))).unwrap_or_default();
            format!("Your identity provider requires you to sign in again{words}. Link your {platform} account again, then repeat this.")
        }
        Refusal::GroupsUnknown { claims } => format!(
            "Your identity provider did not return your groups when it renewed your sign-in ({}). Nothing was changed. Sign in again: link your {platform} account again, then repeat this. If it happens again, contact the people who run this app.",
            sent(claims)
        ),
        Refusal::NoGroupsClaim { group, claim, claims } => {
            let looked_for = if claim.is_empty() { String::new() } else { format!("no claim {claim}; ") };
            let unknown = match group {
                Some(group) => format!("the app could not check whether you are in {group}"),
                None => "you can neither request access nor answer requests".to_owned(),
            };
            format!(
                "Your identity provider returned no groups for you, so {unknown} ({looked_for}{sent}). Contact the people who run this app.",
                sent = sent(claims)
            )
        }
        Refusal::IdentityUnavailable { .. } => {
            "Your groups could not be checked because the identity provider did not respond. Nothing was changed. Try again in a minute. If it happens again, contact the people who run this app.".to_owned()
        }
        Refusal::TokenUnavailable { .. } => {
            "Your groups could not be checked because your stored sign-in could not be read. Nothing was changed. Try again in a minute. If it happens again, contact the people who run this app.".to_owned()
        }
        Refusal::KeyUnavailable { .. } => {
            "Your groups could not be checked because the key for your stored sign-in was not available. Nothing was changed. Try again in a minute. If it happens again, contact the people who run this app.".to_owned()
        }
        Refusal::IdentityUnusable { fault } => format!(
            "The identity provider's response could not be accepted ({why}). Nothing was changed. Contact the people who run this app.",
            why = answer_fault(fault)
        ),
        Refusal::SignInDeclined { words } => format!(
            "You were not signed in: the sign-in was cancelled or denied ({}). Open the link again to retry.",
            own_words(words)
        ),
        Refusal::SignInRefused { words } => format!(
            "You were not signed in: the identity provider refused ({}). Contact the people who run this app.",
            own_words(words)
        ),
        Refusal::LinkGone => {
            format!("This link has been used or has expired. Get a new one in {platform}.")
        }
        Refusal::OtherBrowser => {
            format!("This sign-in was started in another browser. Open the link from {platform} in this one.")
        }
        Refusal::ForgedForm => {
            format!("This page was not opened from the link in {platform}, or cookies are blocked. Allow cookies and open the link from {platform} again.")
        }
        Refusal::EmailNotShown => {
            format!("{platform} does not show the email address of your {platform} account to this app, so it cannot be compared. Contact the people who run this app.")
        }
        Refusal::AccountUnknown => {
            format!("{platform} does not know your {platform} account, so nothing was done. Only members of this workspace can use this app. Ask a workspace admin.")
        }
        Refusal::NoConfirmedEmail => {
            format!("Your {platform} profile has no confirmed email address. Confirm it in {platform}, then start again with {command} link.")
        }
        Refusal::NoEmail { claim, claims } => format!(
            "Your identity provider sent no email address in the claim {claim}, which oidc.email_claim names ({}). Contact the people who run this app.",
            sent(claims)
        ),
        Refusal::NoVerifiedEmail => {
            "Your identity provider has not verified your email address. Contact the people who run this app.".to_owned()
        }
        Refusal::EmailsDiffer { account, identity } => format!(
            "You signed in as {identity}, but the {platform} account that this link belongs to is {account}. Get your own link with {command} link. If both addresses are yours, contact the people who run this app."
        ),
        Refusal::NoPersonClaim => {
            "Your identity provider does not say which person this identity belongs to, so it cannot be linked. Contact the people who run this app.".to_owned()
        }
        Refusal::OtherDomain { identity, domains } => {
            let domains: Vec<_> = domains.iter().map(ToString::to_string).collect();
            format!(
                "You signed in as {identity}, but only addresses at {} can be linked. Sign out at your identity provider and sign in with one of these, or contact the people who run this app.",
                domains.join(", ")
            )
        }
        Refusal::OtherAccount => {
            format!("You are not signed in to {platform} with the account that this link belongs to, so nothing was linked. If that account is yours, sign in to it in this browser and open the link again. If not, get your own link with {command} link.")
        }
        Refusal::AccountSignInFailed { fault } => format!(
            "The sign-in with {platform} failed ({why}), so nothing was linked. Open the link again. If it happens again, contact the people who run this app.",
            why = answer_fault(fault)
        ),
        Refusal::AccountSignInUnavailable { .. } => {
            format!("The sign-in with {platform} failed because {platform} did not respond, so nothing was linked. Open the link again in a minute. If it happens again, contact the people who run this app.")
        }
        Refusal::BadCode => {
            "That isn't a code. A code has eight letters and digits, as the page shows. Type it again.".to_owned()
        }
        Refusal::NoCode => {
            format!("No code is waiting for your {platform} account. Type only a code that you have seen yourself, on the page at the end of your own {command} link. Never type a code that someone gave you.")
        }
        Refusal::CodeTooLate { minutes } => {
            format!("That code has expired: codes are valid for {minutes} minutes. Get a new one with {command} link.")
        }
        Refusal::WrongCode { left } => {
            let tries = if *left == 1 { "1 try".to_owned() } else { format!("{left} tries") };
            format!("That code doesn't match. {tries} left.")
        }
        Refusal::CodeUsedUp => {
            format!("A wrong code was typed too often, so this code is no longer valid. Get a new one with {command} link.")
        }
        Refusal::IdentityTaken => {
            format!("This identity is already linked to another {platform} account. Unlink it there first, with {command} unlink.")
        }
        Refusal::AddressTaken => {
            format!("Your email address already belongs to another linked {platform} account. Unlink it there first, with {command} unlink.")
        }
        Refusal::LinkedToAnother => {
            format!("Your {platform} account is linked to another identity with a different email address. Unlink it first, with {command} unlink.")
        }
        Refusal::SessionRefused { why } => {
            format!("AWS refused the session. {} Contact the people who run this app.", cloud_refusal(why))
        }
        Refusal::SessionUnavailable { .. } => {
            format!("AWS could not open a session. Press Open console in {platform} to try again. If it happens again, contact the people who run this app.")
        }
        Refusal::GivenUp => {
            format!("Your action failed for 15 minutes and will not be retried. Check with {command} status, and repeat the action if you still need it. If it happens again, contact the people who run this app.")
        }
        Refusal::TooFast { seconds } => {
            format!("That was too many actions at once, so nothing was done. Wait {seconds} s, then try again.")
        }
        Refusal::Unreadable { text, expected } => unreadable(text, *expected),
        Refusal::IncompleteCommand => {
            "The command arrived incomplete, so nothing was done. Type it again.".to_owned()
        }
        Refusal::PlatformRefused { operation, reason } => {
            format!("{platform} does not let this app do that ({operation}: {reason}), so nothing was done. Trying again does not help. Contact the people who run this app.")
        }
        Refusal::FormTooLate => {
            format!("{platform} was slow, so the form could not be opened in time. Do it again.")
        }
        Refusal::DamagedForm => "This form is damaged. Close it and press Reject again.".to_owned(),
    }
}

/// The claims that came in place of groups.
fn sent(claims: &[String]) -> String {
    if claims.is_empty() {
        "it sent no claims".to_owned()
    } else {
        format!("it sent the claims {}", claims.join(", "))
    }
}

fn member_kind(kind: MemberKind) -> &'static str {
    match kind {
        MemberKind::Full => "a full member",
        MemberKind::Guest => "a guest",
        MemberKind::Bot => "a bot",
        MemberKind::Deactivated => "deactivated",
    }
}

fn unreadable(text: &str, expected: Expected) -> String {
    match (text, expected) {
        ("", Expected::Target) => {
            "A target is required. Enter an account and a role, such as 111122223333/S3Admin.".to_owned()
        }
        ("", Expected::Duration) => "A duration is required. Enter one such as 45m or 1h30m.".to_owned(),
        (_, Expected::Unit) => format!("“{text}” has no unit. Did you mean {text}m or {text}h?"),
        (_, Expected::Target) => {
            format!("“{text}” is not a target. Enter an account and a role, such as 111122223333/S3Admin.")
        }
        (_, Expected::Duration) => {
            format!("“{text}” is not a duration. Enter whole minutes or hours, such as 45m or 1h30m.")
        }
    }
}

#[cfg(test)]
mod tests;
