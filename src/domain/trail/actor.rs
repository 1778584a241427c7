//! Actors: who or what caused an event.

use serde::{Deserialize, Serialize};

use crate::domain::{
    account::Account,
    person::{Human, Subject},
    window::Timestamp,
};

/// Who or what caused an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A person.
    Person(Human),
    /// An account whose owner is not known.
    Account {
        /// The account.
        account: Account,
    },
    /// A rule of the policy.
    Rule {
        /// Its name.
        name: String,
    },
    /// The clock: a moment has come.
    Clock,
    /// The operator, at a command line.
    Operator,
    /// A service.
    Service {
        /// Its name.
        name: String,
    },
}

/// An approval of a request by a person or a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

impl Actor {
    /// Returns the kind of actor, as it is stored.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Account { .. } => "account",
            Self::Rule { .. } => "rule",
            Self::Clock => "clock",
            Self::Operator => "operator",
            Self::Service { .. } => "service",
        }
    }

    /// Returns the person, if the actor is one.
    #[must_use]
    pub fn human(&self) -> Option<&Human> {
        match self {
            Self::Person(human) => Some(human),
            Self::Account { .. }
            | Self::Rule { .. }
            | Self::Clock
            | Self::Operator
            | Self::Service { .. } => None,
        }
    }

    /// Returns the person's identity, if the actor is one.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        self.human().map(|human| &human.subject)
    }

    /// Returns the name used in a session's tags and in a refusal: a person's verified address, or a name.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Person(human) => human.email.to_string(),
            Self::Account { account } => account.to_string(),
            Self::Rule { name } => format!("rule {name}"),
            Self::Clock => "the clock".to_owned(),
            Self::Operator => "the operator".to_owned(),
            Self::Service { name } => name.clone(),
        }
    }

    /// Returns whether the actor is exactly this person, by identity or by the account they acted through.
    #[must_use]
    pub fn is(&self, person: &Human) -> bool {
        self.human().is_some_and(|human| human.is_same_person(person))
    }
}

impl Approval {
    /// Returns the names of the people who approved.
    #[must_use]
    pub fn names(approvals: &[Self]) -> String {
        approvals.iter().map(|approval| approval.by.name()).collect::<Vec<_>>().join(" and ")
    }
}

impl From<Human> for Actor {
    fn from(human: Human) -> Self {
        Self::Person(human)
    }
}
