//! Sign-out: the identity provider reports, directly to this process, that a person's sessions there have ended.
//!
//! 1. The report must be genuine and recent.
//! 2. The sign-out is recorded for the identity, whether it is linked or not: no later commit links, answers or opens
//!    anything by a sign-in that began before it.
//! 3. The account that is linked to this identity is looked up. If there is none, nothing else happens.
//! 4. One commit deletes the refresh token and a pending code and marks the link, so that the person must sign in again.
//!    It does not apply to a person who has signed in since, and a repeated report counts once.

use std::sync::Arc;

use crate::{
    domain::{
        account_event::AccountEvent,
        ids::CommandId,
        person::{Human, Link},
    },
    flows::{Broker, Result, audit, visits::sign_in::refused},
    ports::{SignedOut, UnlinkError},
};

/// Invalidates all earlier sign-ins of the person that this logout token names.
///
/// # Errors
/// [`Refusal::IdentityUnusable`](crate::domain::refusal::Refusal::IdentityUnusable) if the token is not genuine; a
/// failure of the store or of the identity provider.
pub async fn sign_out(broker: &Arc<Broker>, logout_token: &str) -> Result<()> {
    let told = broker.ports.identity.signed_out(logout_token).await.map_err(refused)?; // 1
    let SignedOut { id, subject, at } = told;
    // The provider's clock may be ahead of ours, or behind it: nothing that begins from now on is from before.
    let now = broker.ports.clock.now();
    broker.ports.store.end_sign_ins(&subject, now.min(at + Link::CLOCKS_DIFFER_BY)).await?; // 2
    let Some(who) = broker.ports.store.owner(&subject).await? else { return Ok(()) };
    let link = broker.ports.store.link(&who).await?;
    let Some(link) = link.filter(|link| link.subject == subject) else { return Ok(()) }; // 3
    let command = CommandId::of_logout(&subject.issuer, &id);
    // The person signed out at the provider, not through an account.
    let person = Human { account: None, ..link.human() };
    let at = at.min(now);
    let signed_out = AccountEvent::SignedOut { email: link.email.clone() };
    let (event, counted) = audit::new_event(broker, signed_out.of(&who, person.into(), command, at));
    match broker.ports.store.sign_out(&link, &event).await {
        Ok(appended) => audit::tell(broker, appended, counted), // 4
        Err(UnlinkError::Conflict) => {}
        Err(UnlinkError::Failed(error)) => return Err(error.into()),
    }
    Ok(())
}
