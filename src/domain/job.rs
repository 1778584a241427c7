//! What an event makes necessary: who must hear of it, and what time will bring.

use std::fmt;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{
    account::Account,
    account_event::{AccountEvent, AccountRecord},
    audit::AuditEntry,
    burst,
    email::Email,
    ids::{CommandId, RequestId},
    request::{Event, Opening, Recorded, Request},
    trail::record::Record,
    window::Timestamp,
};

/// Something that must be done once its time has come, committed together with what makes it necessary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The moment before which it must not be done.
    pub due: Timestamp,
    /// Its name, made from what caused it, so that nothing is enqueued twice.
    pub id: String,
    /// What is to be done.
    pub task: Task,
}

/// Where a job waits. Each lane is read, worked off and counted by itself, so that no backlog of one delays another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// The history of requests, and presses that nobody has finished.
    History,
    /// What requesters, reviewers and other people hear.
    People,
    /// What auditors hear first: answers, sessions, ends, links, and what could not be told.
    Auditors,
    /// What auditors hear besides: requests, withdrawals, refusals, bursts.
    AuditorsLater,
    /// Reminders and warnings.
    Timers,
}

impl Lane {
    /// All lanes.
    pub const ALL: [Self; 5] =
        [Self::History, Self::People, Self::Auditors, Self::AuditorsLater, Self::Timers];

    /// The lane in which auditors wait for what this event has brought about.
    #[must_use]
    pub fn of_audit_line(event: &Event) -> Self {
        match event {
            Event::Requested(_) | Event::Withdrawn | Event::Expired => Self::AuditorsLater,
            Event::Approved { .. }
            | Event::Rejected { .. }
            | Event::Ended { .. }
            | Event::SessionIssuing { .. }
            | Event::SessionIssued { .. }
            | Event::SessionDropped { .. }
            | Event::SessionRefused { .. }
            | Event::SessionUnknown { .. } => Self::Auditors,
        }
    }

    fn of_account_line(event: &AccountEvent) -> Self {
        match event {
            AccountEvent::Refused { .. } => Self::AuditorsLater,
            AccountEvent::Linked { .. }
            | AccountEvent::Relinked { .. }
            | AccountEvent::Unlinked { .. }
            | AccountEvent::SignedOut { .. }
            | AccountEvent::Undelivered { .. } => Self::Auditors,
        }
    }
}

/// How auditors hear of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditLine {
    /// In a line of its own.
    Own,
    /// In one line with others of the same person.
    InBurst,
}

impl Job {
    /// Where it waits.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match &self.task {
            Task::Elapse(_) | Task::SettleSession(..) | Task::FinishPress(_) => Lane::History,
            Task::Remind(_) | Task::WarnOfEnd(_) => Lane::Timers,
            Task::Notify(Notice::Burst(_)) => Lane::AuditorsLater,
            Task::Notify(Notice::Audit(entry)) => match &**entry {
                AuditEntry::Request { recorded, .. } => Lane::of_audit_line(&recorded.what),
                AuditEntry::Account(recorded) => Lane::of_account_line(&recorded.what),
            },
            Task::Notify(
                Notice::Card(_)
                | Notice::Receipt(_)
                | Notice::ConsoleLink(_)
                | Notice::Linked(..)
                | Notice::Relinked(..)
                | Notice::Unlinked(..)
                | Notice::SignedOut(..),
            ) => Lane::People,
        }
    }

    /// What it is told in line with: all jobs of one stream. A job that follows from an event is named
    /// `<stream>/<number>/<name>`, and only the stream may hold more slashes; any other job is a line of its own.
    #[must_use]
    pub fn line(&self) -> &str {
        self.id.rsplitn(3, '/').nth(2).unwrap_or(&self.id)
    }

    /// Whether auditors hear it.
    #[must_use]
    pub fn is_for_auditors(&self) -> bool {
        matches!(self.task, Task::Notify(Notice::Audit(_) | Notice::Burst(_)))
    }

    /// Its audit line, if it tells one that a burst may be made of.
    #[must_use]
    pub fn may_burst(&self) -> Option<&AuditEntry> {
        match &self.task {
            Task::Notify(Notice::Audit(entry)) => Some(&**entry).filter(|entry| entry.burst_kind().is_some()),
            Task::Notify(_)
            | Task::Elapse(_)
            | Task::SettleSession(..)
            | Task::FinishPress(_)
            | Task::Remind(_)
            | Task::WarnOfEnd(_) => None,
        }
    }

    /// The same job, with its audit line in a burst.
    #[must_use]
    pub fn in_burst(self) -> Self {
        if let Self { due, id, task: Task::Notify(Notice::Audit(entry)) } = self {
            Self { due, id, task: Task::Notify(Notice::Burst(entry)) }
        } else {
            self
        }
    }

    /// Until when it is held for others that are told with it.
    #[must_use]
    pub fn held_until(&self) -> Option<Timestamp> {
        matches!(self.task, Task::Notify(Notice::Burst(_))).then(|| burst::minute_end(self.due))
    }
}

/// Who holds the lease on a job. It differs from lease to lease, so that a replica that overran its own can neither
/// complete nor release what another one has leased since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseOwner(String);

impl LeaseOwner {
    /// The owner of a lease of this name, which no other lease has.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The owner of the first lease of a job: the replica that has committed it.
    #[must_use]
    pub fn committer() -> Self {
        Self("committer".to_owned())
    }

