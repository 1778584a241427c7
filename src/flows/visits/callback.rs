//! Callback: a browser returns from a sign-in and continues with the visit.
//!
//! 1. `state` and cookie must belong to one unexpired sign-in, and the browser must come from where it was sent.
//! 2. The visit's flow continues with the person who signed in. Only its commit consumes anything: a callback that
//!    arrives in another browser, arrives too late or fails leaves the owner's secrets valid.
//! 3. Once the account behind a sign-in is known, its refusal is recorded for auditors.

use std::sync::Arc;

use super::{CameBack, Visited, sign_in};
use crate::{
    domain::{
        act::Tried,
        answer_fault::OwnWords,
        ids::CommandId,
        refusal::Refusal,
        secret::Secret,
        ticket::{Answering, LinkSecrets, SignIn, SignInAt, Ticket, Visit},
        window::Timestamp,
    },
    flows::{
        Broker, Error, Result,
        access::{act, open_session},
        audit::{About, Attempt, Via, record_refusal},
        people::link,
        policy,
    },
    ports::Answer,
};

/// What the identity provider or the platform sent back with the browser.
#[derive(Clone, Debug)]
pub struct Callback {
    /// Where the browser comes from. Each provider sends browsers back to its own address.
    pub from: SignInAt,
    /// `state`, as presented.
    pub state: Secret,
    /// The code, or the refusal that came in its place.
    pub answer: Result<Answer, OwnWords>,
}

/// Finishes a sign-in and continues with the visit. The outcome is a [`Refusal`] for the page, or a failure, if it
/// cannot.
pub async fn come_back(
    broker: &Arc<Broker>,
    callback: Callback,
    browser: Option<Secret>,
) -> Visited<CameBack> {
    let now = broker.ports.clock.now();
    let found = sign_in::find(broker, &callback.state.hash(), now).await;
    let outcome = match found.outcome {
        Ok(ticket) => go_on(broker, callback, browser, ticket, now).await,
        Err(error) => Err(error),
    };
    Visited { who: found.who, outcome }
}

async fn go_on(
    broker: &Arc<Broker>,
    callback: Callback,
    browser: Option<Secret>,
    ticket: Ticket,
    now: Timestamp,
) -> Result<CameBack> {
    let started = ticket.sign_in.clone().filter(|_| callback.from == ticket.signs_in_at());
    let started = started.ok_or(Refusal::LinkGone)?;
    let finished = match browser.filter(|browser| browser.hash() == started.browser) {
        Some(browser) => finish(broker, callback, &browser, &ticket, started).await, // 1
        None => Err(Refusal::OtherBrowser.into()),
    };
    match finished {
        Err(Error::Refused(refused)) => {
            let refused = broker.refer(refused);
            let command = broker.ports.ids.command_id();
            record_refusal(broker, attempt(&ticket, &command, now), &refused).await?; // 3
            Err(Error::Refused(refused))
        }
        Ok(_) | Err(Error::Failed(_)) => finished,
    }
}

async fn finish(
    broker: &Arc<Broker>,
    Callback { state, answer, .. }: Callback,
    browser: &Secret,
    ticket: &Ticket,
    started: SignIn,
) -> Result<CameBack> {
    policy::check(broker).await?;
    let proof = sign_in::proof(browser, state);
    let uses_up = vec![started.ticket.clone(), ticket.key.clone()];
    // 2
    match ticket.visit.clone() {
        Visit::Link { .. } => {
            let redeemed = sign_in::redeem(broker, ticket, answer, &proof).await?;
            let uses_up = LinkSecrets { token: started.ticket, sign_in: ticket.key.clone() };
            link::finish(broker, browser, ticket, uses_up, redeemed).await
        }
        Visit::HoldAccount { after, pending } => {
            let held = sign_in::redeem_at_platform(broker, ticket.who.platform(), answer, &proof).await?;
            let uses_up = LinkSecrets { token: started.ticket, sign_in: after };
            let link = link::finish_at_platform(broker, *pending, uses_up, ticket.key.clone(), &held).await?;
            Ok(link::linked(broker, link, ticket))
        }
        Visit::OpenConsole { request } => {
            let redeemed = sign_in::redeem(broker, ticket, answer, &proof).await?;
            match sign_in::confirm(broker, browser, ticket, redeemed).await? {
                Ok(confirmed) => {
                    let console = open_session::finish(broker, &request, confirmed, uses_up).await;
                    console.map(CameBack::Console)
                }
                Err(url) => Ok(CameBack::OnToIdentityProvider(url)),
            }
        }
        Visit::Review(answering) => {
            let redeemed = sign_in::redeem(broker, ticket, answer, &proof).await?;
            let done = answering.act.clone();
            match sign_in::confirm(broker, browser, ticket, redeemed).await? {
                Ok(confirmed) => {
                    let answered = act::finish(broker, &ticket.who, answering, confirmed, uses_up).await;
                    answered.map(|()| CameBack::Answered(done))
                }
                Err(url) => Ok(CameBack::OnToIdentityProvider(url)),
            }
        }
    }
}

fn attempt<'a>(ticket: &'a Ticket, command: &'a CommandId, at: Timestamp) -> Attempt<'a> {
    let (tried, about) = match &ticket.visit {
        Visit::Link { .. } | Visit::HoldAccount { .. } => (Tried::Link, About::Nothing),
        Visit::OpenConsole { request } => (Tried::OpenConsole, About::Request(request)),
        Visit::Review(Answering { request, act, .. }) => (act.tried(), About::Request(request)),
    };
    Attempt { command, at, who: &ticket.who, tried, about, via: Via::Browser }
}
