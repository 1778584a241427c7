//! Jobs: what an event makes necessary, such as notices to people and later work.

use std::fmt;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{
    account::{Account, Platform},
    account_event::{AccountEvent, AccountRecord},
    audit::AuditEntry,
    burst,
    control::ControlRecord,
    email::Email,
    ids::{CommandId, RequestId},
    request::{Event, Opening, Recorded, Request},
    trail::record::Record,
    undelivered::NoticeKind,
    window::Timestamp,
};

/// Work to do once it is due, committed together with the event that makes it necessary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The moment before which the job must not run.
    pub due: Timestamp,
    /// The job's name, derived from its cause, so that no job is enqueued twice.
    pub id: String,
    /// The platform that the work depends on. `None` for work that depends on none, for audit lines, whose channel is a
    /// setting, and for requests without an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The work.
    pub task: Task,
}

/// Where a job waits. Each lane is read, processed and counted separately, so that a backlog in one does not delay
/// another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Expiry and end of requests, outcomes of sessions, and presses that were not finished.
    History,
    /// Notices to requesters, reviewers and other people.
    People,
    /// Audit lines that come first: answers, sessions, ends, links and failed deliveries.
    Auditors,
    /// All other audit lines: requests, withdrawals, refusals and bursts.
    AuditorsLater,
    /// Reminders and warnings.
    Timers,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 5] =
        [Self::History, Self::People, Self::Auditors, Self::AuditorsLater, Self::Timers];

    /// Returns the lane of the audit line of this event.
    #[must_use]
    pub fn of_audit_line(event: &Event) -> Self {
        if event.burst_kind().is_some() { Self::AuditorsLater } else { Self::Auditors }
    }

    fn of_account_line(event: &AccountEvent) -> Self {
        match event {
            AccountEvent::Refused { why, .. } if why.refusal.is_exception() => Self::Auditors,
            AccountEvent::Refused { .. } => Self::AuditorsLater,
            AccountEvent::Linked { .. }
            | AccountEvent::Relinked { .. }
            | AccountEvent::Unlinked { .. }
            | AccountEvent::SignedOut { .. }
            | AccountEvent::Undelivered { .. } => Self::Auditors,
        }
    }
}

/// How the audit channel shows an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditLine {
    /// In a line of its own.
    Own,
    /// Combined in one line with other events of the same person.
    InBurst,
}

