//! Flows: one file for each workflow, with its numbered steps at the top, and the types that they share.

pub mod access;
mod another_way;
mod answer;
mod audit;
mod broker;
mod control;
mod deliver;
pub mod health;
pub mod inbox;
pub mod operator;
mod outbox;
pub mod overview;
pub mod people;
pub mod policy;
mod queue;
mod remind;
mod single_flight;
pub mod sweep;
pub mod visits;

pub use broker::{Broker, Home, Ports, Settings, TenantName};

use crate::{
    domain::refusal::{Refusal, Refused},
    ports::{ChatError, SealError, StoreError},
};

/// Why a flow did not do what was requested.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule forbids it. The person receives the reason.
    #[error("refused: {}", .0.refusal.code())]
    Refused(Refused),
    /// Something failed. The operator finds it in the log, and the person receives a reference.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl Error {
    /// Returns the error of an operation that a person's act requires: a refusal, if only the operator can help.
    fn of_an_act(error: ChatError) -> Self {
        error.for_the_operator().map_or_else(|| Self::from(error), Self::from)
    }

    /// Returns the platform's error, if that is what failed.
    fn of_platform(&self) -> Option<&ChatError> {
        match self {
            Self::Failed(error) => error.downcast_ref(),
            Self::Refused(_) => None,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<SealError> for Error {
    fn from(error: SealError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ChatError> for Error {
    fn from(error: ChatError) -> Self {
        Self::Failed(error.into())
    }
}

/// The result of a flow.
pub type Result<T, E = Error> = std::result::Result<T, E>;
