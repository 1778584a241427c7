//! Operator: what the people who run the app do at a command line.
//!
//! 1. `freeze` and `thaw` change one row, on which every approval and every session is conditional: nobody is let in
//!    while it says so, by any replica. All else goes on.
//! 2. `end` ends all that somebody has: open access, and requests that wait for an answer.
//! 3. Auditors hear who did it and why (`control.rs`). What this process does not get to tell, a replica that serves tells.

use std::sync::Arc;

use anyhow::anyhow;

use super::{
    Broker, Result,
    access::transition::{Changed, transition},
    control::{ATTEMPTS, Decided, record},
};
use crate::{
    domain::{
        control::{Control, ControlEvent},
        decide::Command,
        email::Email,
        ids::RequestId,
        reason::Reason,
        request::Request,
        trail::actor::Actor,
    },
    ports::{Listed, OpenStatus},
};

/// How many requests are read at a time.
const PAGE: usize = 100;

/// Freezes access. Returns `false` if it was frozen.
///
/// # Errors
/// A failure of the store.
pub async fn freeze(broker: &Arc<Broker>, reason: Reason) -> Result<bool> {
    change(broker, |control| control.freeze(reason.clone())).await // 1
}

/// Ends a freeze. Returns `false` if access was not frozen.
///
/// # Errors
/// A failure of the store.
pub async fn thaw(broker: &Arc<Broker>) -> Result<bool> {
    change(broker, Control::thaw).await // 1
}

/// Ends all access, and withdraws all waiting requests, of the person with this address, under whichever identity.
/// Returns the requests.
///
/// # Errors
/// A failure of the store. What was ended by then stays ended; the command can be repeated.
pub async fn end(broker: &Arc<Broker>, person: &Email) -> Result<Vec<RequestId>> {
    let mut open = open_requests(broker, OpenStatus::Approved).await?;
    open.extend(open_requests(broker, OpenStatus::Requested).await?);
    let named: Vec<_> =
        open.iter().map(|one| &one.requester).filter(|human| human.email == *person).collect();
    let is_theirs = |one: &&Request| named.iter().any(|human| human.is_same_person(&one.requester));
    let mut ended = Vec::new();
    for Request { id, .. } in open.iter().filter(is_theirs) {
        let cause = broker.ports.ids.command_id().into();
        if let Changed { event: Some(_), .. } = transition(broker, id, &Command::ByOperator, cause).await? {
            ended.push(id.clone()); // 2
        }
    }
    Ok(ended)
}

async fn open_requests(broker: &Broker, status: OpenStatus) -> Result<Vec<Request>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = broker.ports.store.requests(&Listed::Open(status), after.as_ref(), PAGE).await?;
        found.extend(page.requests);
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// Records the event that follows from the state of the whole app, if any.
async fn change(broker: &Arc<Broker>, decide: impl Fn(&Control) -> Option<ControlEvent>) -> Result<bool> {
    let command = broker.ports.ids.command_id();
    for _ in 0..ATTEMPTS {
        let control = broker.ports.store.control().await?;
        let Some(what) = decide(&control) else { return Ok(false) };
        let decided = Decided { what, actor: Actor::Operator, policy: None };
        if record(broker, &control, decided, command.clone()).await? {
            return Ok(true); // 3
        }
    }
    Err(anyhow!("the state of the app was changed by others {ATTEMPTS} times in a row").into())
}