impl Job {
    /// Returns the lane in which the job waits.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match &self.task {
            Task::Elapse(_) | Task::SettleSession(..) | Task::FinishPress(_) => Lane::History,
            Task::Remind(_) | Task::WarnOfEnd(_) | Task::ShowCard(_) => Lane::Timers,
            Task::Notify(Notice::Burst(_)) => Lane::AuditorsLater,
            Task::Notify(Notice::Audit(entry)) => match &**entry {
                AuditEntry::Request { recorded, .. } => Lane::of_audit_line(&recorded.what),
                AuditEntry::Account(recorded) => Lane::of_account_line(&recorded.what),
                AuditEntry::Control(_) => Lane::Auditors,
            },
            Task::Notify(
                Notice::Card(_)
                | Notice::Receipt(_)
                | Notice::ConsoleLink(_)
                | Notice::CardSeen(_)
                | Notice::PassOn(..)
                | Notice::Linked(..)
                | Notice::Relinked(..)
                | Notice::Unlinked(..)
                | Notice::SignedOut(..),
            ) => Lane::People,
        }
    }

    /// Returns the line in which the job is done in order: all jobs of one stream share a line. A job that follows
    /// from an event is named `<stream>/<number>/<name>`, where only the stream may contain further slashes; any other
    /// job has a line of its own.
    #[must_use]
    pub fn line(&self) -> &str {
        self.id.rsplitn(3, '/').nth(2).unwrap_or(&self.id)
    }

    /// Returns whether the job is an audit line.
    #[must_use]
    pub fn is_for_auditors(&self) -> bool {
        matches!(self.task, Task::Notify(Notice::Audit(_) | Notice::Burst(_)))
    }

    /// Returns the job's audit entry, if it may join a burst.
    #[must_use]
    pub fn may_burst(&self) -> Option<&AuditEntry> {
        match &self.task {
            Task::Notify(Notice::Audit(entry)) => Some(&**entry).filter(|entry| entry.burst_kind().is_some()),
            Task::Notify(_)
            | Task::Elapse(_)
            | Task::SettleSession(..)
            | Task::FinishPress(_)
            | Task::Remind(_)
            | Task::WarnOfEnd(_)
            | Task::ShowCard(_) => None,
        }
    }

    /// Returns the jobs, due at `due`, that take the place of this one when the platform refuses it for good: whom else
    /// to notify, and what to try again.
    #[must_use]
    pub fn instead(&self, due: Timestamp) -> Vec<Self> {
        let beside = |name, task| {
            let cause = self.id.rsplit_once('/').map_or(self.id.as_str(), |(cause, _)| cause);
            Self { due, id: format!("{cause}/{name}"), platform: self.platform.clone(), task }
        };
        let pass_on = |name, id: &RequestId, untold| {
            vec![beside(name, Task::Notify(Notice::PassOn(id.clone(), untold)))]
        };
        match self.task.notice() {
            Some((NoticeKind::Card, Some(id))) => vec![
                beside("card_seen", Task::Notify(Notice::CardSeen(id.clone()))),
                Self { due: due + CARD_IS_TRIED_EVERY, ..beside("show_card", Task::ShowCard(id.clone())) },
            ],
            Some((NoticeKind::ConsoleLink | NoticeKind::EndIsNear, Some(id))) => {
                pass_on("pass_on", id, Untold::Access)
            }
            Some((NoticeKind::Receipt, Some(id))) => pass_on("pass_on_outcome", id, Untold::Outcome),
            Some(_) | None => Vec::new(),
        }
    }

    /// Returns the same job, with its audit entry in a burst.
    #[must_use]
    pub fn in_burst(self) -> Self {
        if let Task::Notify(Notice::Audit(entry)) = self.task {
            Self { task: Task::Notify(Notice::Burst(entry)), ..self }
        } else {
            self
        }
    }

    /// Returns until when the job is held so that others can be combined with it.
    #[must_use]
    pub fn held_until(&self) -> Option<Timestamp> {
        matches!(self.task, Task::Notify(Notice::Burst(_))).then(|| burst::minute_end(self.due))
    }
}

/// The owner of the lease on a job. Each lease has a different owner, so a replica that overran its lease can neither
/// complete nor release a job that another replica has leased since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseOwner(String);

impl LeaseOwner {
    /// Returns the owner of the lease with this name, which no other lease has.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Returns the owner of a job's first lease: the replica that committed it.
    #[must_use]
    pub fn committer() -> Self {
        Self("committer".to_owned())
    }

    /// Returns the owner of a job that is held so that others can be combined with it. The job may still be leased
    /// earlier.
    #[must_use]
    pub fn nobody() -> Self {
        Self("nobody".to_owned())
    }

    /// Returns the owner's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A job that this replica holds the lease on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leased {
    /// The job.
    pub job: Job,
    /// The lease.
    pub owner: LeaseOwner,
}

impl Leased {
    /// Returns a job that this replica has just committed, which gives it the first lease.
    #[must_use]
    pub fn by_committer(job: Job) -> Self {
        Self { job, owner: LeaseOwner::committer() }
    }
}

/// The work of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Deliver a notice.
    Notify(Notice),
    /// Record what the clock has done to this request.
    Elapse(RequestId),
    /// Settle a session whose outcome was not recorded.
    SettleSession(RequestId, u32),
    /// Finish a press that was not finished.
    FinishPress(CommandId),
    /// Remind reviewers of an unanswered request.
    Remind(RequestId),
    /// Warn the requester that access is about to end.
    WarnOfEnd(RequestId),
    /// Post the card that could not be posted, and notify the requester of it.
    ShowCard(RequestId),
}