    /// The owner of a job that is held for others. Whoever needs it done earlier may lease it all the same.
    #[must_use]
    pub fn nobody() -> Self {
        Self("nobody".to_owned())
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A job that this replica may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leased {
    /// The job.
    pub job: Job,
    /// The lease.
    pub owner: LeaseOwner,
}

impl Leased {
    /// A job that this replica has just committed, and so holds the lease on.
    #[must_use]
    pub fn by_committer(job: Job) -> Self {
        Self { job, owner: LeaseOwner::committer() }
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Somebody must hear something.
    Notify(Notice),
    /// What the clock has done to this request is to be written down.
    Elapse(RequestId),
    /// A session whose outcome nobody has written down is to be settled.
    SettleSession(RequestId, u32),
    /// A press that nobody has finished is to be finished.
    FinishPress(CommandId),
    /// Reviewers are to be reminded of a request that nobody has answered.
    Remind(RequestId),
    /// The requester is to hear that access is about to end.
    WarnOfEnd(RequestId),
}

/// Something a person or a channel must hear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The review channel's card shows this request as it is.
    Card(RequestId),
    /// The requester's lasting message shows this request as it is.
    Receipt(RequestId),
    /// The requester gets a one-time link to the console, for their eyes alone.
    ConsoleLink(RequestId),
    /// The audit channel has this line.
    Audit(Box<AuditEntry>),
    /// The audit channel has this event in one line with others of the same person.
    Burst(Box<AuditEntry>),
    /// A person hears that they are linked.
    Linked(Account, Email),
    /// A person hears that they are linked to another identity than before.
    Relinked(Account, Email),
    /// A person hears that they are not linked any more.
    Unlinked(Account, Email),
    /// A person hears that they must sign in again.
    SignedOut(Account, Email),
}

/// How long before the end of a window its requester hears of it.
const END_IS_NEAR: TimeDelta = TimeDelta::minutes(10);
/// How long a request waits before reviewers are first reminded of it; each time after that it is twice as long
/// since the request was made.
const FIRST_REMINDER: TimeDelta = TimeDelta::minutes(15);
/// The shortest backoff of a job that failed.
const SHORTEST_BACKOFF: TimeDelta = TimeDelta::seconds(5);
/// The longest backoff of a job that failed.
const LONGEST_BACKOFF: TimeDelta = TimeDelta::minutes(10);
/// How long a job is retried that a platform refuses for a reason that somebody may mend.
pub const REFUSED_JOB_IS_TRIED_FOR: TimeDelta = TimeDelta::hours(24);
/// Names the job of telling auditors, after what made it necessary.
const AUDIT_LINE: &str = "to_auditors";
/// How long AWS may take to answer before a session counts as [`Event::SessionUnknown`].
const SESSION_SETTLES_WITHIN: TimeDelta = TimeDelta::minutes(2);

/// What must be done because `recorded` has just happened, in this order. `request` is as it is afterwards.
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
    let mut jobs = notify(recorded.at, &cause, notices);
    let timer = |(due, name, task)| Job { due, id: format!("{cause}/{name}"), task };
    jobs.extend(timers.into_iter().flatten().map(timer));
    jobs
}

/// When reviewers are to be reminded of a request next, if it is not answered or expired by then.
#[must_use]
pub fn next_reminder(request: &Request, now: Timestamp) -> Option<Timestamp> {
    let mut wait = FIRST_REMINDER;
    while request.requested_at + wait <= now {
        wait = wait * 2;
    }
    Some(request.requested_at + wait).filter(|due| *due < request.answer_by)
}

/// What must be done, at `due`, because of what has just happened to an account.
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
    notify(due, &cause(recorded), notices)
}

/// The name of the job of telling auditors of this event.
#[must_use]
pub fn audit_line_id<S: fmt::Display, W>(recorded: &Record<S, W>) -> String {
    format!("{}/{AUDIT_LINE}", cause(recorded))
}

fn notify(due: Timestamp, cause: &str, notices: Vec<Notice>) -> Vec<Job> {
    let job = |notice| Job { due, id: named(cause, &notice), task: Task::Notify(notice) };
    notices.into_iter().map(job).collect()
}

/// The prefix of the names of all jobs of this event. It sorts by number.
fn cause<S: fmt::Display, W>(recorded: &Record<S, W>) -> String {
    format!("{}/{:012}", recorded.stream, recorded.number)
}

fn named(cause: &str, notice: &Notice) -> String {
    let name = match notice {
        Notice::Card(_) => "card",
        Notice::Receipt(_) => "receipt",
        Notice::ConsoleLink(_) => "session_link",
        Notice::Audit(_) | Notice::Burst(_) => AUDIT_LINE,
        Notice::Linked(..) | Notice::Relinked(..) | Notice::Unlinked(..) | Notice::SignedOut(..) => "notice",
    };
    format!("{cause}/{name}")
}

/// How long a job waits after a try that failed: as long again as it has been due, so that retries grow rarer, within
/// bounds.
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
            Job { due: minute(5), id: format!("{cause}/to_auditors"), task: audit },
            Job {
                due: minute(7),
                id: format!("{cause}/timer"),
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
        let job = Job { due: minute(0), id: "job".to_owned(), task: Task::Remind(requested().stream) };
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
                task: Task::Notify(Notice::Linked(linked.stream.clone(), email)),
            },
            Job { due: minute(8), id: format!("{cause}/to_auditors"), task: audit },
        ];
        assert_eq!(jobs, expected);
        assert_eq!(jobs[1].id, audit_line_id(&linked));
    }

    #[test]
    fn jobs_of_one_stream_are_one_line_and_no_other_job_is_in_it() {
        let line = |id: &str| {
            let job = Job { due: minute(0), id: id.to_owned(), task: Task::Remind(requested().stream) };
            job.line().to_owned()
        };
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
