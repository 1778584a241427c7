//! Another way: who could not be told in the usual way hears in another.
//!
//! 1. A requester whose card the platform refused learns that reviewers do not see the request, and when they do.
//! 2. What a requester cannot be told is posted below the card, for reviewers to pass on.
//! 3. Nothing is posted that has become pointless.

use super::{Broker, Result};
use crate::{
    domain::{
        ids::RequestId,
        job::Untold,
        message::{Drawn, Message, Seen},
        request::Status,
    },
    ports::{Address, Surface},
};

/// Notifies the requester whether reviewers see the request, while it waits.
pub(super) async fn say_whether_seen(broker: &Broker, id: &RequestId) -> Result<()> {
    let now = broker.ports.clock.now();
    let Some(request) = broker.ports.store.request(id).await? else { return Ok(()) };
    let Status::Requested = request.status_at(now) else { return Ok(()) }; // 3
    let Some(who) = request.requester.account.clone() else { return Ok(()) };
    let card = broker.ports.store.place(id, Surface::Card).await?;
    let seen = if card.is_some() { Seen::AtLast } else { Seen::NotYet };
    let receipt = broker.ports.store.place(id, Surface::Receipt).await?.map(Address::Thread);
    let to = receipt.unwrap_or(Address::Person(who));
    broker.post(&to, &Message::CardSeen(Drawn { request, as_of: now }, seen)).await?; // 1
    Ok(())
}

/// Posts below the card what the requester could not be told, if it is still true.
pub(super) async fn pass_on(broker: &Broker, id: &RequestId, untold: Untold) -> Result<()> {
    let now = broker.ports.clock.now();
    let Some(request) = broker.ports.store.request(id).await? else { return Ok(()) };
    let is_true = match (request.status_at(now), untold) {
        (Status::Approved { .. }, Untold::Access) => true,
        (Status::Rejected { .. } | Status::Expired | Status::Ended { .. }, Untold::Outcome) => true,
        (
            Status::Requested
            | Status::Approved { .. }
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Expired
            | Status::Ended { .. },
            Untold::Access | Untold::Outcome,
        ) => false,
    };
    let card = broker.ports.store.place(id, Surface::Card).await?;
    let (true, Some(card)) = (is_true, card) else { return Ok(()) }; // 3
    broker.post(&Address::Thread(card), &Message::PassOn(Drawn { request, as_of: now })).await?; // 2
    Ok(())
}
