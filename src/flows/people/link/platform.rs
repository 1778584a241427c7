//! Linking when the addresses differ, by a sign-in at the chat platform.
//!
//! 1. The browser that returned from the identity provider continues to the platform. The identity provider's claims
//!    wait in that sign-in.
//! 2. After that sign-in, the browser must be signed in to exactly the account that the link token was made for.
//! 3. The commit consumes the link token and both sign-ins.

use std::sync::Arc;

use url::Url;

use super::bind;
use crate::{
    domain::{
        ids::CommandId,
        linking::PendingLink,
        person::{HeldAccount, Link},
        secret::{Secret, SecretHash},
        ticket::{LinkSecrets, Ticket, Visit},
    },
    flows::{Broker, Result, visits::sign_in},
    ports::{LinkProof, Priority},
};

/// Starts a sign-in at the platform in this browser, and returns where the browser goes.
pub(super) async fn begin(
    broker: &Broker,
    browser: &Secret,
    ticket: &Ticket,
    pending: PendingLink,
) -> Result<Url> {
    let visit = Visit::HoldAccount { after: ticket.key.clone(), pending: Box::new(pending) };
    let now = broker.ports.clock.now();
    let (sign_in, url) = sign_in::begin(broker, browser, ticket, visit, now).await?;
    broker.ports.store.keep_ticket(&sign_in).await?; // 1
    Ok(url)
}

/// Makes the pending link, if the browser is signed in to its account.
pub(in crate::flows) async fn finish(
    broker: &Arc<Broker>,
    pending: PendingLink,
    uses_up: LinkSecrets,
    sign_in: SecretHash,
    held: &HeldAccount,
) -> Result<Link> {
    pending.is_for(held)?; // 2
    broker.member_for_page(held.who(), Priority::Person).await?;
    let cause = (CommandId::of_secret(&sign_in), broker.ports.clock.now());
    bind(broker, pending, LinkProof::PlatformSignIn(uses_up, sign_in), cause).await // 3
}
