//! A line of the audit channel: when, what, who, and which event it was.

use std::borrow::Cow;

use slack_morphism::prelude::SlackMessageContent;

use super::{
    blocks::{message, section},
    standing::still_working,
    text::{account, approvers, cause, code, date, mention, name, person, quoted},
};
use crate::{
    domain::{
        audit::{AuditEntry, SideEvent, SideNews},
        burst::Burst,
        ids::Target,
        linking::ShownBy,
        person::{Human, Subject as Identity},
        request::{DropReason, Event, Recorded},
        trail::actor::Actor,
        window::{Minutes, Timestamp},
    },
    text::{Names, refused},
};

/// The most that a line quotes.
const LONGEST_QUOTE: usize = 1_500;
/// The most events of a burst that a line names one by one.
const MOST_IDS: usize = 20;

/// One line. What somebody wrote comes last, so that nothing can be mistaken for part of it.
pub(super) fn audit_line(entry: &AuditEntry, names: &Names) -> SlackMessageContent {
    line(entry, names).drawn(code(&entry.event_id()))
}

fn line<'a>(entry: &'a AuditEntry, names: &Names) -> Line<'a> {
    match entry {
        AuditEntry::Request { requester, target, duration, recorded } => {
            Subject { requester, target: &super::target(target, names), duration: *duration }.line(recorded)
        }
        AuditEntry::Side(event) => side_line(event, names),
    }
}

/// One line about several events of a person: how many of what since when, which, and the last of them in full.
pub(super) fn burst_line(burst: &Burst, names: &Names) -> SlackMessageContent {
    let Burst { who, since, last, kinds, ids } = burst;
    let kinds: Vec<String> = kinds.iter().map(|(kind, times)| format!("{kind} {times}×")).collect();
    let (who, kinds, since) = (account(who), kinds.join(", "), date(*since));
    let line = line(last, names);
    let told = format!("{} events of {who} since {since}: {kinds} · the last: {}", ids.len(), line.told);
    Line { title: "Burst", told, ..line }.drawn(spanned(ids))
}

/// All ids, or the first and the last where there are too many for a line.
fn spanned(ids: &[String]) -> String {
    match ids {
        [first, .., last] if ids.len() > MOST_IDS => format!("{} – {}", code(first), code(last)),
        ids => ids.iter().map(|id| code(id)).collect::<Vec<_>>().join(" "),
    }
}

/// What a line consists of, besides the event's id.
struct Line<'a> {
    at: Timestamp,
    title: &'static str,
    told: String,
    quote: Option<Cow<'a, str>>,
}

impl Line<'_> {
    /// The line with the ids of its events, in Slack's markup.
    fn drawn(self, ids: String) -> SlackMessageContent {
        let Self { at, title, told, quote } = self;
        let mut parts = vec![date(at), format!("*{title}*"), told, ids];
        parts.extend(quote.map(|text| quoted(&text, LONGEST_QUOTE)));
        let line = parts.join(" · ");
        message(line.clone(), vec![section(line)])
    }
}

/// The request that an event happened to.
struct Subject<'a> {
    requester: &'a Human,
    /// In Slack's markup.
    target: &'a str,
    duration: Minutes,
}

