//! The words by which the operator tells events and jobs apart.

use crate::{
    domain::{
        audit::SideNews,
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
        Event::Requested { .. } => "requested",
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
pub(super) fn side_news(news: &SideNews) -> &'static str {
    match news {
        SideNews::Linked { .. } => "linked",
        SideNews::Relinked { .. } => "relinked",
        SideNews::Unlinked { .. } => "unlinked",
        SideNews::SignedOut { .. } => "signed_out",
        SideNews::Refused { .. } => "refused",
        SideNews::Undelivered { .. } => "undelivered",
    }
}
