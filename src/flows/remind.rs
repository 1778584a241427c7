//! Remind: who can act, or is about to lose access, hears of it below the message that they have already.
//!
//! 1. Reviewers are reminded of a request that nobody has answered: after 15 minutes, then each time twice as late.
//!    Where there is no card, because it could not be posted, it is posted then.
//! 2. The requester hears 10 minutes before access ends.
//! 3. What has happened meanwhile makes a reminder pointless: then nothing is said.

use super::{Broker, Error, Result, deliver::Try};
use crate::{
    domain::{
        ids::RequestId,
        job::{Job, next_reminder},
        message::{Drawn, Message},
        request::Status,
    },
    ports::{Address, ChatError, Surface},
};

/// Reminds reviewers, if they still can answer; says what is to be done next.
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

/// Tells the requester that access is about to end, if it is still open.
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
