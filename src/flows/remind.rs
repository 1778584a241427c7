//! Remind: reminds reviewers who can still answer, and requesters whose access is about to end. A reminder is posted in
//! the thread of the existing message.
//!
//! 1. Reviewers are reminded of an unanswered request after 15 minutes, then each time after twice as long. If there is
//!    no card, because it could not be posted, it is posted instead.
//! 2. The requester is notified 10 minutes before access ends.
//! 3. No reminder is posted if it has become pointless.
//! 4. A card that the platform refused is tried again every minute, until it is posted or the request is answered
//!    otherwise. The requester is notified that reviewers do not see the request, and when they do.

use super::{Broker, Error, Result, another_way, deliver::Try};
use crate::{
    domain::{
        ids::RequestId,
        job::{CARD_IS_TRIED_EVERY, Job, next_reminder},
        message::{Drawn, Message},
        request::Status,
    },
    ports::{Address, Because, ChatError, Surface},
};

/// Reminds reviewers, if they can still answer. Returns the job of the next reminder, if any.
pub(super) async fn remind(broker: &Broker, id: &RequestId, job: &Job) -> Result<Option<Job>> {
    let now = broker.ports.clock.now();
    let Some(request) = broker.ports.store.request(id).await? else { return Ok(None) };
    let Status::Requested = request.status_at(now) else { return Ok(None) }; // 3
    let next = next_reminder(&request, now).map(|due| Job { due, ..job.clone() });
    let said = match broker.ports.store.place(id, Surface::Card).await? {
        Some(card) => {
            let reminder = Message::Reminder(Drawn { request, as_of: now });
            broker.post(&Address::Thread(card), &reminder).await.map(drop).map_err(Error::from) // 1
        }
        None => broker.draw(id, Surface::Card, Try::Another).await,
    };
    match said {
        Err(refused)
            if matches!(
                refused.of_platform(),
                Some(ChatError::Refused { .. } | ChatError::Unsupported { .. })
            ) =>
        {
            tracing::warn!(request = %id, error = %refused, "chat: reminder refused");
            Ok(next)
        }
        outcome => outcome.map(|()| next),
    }
}

/// Posts a card that the platform refused, while reviewers can still answer. Returns the job that follows.
pub(super) async fn show_card(broker: &Broker, id: &RequestId, job: &Job) -> Result<Option<Job>> {
    let now = broker.ports.clock.now();
    let Some(request) = broker.ports.store.request(id).await? else { return Ok(None) };
    let Status::Requested = request.status_at(now) else { return Ok(None) }; // 3
    let drawn = match broker.ports.store.place(id, Surface::Card).await? {
        Some(_) => Ok(()), // with a reminder, or by another replica
        None => broker.draw(id, Surface::Card, Try::Another).await,
    };
    if let Err(refused) = drawn {
        return match refused.of_platform() {
            Some(ChatError::Refused { because: Because::Content, .. } | ChatError::Unsupported { .. }) => {
                Ok(None)
            }
            Some(ChatError::Refused { .. }) => {
                tracing::warn!(request = %id, error = %refused, "chat: card refused again");
                Ok(Some(Job { due: now + CARD_IS_TRIED_EVERY, ..job.clone() }))
            }
            Some(ChatError::Unavailable { .. }) | None => Err(refused),
        };
    }
    match another_way::say_whether_seen(broker, id).await {
        Err(refused) if matches!(refused.of_platform(), Some(ChatError::Refused { .. })) => {
            tracing::warn!(request = %id, error = %refused, "chat: word of the card refused");
            Ok(None)
        }
        outcome => outcome.map(|()| None), // 4
    }
}

/// Notifies the requester that access is about to end, if it is still open.
pub(super) async fn warn_of_end(broker: &Broker, id: &RequestId) -> Result<()> {
    let now = broker.ports.clock.now();
    let Some(request) = broker.ports.store.request(id).await? else { return Ok(()) };
    let Ok(grant) = request.live_at(now) else { return Ok(()) }; // 3
    let ends_at = grant.window().ends();
    let receipt = broker.ports.store.place(id, Surface::Receipt).await?.map(Address::Thread);
    let Some(to) = receipt.or_else(|| request.requester.account.clone().map(Address::Person)) else {
        return Ok(());
    };
    broker.post(&to, &Message::EndIsNear { target: request.target.clone(), ends_at }).await?; // 2
    Ok(())
}
