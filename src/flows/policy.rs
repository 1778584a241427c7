//! Policy: all replicas let people in by one policy, the one in force.
//!
//! 1. A replica looks every few seconds which policy is in force (`health.rs`).
//! 2. A policy that has never been in force is newer than the one that is: the replica puts it in force, with an event
//!    that auditors hear. Of several replicas with the same policy, one does.
//! 3. A policy that was in force earlier is outdated: the replica decides nothing, and is not ready.
//! 4. Whatever a replica has seen, what it commits by another policy than the one in force is not committed
//!    (`store/given.rs`). What narrows access is committed by every replica.
//! 5. The operator can put an earlier policy in force again, at a command line.

use std::sync::{Arc, PoisonError};

use anyhow::anyhow;

use super::{
    Broker, Ports, Result,
    control::{ATTEMPTS, Decided, record},
};
use crate::{
    domain::{
        control::{Control, Footing},
        policy_in_force::{PolicyChanges, PolicyDigest, PolicySettings, Standing},
        refusal::Refusal,
        request::Event,
        trail::actor::Actor,
    },
    ports::{Given, Part, StoreError},
};

/// The name of a replica that puts its policy in force, as the actor of that event.
const REPLICA: &str = "elevate";

/// The policy of this replica, in comparison with the one in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The digest of this replica's policy.
    pub own: PolicyDigest,
    /// What it is to the one in force.
    pub standing: Standing,
    /// How it differs from the one in force; not at all if none is.
    pub changes: PolicyChanges,
}

/// Looks which policy is in force, and puts this replica's in force if it is newer.
///
/// # Errors
/// A failure of the store.
pub async fn adopt(broker: &Arc<Broker>) -> Result<()> {
    let control = broker.ports.store.control().await?;
    follow(broker, &control).await
}

/// Takes note of the policy in force, as just read, and puts this replica's in force if it is newer.
pub(super) async fn follow(broker: &Arc<Broker>, control: &Control) -> Result<()> {
    let found = compare(broker, control).await?; // 1
    let is_newer = matches!(found, Standing::Newer { .. });
    note(broker, found);
    if is_newer {
        put_in_force(broker, &Actor::Service { name: REPLICA.to_owned() }, IfKnown::Stop).await?; // 2
        let control = broker.ports.store.control().await?;
        note(broker, compare(broker, &control).await?);
    }
    Ok(())
}

/// Compares the policy of this process with the one in force, and changes nothing.
///
/// # Errors
/// A failure of the store.
pub async fn look(broker: &Broker) -> Result<Compared> {
    let control = broker.ports.store.control().await?;
    let standing = compare(broker, &control).await?;
    let changes = changes(broker, &control).await?;
    Ok(Compared { own: broker.digest().clone(), standing, changes })
}

/// Puts the policy of this process in force, at the operator's word, even if it was in force earlier. Returns `false`
/// if it is in force.
///
/// # Errors
/// A failure of the store.
pub async fn put_back(broker: &Arc<Broker>) -> Result<bool> {
    put_in_force(broker, &Actor::Operator, IfKnown::GoOn).await // 5
}

/// What happens if the policy to put in force was in force earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IfKnown {
    Stop,
    GoOn,
}

/// Puts this process's policy in force. Returns `false` if it is in force, or was earlier and that matters.
async fn put_in_force(broker: &Arc<Broker>, actor: &Actor, if_known: IfKnown) -> Result<bool> {
    let Ports { store, ids, .. } = &broker.ports;
    let command = ids.command_id();
    for _ in 0..ATTEMPTS {
        let control = store.control().await?;
        if if_known == IfKnown::Stop && store.policy(broker.digest()).await?.is_some() {
            return Ok(false);
        }
        let Some(what) = control.adopt(broker.digest(), changes(broker, &control).await?) else {
            return Ok(false);
        };
        let policy = Some(broker.settings.rules.clone());
        let decided = Decided { what, actor: actor.clone(), policy };
        if record(broker, &control, decided, command.clone()).await? {
            return Ok(true);
        }
    }
    Err(anyhow!("the state of the app was changed by others {ATTEMPTS} times in a row").into())
}

/// Refuses what the policy decides, unless this replica's is in force. A replica that has seen it in force before takes
/// that as given: the commit does not.
///
/// # Errors
/// [`Refusal::PolicyOutdated`]; a failure of the store.
pub(super) async fn check(broker: &Arc<Broker>) -> Result<()> {
    if let Some(Standing::InForce(_)) = broker.standing() {
        return Ok(());
    }
    adopt(broker).await?;
    match broker.standing() {
        Some(Standing::InForce(_)) => Ok(()),
        Some(Standing::Earlier { in_force }) => Err(outdated(broker, Some(in_force.number)).into()),
        Some(Standing::Newer { .. }) | None => Err(outdated(broker, None).into()),
    }
}

/// Returns the refusal of what this replica decided by a policy that is not in force.
pub(super) fn outdated(broker: &Broker, in_force: Option<u64>) -> Refusal {
    Refusal::PolicyOutdated { in_force, own: broker.digest().shown().to_owned() }
}

/// Returns what the state of the whole app must be for this event to be committed.
pub(super) fn given(broker: &Broker, event: &Event) -> Option<Given> {
    match event.footing() {
        Footing::LetsIn => Some(Given::LetsIn(broker.digest().clone())),
        Footing::ByPolicy => Some(Given::Policy(broker.digest().clone())),
        Footing::Always => None,
    } // 4
}

async fn compare(broker: &Broker, control: &Control) -> Result<Standing, StoreError> {
    let own = broker.digest();
    Ok(match &control.policy {
        Some(in_force) if in_force.digest == *own => Standing::InForce(in_force.clone()),
        Some(in_force) if broker.ports.store.policy(own).await?.is_some() => {
            Standing::Earlier { in_force: in_force.clone() } // 3
        }
        in_force => Standing::Newer { in_force: in_force.clone() },
    })
}

/// Returns how this process's policy differs from the one in force: nothing is told of the first policy.
async fn changes(broker: &Broker, control: &Control) -> Result<PolicyChanges, StoreError> {
    let Some(in_force) = &control.policy else { return Ok(PolicyChanges::default()) };
    let before: Option<PolicySettings> = broker.ports.store.policy(&in_force.digest).await?;
    Ok(broker.settings.rules.changes_from(&before.unwrap_or_default()))
}

/// Notes what was seen, and logs what has changed since.
fn note(broker: &Broker, found: Standing) {
    let own = broker.digest().as_str();
    broker.ports.gauges.saw_part(Part::Policy, matches!(found, Standing::InForce(_)));
    let mut seen = broker.seen.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.policy.as_ref() == Some(&found) {
        return;
    }
    match &found {
        Standing::InForce(in_force) => {
            tracing::info!(policy = in_force.number, digest = own, "policy: in force");
        }
        Standing::Earlier { in_force } => tracing::error!(
            policy = in_force.number,
            in_force = in_force.digest.as_str(),
            digest = own,
            "policy: outdated, this replica decides nothing"
        ),
        Standing::Newer { .. } => {}
    }
    seen.policy = Some(found);
}

impl Broker {
    /// Returns what this replica's policy is to the one in force, as last seen.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).policy.clone()
    }
}