impl Task {
    /// Returns the kind of notice that the task delivers, and its request, if any. Returns `None` for a task that
    /// notifies nobody.
    #[must_use]
    pub fn notice(&self) -> Option<(NoticeKind, Option<&RequestId>)> {
        Some(match self {
            Self::Notify(Notice::Card(id)) => (NoticeKind::Card, Some(id)),
            Self::Notify(Notice::Receipt(id)) => (NoticeKind::Receipt, Some(id)),
            Self::Notify(Notice::ConsoleLink(id)) => (NoticeKind::ConsoleLink, Some(id)),
            Self::Notify(Notice::CardSeen(id)) => (NoticeKind::CardSeen, Some(id)),
            Self::Notify(Notice::PassOn(id, _)) => (NoticeKind::PassOn, Some(id)),
            Self::Notify(Notice::Audit(entry) | Notice::Burst(entry)) => {
                (NoticeKind::AuditLine, entry.request())
            }
            Self::Notify(Notice::Linked(..)) => (NoticeKind::Linked, None),
            Self::Notify(Notice::Relinked(..)) => (NoticeKind::Relinked, None),
            Self::Notify(Notice::Unlinked(..)) => (NoticeKind::Unlinked, None),
            Self::Notify(Notice::SignedOut(..)) => (NoticeKind::SignedOut, None),
            Self::WarnOfEnd(id) => (NoticeKind::EndIsNear, Some(id)),
            Self::Elapse(_)
            | Self::SettleSession(..)
            | Self::FinishPress(_)
            | Self::Remind(_)
            | Self::ShowCard(_) => return None,
        })
    }
}

/// A notice to a person or a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The review channel's card shows the current state of this request.
    Card(RequestId),
    /// The requester's lasting message shows the current state of this request.
    Receipt(RequestId),
    /// The requester receives a one-time link to the console, visible only to them.
    ConsoleLink(RequestId),
    /// The requester learns whether reviewers see the request: not yet, or at last.
    CardSeen(RequestId),
    /// Reviewers learn, below the card, what the requester could not be told.
    PassOn(RequestId, Untold),
    /// The audit channel shows this event in a line of its own.
    Audit(Box<AuditEntry>),
    /// The audit channel shows this event combined with others of the same person.
    Burst(Box<AuditEntry>),
    /// The person learns that they are linked.
    Linked(Account, Email),
    /// The person learns that they are linked to another identity than before.
    Relinked(Account, Email),
    /// The person learns that they are no longer linked.
    Unlinked(Account, Email),
    /// The person learns that they must sign in again.
    SignedOut(Account, Email),
}

/// What a requester could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Untold {
    /// That access is open, or about to end.
    Access,
    /// That the request will not open access any more.
    Outcome,
}

/// How long before the end of a window its requester is warned.
const END_IS_NEAR: TimeDelta = TimeDelta::minutes(10);
/// How long a request waits before reviewers are first reminded. Each later reminder comes when the request is twice
/// as old as at the one before.
const FIRST_REMINDER: TimeDelta = TimeDelta::minutes(15);
/// How often a card is tried again that the platform refused.
pub const CARD_IS_TRIED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// The shortest backoff of a failed job.
const SHORTEST_BACKOFF: TimeDelta = TimeDelta::seconds(5);
/// The longest backoff of a failed job.
const LONGEST_BACKOFF: TimeDelta = TimeDelta::minutes(10);
/// How long a job is retried that a platform refuses for a reason that an operator can fix, before another way is taken
/// to somebody who must act: the requester who has access, or the reviewers.
pub const REFUSED_CALL_IS_TRIED_FOR: TimeDelta = TimeDelta::minutes(1);
/// How long any other job is retried that a platform refuses for a reason that an operator can fix.
pub const REFUSED_JOB_IS_TRIED_FOR: TimeDelta = TimeDelta::hours(24);
/// The name of an event's audit job, after its cause.
const AUDIT_LINE: &str = "to_auditors";
/// How long AWS may take to answer before a session counts as [`Event::SessionUnknown`].
const SESSION_SETTLES_WITHIN: TimeDelta = TimeDelta::minutes(2);

