//! The spine that all changes of a request share: load, decide, commit; then tell.
//!
//! What a decision has proved on the way is handed on with the change, so that nobody proves it again.

use std::sync::Arc;

use anyhow::anyhow;

use crate::{
    domain::{
        decide::{Command, decide},
        ids::{CommandId, RequestId},
        job::follow_ups,
        refusal::Refusal,
        request::{Change, Event, Recorded, Request, evolve},
        secret::SecretHash,
        session::Beginning,
        window::Timestamp,
    },
    flows::{Broker, Result, audit},
    ports::{CommitError, Step, StoreError},
};

/// How often a change is decided anew because somebody else was faster.
const ATTEMPTS: usize = 8;

/// What caused a change: done twice under one cause, it changes things once.
#[derive(Clone, Debug)]
pub(in crate::flows) struct Cause {
    pub(in crate::flows) command: CommandId,
    /// One-time secrets that are used up by the change.
    pub(in crate::flows) uses_up: Vec<SecretHash>,
}

impl From<CommandId> for Cause {
    fn from(command: CommandId) -> Self {
        Self { command, uses_up: Vec::new() }
    }
}

/// A request after a command, and the event that the command brought about, if any.
#[derive(Clone, Debug)]
pub(in crate::flows) struct Changed {
    pub(in crate::flows) request: Request,
    pub(in crate::flows) event: Option<Event>,
}

/// What was decided.
pub(in crate::flows) trait Decided {
    /// The change that is to be committed, if anything happens at all.
    fn change(&self) -> Option<Change>;
}

impl Decided for Option<Change> {
    fn change(&self) -> Option<Change> {
        self.clone()
    }
}

impl Decided for Beginning {
    fn change(&self) -> Option<Change> {
        Some(self.change())
    }
}

/// Carries a command out, if it is not refused.
pub(in crate::flows) async fn transition(
    broker: &Arc<Broker>,
    id: &RequestId,
    command: &Command,
    cause: Cause,
) -> Result<Changed> {
    let rule = |request: &Request, now| decide(request, command, &broker.policy, now);
    let (changed, _) = change(broker, id, cause, rule).await?;
    Ok(changed)
}

/// Loads, decides by the clock of that moment, commits; decides again if somebody else was faster. What was decided is
/// handed back once it is committed.
pub(in crate::flows) async fn change<D: Decided>(
    broker: &Arc<Broker>,
    id: &RequestId,
    cause: Cause,
    rule: impl Fn(&Request, Timestamp) -> Result<D, Refusal>,
) -> Result<(Changed, D)> {
    for _ in 0..ATTEMPTS {
        let now = broker.ports.clock.now();
        let Some(before) = broker.ports.store.request(id).await? else {
            return Err(Refusal::NoSuchRequest { request: id.clone() }.into());
        };
        let decided = rule(&before, now)?;
        let Some(next) = decided.change() else {
            return Ok((Changed { request: before, event: None }, decided));
        };
        let recorded = before.next(next, cause.command.clone(), now);
        let after = evolve(before, &recorded);
        match commit(broker, recorded, after, &cause).await {
            Ok(changed) => return Ok((changed, decided)),
            Err(CommitError::Conflict) => {}
            Err(CommitError::UsedUp) => return Err(Refusal::LinkGone.into()),
            // Its time was over by another replica's clock, and so it was by the request that came after it.
            Err(CommitError::Held(_)) => return Err(Refusal::ExpiredUnanswered.into()),
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(anyhow!("{id} was changed by others {ATTEMPTS} times in a row").into())
}

/// Commits an event with what follows from it, and sets out to tell whom it concerns.
pub(in crate::flows) async fn commit(
    broker: &Arc<Broker>,
    recorded: Recorded,
    after: Request,
    cause: &Cause,
) -> Result<Changed, CommitError> {
    let (jobs, counted) = audit::in_bursts(broker, follow_ups(&after, &recorded));
    let now = broker.ports.clock.now();
    let step = Step { recorded, after, jobs, uses_up: cause.uses_up.clone(), now };
    match broker.ports.store.commit(&step).await {
        Ok(()) => {}
        Err(CommitError::Failed(lost)) if !was_made(broker, &step).await? => {
            return Err(CommitError::Failed(lost));
        }
        Err(CommitError::Failed(_)) => {}
        Err(error @ (CommitError::Conflict | CommitError::Held(_) | CommitError::UsedUp)) => {
            return Err(error);
        }
    }
    counted.keep();
    broker.ports.counters.event(&step.recorded.what);
    broker.deliver_soon(step.jobs);
    Ok(Changed { request: step.after, event: Some(step.recorded.what) })
}

/// Whether a step whose answer was lost was made after all: the event that it would have written says so.
async fn was_made(broker: &Broker, step: &Step) -> Result<bool, StoreError> {
    let events = broker.ports.store.events(&step.recorded.stream).await?;
    Ok(events.contains(&step.recorded))
}
