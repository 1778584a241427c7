//! Inbox: a press is accepted, acknowledged, then carried out.
//!
//! 1. The press is stored before the platform gets its response. The row records that the press is accepted,
//!    de-duplicates it, and provides the id of the change.
//! 2. The wish is carried out by the flow that it names.
//! 3. The presser is notified of anything that is not visible otherwise: an answer, a refusal, a failure.
//! 4. The press is marked as finished. Until then the sweeper carries it out again, which is idempotent.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;

use super::{
    Broker, Error, Result,
    access::{act, console_link, message, request},
    answer::reply,
    audit::{About, Attempt, Via, record_refusal},
    people::link,
    policy,
};
use crate::{
    domain::{
        account_event::AccountEvent,
        act::{Act, Tried},
        message::{Done, Drawn, Message},
        press::{Asker, Press, Wish},
        refusal::{Refusal, Refused},
    },
    ports::{ChatError, StoreError},
};

/// How long an unfinished press is retried. After this time, the person may no longer want what they pressed.
const PRESS_IS_TRIED_FOR: TimeDelta = TimeDelta::minutes(15);
/// How long after its first attempt the replica that accepted a press may begin another one. An attempt takes up to
/// 20 seconds, and the lease of the press a minute.
const RETRIED_AT_ONCE_FOR: Duration = Duration::from_secs(30);
/// The shortest wait before another attempt.
const SHORTEST_WAIT: Duration = Duration::from_secs(2);

/// Accepts a press, and starts to carry it out. The caller may respond to the platform once this returns.
///
/// # Errors
/// When the press could not be stored: the person must press again.
pub async fn accept(broker: &Arc<Broker>, press: Press) -> Result<(), StoreError> {
    if !broker.ports.store.accept(&press).await? {
        return Ok(()); // already accepted
    }
    broker.spawn(async move |broker| carry_out_at_once(&broker, &press).await); // 1
    Ok(())
}

async fn carry_out_at_once(broker: &Arc<Broker>, press: &Press) {
    match carry_out(broker, press).await {
        Ok(()) => {}
        Err(error) if matches!(error.of_platform(), Some(ChatError::Unavailable { .. })) => {
            return carry_out_late(broker, press, error).await;
        }
        Err(error) => return tell(broker, &press.asker, error).await,
    }
    // The presser has their answer: only the sweeper needs to know about a failure from here on.
    if let Err(error) = broker.ports.store.finish(&press.asker).await {
        let error = anyhow::Error::from(error);
        tracing::warn!(
            error = format!("{error:#}"),
            "inbox: could not mark a press as finished, the sweeper will"
        );
    } // 4
}

/// Notifies the presser that the platform does not respond. If it states when it will, tries again then, while this
/// replica has the lease. After that, the sweeper does.
async fn carry_out_late(broker: &Arc<Broker>, press: &Press, mut error: Error) {
    let clock = &broker.ports.clock;
    let since = clock.uptime();
    tracing::warn!(error = format!("{error:#}"), "inbox: the platform does not respond, will retry");
    if let Err(error) = reply(broker, &press.asker, &Message::Delayed).await {
        tracing::warn!(error = format!("{error:#}"), "inbox: reply failed");
    }
    while let Some(wait) = error.of_platform().and_then(ChatError::retry_after)
        && clock.uptime().saturating_sub(since) + wait < RETRIED_AT_ONCE_FOR
    {
        tokio::select! {
            () = clock.sleep(wait.max(SHORTEST_WAIT)) => {}
            () = broker.stopping().cancelled_owned() => return,
        }
        match carry_out_again(broker, press).await {
            Ok(()) => return,
            Err(failure) => error = failure,
        }
    }
    tracing::warn!(error = format!("{error:#}"), "inbox: press not finished, the sweeper will retry");
}

