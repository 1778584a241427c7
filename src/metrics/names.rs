//! The label values for events and jobs.

use crate::{
    domain::{
        job::{Lane, Task},
        message::Purpose,
    },
    ports::{Paced, Part},
};

/// The tasks that may become dead letters.
pub(super) const MAY_DIE: [&str; 2] = ["notify", "warn_of_end"];

/// In whose names requests are forged.
pub(super) const FORGED: [&str; 2] = ["slack", "identity_provider"];

/// The statuses of open requests, in the order of [`crate::ports::OpenRequests`].
pub(super) const OPEN: [&str; 2] = ["requested", "approved"];

pub(super) fn part(part: Part) -> &'static str {
    match part {
        Part::Store => "store",
        Part::Platform => "platform",
        Part::Channel(Purpose::Review) => "review_channel",
        Part::Channel(Purpose::Audit) => "audit_channel",
        Part::Policy => "policy",
    }
}

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
        Task::ShowCard(_) => "show_card",
    }
}
