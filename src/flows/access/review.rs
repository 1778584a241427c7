//! Review: a reviewer answers a request.
//!
//! 1. The presser must be a linked person, with groups as they are now.
//! 2. `decide` rules: a reviewer, not the requester, and in time.
//! 3. Status, event and what follows are committed as one; of two racing answers exactly one wins.
//!
//! Where the policy asks reviewers to sign in, `decide` refuses a press that is right otherwise, and goes on so:
//!
//! 4. The presser gets a ticket, for their eyes alone, that stands for the answer.
//! 5. GET shows what they are about to answer; it changes nothing. POST starts a sign-in.
//! 6. Back from the identity provider as the person that the account is linked to, with groups of that sign-in, the
//!    answer is decided anew. Its commit uses up the ticket.

use std::sync::Arc;

use url::Url;

use super::transition::{Cause, transition};
use crate::{
    domain::{
        account::Account,
        decide::Verdict,
        ids::{CommandId, RequestId},
        message::{Form, Message},
        once::{Answering, Once, Purpose, SignInTo},
        person::SignedIn,
        refusal::Refusal,
        request::Request,
        secret::{LINK_LASTS, Secret, SecretHash},
        window::Timestamp,
    },
    flows::{Broker, Error, Result, visits::sign_in},
};

/// What a ticket to answer stands for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request, as it is.
    pub request: Request,
    /// What the account is called that it is for, where it has a name.
    pub account: Option<String>,
    /// What is about to be answered.
    pub verdict: Verdict,
}

/// Asks for the reason of a rejection. Everything is checked when the form is submitted.
///
/// # Errors
/// [`Refusal::OtherTenant`]; a failure of Slack.
pub async fn open_form(broker: &Broker, who: &Account, trigger: &str, id: RequestId) -> Result<()> {
    if *who.tenant() != broker.settings.home {
        return Err(Refusal::OtherTenant.into());
    }
    Ok(broker.ports.chat.open(trigger, &Form::Rejection(id)).await?)
}

/// Answers a request; hands back what the presser must be told, if they have to sign in first.
pub(in crate::flows) async fn review(
    broker: &Arc<Broker>,
    who: &Account,
    id: &RequestId,
    verdict: Verdict,
    press: CommandId,
) -> Result<Option<Message>> {
    let by = broker.person(who).await?; // 1
    match transition(broker, id, &verdict.clone().by(by), press.clone().into()).await {
        Ok(_) => Ok(None), // 2, 3
        Err(Error::Refused(Refusal::AnswerRequiresSignIn)) => {
            let answering = Answering { request: id.clone(), verdict, who: who.clone(), press };
            ask_to_sign_in(broker, answering).await.map(Some)
        }
        Err(error) => Err(error),
    }
}

async fn ask_to_sign_in(broker: &Broker, answering: Answering) -> Result<Message> {
    let request = requested(broker, &answering.request).await?;
    let verdict = answering.verdict.clone();
    let ticket = broker.ports.ids.secret();
    let expires_at = broker.ports.clock.now() + LINK_LASTS;
    let once = Once { key: ticket.hash(), expires_at, purpose: Purpose::Answer(answering) };
    broker.ports.store.keep_once(&once).await?;
    let url = broker.url("review", ticket.expose());
    Ok(Message::SignInToAnswer { verdict, target: request.target, requester: request.requester, url }) // 4
}

/// What this ticket stands for. Changes nothing.
///
/// # Errors
/// [`Refusal::LinkGone`]; a failure of the store.
pub async fn show(broker: &Broker, ticket: &Secret) -> Result<Asked> {
    let Answering { request, verdict, .. } = find(broker, ticket, broker.ports.clock.now()).await?;
    let request = requested(broker, &request).await?;
    let account = broker.policy.accounts.get(&request.target.account).cloned();
    Ok(Asked { request, account, verdict }) // 5
}

/// Starts a sign-in in this browser, and says where it goes.
///
/// # Errors
/// [`Refusal::LinkGone`]; a failure of the store or of the identity provider.
pub async fn start(broker: &Broker, ticket: &Secret, browser: &Secret) -> Result<Url> {
    let now = broker.ports.clock.now();
    let answering = find(broker, ticket, now).await?;
    let to = SignInTo::Answer { ticket: ticket.hash(), answering };
    let (once, url) = sign_in::begin(broker, browser, to, now).await?;
    broker.ports.store.keep_once(&once).await?;
    Ok(url) // 5
}

/// Gives the answer for whoever signed in. That ticket and sign-in are still good is a condition of the commit that
/// uses them up.
pub(in crate::flows) async fn finish(
    broker: &Arc<Broker>,
    answering: Answering,
    signed_in: SignedIn,
    uses_up: Vec<SecretHash>,
) -> Result<()> {
    let Answering { request, verdict, who, press } = answering;
    broker.member(&who).await?;
    let link = broker.ports.store.link(&who).await?.ok_or(Refusal::NotLinked)?;
    let by = link.signed_in(signed_in)?;
    transition(broker, &request, &verdict.by(by), Cause { command: press, uses_up }).await?; // 6
    Ok(())
}

async fn requested(broker: &Broker, id: &RequestId) -> Result<Request> {
    let request = broker.ports.store.request(id).await?;
    Ok(request.ok_or_else(|| Refusal::NoSuchRequest { request: id.clone() })?)
}

async fn find(broker: &Broker, ticket: &Secret, now: Timestamp) -> Result<Answering> {
    match sign_in::find_once(broker, &ticket.hash(), now).await?.purpose {
        Purpose::Answer(answering) => Ok(answering),
        Purpose::Link { .. } | Purpose::Console { .. } | Purpose::SignIn { .. } => {
            Err(Refusal::LinkGone.into())
        }
    }
}
