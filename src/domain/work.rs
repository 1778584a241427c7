//! What an event makes necessary: who must hear of it, and what time will bring.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{
    audit::{AuditEntry, SideEvent, SideNews},
    ids::{CommandId, RequestId, UserId},
    person::Email,
    request::{Event, Recorded, Request},
    window::Timestamp,
};

/// Something that must be done once its time has come, committed together with what makes it necessary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// The moment before which it must not be done.
    pub due: Timestamp,
    /// Its name, made from what caused it, so that nothing is put down twice.
    pub id: String,
    /// What is to be done.
    pub task: Task,
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
    /// A person hears that they are linked.
    Linked(UserId, Email),
    /// A person hears that they are not linked any more.
    Unlinked(UserId, Email),
}

/// How long AWS may take to answer before a session counts as [`Event::SessionUnknown`].
const SESSION_SETTLES_WITHIN: TimeDelta = TimeDelta::minutes(2);

/// What must be done because `recorded` has just happened, in this order. `request` is as it is afterwards.
#[must_use]
pub fn follow_ups(request: &Request, recorded: &Recorded) -> Vec<Work> {
    let id = &request.id;
    let card = || Notice::Card(id.clone());
    let receipt = || Notice::Receipt(id.clone());
    let audit = || Notice::Audit(Box::new(AuditEntry::of(request, recorded)));
    let (notices, timer) = match &recorded.event {
        Event::Requested { answer_by, .. } => {
            (vec![card(), receipt(), audit()], Some((*answer_by, Task::Elapse(id.clone()))))
        }
        Event::Approved { window, .. } => (
            vec![card(), receipt(), Notice::ConsoleLink(id.clone()), audit()],
            Some((window.ends(), Task::Elapse(id.clone()))),
        ),
        Event::Rejected { .. } | Event::Withdrawn { .. } | Event::Expired | Event::Ended { .. } => {
            (vec![card(), receipt(), audit()], None)
        }
        Event::SessionIssuing { session } => {
            let due = recorded.at + SESSION_SETTLES_WITHIN;
            (vec![audit()], Some((due, Task::SettleSession(id.clone(), *session))))
        }
        Event::SessionIssued { .. }
        | Event::SessionDropped { .. }
        | Event::SessionRefused { .. }
        | Event::SessionUnknown { .. } => (vec![audit()], None),
    };
    let cause = format!("{id}/{:06}", recorded.version); // sorts by version
    let mut work = notify(recorded.at, &cause, notices);
    work.extend(timer.map(|(due, task)| Work { due, id: format!("{cause}/timer"), task }));
    work
}

/// What must be done because of an event that belongs to no request. Auditors hear of it at `heard_at`.
#[must_use]
pub fn follow_ups_aside(event: &SideEvent, heard_at: Timestamp) -> Vec<Work> {
    let to = event.who.user.clone();
    let mut notices = match &event.what {
        SideNews::Linked { email } => vec![Notice::Linked(to, email.clone())],
        SideNews::Unlinked { email } => vec![Notice::Unlinked(to, email.clone())],
        SideNews::Refused { .. } => Vec::new(),
    };
    notices.push(Notice::Audit(Box::new(AuditEntry::Side(event.clone()))));
    notify(heard_at, event.id.as_str(), notices)
}

fn notify(due: Timestamp, cause: &str, notices: Vec<Notice>) -> Vec<Work> {
    let number = |(n, notice)| Work { due, id: format!("{cause}/{n}"), task: Task::Notify(notice) };
    notices.into_iter().enumerate().map(number).collect()
}
