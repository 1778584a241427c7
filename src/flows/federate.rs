//! Federate: an approved person opens the AWS console.
//!
//! 1. The person gets a ticket, for their eyes alone: 15 minutes, one session.
//! 2. Opening it starts a sign-in and nothing else; the ticket stays whole.
//! 3. Back from the identity provider: the ticket must be the one this sign-in was started with.
//! 4. `SessionIssuing` is committed, which uses up the ticket, if the person is authenticated, eligible and
//!    elevated at this moment.
//! 5. STS is asked for a session that cannot outlive the window, and the console for its address.
//! 6. `SessionIssued` is committed if access is still open. If it is not, the credentials are dropped.
//! 7. Only then does the browser get the address.

use std::sync::Arc;

use anyhow::anyhow;
use secrecy::SecretString;
use url::Url;

use super::{
    Broker, Result, sign_in,
    transition::{Cause, Changed, transition},
};
use crate::{
    domain::{
        decide::{Command, SessionOutcome},
        ids::RequestId,
        message::Message,
        once::{Once, Purpose, SignInTo},
        person::{SignedIn, SlackUser},
        refusal::Refusal,
        request::{Event, Request},
        secret::{Secret, SecretHash, TICKET_LASTS},
        session::SessionTerms,
        window::Timestamp,
    },
    ports::{CloudError, Credentials},
};

/// A fresh link to the console for the requester, as long as access is open.
///
/// # Errors
/// [`Refusal::NotLive`], [`Refusal::NotYours`]; a failure of the store.
pub(super) async fn console_link(broker: &Broker, who: &SlackUser, id: &RequestId) -> Result<Message> {
    let now = broker.ports.clock.now();
    let Some(request) = broker.ports.store.request(id).await? else {
        return Err(Refusal::NoSuchRequest(id.clone()).into());
    };
    if who.user != request.requester.slack {
        return Err(Refusal::NotYours.into());
    }
    let ends_at = request.live_at(now)?.window().ends();
    let ticket = broker.ports.ids.secret();
    let purpose = Purpose::Console { request: id.clone(), who: who.clone() };
    let once = Once { key: ticket.hash(), expires_at: now + TICKET_LASTS, purpose };
    broker.ports.store.keep_once(&once).await?;
    let url = broker.url("console", ticket.expose());
    Ok(Message::ConsoleLink { target: request.target, url, ends_at }) // 1
}

/// Starts a sign-in in this browser, and says where it goes.
///
/// # Errors
/// [`Refusal::LinkGone`]; a failure of the store or of the identity provider.
pub async fn start(broker: &Broker, ticket: &Secret, browser: &Secret) -> Result<Url> {
    let now = broker.ports.clock.now();
    let (who, request) = find(broker, &ticket.hash(), now).await?;
    let to = SignInTo::OpenConsole { ticket: ticket.hash(), who, request };
    let (once, url) = sign_in::begin(broker, browser, to, now).await?;
    broker.ports.store.keep_once(&once).await?;
    Ok(url) // 2
}

/// Opens a session for the person who signed in, and says where the console is.
pub(super) async fn finish(
    broker: &Arc<Broker>,
    (who, id): (&SlackUser, &RequestId),
    [ticket, sign_in]: [SecretHash; 2],
    signed_in: SignedIn,
) -> Result<SecretString> {
    let now = broker.ports.clock.now();
    if find(broker, &ticket, now).await? != (who.clone(), id.clone()) {
        return Err(Refusal::LinkGone.into()); // 3
    }
    let cause = Cause { command: broker.ports.ids.command_id(), uses_up: vec![ticket, sign_in] };
    let begin = Command::BeginSession { by: signed_in.clone() };
    let Changed { request, event } = transition(broker, id, &begin, cause).await?; // 4
    let Some(Event::SessionIssuing { session }) = event else {
        return Err(anyhow!("{id}: beginning a session brought about {event:?}").into());
    };
    let elevated = request.live_at(broker.ports.clock.now())?.elevated(&broker.policy, &signed_in)?;
    let terms = SessionTerms::new(&elevated, session).ok_or(Refusal::LinkGone)?;
    match ask_aws(broker, &terms).await {
        Ok((credentials, url)) => {
            let outcome = SessionOutcome::Ready { expires_at: credentials.expires_at };
            match settle(broker, &request, session, outcome).await? {
                Some(Event::SessionIssued { .. }) => Ok(url), // 6, 7
                Some(Event::SessionDropped { .. }) => Err(Refusal::NotLive { status: "ended" }.into()),
                Some(_) | None => Err(Refusal::AwsUnavailable.into()),
            }
        }
        Err(Unissued::Refused(why)) => {
            settle(broker, &request, session, SessionOutcome::Refused { why: why.clone() }).await?;
            Err(Refusal::AwsRefused { why }.into())
        }
        Err(Unissued::Unusable(why)) => {
            settle(broker, &request, session, SessionOutcome::Unusable { why }).await?;
            Err(Refusal::AwsUnavailable.into())
        }
        Err(Unissued::Unknown(why)) => {
            tracing::warn!(why, request = %id, session, "sts did not answer; the sweeper settles the session");
            Err(Refusal::AwsUnavailable.into())
        }
    }
}

/// Why there is no session to hand out.
enum Unissued {
    /// STS said no.
    Refused(String),
    /// STS gave credentials that cannot be turned into the console's address.
    Unusable(String),
    /// STS did not answer.
    Unknown(String),
}

async fn ask_aws(
    broker: &Broker,
    terms: &SessionTerms,
) -> std::result::Result<(Credentials, SecretString), Unissued> {
    let credentials = broker.ports.cloud.assume_role(terms).await.map_err(|error| match error {
        CloudError::Refused(why) => Unissued::Refused(why),
        CloudError::Unavailable(why) => Unissued::Unknown(why),
    })?;
    let url = broker.ports.cloud.console_url(&credentials).await;
    let url = url.map_err(|error| Unissued::Unusable(format!("no console address: {error}")))?;
    Ok((credentials, url)) // 5
}

/// Writes down how a session turned out, by the clock of this moment: AWS may have taken long.
async fn settle(
    broker: &Arc<Broker>,
    request: &Request,
    session: u32,
    outcome: SessionOutcome,
) -> Result<Option<Event>> {
    let command = Command::SettleSession { session, outcome };
    let cause = broker.ports.ids.command_id().into();
    Ok(transition(broker, &request.id, &command, cause).await?.event)
}

async fn find(broker: &Broker, ticket: &SecretHash, now: Timestamp) -> Result<(SlackUser, RequestId)> {
    match sign_in::find_once(broker, ticket, now).await?.purpose {
        Purpose::Console { request, who } => Ok((who, request)),
        Purpose::Link { .. } | Purpose::SignIn { .. } => Err(Refusal::LinkGone.into()),
    }
}