/// Carries a press out, and replies to the presser.
async fn carry_out(broker: &Arc<Broker>, press: &Press) -> Result<()> {
    let asker = &press.asker;
    match fulfil(broker, press).await {
        Ok(None) => {}
        Ok(Some(answer)) => reply(broker, asker, &answer).await?,
        Err(Error::Refused(_)) if has_been_done(broker, press).await? => {}
        Err(Error::Refused(refused)) => {
            let refused = broker.refer(refused);
            if let Some(tried) = press.wish.tried() {
                record_refusal(broker, asker.attempt(tried, press.wish.about()), &refused).await?;
            }
            refuse(broker, asker, &refused, press.wish.rides_along()).await?;
            if let Some(request) = press.wish.request().filter(|_| refused.refusal.tells_of_change()) {
                message::draw_again(broker, request).await;
            }
        }
        Err(failure @ Error::Failed(_)) => return Err(failure),
    }
    Ok(())
}

/// Carries out a press that its replica did not finish, unless it has already had an effect, and marks it as finished.
pub(super) async fn carry_out_again(broker: &Arc<Broker>, press: &Press) -> Result<()> {
    let asker = &press.asker;
    let recorded = broker.ports.store.caused_by(&asker.who, &asker.id).await?;
    let age = broker.ports.clock.now() - asker.at;
    match recorded.map(|event| event.what) {
        Some(AccountEvent::Refused { why, .. }) => {
            refuse(broker, asker, &why, press.wish.rides_along()).await?
        }
        Some(
            AccountEvent::Linked { .. }
            | AccountEvent::Relinked { .. }
            | AccountEvent::Unlinked { .. }
            | AccountEvent::SignedOut { .. }
            | AccountEvent::Undelivered { .. },
        ) => {}
        None if has_been_done(broker, press).await? => {}
        None if age > PRESS_IS_TRIED_FOR => give_up(broker, press).await?,
        None => carry_out(broker, press).await?,
    }
    Ok(broker.ports.store.finish(asker).await?) // 4
}

async fn give_up(broker: &Arc<Broker>, press: &Press) -> Result<()> {
    let refused = broker.refer(Refusal::GivenUp.into());
    let tried = press.wish.tried().unwrap_or(Tried::Use);
    record_refusal(broker, press.asker.attempt(tried, press.wish.about()), &refused).await?;
    refuse(broker, &press.asker, &refused, None).await
}

/// Returns whether this press is in the history of its request. If so, it has succeeded, but the presser was not
/// notified.
async fn has_been_done(broker: &Broker, press: &Press) -> Result<bool> {
    let Some(id) = press.wish.request() else { return Ok(false) };
    let events = broker.ports.store.events(id).await?;
    Ok(events.iter().any(|recorded| recorded.command == press.asker.id))
}

/// Carries out the wish of a press. Returns the message for the presser, if any.
async fn fulfil(broker: &Arc<Broker>, press: &Press) -> Result<Option<Message>> {
    let (who, command) = (&press.asker.who, press.asker.id.clone());
    if press.wish.is_decided_by_policy() {
        policy::check(broker).await?;
    }
    match press.wish.clone() {
        Wish::Request(id, ask) => {
            let request = request::request(broker, who, &id, ask, command).await?;
            Ok(Some(Message::Done(Done::Requested(request.id))))
        }
        Wish::Do(id, act) => act::act(broker, &press.asker, &id, act).await,
        Wish::OpenConsole(id) => {
            let link = console_link::console_link(broker, who, &id).await?;
            message::check(broker, &press.asker, &id, Tried::OpenConsole).await?;
            Ok(Some(link))
        }
        Wish::Link => {
            Ok(Some(Message::LinkInvitation { why: None, url: link::invite(broker, who, None).await? }))
        }
        Wish::Confirm(code) => link::confirm(broker, &press.asker, &code).await.map(drop).map(silent),
        Wish::Unlink if link::unlink(broker, &press.asker).await? => Ok(None),
        Wish::Unlink => Ok(Some(Message::Done(Done::NotLinked))),
    } // 2
}

