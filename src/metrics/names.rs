//! The words by which the operator tells events and jobs apart.

use crate::{
    domain::{
        account_event::AccountEvent,
        job::{Lane, Task},
        request::Event,
    },
    ports::Paced,
};

/// The words of what may become a dead letter.
pub(super) const MAY_DIE: [&str; 2] = ["notify", "warn_of_end"];

pub(super) fn paced(paced: Paced) -> &'static str {
    match paced {
        Paced::Account => "account",
        Paced::Address => "address",
    }
}

pub(super) fn lane(lane: Lane) -> &'static str {
    match lane {
        Lane::History => "history",
        Lane::People => "people",
        Lane::Auditors => "auditors",
        Lane::AuditorsLater => "auditors_later",
        Lane::Timers => "timers",
    }
}

pub(super) fn task(task: &Task) -> &'static str {
    match task {
        Task::Notify(_) => "notify",
        Task::Elapse(_) => "elapse",
        Task::SettleSession(..) => "settle_session",
        Task::FinishPress(_) => "finish_press",
        Task::Remind(_) => "remind",
        Task::WarnOfEnd(_) => "warn_of_end",
    }
}

/// The word under which the event is kept, too.
pub(super) fn event(event: &Event) -> &'static str {
    match event {
        Event::Requested(_) => "requested",
        Event::Approved { .. } => "approved",
        Event::Rejected { .. } => "rejected",
        Event::Withdrawn => "withdrawn",
        Event::Expired => "expired",
        Event::Ended { .. } => "ended",
        Event::SessionIssuing { .. } => "session_issuing",
        Event::SessionIssued { .. } => "session_issued",
        Event::SessionDropped { .. } => "session_dropped",
        Event::SessionRefused { .. } => "session_refused",
        Event::SessionUnknown { .. } => "session_unknown",
    }
}

/// The word under which the event is kept, too.
pub(super) fn account_event(event: &AccountEvent) -> &'static str {
    match event {
        AccountEvent::Linked { .. } => "linked",
        AccountEvent::Relinked { .. } => "relinked",
        AccountEvent::Unlinked { .. } => "unlinked",
        AccountEvent::SignedOut { .. } => "signed_out",
        AccountEvent::Refused { .. } => "refused",
        AccountEvent::Undelivered { .. } => "undelivered",
    }
}