/// Returns the jobs that `recorded` makes necessary, in order. `request` is the state after the event.
#[must_use]
pub fn follow_ups(request: &Request, recorded: &Recorded) -> Vec<Job> {
    let id = &request.id;
    let card = || Notice::Card(id.clone());
    let receipt = || Notice::Receipt(id.clone());
    let audit = || Notice::Audit(Box::new(AuditEntry::of(request, recorded)));
    let elapse = |end| (end, "timer", Task::Elapse(id.clone()));
    let (notices, timers) = match &recorded.what {
        Event::Requested(Opening { answer_by, .. }) => {
            let remind =
                next_reminder(request, recorded.at).map(|due| (due, "remind", Task::Remind(id.clone())));
            (vec![card(), receipt(), audit()], [remind, Some(elapse(*answer_by))])
        }
        Event::Approved { window, .. } => {
            let near = window.ends() - END_IS_NEAR;
            let warn = (window.starts() < near).then(|| (near, "warn", Task::WarnOfEnd(id.clone())));
            let notices = vec![card(), receipt(), Notice::ConsoleLink(id.clone()), audit()];
            (notices, [warn, Some(elapse(window.ends()))])
        }
        Event::Rejected { .. } | Event::Withdrawn | Event::Expired | Event::Ended { .. } => {
            (vec![card(), receipt(), audit()], [None, None])
        }
        Event::SessionIssuing { session } => {
            let due = recorded.at + SESSION_SETTLES_WITHIN;
            (vec![audit()], [Some((due, "timer", Task::SettleSession(id.clone(), *session))), None])
        }
        Event::SessionIssued { .. }
        | Event::SessionDropped { .. }
        | Event::SessionRefused { .. }
        | Event::SessionUnknown { .. } => (vec![audit()], [None, None]),
    };
    let cause = cause(recorded);
    let platform = request.requester.account.as_ref().map(Account::platform);
    let mut jobs = notify(recorded.at, &cause, platform, notices);
    let timer = |(due, name, task)| Job {
        due,
        id: format!("{cause}/{name}"),
        platform: platform_of(&task, platform),
        task,
    };
    jobs.extend(timers.into_iter().flatten().map(timer));
    jobs
}

/// Returns when reviewers are next reminded of a request, provided that it is still unanswered then.
#[must_use]
pub fn next_reminder(request: &Request, now: Timestamp) -> Option<Timestamp> {
    let mut wait = FIRST_REMINDER;
    while request.requested_at + wait <= now {
        wait = wait * 2;
    }
    Some(request.requested_at + wait).filter(|due| *due < request.answer_by)
}

/// Returns the jobs, due at `due`, that an event of an account makes necessary.
#[must_use]
pub fn follow_ups_of_account(recorded: &AccountRecord, line: AuditLine, due: Timestamp) -> Vec<Job> {
    let to = recorded.stream.clone();
    let mut notices = match &recorded.what {
        AccountEvent::Linked { email, .. } => vec![Notice::Linked(to, email.clone())],
        AccountEvent::Relinked { email, .. } => vec![Notice::Relinked(to, email.clone())],
        AccountEvent::Unlinked { email } => vec![Notice::Unlinked(to, email.clone())],
        AccountEvent::SignedOut { email } => vec![Notice::SignedOut(to, email.clone())],
        AccountEvent::Refused { .. } | AccountEvent::Undelivered { .. } => Vec::new(),
    };
    let entry = Box::new(AuditEntry::of_account(recorded));
    notices.push(match line {
        AuditLine::Own => Notice::Audit(entry),
        AuditLine::InBurst => Notice::Burst(entry),
    });
    notify(due, &cause(recorded), Some(recorded.stream.platform()), notices)
}

/// Returns the job, due at `due`, that an event of the whole app makes necessary: its audit line.
#[must_use]
pub fn follow_ups_of_control(recorded: &ControlRecord, due: Timestamp) -> Vec<Job> {
    let line = Notice::Audit(Box::new(AuditEntry::Control(Box::new(recorded.clone()))));
    notify(due, &cause(recorded), None, vec![line])
}

/// Returns the name of the audit job of this event.
#[must_use]
pub fn audit_line_id<S: fmt::Display, W>(recorded: &Record<S, W>) -> String {
    format!("{}/{AUDIT_LINE}", cause(recorded))
}

fn notify(due: Timestamp, cause: &str, platform: Option<&Platform>, notices: Vec<Notice>) -> Vec<Job> {
    let job = |notice| {
        let id = named(cause, &notice);
        let task = Task::Notify(notice);
        Job { due, id, platform: platform_of(&task, platform), task }
    };
    notices.into_iter().map(job).collect()
}