impl Subject<'_> {
    fn line<'a>(&self, recorded: &'a Recorded) -> Line<'a> {
        let (title, told) = self.told(recorded);
        Line { at: recorded.at, title, told, quote: quote(&recorded.what) }
    }

    fn told(&self, recorded: &Recorded) -> (&'static str, String) {
        let Self { requester, target, duration } = self;
        let who = person(requester);
        let whose = mention(requester);
        let actor = cause(&recorded.actor);
        match &recorded.what {
            Event::Requested { answer_by, .. } => (
                "Requested",
                format!("{who} asked for {target} for {duration}, to be answered until {}", date(*answer_by)),
            ),
            Event::Approved { approvals, window } => (
                "Approved",
                format!(
                    "{} approved {whose}'s request for {target}, open until {}",
                    approvers(approvals),
                    date(window.ends())
                ),
            ),
            Event::Rejected { .. } => {
                ("Rejected", format!("{actor} rejected {whose}'s request for {target}"))
            }
            Event::Withdrawn => ("Withdrawn", format!("{actor} withdrew {whose}'s request for {target}")),
            Event::Expired => ("Expired", format!("nobody answered {who}'s request for {target} in time")),
            Event::Ended { ended_at, .. } if recorded.actor == Actor::Clock => {
                ("Ended", format!("{who}'s access to {target} ran out {}", date(*ended_at)))
            }
            Event::Ended { ended_at, sessions_until } => {
                let rest = still_working(*sessions_until);
                let told = format!("{actor} ended {whose}'s access to {target} {}{rest}", date(*ended_at));
                ("Ended early", told)
            }
            Event::SessionIssuing { session } => (
                "Session asked for",
                format!("{who} is back from the sign-in; AWS is asked for session {session} of {target}"),
            ),
            Event::SessionIssued { session, expires_at } => (
                "Session issued",
                format!(
                    "{who} gets session {session} of {target}, which AWS lets expire {} at the latest",
                    date(*expires_at)
                ),
            ),
            Event::SessionDropped { session, .. } => {
                ("Session dropped", format!("{who}'s session {session} of {target} was thrown away"))
            }
            Event::SessionRefused { session, .. } => {
                ("Session refused", format!("AWS refused {who} session {session} of {target}"))
            }
            Event::SessionUnknown { session } => (
                "Session unknown",
                format!(
                    "AWS's answer about {who}'s session {session} of {target} never came; nothing was handed out"
                ),
            ),
        }
    }
}

/// What somebody wrote, AWS said or the app found.
fn quote(event: &Event) -> Option<Cow<'_, str>> {
    match event {
        Event::Requested { justification, .. } => Some(justification.as_str().into()),
        Event::Rejected { reason, .. } => Some(reason.as_str().into()),
        Event::SessionDropped { why: DropReason::AccessEnded, .. } => {
            Some("access ended while AWS was answering".into())
        }
        Event::SessionDropped { why: DropReason::NoConsole { why }, .. } => {
            Some(format!("no console address: {why}").into())
        }
        Event::SessionRefused { why, .. } => Some(why.into()),
        Event::Approved { .. }
        | Event::Withdrawn
        | Event::Expired
        | Event::Ended { .. }
        | Event::SessionIssuing { .. }
        | Event::SessionIssued { .. }
        | Event::SessionUnknown { .. } => None,
    }
}

/// Who somebody is at their identity provider.
fn identity(identity: &Identity) -> String {
    format!("{} of {}", code(&identity.subject), code(&identity.issuer))
}

/// What has shown that an account is theirs, where it is not the address.
fn shown(by: ShownBy) -> &'static str {
    match by {
        ShownBy::Address => "",
        ShownBy::PlatformSignIn => ", which is not their address in Slack: they signed in with Slack",
        ShownBy::Code => ", which is not their address in Slack: they typed a code",
    }
}

fn side_line<'a>(event: &'a SideEvent, names: &Names) -> Line<'a> {
    let who = account(&event.who);
    let (title, told, quote) = match &event.what {
        SideNews::Linked { email, shown_by } => {
            let told = format!("{who} is linked to {}{}", name(email.as_str()), shown(*shown_by));
            ("Linked", told, None)
        }
        SideNews::Relinked { email, from, to, shown_by } => (
            "⚠ Linked to another identity",
            format!(
                "{who} was linked to {} and is linked to {}, with the same address, {}{}",
                identity(from),
                identity(to),
                name(email.as_str()),
                shown(*shown_by)
            ),
            None,
        ),
        SideNews::Unlinked { email } => {
            ("Unlinked", format!("{who} is not linked to {} any more", name(email.as_str())), None)
        }
        SideNews::SignedOut { email } => (
            "Signed out",
            format!(
                "{who} has signed out at the identity provider as {}, and must sign in again",
                name(email.as_str())
            ),
            None,
        ),
        SideNews::Refused { tried, request, target, why } => {
            let about = request.iter().map(|id| code(id.as_str()));
            let about = about.chain(target.iter().map(|target: &Target| super::target(target, names)));
            let told = [format!("{who} tried to {tried}")].into_iter().chain(about);
            ("Refused", told.collect::<Vec<_>>().join(" · "), Some(refused(why, names).into()))
        }
        SideNews::Undelivered { what, request, why } => {
            let about = request.iter().map(|id| code(id.as_str()));
            let told = [format!("{who} · Slack will not take {}", name(what))];
            let told = told.into_iter().chain(about).collect::<Vec<_>>().join(" · ");
            ("Not delivered", told, Some(why.into()))
        }
    };
    Line { at: event.at, title, told, quote }
}
