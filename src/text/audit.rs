//! A line of the audit channel: when, what, who, and which event it was.

use super::{
    Names,
    cloud::cloud_refusal,
    people::{approvers, cause, identity, person},
    refused,
    rich::{Line, say},
    said::Said,
    standing::still_working,
    words,
};
use crate::domain::{
    account_event::{AccountEvent, AccountRecord},
    audit::AuditEntry,
    burst::{Burst, Kind},
    control::{ControlEvent, ControlRecord},
    email::Email,
    ids::{RequestId, Target},
    linking::ShownBy,
    person::{Human, Subject as Identity},
    policy_in_force::SettingChange,
    request::{DropReason, Event, Opening, Recorded},
    trail::actor::Actor,
    undelivered::NotAccepted,
    window::{Minutes, Timestamp},
};

/// The most events of a burst that a line names one by one.
const MOST_IDS: usize = 20;
/// The most settings of a changed policy that a line names.
const MOST_SETTINGS: usize = 10;
/// The most of a setting's key or value that a line shows.
const LONGEST_SETTING: usize = 80;

/// One line. What somebody wrote comes last, so that nothing can be mistaken for part of it.
pub(super) fn audit_line(entry: &AuditEntry, names: &Names) -> Said {
    told(entry, names).line(Line::code(&entry.event_id()))
}

/// One line about several events of a person: how many of what since when, which, and the last of them in full.
pub(super) fn burst_line(burst: &Burst, names: &Names) -> Said {
    let Burst { who, since, last, kinds, ids } = burst;
    let kinds =
        kinds.iter().map(|(kind, times)| say!("{kind} {times}×", kind = burst_kind(*kind), times = *times));
    let last = told(last, names);
    let what = say!(
        "{count} events of {who} since {since}: {kinds} · latest: {last}",
        count = ids.len(),
        who,
        since = *since,
        kinds = Line::joined(", ", kinds),
        last = last.what
    );
    Told { title: "Burst", what, ..last }.line(spanned(ids))
}

/// All ids, or the first and the last where there are too many for a line.
fn spanned(ids: &[String]) -> Line {
    match ids {
        [first, .., last] if ids.len() > MOST_IDS => {
            say!("{first} – {last}", first = Line::code(first), last = Line::code(last))
        }
        ids => Line::joined(" ", ids.iter().map(|id| Line::code(id))),
    }
}

/// One kind of event in a burst.
fn burst_kind(kind: Kind) -> Line {
    match kind {
        Kind::Requested => "requested access".into(),
        Kind::Withdrawn => "withdrew".into(),
        Kind::Expired => "got no answer".into(),
        Kind::Linked => "was linked".into(),
        Kind::Unlinked => "was unlinked".into(),
        Kind::SignedOut => "signed out".into(),
        Kind::Refused(tried) => say!("tried to {what}", what = words::tried(tried)),
    }
}

/// What a line consists of, besides the event's id.
struct Told {
    at: Timestamp,
    title: &'static str,
    what: Line,
    /// What somebody wrote, AWS said or the app found.
    quote: Option<Line>,
}

impl Told {
    /// The line with the ids of its events.
    fn line(self, ids: Line) -> Said {
        let Self { at, title, what, quote } = self;
        let parts = [at.into(), Line::from(title).bold(), what, ids];
        Said::paragraph(Line::joined(" · ", parts.into_iter().chain(quote)))
    }
}

fn told(entry: &AuditEntry, names: &Names) -> Told {
    match entry {
        AuditEntry::Request { requester, target, duration, recorded } => {
            let target = names.target(target);
            let (title, what) = Subject { requester, target, duration: *duration }.told(recorded);
            Told { at: recorded.at, title, what, quote: quote(&recorded.what) }
        }
        AuditEntry::Account(recorded) => {
            let (title, what, quote) = told_of_account(recorded, names);
            Told { at: recorded.at, title, what, quote }
        }
        AuditEntry::Control(recorded) => {
            let (title, what, quote) = told_of_control(recorded);
            Told { at: recorded.at, title, what, quote }
        }
    }
}