/// Returns the platform that a task depends on, if it is about an account on `platform`.
fn platform_of(task: &Task, platform: Option<&Platform>) -> Option<Platform> {
    match task {
        Task::Notify(
            Notice::Card(_)
            | Notice::Receipt(_)
            | Notice::ConsoleLink(_)
            | Notice::CardSeen(_)
            | Notice::PassOn(..)
            | Notice::Linked(..)
            | Notice::Relinked(..)
            | Notice::Unlinked(..)
            | Notice::SignedOut(..),
        )
        | Task::FinishPress(_)
        | Task::Remind(_)
        | Task::WarnOfEnd(_)
        | Task::ShowCard(_) => platform.cloned(),
        Task::Notify(Notice::Audit(_) | Notice::Burst(_)) | Task::Elapse(_) | Task::SettleSession(..) => None,
    }
}

/// Returns the prefix of the names of all jobs of this event. Prefixes sort by number.
fn cause<S: fmt::Display, W>(recorded: &Record<S, W>) -> String {
    format!("{}/{:012}", recorded.stream, recorded.number)
}

fn named(cause: &str, notice: &Notice) -> String {
    let name = match notice {
        Notice::Card(_) => "card",
        Notice::Receipt(_) => "receipt",
        Notice::ConsoleLink(_) => "session_link",
        Notice::CardSeen(_) => "card_seen",
        Notice::PassOn(..) => "pass_on",
        Notice::Audit(_) | Notice::Burst(_) => AUDIT_LINE,
        Notice::Linked(..) | Notice::Relinked(..) | Notice::Unlinked(..) | Notice::SignedOut(..) => "notice",
    };
    format!("{cause}/{name}")
}

