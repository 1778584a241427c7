//! Act: a person approves, rejects, withdraws or ends a request.
//!
//! 1. The presser must be a linked person, with their current groups.
//! 2. A button counts only on the message that the app drew for the request (`message.rs`).
//! 3. `decide` checks who may act, and whether it is in time.
//! 4. Status, event and jobs are committed as one; of two concurrent acts exactly one wins. Once access has ended, no
//!    session is issued.
//!
//! If the policy requires a sign-in, `decide` refuses a press that is otherwise allowed, and the flow continues:
//!
//! 5. The presser receives a ticket, visible only to them, that stands for the act.
//! 6. GET shows what they are about to do and changes nothing. POST starts a sign-in (`visits/ticket.rs`).
//! 7. When they return from the identity provider as the person that the account is linked to, the act is decided
//!    again with the groups that the sign-in and a refresh after it returned. Its commit consumes the ticket.

use std::sync::Arc;

use super::{
    message,
    transition::{Cause, transition},
};
use crate::{
    domain::{
        account::Account,
        act::Act,
        decide::{Command, decide},
        ids::RequestId,
        message::{Form, Message},
        person::Confirmed,
        press::{Asker, FormHandle},
        refusal::{Refusal, Refused},
        request::Request,
        secret::SecretHash,
        ticket::{Answering, Visit},
    },
    flows::{Broker, Error, Result, answer, visits::ticket},
    ports::Priority,
};

/// Opens the form for the reason of a rejection. Everything is checked when the form is submitted.
///
/// # Errors
/// [`Refusal::OtherTenant`]; a failure of the platform.
pub async fn open_form(broker: &Broker, asker: &Asker, at: &FormHandle, id: RequestId) -> Result<()> {
    broker.home_of(&asker.who)?;
    answer::open(broker, asker, at, Form::Rejection(id, asker.acted_in.clone())).await
}

/// Performs an act on a request. Returns a message for the presser if they must sign in first.
pub(in crate::flows) async fn act(
    broker: &Arc<Broker>,
    asker: &Asker,
    id: &RequestId,
    act: Act,
) -> Result<Option<Message>> {
    let (who, press) = (&asker.who, asker.id.clone());
    let priority = match act {
        Act::Approve | Act::Reject(_) => Priority::Reviewer,
        Act::Withdraw | Act::End => Priority::Person,
    };
    let by = broker.person(who, priority).await?; // 1
    if let Err(refused) = message::check(broker, asker, id, act.tried()).await {
        return Err(why_not(broker, id, act.by(by)).await?.unwrap_or(refused)); // 2
    }
    match transition(broker, id, &act.clone().by(by), press.clone().into()).await {
        Ok(_) => Ok(None), // 3, 4
        Err(Error::Refused(Refused { refusal: Refusal::AnswerRequiresSignIn, .. })) => {
            let answering = Answering { request: id.clone(), act, press };
            ask_to_sign_in(broker, who, answering).await.map(Some)
        }
        Err(error) => Err(error),
    }
}

/// Returns why the person may not do this in whichever message, if they may not.
async fn why_not(broker: &Broker, id: &RequestId, command: Command) -> Result<Option<Error>> {
    let now = broker.ports.clock.now();
    let Some(request) = broker.ports.store.request(id).await? else { return Ok(None) };
    Ok(match decide(&request, &command, &broker.policy, now) {
        Ok(_) | Err(Refusal::AnswerRequiresSignIn) => None,
        Err(refusal) => Some(refusal.into()),
    })
}

async fn ask_to_sign_in(broker: &Broker, who: &Account, answering: Answering) -> Result<Message> {
    let id = &answering.request;
    let found = broker.ports.store.request(id).await?;
    let Request { target, requester, .. } =
        found.ok_or_else(|| Refusal::NoSuchRequest { request: id.clone() })?;
    let act = answering.act.clone();
    let url = ticket::give_out(broker, who, Visit::Review(answering), None).await?;
    Ok(Message::SignInToAnswer { act, target, requester, url }) // 5
}

/// Performs the act for the person who has signed in. The commit requires that the ticket and the sign-in, which it
/// consumes, are still valid.
pub(in crate::flows) async fn finish(
    broker: &Arc<Broker>,
    who: &Account,
    answering: Answering,
    signed_in: Confirmed,
    uses_up: Vec<SecretHash>,
) -> Result<()> {
    let Answering { request, act, press } = answering;
    broker.member_for_page(who, Priority::Reviewer).await?;
    let link = broker.linked(who).await?;
    let by = link.signed_in(signed_in)?;
    transition(broker, &request, &act.by(by), Cause { uses_up, ..press.into() }).await?; // 7
    Ok(())
}
