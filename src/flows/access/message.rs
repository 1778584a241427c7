//! Message: a press counts only in the message that the app drew for the request.
//!
//! 1. The platform states in which message the person pressed. Words that a person typed name the request themselves.
//! 2. An answer counts on the card alone. The requester's message serves for the rest as well.
//! 3. A message that only one person sees has no location that the app could note. It serves the requester of the
//!    request for anything but an answer.
//! 4. A press in any other message is refused, and the card is drawn again, so that it shows the current state.

use crate::{
    domain::{
        act::Tried,
        ids::RequestId,
        press::{ActedIn, Asker},
        refusal::Refusal,
    },
    flows::{Broker, Result, deliver::Try},
    ports::Surface,
};

/// Checks that the person acted in the message that the app drew for the request.
///
/// # Errors
/// [`Refusal::OtherMessage`], [`Refusal::NoSuchRequest`]; a failure of the store.
pub(in crate::flows) async fn check(
    broker: &Broker,
    asker: &Asker,
    id: &RequestId,
    tried: Tried,
) -> Result<()> {
    if asker.acted_in == ActedIn::Words || is_current(broker, asker, id, tried).await? {
        return Ok(()); // 1
    }
    let Some(request) = broker.ports.store.request(id).await? else {
        return Err(Refusal::NoSuchRequest { request: id.clone() }.into());
    };
    let is_requester = request.requester.account.as_ref() == Some(&asker.who);
    if asker.acted_in == ActedIn::Whisper && is_requester && !is_answer(tried) {
        return Ok(()); // 3
    }
    // A message that is being posted has no noted location yet: drawing waits for it, or finds it.
    draw_again(broker, id).await; // 4
    if is_current(broker, asker, id, tried).await? {
        return Ok(());
    }
    Err(Refusal::OtherMessage { pressed: asker.acted_in.to_string() }.into())
}

/// Draws the card of a request again for a person who has seen another state of it. If the platform does not accept
/// it now, the person is answered nevertheless, and the job of the last change draws it.
pub(in crate::flows) async fn draw_again(broker: &Broker, id: &RequestId) {
    if let Err(error) = broker.draw(id, Surface::Card, Try::Another).await {
        tracing::warn!(request = %id, error = format!("{error:#}"), "chat: card not drawn after a refused press");
    }
}

/// Returns whether the person acted in the message that is noted for the request.
async fn is_current(broker: &Broker, asker: &Asker, id: &RequestId, tried: Tried) -> Result<bool> {
    let ActedIn::Message(pressed) = &asker.acted_in else { return Ok(false) };
    for surface in surfaces(tried) {
        if broker.ports.store.place(id, *surface).await?.as_ref() == Some(pressed) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the messages in which this counts, the likeliest first.
fn surfaces(tried: Tried) -> &'static [Surface] {
    if is_answer(tried) { &[Surface::Card] } else { &[Surface::Receipt, Surface::Card] } // 2
}

fn is_answer(tried: Tried) -> bool {
    match tried {
        Tried::Approve | Tried::Reject => true,
        Tried::Use | Tried::Link | Tried::Request | Tried::Withdraw | Tried::End | Tried::OpenConsole => {
            false
        }
    }
}