/// Returns how long a failed job waits before it is retried: as long as it has already been due, within bounds, so
/// that retries become less frequent.
#[must_use]
pub fn backoff(failure_of: &Job, now: Timestamp) -> TimeDelta {
    (now - failure_of.due).clamp(SHORTEST_BACKOFF, LONGEST_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        account_event::tests::{recorded, refused},
        act::Tried,
        decide::tests::{after, approve, begin, minute, requested},
        linking::ShownBy,
        window::Window,
    };

    fn any(id: &str, due: Timestamp) -> Job {
        Job { due, id: id.to_owned(), platform: None, task: Task::Remind(requested().stream) }
    }

    #[test]
    fn an_event_is_heard_at_once_and_in_order_and_what_time_will_bring_is_enqueued() {
        let request = after(&[(0, approve()), (1, begin())]);
        let issuing = request.next(
            Event::SessionIssuing { session: 2 }.by(request.requester.clone()),
            CommandId::random(1),
            minute(5),
        );
        let audit = Task::Notify(Notice::Audit(Box::new(AuditEntry::of(&request, &issuing))));
        let cause = format!("{}/000000000004", request.id);
        let expected = [
            Job { due: minute(5), id: format!("{cause}/to_auditors"), platform: None, task: audit },
            Job {
                due: minute(7),
                id: format!("{cause}/timer"),
                platform: None,
                task: Task::SettleSession(request.id.clone(), 2),
            },
        ];
        assert_eq!(follow_ups(&request, &issuing), expected);
    }

    #[test]
    fn the_line_of_an_event_is_found_by_the_event_alone() {
        let request = after(&[(0, approve()), (1, begin())]);
        let issuing = request.next(
            Event::SessionIssuing { session: 2 }.by(request.requester.clone()),
            CommandId::random(1),
            minute(5),
        );
        let [line, ..] = &follow_ups(&request, &issuing)[..] else { panic!("nothing follows") };
        assert_eq!((line.due, &line.id), (issuing.at, &audit_line_id(&issuing)));
    }

    #[test]
    fn a_job_that_fails_is_retried_ever_more_rarely() {
        let job = any("job", minute(0));
        let rest = |seconds| backoff(&job, minute(0) + TimeDelta::seconds(seconds)).num_seconds();
        assert_eq!([-60, 0, 5, 20, 60, 599, 86_400].map(rest), [5, 5, 5, 20, 60, 599, 600]);
    }

    #[test]
    fn whoever_has_access_for_more_than_ten_minutes_is_warned_of_its_end() {
        let request = after(&[]);
        let id = &request.id;
        let timers = |duration: &str| {
            let window = Window::new(minute(0), duration.parse().unwrap());
            let event = Event::approved(request.requester.clone(), window);
            let jobs = follow_ups(&request, &request.next(event, CommandId::random(1), minute(0)));
            let due = jobs.into_iter().map(|job| (job.due, job.task));
            due.filter(|(_, task)| !matches!(task, Task::Notify(_))).collect::<Vec<_>>()
        };
        let elapse = |at| (minute(at), Task::Elapse(id.clone()));
        assert_eq!(timers("10m"), [elapse(10)]);
        assert_eq!(timers("11m"), [(minute(1), Task::WarnOfEnd(id.clone())), elapse(11)]);
    }

    #[test]
    fn auditors_hear_of_an_account_after_its_owner() {
        let email: Email = "ada@example.com".parse().unwrap();
        let linked = AccountEvent::Linked { email: email.clone(), shown_by: ShownBy::Address };
        let linked = recorded("U0ADA", linked, 7);
        let jobs = follow_ups_of_account(&linked, AuditLine::Own, minute(8));
        let cause = "slack/T0123456/U0ADA/000000000007";
        let audit = Task::Notify(Notice::Audit(Box::new(AuditEntry::of_account(&linked))));
        let expected = [
            Job {
                due: minute(8),
                id: format!("{cause}/notice"),
                platform: Some(Platform::new("slack")),
                task: Task::Notify(Notice::Linked(linked.stream.clone(), email)),
            },
            Job { due: minute(8), id: format!("{cause}/to_auditors"), platform: None, task: audit },
        ];
        assert_eq!(jobs, expected);
        assert_eq!(jobs[1].id, audit_line_id(&linked));
    }

    #[test]
    fn what_people_hear_depends_on_the_requesters_platform_and_history_on_none() {
        let request = after(&[(0, approve())]);
        let jobs = |request: &Request| {
            let event = Event::approved(request.requester.clone(), Window::new(minute(1), request.duration));
            let approved = request.next(event, CommandId::random(1), minute(1));
            [follow_ups(request, &requested()), follow_ups(request, &approved)].concat()
        };
        for job in jobs(&request) {
            let is_elsewhere = job.is_for_auditors() || job.lane() == Lane::History;
            let expected = (!is_elsewhere).then(|| Platform::new("slack"));
            assert_eq!(job.platform, expected, "{job:?}");
        }
        let mut request = Request::clone(&request);
        request.requester.account = None;
        assert!(jobs(&request).iter().all(|job| job.platform.is_none()));
    }

    #[test]
    fn jobs_of_one_stream_are_one_line_and_no_other_job_is_in_it() {
        let line = |id: &str| any(id, minute(0)).line().to_owned();
        let of_request = follow_ups(&after(&[]), &requested());
        assert!(of_request.iter().all(|job| job.line() == requested().stream.as_str()), "{of_request:?}");
        for user in ["U0ADA", "U/0/000000000001", "000000000001", "U%2F0"] {
            let refused = refused(user, Tried::Use, 1);
            let of_account = follow_ups_of_account(&refused, AuditLine::InBurst, minute(0));
            assert!(of_account.iter().all(|job| job.line() == refused.stream.to_string()), "{of_account:?}");
        }
        assert_eq!(line("a press"), "a press");
    }

    #[test]
    fn reminders_come_after_a_quarter_of_an_hour_and_then_each_time_twice_as_late() {
        let request = Request::opened(&requested()).unwrap();
        let after = |minutes| request.requested_at + TimeDelta::minutes(minutes);
        let due =
            |now| next_reminder(&request, after(now)).map(|due| (due - request.requested_at).num_minutes());
        assert_eq!([0, 14, 15, 29, 30, 60].map(due), [15, 15, 30, 30, 60, 120].map(Some));
        assert_eq!(due(12 * 60), Some(16 * 60));
        assert_eq!(due(16 * 60), None, "the next would come after the request has expired");
        let mut brief = request.clone();
        brief.answer_by = after(15);
        assert_eq!(next_reminder(&brief, after(0)), None, "it would come at the very moment of expiry");
    }
}
