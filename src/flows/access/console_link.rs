//! Console link: sends the requester a one-time link to the console, which `open_session` handles.
//!
//! 1. The person must be a full member.
//! 2. The request must be their own, and access must be open.
//! 3. The link is visible only to them and works for 15 minutes, for one session.

use crate::{
    domain::{account::Account, ids::RequestId, message::Message, refusal::Refusal, ticket::Visit},
    flows::{Broker, Result, visits::ticket},
    ports::Priority,
};

/// Returns a link to the console for the requester, if access is open.
///
/// # Errors
/// [`Refusal::NotFullMember`], [`Refusal::NotLive`], [`Refusal::NotYours`]; a failure of the platform or of the store.
pub(in crate::flows) async fn console_link(
    broker: &Broker,
    who: &Account,
    id: &RequestId,
) -> Result<Message> {
    match broker.ports.store.link(who).await? {
        Some(_) => broker.member(who, Priority::Person).await?, // 1
        None => broker.known_member(who).await?,
    };
    let now = broker.ports.clock.now();
    let Some(request) = broker.ports.store.request(id).await? else {
        return Err(Refusal::NoSuchRequest { request: id.clone() }.into());
    };
    if Some(who) != request.requester.account.as_ref() {
        return Err(Refusal::NotYours.into());
    }
    let ends_at = request.live_at(now)?.window().ends(); // 2
    let visit = Visit::OpenConsole { request: id.clone() };
    let url = ticket::give_out(broker, who, visit, None).await?; // 3
    Ok(Message::ConsoleLink { target: request.target, url, ends_at })
}