fn told_of_control(recorded: &ControlRecord) -> (&'static str, Line, Option<Line>) {
    let actor = cause(&recorded.actor);
    match &recorded.what {
        ControlEvent::Frozen { reason } => {
            let what =
                say!("{actor} froze access at a command line; nobody is let in until it is thawed", actor);
            ("⚠ Frozen", what, Some(Line::quoted(reason.as_str())))
        }
        ControlEvent::Thawed => {
            ("Thawed", say!("{actor} thawed access at a command line; people are let in again", actor), None)
        }
        ControlEvent::PolicyChanged { number, digest, changes, more } => {
            let how = match &recorded.actor {
                Actor::Operator => "at a command line",
                Actor::Person(_)
                | Actor::Account { .. }
                | Actor::Rule { .. }
                | Actor::Clock
                | Actor::Service { .. } => "as its configuration says",
            };
            let what = say!(
                "{actor} put policy {number} ({digest}) in force, {how}{changes}",
                actor,
                number = *number,
                digest = Line::code(digest.shown()),
                how,
                changes = setting_changes(changes, *more)
            );
            ("⚠ Policy changed", what, None)
        }
    }
}

/// The settings that differ, after a colon; nothing if none does.
fn setting_changes(changes: &[SettingChange], more: usize) -> Line {
    if changes.is_empty() {
        return Line::default();
    }
    let left = changes.len().saturating_sub(MOST_SETTINGS) + more;
    let shown = Line::joined("; ", changes.iter().take(MOST_SETTINGS).map(setting_change));
    match left {
        0 => say!(": {shown}", shown),
        left => say!(": {shown}; and {left} more", shown, left),
    }
}

/// One setting that differs.
fn setting_change(SettingChange { key, before, after }: &SettingChange) -> Line {
    let [key, before, after] = [Some(key), before.as_ref(), after.as_ref()]
        .map(|text| text.map(|text| Line::given(text, LONGEST_SETTING)));
    let key = key.unwrap_or_default();
    match (before, after) {
        (Some(before), Some(after)) => say!("{key} from {before} to {after}", key, before, after),
        (None, Some(after)) => say!("{key} set to {after}", key, after),
        (Some(before), None) => say!("{key} no longer set, before {before}", key, before),
        (None, None) => key,
    }
}

/// The request that an event happened to.
struct Subject<'a> {
    requester: &'a Human,
    target: Line,
    duration: Minutes,
}

impl Subject<'_> {
    fn told(self, recorded: &Recorded) -> (&'static str, Line) {
        let Self { requester, target, duration } = self;
        let (who, whose) = (person(requester), Line::mention(requester));
        let actor = cause(&recorded.actor);
        match &recorded.what {
            Event::Requested(Opening { answer_by, .. }) => (
                "Requested",
                say!(
                    "{who} requested {target} for {duration}; expires unanswered {answer_by}",
                    who,
                    target,
                    duration,
                    answer_by = *answer_by
                ),
            ),
            Event::Approved { approvals, window } => (
                "Approved",
                say!(
                    "{approvers} approved {whose}'s request for {target}; access is open until {end}",
                    approvers = approvers(approvals),
                    whose,
                    target,
                    end = window.ends()
                ),
            ),
            Event::Rejected { .. } => {
                ("Rejected", say!("{actor} rejected {whose}'s request for {target}", actor, whose, target))
            }
            Event::Withdrawn => {
                ("Withdrawn", say!("{actor} withdrew {whose}'s request for {target}", actor, whose, target))
            }
            Event::Expired => {
                ("Expired", say!("no one answered {who}'s request for {target} in time", who, target))
            }
            Event::Ended { ended_at, .. } if recorded.actor == Actor::Clock => {
                ("Ended", say!("{who}'s access to {target} ended {end}", who, target, end = *ended_at))
            }
            Event::Ended { ended_at, sessions_until } => (
                "Ended early",
                say!(
                    "{actor} ended {whose}'s access to {target} {end}{still_working}",
                    actor,
                    whose,
                    target,
                    end = *ended_at,
                    still_working = still_working(*sessions_until)
                ),
            ),
            Event::SessionIssuing { session } => (
                "Session requested",
                say!(
                    "{who} signed in; session {session} for {target} is requested from AWS",
                    who,
                    session = *session,
                    target
                ),
            ),
            Event::SessionIssued { session, expires_at } => (
                "Session issued",
                say!(
                    "{who} receives session {session} for {target}; it expires {expires_at} at the latest",
                    who,
                    session = *session,
                    target,
                    expires_at = *expires_at
                ),
            ),
            Event::SessionDropped { session, .. } => (
                "Session dropped",
                say!("{who}'s session {session} for {target} was discarded", who, session = *session, target),
            ),
            Event::SessionRefused { session, .. } => (
                "Session refused",
                say!("AWS refused {who} session {session} for {target}", who, session = *session, target),
            ),
            Event::SessionUnknown { session } => (
                "Session unknown",
                say!(
                    "AWS's response for {who}'s session {session} for {target} did not arrive; nothing was handed out",
                    who,
                    session = *session,
                    target
                ),
            ),
        }
    }
}

