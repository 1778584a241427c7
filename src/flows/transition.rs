//! The spine that all changes of a request share: load, decide, commit; then tell.

use std::sync::Arc;

use anyhow::anyhow;

use super::{Broker, Error, Result};
use crate::{
    domain::{
        decide::{Command, decide},
        ids::{CommandId, RequestId},
        refusal::Refusal,
        request::{Event, Recorded, Request, evolve},
        secret::SecretHash,
        window::Timestamp,
        work::follow_ups,
    },
    ports::{CommitError, Step},
};

/// How often a change is decided anew because somebody else was faster.
const ATTEMPTS: usize = 8;

/// What caused a change: done twice under one cause, it changes things once.
#[derive(Clone, Debug)]
pub(super) struct Cause {
    pub(super) command: CommandId,
    /// One-time secrets that are used up by the change.
    pub(super) uses_up: Vec<SecretHash>,
}

impl From<CommandId> for Cause {
    fn from(command: CommandId) -> Self {
        Self { command, uses_up: Vec::new() }
    }
}

/// A request after a command, and the event that the command brought about, if any.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    pub(super) request: Request,
    pub(super) event: Option<Event>,
}

/// Loads, decides, commits; decides again if somebody else was faster. Whoever lost an answer is told the truth:
/// a command that is in the request's history has succeeded.
pub(super) async fn transition(
    broker: &Arc<Broker>,
    id: &RequestId,
    command: &Command,
    cause: Cause,
    now: Timestamp,
) -> Result<Changed> {
    for _ in 0..ATTEMPTS {
        let Some(before) = broker.ports.store.request(id).await? else {
            return Err(Refusal::NoSuchRequest(id.clone()).into());
        };
        let event = match decide(&before, command, &broker.policy, now) {
            Ok(Some(event)) => event,
            Ok(None) => {
                let done = recall(broker, id, &cause).await?;
                return Ok(done.unwrap_or(Changed { request: before, event: None }));
            }
            Err(refusal) => return recall(broker, id, &cause).await?.ok_or(Error::Refused(refusal)),
        };
        let recorded = before.next(event, cause.command.clone(), now);
        let after = evolve(before, &recorded);
        match commit(broker, recorded, after, &cause).await {
            Ok(changed) => return Ok(changed),
            Err(CommitError::Conflict) => {}
            Err(CommitError::UsedUp) => {
                return recall(broker, id, &cause).await?.ok_or(Error::Refused(Refusal::LinkGone));
            }
            Err(CommitError::Held(other)) => return Err(anyhow!("{other} holds the target of {id}").into()),
            Err(CommitError::Failed(lost)) => {
                return recall(broker, id, &cause).await?.ok_or(Error::Failed(lost.into()));
            }
        }
    }
    Err(anyhow!("{id} was changed by others {ATTEMPTS} times in a row").into())
}

/// Commits an event with what follows from it, and sets out to tell whom it concerns.
pub(super) async fn commit(
    broker: &Arc<Broker>,
    recorded: Recorded,
    after: Request,
    cause: &Cause,
) -> std::result::Result<Changed, CommitError> {
    let work = follow_ups(&after, &recorded);
    let step = Step { recorded, after, work, uses_up: cause.uses_up.clone() };
    broker.ports.store.commit(&step).await?;
    broker.deliver_soon(step.work);
    Ok(Changed { request: step.after, event: Some(step.recorded.event) })
}

/// What this cause has already brought about, if anything.
pub(super) async fn recall(broker: &Broker, id: &RequestId, cause: &Cause) -> Result<Option<Changed>> {
    let events = broker.ports.store.events(id).await?;
    let Some(mine) = events.iter().find(|recorded| recorded.command == cause.command) else {
        return Ok(None);
    };
    let event = Some(mine.event.clone());
    let request = broker.ports.store.request(id).await?;
    Ok(request.map(|request| Changed { request, event }))
}
