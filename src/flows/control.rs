//! Control: records what happens to the whole app, and notifies auditors.

use std::sync::Arc;

use super::{Broker, Result};
use crate::{
    domain::{
        control::{Control, ControlEvent},
        ids::CommandId,
        job::follow_ups_of_control,
        policy_in_force::PolicySettings,
        trail::actor::Actor,
    },
    ports::ControlStep,
};

/// How many times a change is tried when another one wins.
pub(super) const ATTEMPTS: usize = 8;

/// An event of the whole app, who causes it, and the settings of the policy that it puts in force, if it does.
pub(super) struct Decided {
    pub(super) what: ControlEvent,
    pub(super) actor: Actor,
    pub(super) policy: Option<PolicySettings>,
}

/// Records an event that follows from this state of the whole app, and notifies auditors. Returns `false` if another
/// event was recorded first.
pub(super) async fn record(
    broker: &Arc<Broker>,
    control: &Control,
    Decided { what, actor, policy }: Decided,
    command: CommandId,
) -> Result<bool> {
    let recorded = control.next(what, actor, command, broker.ports.clock.now());
    let jobs = follow_ups_of_control(&recorded, recorded.at);
    let step = ControlStep { after: control.after(&recorded), recorded, jobs, policy };
    let is_recorded = broker.ports.store.record_control(&step).await?;
    if is_recorded {
        broker.deliver_soon(step.jobs);
    }
    Ok(is_recorded)
}
