//! Audit: what was refused is an event of its own, apart from the request it was about.
//!
//! 1. The store keeps the refusal, with who tried what.
//! 2. The audit channel hears it: at once, or together with what else this person is refused that minute.

use std::sync::{Arc, PoisonError};

use super::{Broker, Result};
use crate::domain::{
    account::Account,
    audit::{SideEvent, SideNews, Tried},
    ids::{CommandId, RequestId, SideEventId, Target},
    job::follow_ups_aside,
    pace::Pace,
    refusal::Refusal,
    window::Timestamp,
};

/// Who tried what, when, and what names the attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'a> {
    pub(super) command: &'a CommandId,
    pub(super) at: Timestamp,
    pub(super) who: &'a Account,
    pub(super) tried: Tried,
    pub(super) about: About<'a>,
}

/// What an attempt is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum About<'a> {
    Nothing,
    Target(&'a Target),
    Request(&'a RequestId),
}

/// Records that something was refused; carried out twice, it is recorded once.
pub(super) async fn record_refusal(
    broker: &Arc<Broker>,
    attempt: Attempt<'_>,
    refusal: &Refusal,
) -> Result<()> {
    let Attempt { command, at, who, tried, about } = attempt;
    let (request, target) = match about {
        About::Nothing => (None, None),
        About::Target(target) => (None, Some(target.clone())),
        About::Request(id) => (Some(id.clone()), target_of(broker, id).await?),
    };
    let what = SideNews::Refused { tried, request, target, refusal: refusal.clone() };
    let event = SideEvent { id: SideEventId::of(command, at), at, who: who.clone(), what };
    let now = broker.ports.clock.now();
    let heard_at = heard_at(broker, who, now);
    let jobs = follow_ups_aside(&event, heard_at);
    let is_news = broker.ports.store.record(&event, &jobs, now).await?; // 1
    if is_news {
        broker.ports.counters.side_event(&event.what);
    }
    if is_news && heard_at <= now {
        broker.deliver_soon(jobs); // 2
    }
    Ok(())
}

/// When auditors hear of what this person is refused now.
fn heard_at(broker: &Broker, who: &Account, now: Timestamp) -> Timestamp {
    let mut paces = broker.refusals.lock().unwrap_or_else(PoisonError::into_inner);
    paces.retain(|_, pace| !pace.is_over(now));
    paces.entry(who.clone()).or_insert_with(|| Pace::starting(now)).heard_at(now)
}

async fn target_of(broker: &Broker, id: &RequestId) -> Result<Option<Target>> {
    Ok(broker.ports.store.request(id).await?.map(|request| request.target))
}
