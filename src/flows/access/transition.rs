//! Transition: the steps that every change of a request shares: load, decide, commit, then notify.
//!
//! A decision's proofs are returned with the change, so that no caller proves them again.

use std::sync::Arc;

use anyhow::anyhow;

use crate::{
    domain::{
        decide::{Command, decide},
        ids::{CommandId, RequestId},
        job::follow_ups,
        person::StandingSignIn,
        refusal::Refusal,
        request::{Change, Event, Recorded, Request, evolve},
        secret::SecretHash,
        session::Beginning,
        window::Timestamp,
    },
    flows::{Broker, Result, audit, policy},
    ports::{CommitError, Given, Step, StoreError},
};

/// How many times a change is decided when concurrent changes win.
const ATTEMPTS: usize = 8;

/// How many times a request and its events are read again because one of them was read before an event was committed,
/// and the other after it. What does not agree then never will.
const READS_IN_STEP_WITHIN: usize = 4;

/// The cause of a change. A change that is repeated under the same cause happens once.
#[derive(Clone, Debug)]
pub(in crate::flows) struct Cause {
    pub(in crate::flows) command: CommandId,
    /// The one-time secrets that the change consumes.
    pub(in crate::flows) uses_up: Vec<SecretHash>,
    /// What the change is based on.
    pub(in crate::flows) given: Vec<Given>,
}

impl Cause {
    /// Returns the cause of a change that is based on this sign-in as well.
    pub(in crate::flows) fn stands_on(mut self, sign_in: &StandingSignIn) -> Self {
        self.given.push(Given::SignedIn(sign_in.clone()));
        self
    }
}

impl From<CommandId> for Cause {
    fn from(command: CommandId) -> Self {
        Self { command, uses_up: Vec::new(), given: Vec::new() }
    }
}

/// A request after a command, and the event that the command caused, if any.
#[derive(Clone, Debug)]
pub(in crate::flows) struct Changed {
    pub(in crate::flows) request: Request,
    pub(in crate::flows) event: Option<Event>,
}

/// A decision.
pub(in crate::flows) trait Decided {
    /// Returns the change to commit, if there is one.
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

/// What a decision about a request looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::flows) enum DecidedBy {
    /// Its current state.
    State,
    /// Its current state and all of its events.
    History,
}

/// Carries out a command, unless it is refused.
pub(in crate::flows) async fn transition(
    broker: &Arc<Broker>,
    id: &RequestId,
    command: &Command,
    cause: Cause,
) -> Result<Changed> {
    let rule = |request: &Request, _: &[Recorded], now| decide(request, command, &broker.policy, now);
    let cause = match command.stands_on() {
        Some(sign_in) => cause.stands_on(sign_in),
        None => cause,
    };
    let (changed, _) = change(broker, id, cause, DecidedBy::State, rule).await?;
    Ok(changed)
}

/// Loads the request, decides at the current time and commits. Decides again if a concurrent change won. Returns the
/// decision once it is committed.
pub(in crate::flows) async fn change<D: Decided>(
    broker: &Arc<Broker>,
    id: &RequestId,
    cause: Cause,
    by: DecidedBy,
    rule: impl Fn(&Request, &[Recorded], Timestamp) -> Result<D, Refusal>,
) -> Result<(Changed, D)> {
    for attempt in 1..=ATTEMPTS {
        let now = broker.ports.clock.now();
        let history = match by {
            DecidedBy::State => Vec::new(),
            DecidedBy::History => broker.ports.store.events(id).await?,
        };
        let Some(before) = broker.ports.store.request(id).await? else {
            return Err(Refusal::NoSuchRequest { request: id.clone() }.into());
        };
        let are_in_step = history.last().map(|last| last.number) == Some(before.version);
        if by == DecidedBy::History && !are_in_step && attempt <= READS_IN_STEP_WITHIN {
            continue; // an event was committed between the two reads
        }
        let decided = rule(&before, &history, now)?;
        let Some(next) = decided.change() else {
            return Ok((Changed { request: before, event: None }, decided));
        };
        let recorded = before.next(next, cause.command.clone(), now);
        let held = before.holds_until();
        let after = evolve(before, &recorded);
        match commit(broker, held, (recorded, after), &cause).await {
            Ok(changed) => return Ok((changed, decided)),
            Err(CommitError::Conflict) => {}
            Err(CommitError::UsedUp) => return Err(Refusal::LinkGone.into()),
            Err(CommitError::SignedOut) => return Err(Refusal::SignInAgain { words: None }.into()),
            Err(CommitError::Frozen) => return Err(Refusal::Frozen.into()),
            Err(CommitError::Outdated { in_force }) => {
                return Err(policy::outdated(broker, in_force).into());
            }
            // A later request for the same target exists, so by another replica's clock this one has already expired.
            Err(CommitError::Held(_)) => return Err(Refusal::ExpiredUnanswered.into()),
            Err(CommitError::Failed(error)) => return Err(error.into()),
        }
    }
    Err(anyhow!("{id} was changed by others {ATTEMPTS} times in a row").into())
}

/// Commits an event with its jobs, and starts to notify the people concerned. `held` is until when the request held its
/// target before. The commit requires that the policy of this replica is in force, if the event depends on that.
pub(in crate::flows) async fn commit(
    broker: &Arc<Broker>,
    held: Option<Timestamp>,
    (recorded, after): (Recorded, Request),
    cause: &Cause,
) -> Result<Changed, CommitError> {
    let (jobs, counted) = audit::in_bursts(broker, follow_ups(&after, &recorded));
    let now = broker.ports.clock.now();
    let (uses_up, mut given) = (cause.uses_up.clone(), cause.given.clone());
    given.extend(policy::given(broker, &recorded.what));
    let step = Step { recorded, after, held, jobs, uses_up, now, given };
    match broker.ports.store.commit(&step).await {
        Ok(()) => {}
        Err(CommitError::Failed(lost)) if !was_made(broker, &step).await? => {
            return Err(CommitError::Failed(lost));
        }
        Err(CommitError::Failed(_)) => {}
        Err(
            error @ (CommitError::Conflict
            | CommitError::Held(_)
            | CommitError::UsedUp
            | CommitError::Frozen
            | CommitError::Outdated { .. }
            | CommitError::SignedOut),
        ) => {
            return Err(error);
        }
    }
    counted.keep();
    broker.ports.counters.event(&step.recorded.what);
    audit::log_event(&step.recorded, &step.after.target);
    broker.deliver_soon(step.jobs);
    Ok(Changed { request: step.after, event: Some(step.recorded.what) })
}

/// Returns whether a step was committed although its response was lost: its event is then in the stream.
async fn was_made(broker: &Broker, step: &Step) -> Result<bool, StoreError> {
    let events = broker.ports.store.events(&step.recorded.stream).await?;
    Ok(events.contains(&step.recorded))
}