fn quote(event: &Event) -> Option<Line> {
    let quote = match event {
        Event::Requested(Opening { justification, .. }) => justification.as_str().to_owned(),
        Event::Rejected { reason, .. } => reason.as_str().to_owned(),
        Event::SessionDropped { why: DropReason::AccessEnded, .. } => {
            "access ended while waiting for AWS".to_owned()
        }
        Event::SessionDropped { why: DropReason::Frozen, .. } => {
            "access was frozen while waiting for AWS".to_owned()
        }
        Event::SessionDropped { why: DropReason::PolicyChanged, .. } => {
            "the policy changed while waiting for AWS".to_owned()
        }
        Event::SessionDropped { why: DropReason::SignedOut, .. } => {
            "the person signed out while waiting for AWS".to_owned()
        }
        Event::SessionDropped { why: DropReason::NoConsole { why }, .. } => {
            format!("no console URL: {why}")
        }
        Event::SessionRefused { why, .. } => cloud_refusal(why),
        Event::Approved { .. }
        | Event::Withdrawn
        | Event::Expired
        | Event::Ended { .. }
        | Event::SessionIssuing { .. }
        | Event::SessionIssued { .. }
        | Event::SessionUnknown { .. } => return None,
    };
    Some(Line::quoted(&quote))
}

fn told_of_account(recorded: &AccountRecord, names: &Names) -> (&'static str, Line, Option<Line>) {
    let who = Line::from(&recorded.stream);
    let names = &*names.on(match &recorded.actor {
        Actor::Service { name } => name,
        Actor::Person(_) | Actor::Account { .. } | Actor::Rule { .. } | Actor::Clock | Actor::Operator => {
            recorded.stream.platform().as_str()
        }
    });
    match &recorded.what {
        AccountEvent::Linked { email, shown_by } => ("Linked", linked(who, email, *shown_by, names), None),
        AccountEvent::Relinked { email, from, to, shown_by } => {
            let told = relinked(who, email, [from, to], *shown_by, names);
            ("⚠ Linked to another identity", told, None)
        }
        AccountEvent::Unlinked { email } => {
            ("Unlinked", say!("{who} is no longer linked to {email}", who, email), None)
        }
        AccountEvent::SignedOut { email } => {
            let told = say!(
                "{who} signed out at the identity provider as {email} and must sign in again",
                who,
                email
            );
            ("Signed out", told, None)
        }
        AccountEvent::Refused { tried, request, target, why } => {
            let tried = say!("{who} tried to {what}", who, what = words::tried(*tried));
            let told = about(tried, request.as_ref(), target.as_ref(), names);
            let title = if why.refusal.is_exception() { "⚠ Exception" } else { "Refused" };
            (title, told, Some(Line::quoted(&refused(why, names))))
        }
        AccountEvent::Undelivered { notice, request, why } => {
            let (platform, what) = (&names.platform, words::notice(*notice));
            let undelivered = say!("{who} · {platform} does not accept {what}", who, platform, what);
            let NotAccepted { operation, reason } = why;
            let why = reason.iter().fold(operation.clone(), |why, reason| format!("{why}: {reason}"));
            ("Not delivered", about(undelivered, request.as_ref(), None, names), Some(Line::quoted(&why)))
        }
    }
}

fn linked(who: Line, email: &Email, by: ShownBy, names: &Names) -> Line {
    say!("{who} is linked to {email}{shown}", who, email, shown = shown(by, names))
}

fn relinked(who: Line, email: &Email, [from, to]: [&Identity; 2], by: ShownBy, names: &Names) -> Line {
    say!(
        "{who} moved from {from} to {to}, which has the same address, {email}{shown}",
        who,
        from = identity(from),
        to = identity(to),
        email,
        shown = shown(by, names)
    )
}

/// What proved that the account is theirs, where the address did not.
fn shown(by: ShownBy, Names { platform, .. }: &Names) -> Line {
    match by {
        ShownBy::Address => Line::default(),
        ShownBy::PlatformSignIn => {
            say!(
                ", which is not their address in {platform}; they confirmed the account with a {platform} sign-in",
                platform
            )
        }
        ShownBy::Code => say!(
            ", which is not their address in {platform}; they confirmed the account with a code",
            platform
        ),
    }
}

/// What happened, and which request and target it was about.
fn about(what: Line, request: Option<&RequestId>, target: Option<&Target>, names: &Names) -> Line {
    let request = request.map(Line::from);
    let target = target.map(|target| names.target(target));
    Line::joined(" · ", [Some(what), request, target].into_iter().flatten())
}
