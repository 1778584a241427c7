//! How people, and whatever else acts, are named within a sentence.

use super::rich::{Line, say};
use crate::domain::{
    person::{Human, Subject},
    trail::actor::{Actor, Approval},
};

/// A person: the account they acted through and their verified address.
pub(super) fn person(human: &Human) -> Line {
    match &human.account {
        Some(who) => say!("{who} ({email})", who, email = &human.email),
        None => (&human.email).into(),
    }
}

/// Who or what caused an event.
pub(super) fn cause(actor: &Actor) -> Line {
    match actor {
        Actor::Person(human) => person(human),
        Actor::Account { account } => account.into(),
        Actor::Rule { .. } | Actor::Clock | Actor::Operator | Actor::Service { .. } => {
            Line::name(&actor.name())
        }
    }
}

/// All who agreed.
pub(super) fn approvers(approvals: &[Approval]) -> Line {
    Line::joined(" and ", approvals.iter().map(|approval| cause(&approval.by)))
}

/// Who somebody is at their identity provider.
pub(super) fn identity(Subject { issuer, subject }: &Subject) -> Line {
    say!("{subject} of {issuer}", subject = Line::code(subject), issuer = Line::code(issuer))
}
