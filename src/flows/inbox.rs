//! Inbox: a press is promised, answered, then done.
//!
//! 1. What the press asks for is stored before the platform is answered. That row is the promise, the de-duplication
//!    and the id of the change in one.
//! 2. The wish is carried out by the flow that it names.
//! 3. The presser hears what their press shows no other sign of: an answer, a refusal, a failure.
//! 4. The promise is kept. Until then the sweeper carries the press out again; done twice it changes nothing.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{
    Broker, Error, Result,
    access::{act, console_link, request},
    answer::reply,
    audit::{About, Attempt, record_refusal},
    people::link,
};
use crate::{
    domain::{
        account_event::AccountEvent,
        act::Tried,
        message::{Done, Drawn, Message},
        press::{Asker, Press, Wish},
        refusal::{Refusal, Refused},
    },
    ports::StoreError,
};

/// For how long a press that could not be finished is tried again. What somebody pressed longer ago than this
/// may not be what they want any more.
const PRESS_IS_TRIED_FOR: TimeDelta = TimeDelta::minutes(15);

/// Promises to do what a press asks, and sets out to do it. The platform may be answered as soon as this returns.
///
/// # Errors
/// When the promise could not be stored: the person must press again.
pub async fn accept(broker: &Arc<Broker>, press: Press) -> Result<(), StoreError> {
    if !broker.ports.store.accept(&press).await? {
        return Ok(()); // promised already
    }
    broker.spawn(async move |broker| carry_out_at_once(&broker, &press).await); // 1
    Ok(())
}

async fn carry_out_at_once(broker: &Arc<Broker>, press: &Press) {
    if let Err(error) = carry_out(broker, press).await {
        return tell(broker, &press.asker, error).await;
    }
    // The presser has had their answer: what is left concerns nobody but the sweeper.
    if let Err(error) = broker.ports.store.finish(&press.asker).await {
        let error = anyhow::Error::from(error);
        tracing::warn!(
            error = format!("{error:#}"),
            "inbox: could not mark a press as finished, the sweeper will"
        );
    } // 4
}

/// Carries a press out, and answers the presser.
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
        }
        Err(failure @ Error::Failed(_)) => return Err(failure),
    }
    Ok(())
}

/// Carries a press out for whoever did not live to finish it, unless something has come of it already, and keeps the
/// promise.
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

/// Whether this very press is in the history of its request: then it has succeeded, and nobody heard of it.
async fn has_been_done(broker: &Broker, press: &Press) -> Result<bool> {
    let Some(id) = press.wish.request() else { return Ok(false) };
    let events = broker.ports.store.events(id).await?;
    Ok(events.iter().any(|recorded| recorded.command == press.asker.id))
}

/// Does what a press asks; hands back what the presser must be told.
async fn fulfil(broker: &Arc<Broker>, press: &Press) -> Result<Option<Message>> {
    let (who, command) = (&press.asker.who, press.asker.id.clone());
    match press.wish.clone() {
        Wish::Request(id, ask) => {
            let request = request::request(broker, who, &id, ask, command).await?;
            Ok(Some(Message::Done(Done::Requested(request.id))))
        }
        Wish::Do(id, act) => act::act(broker, who, &id, act, command).await,
        Wish::OpenConsole(id) => console_link::console_link(broker, who, &id).await.map(Some),
        Wish::Link => {
            Ok(Some(Message::LinkInvitation { why: None, url: link::invite(broker, who, None).await? }))
        }
        Wish::Confirm(code) => link::confirm(broker, &press.asker, &code).await.map(drop).map(silent),
        Wish::Unlink if link::unlink(broker, &press.asker).await? => Ok(None),
        Wish::Unlink => Ok(Some(Message::Done(Done::NotLinked))),
    } // 2
}

/// What a flow did shows by itself: a card or a message is redrawn.
fn silent((): ()) -> Option<Message> {
    None
}

/// Tells somebody what became of what they asked for: why not, or under which reference the operator finds it.
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

/// Tells somebody why not where nothing was promised; auditors hear of it if they may not use the app at all.
async fn turn_away(broker: &Arc<Broker>, asker: &Asker, refused: &Refused) -> Result<()> {
    if let Refusal::OtherTenant | Refusal::NotFullMember { .. } = refused.refusal {
        record_refusal(broker, asker.attempt(Tried::Use, About::Nothing), refused).await?;
    }
    refuse(broker, asker, refused, None).await
}

/// Tells somebody why not, and gives them at hand what helps.
async fn refuse(broker: &Arc<Broker>, asker: &Asker, refused: &Refused, wish: Option<Wish>) -> Result<()> {
    let message = if refused.refusal.asks_to_link() {
        invite(broker, asker, refused, wish).await?
    } else {
        Message::Refused { why: refused.clone(), pointer: look_up(broker, &refused.refusal).await? }
    };
    reply(broker, asker, &message).await // 3
}

/// Who is not linked gets a link, unless they are nobody who may use the app.
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

/// The request that a refusal points to, to be looked at.
async fn look_up(broker: &Broker, refusal: &Refusal) -> Result<Option<Box<Drawn>>> {
    let Refusal::AlreadyOpen { request, .. } = refusal else { return Ok(None) };
    let as_of = broker.ports.clock.now();
    let request = broker.ports.store.request(request).await?;
    Ok(request.map(|request| Box::new(Drawn { request, as_of })))
}

impl Asker {
    fn attempt<'a>(&'a self, tried: Tried, about: About<'a>) -> Attempt<'a> {
        Attempt { command: &self.id, at: self.at, who: &self.who, tried, about }
    }
}

impl Wish {
    fn about(&self) -> About<'_> {
        match self {
            Self::Request(_, ask) => About::Target(&ask.target),
            Self::Do(id, _) | Self::OpenConsole(id) => About::Request(id),
            Self::Link | Self::Confirm(_) | Self::Unlink => About::Nothing,
        }
    }
}
