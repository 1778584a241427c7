//! Ticket: a one-time address leads a browser to a sign-in.
//!
//! 1. A flow issues a ticket: its secret is in an address for one person, and only its hash is stored.
//! 2. GET shows what it leads to and changes nothing, because scanners and link previews open addresses, too.
//! 3. POST, or GET if there is nothing to confirm, starts a sign-in. The ticket remains valid until that returns, so
//!    any number of browsers may start one. Only the browser that starts last may consume a link.

use url::Url;

use super::{Asked, Invitee, Shown, Visited, sign_in};
use crate::{
    domain::{
        account::Account,
        press::Wish,
        refusal::Refusal,
        secret::Secret,
        ticket::{Answering, Ticket, Visit},
    },
    flows::{Broker, Result},
    ports::TicketError,
};

/// Stores a ticket for this account and returns its address, which must be shown to no one else. It carries the
/// person's wish along.
pub(in crate::flows) async fn give_out(
    broker: &Broker,
    who: &Account,
    visit: Visit,
    wish: Option<Wish>,
) -> Result<Url> {
    let secret = broker.ports.ids.secret();
    let url = broker.url(visit.door(), secret.expose());
    let expires_at = broker.ports.clock.now() + visit.lasts();
    let ticket = Ticket { key: secret.hash(), expires_at, who: who.clone(), visit, sign_in: None, wish };
    broker.ports.store.keep_ticket(&ticket).await?;
    Ok(url) // 1
}

/// Returns the ticket that is presented at this door, if it was issued for it and is still valid. Otherwise the outcome
/// is [`Refusal::LinkGone`], or a failure of the store.
pub async fn find(broker: &Broker, door: &str, secret: &Secret) -> Visited<Ticket> {
    let found = sign_in::find(broker, &secret.hash(), broker.ports.clock.now()).await;
    let outcome = found
        .outcome
        .and_then(|ticket| Ok(Some(ticket).filter(|ticket| ticket.is_for(door)).ok_or(Refusal::LinkGone)?));
    Visited { who: found.who, outcome }
}

/// Returns what a ticket leads to. Changes nothing.
///
/// # Errors
/// [`Refusal::NoSuchRequest`]; a failure of the store.
pub async fn show(broker: &Broker, ticket: &Ticket) -> Result<Shown> {
    Ok(match &ticket.visit {
        Visit::Link { name } => Shown::Link(Invitee::of(broker, ticket.who.clone(), name.clone())?),
        Visit::Review(Answering { request, act, .. }) => {
            let found = broker.ports.store.request(request).await?;
            let request = found.ok_or_else(|| Refusal::NoSuchRequest { request: request.clone() })?;
            Shown::Review(Box::new(Asked { request, act: act.clone() }))
        }
        Visit::OpenConsole { .. } | Visit::HoldAccount { .. } => Shown::Onward,
    }) // 2
}

/// Starts a sign-in in this browser, and returns where the browser goes.
///
/// # Errors
/// [`Refusal::LinkGone`]; a failure of the store or of the identity provider.
pub async fn start(broker: &Broker, ticket: Ticket, browser: &Secret) -> Result<Url> {
    let now = broker.ports.clock.now();
    let (sign_in, url) = sign_in::begin(broker, browser, &ticket, ticket.visit.clone(), now).await?;
    if let Visit::Link { .. } = ticket.visit {
        match broker.ports.store.start_link(&ticket.key, &sign_in, now).await {
            Ok(()) => {}
            Err(TicketError::Failed(error)) => return Err(error.into()),
            Err(TicketError::UsedUp) => return Err(Refusal::LinkGone.into()),
        }
    } else {
        broker.ports.store.keep_ticket(&sign_in).await?;
    }
    Ok(url) // 3
}