/// No reply is needed: the effect is visible in an updated card or message.
fn silent((): ()) -> Option<Message> {
    None
}

/// Notifies a person that their action did not succeed: the reason of a refusal, or the reference of a failure.
pub async fn tell(broker: &Arc<Broker>, asker: &Asker, error: Error) {
    let failure = match error {
        Error::Refused(refused) => match turn_away(broker, asker, &broker.refer(refused)).await {
            Ok(()) => return,
            Err(failure) => failure,
        },
        failure @ Error::Failed(_) => failure,
    };
    let reference = broker.report(&failure);
    if let Err(error) = reply(broker, asker, &Message::Failed { reference }).await {
        tracing::warn!(error = format!("{error:#}"), "inbox: reply failed");
    }
}

/// Replies with a refusal of an action that was not accepted. It is recorded for auditors if the person may not use the
/// app at all.
async fn turn_away(broker: &Arc<Broker>, asker: &Asker, refused: &Refused) -> Result<()> {
    if let Refusal::OtherTenant | Refusal::NotFullMember { .. } = refused.refusal {
        record_refusal(broker, asker.attempt(Tried::Use, About::Nothing), refused).await?;
    }
    refuse(broker, asker, refused, None).await
}

/// Replies with a refusal, and with what helps: an invitation to link, or the request that it points to.
async fn refuse(broker: &Arc<Broker>, asker: &Asker, refused: &Refused, wish: Option<Wish>) -> Result<()> {
    let message = if refused.refusal.asks_to_link() {
        invite(broker, asker, refused, wish).await?
    } else {
        Message::Refused { why: refused.clone(), pointer: look_up(broker, &refused.refusal).await? }
    };
    reply(broker, asker, &message).await // 3
}

/// Invites a person without a link to create one, unless they may not use the app.
async fn invite(
    broker: &Arc<Broker>,
    asker: &Asker,
    refused: &Refused,
    wish: Option<Wish>,
) -> Result<Message> {
    match link::invite(broker, &asker.who, wish).await {
        Ok(url) => Ok(Message::LinkInvitation { why: Some(refused.clone()), url }),
        Err(Error::Refused(outsider)) => {
            let outsider = broker.refer(outsider);
            record_refusal(broker, asker.attempt(Tried::Use, About::Nothing), &outsider).await?;
            Ok(Message::Refused { why: outsider, pointer: None })
        }
        Err(failure) => Err(failure),
    }
}

/// Returns the request that a refusal points to, for display.
async fn look_up(broker: &Broker, refusal: &Refusal) -> Result<Option<Box<Drawn>>> {
    let Refusal::AlreadyOpen { request, .. } = refusal else { return Ok(None) };
    let as_of = broker.ports.clock.now();
    let request = broker.ports.store.request(request).await?;
    Ok(request.map(|request| Box::new(Drawn { request, as_of })))
}

impl Asker {
    fn attempt<'a>(&'a self, tried: Tried, about: About<'a>) -> Attempt<'a> {
        Attempt { command: &self.id, at: self.at, who: &self.who, tried, about, via: Via::Chat }
    }
}

impl Wish {
    /// Returns whether the policy decides it. All else narrows access, and every replica does it.
    fn is_decided_by_policy(&self) -> bool {
        match self {
            Self::Request(..) | Self::OpenConsole(_) | Self::Link | Self::Confirm(_) => true,
            Self::Do(_, act) => match act {
                Act::Approve | Act::Reject(_) => true,
                Act::Withdraw | Act::End => false,
            },
            Self::Unlink => false,
        }
    }

    fn about(&self) -> About<'_> {
        match self {
            Self::Request(_, ask) => About::Target(&ask.target),
            Self::Do(id, _) | Self::OpenConsole(id) => About::Request(id),
            Self::Link | Self::Confirm(_) | Self::Unlink => About::Nothing,
        }
    }
}
