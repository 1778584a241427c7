//! Audit: what was refused is an event of its own, apart from the request it was about.
//!
//! 1. The person hears the sentence; the store keeps it, with who tried what.
//! 2. The audit channel hears it, like every other event.

use std::sync::Arc;

use super::{Broker, Result};
use crate::domain::{
    audit::{SideEvent, SideNews, Tried},
    ids::{CommandId, RequestId, SideEventId, Target},
    person::SlackUser,
    refusal::Refusal,
    window::Timestamp,
    work::follow_ups_aside,
};

/// Who tried what, when, and what names the attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'a> {
    pub(super) command: &'a CommandId,
    pub(super) at: Timestamp,
    pub(super) who: &'a SlackUser,
    pub(super) tried: Tried,
    pub(super) request: Option<&'a RequestId>,
}

impl Broker {
    /// Records that something was refused; carried out twice, it is recorded once.
    pub(super) async fn record_refusal(
        self: &Arc<Self>,
        attempt: Attempt<'_>,
        refusal: &Refusal,
    ) -> Result<()> {
        let Attempt { command, at, who, tried, request } = attempt;
        let target = self.target_of(request, refusal).await?;
        let what = SideNews::Refused { tried, request: request.cloned(), target, why: refusal.to_string() };
        let event = SideEvent { id: SideEventId::of(command, at), at, who: who.clone(), what };
        let work = follow_ups_aside(&event);
        self.ports.store.record(&event, &work).await?; // 1
        self.deliver_soon(work); // 2
        Ok(())
    }

    async fn target_of(&self, request: Option<&RequestId>, refusal: &Refusal) -> Result<Option<Target>> {
        if let Some(target) = refusal.target() {
            return Ok(Some(target.clone()));
        }
        let Some(id) = request else { return Ok(None) };
        Ok(self.ports.store.request(id).await?.map(|request| request.target))
    }
}
