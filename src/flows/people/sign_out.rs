//! Sign-out: the identity provider says, to us alone, that somebody's sessions there are over.
//!
//! 1. What it says is genuine, and of this moment.
//! 2. The account is found that this identity is bound to; where there is none, there is nothing to do.
//! 3. One commit drops the refresh token and marks the link, so that the person must sign in again. It is not made for
//!    whoever has signed in since, and what comes twice counts once.

use std::sync::Arc;

use crate::{
    domain::{
        audit::{SideEvent, SideNews},
        ids::{CommandId, SideEventId},
        job::follow_ups_aside,
    },
    flows::{Broker, Error, Result, audit, visits::sign_in::refused},
    ports::{CommitError, SignedOut},
};

/// Lets nobody act on an older sign-in of whoever this logout token names.
///
/// # Errors
/// [`Refusal::IdentityUnusable`](crate::domain::refusal::Refusal::IdentityUnusable) when the token is not genuine; a
/// failure of the store or of the identity provider.
pub async fn sign_out(broker: &Arc<Broker>, logout_token: &str) -> Result<()> {
    let told = broker.ports.identity.signed_out(logout_token).await.map_err(refused)?; // 1
    let SignedOut { id, subject, at } = told;
    let Some(who) = broker.ports.store.owner(&subject).await? else { return Ok(()) };
    let link = broker.ports.store.link(&who).await?;
    let Some(link) = link.filter(|link| link.subject == subject) else { return Ok(()) }; // 2
    let id = SideEventId::of(&CommandId::of_logout(&subject.issuer, &id), at);
    let event = SideEvent { id, at, who, what: SideNews::SignedOut { email: link.email.clone() } };
    let now = broker.ports.clock.now();
    let (jobs, counted) = audit::in_bursts(broker, follow_ups_aside(&event, now));
    match broker.ports.store.sign_out(&link, &event, &jobs, now).await {
        Ok(()) => {
            counted.keep();
            broker.ports.counters.side_event(&event.what);
            broker.deliver_soon(jobs); // 3
        }
        Err(CommitError::Conflict) => {}
        Err(CommitError::Failed(error)) => return Err(error.into()),
        Err(error @ (CommitError::UsedUp | CommitError::Held(_))) => return Err(Error::Failed(error.into())),
    }
    Ok(())
}
