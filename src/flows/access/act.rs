//! Act: a person approves, rejects, withdraws or ends a request.
//!
//! 1. The presser must be a linked person, with their current groups.
//! 2. `decide` checks who may act, and whether it is in time.
//! 3. Status, event and jobs are committed as one; of two concurrent acts exactly one wins. Once access has ended, no
//!    session is issued.
//!
//! If the policy requires a sign-in, `decide` refuses a press that is otherwise allowed, and the flow continues:
//!
//! 4. The presser receives a ticket, visible only to them, that stands for the act.
//! 5. GET shows what they are about to do and changes nothing. POST starts a sign-in (`visits/ticket.rs`).
//! 6. When they return from the identity provider as the person that the account is linked to, the act is decided
//!    again with the groups of that sign-in. Its commit consumes the ticket.

use std::sync::Arc;

use super::transition::{Cause, transition};
use crate::{
    domain::{
        account::Account,
        act::Act,
        ids::{CommandId, RequestId},
        message::{Form, Message},
        person::SignedIn,
        press::{Asker, FormHandle},
        refusal::{Refusal, Refused},
        request::Request,
        secret::SecretHash,
        ticket::{Answering, Visit},
    },
    flows::{Broker, Error, Result, answer, visits::ticket},
};

/// Opens the form for the reason of a rejection. Everything is checked when the form is submitted.
///
/// # Errors
/// [`Refusal::OtherTenant`]; a failure of the platform.
pub async fn open_form(broker: &Broker, asker: &Asker, at: &FormHandle, id: RequestId) -> Result<()> {
    broker.home_of(&asker.who)?;
    answer::open(broker, asker, at, Form::Rejection(id)).await
}

/// Performs an act on a request. Returns a message for the presser if they must sign in first.
pub(in crate::flows) async fn act(
    broker: &Arc<Broker>,
    who: &Account,
    id: &RequestId,
    act: Act,
    press: CommandId,
) -> Result<Option<Message>> {
    let by = broker.person(who).await?; // 1
    match transition(broker, id, &act.clone().by(by), press.clone().into()).await {
        Ok(_) => Ok(None), // 2, 3
        Err(Error::Refused(Refused { refusal: Refusal::AnswerRequiresSignIn, .. })) => {
            let answering = Answering { request: id.clone(), act, press };
            ask_to_sign_in(broker, who, answering).await.map(Some)
        }
        Err(error) => Err(error),
    }
}

async fn ask_to_sign_in(broker: &Broker, who: &Account, answering: Answering) -> Result<Message> {
    let id = &answering.request;
    let found = broker.ports.store.request(id).await?;
    let Request { target, requester, .. } =
        found.ok_or_else(|| Refusal::NoSuchRequest { request: id.clone() })?;
    let act = answering.act.clone();
    let url = ticket::give_out(broker, who, Visit::Review(answering), None).await?;
    Ok(Message::SignInToAnswer { act, target, requester, url }) // 4
}

/// Performs the act for the person who has signed in. The commit requires that the ticket and the sign-in, which it
/// consumes, are still valid.
pub(in crate::flows) async fn finish(
    broker: &Arc<Broker>,
    who: &Account,
    answering: Answering,
    signed_in: SignedIn,
    uses_up: Vec<SecretHash>,
) -> Result<()> {
    let Answering { request, act, press } = answering;
    broker.member(who).await?;
    let link = broker.linked(who).await?;
    let by = link.signed_in(signed_in)?;
    transition(broker, &request, &act.by(by), Cause { uses_up, ..press.into() }).await?; // 6
    Ok(())
}
