//! Open session: an approved person opens the AWS console.
//!
//! 1. The person gets a ticket, for their eyes alone (`console_link.rs`): 15 minutes, one session.
//! 2. Opening it starts a sign-in and nothing else; the ticket stays whole (`visits/ticket.rs`).
//! 3. Back from the identity provider: the ticket must be the one this sign-in was started with.
//! 4. `SessionIssuing` is committed, which uses up the ticket, if the person is authenticated, eligible and
//!    elevated at this moment.
//! 5. STS is asked for a session that cannot outlive the window, and the console for its address.
//! 6. `SessionIssued` is committed if access is still open. If it is not, the credentials are dropped.
//! 7. Only then does the browser get the address.

use std::sync::Arc;

use secrecy::SecretString;

use super::transition::{Cause, Changed, change, transition};
use crate::{
    domain::{
        decide::{Command, SessionOutcome, begin_session},
        ids::RequestId,
        person::SignedIn,
        refusal::Refusal,
        request::{DropReason, Event, Request, StatusKind},
        secret::SecretHash,
        session::SessionTerms,
    },
    flows::{Broker, Error, Result},
    ports::CloudError,
};

/// Opens a session for the person who signed in, and says where the console is. That ticket and sign-in are still
/// good is a condition of the commit that uses them up.
pub(in crate::flows) async fn finish(
    broker: &Arc<Broker>,
    id: &RequestId,
    signed_in: SignedIn,
    uses_up: Vec<SecretHash>,
) -> Result<SecretString> {
    let cause = Cause { command: broker.ports.ids.command_id(), uses_up }; // 3
    let begin = |request: &Request, now| begin_session(request, &signed_in, &broker.policy, now);
    let (Changed { request, .. }, begun) = change(broker, id, cause, begin).await?; // 4
    let (session, terms) = begun.once_committed();
    let (outcome, url) = ask_aws(broker, &terms).await; // 5
    match settle(broker, &request, session, outcome).await? {
        Some(Event::SessionIssued { .. }) => url, // 6, 7
        Some(Event::SessionDropped { .. }) if url.is_ok() => {
            Err(Refusal::NotLive { status: StatusKind::Ended }.into())
        }
        Some(_) | None => Err(url.err().unwrap_or_else(unsettled)),
    }
}

/// What a person hears whose session is not theirs although AWS has given it: another replica has settled it.
fn unsettled() -> Error {
    Refusal::SessionUnavailable { why: "the session was settled by another replica".to_owned() }.into()
}

/// Asks STS for a session and the console for its address: what AWS made of it, and what the person gets if the
/// session is issued, or hears if it is not.
async fn ask_aws(broker: &Broker, terms: &SessionTerms) -> (SessionOutcome, Result<SecretString>) {
    let unavailable = |why| Err(Refusal::SessionUnavailable { why }.into());
    let credentials = match broker.ports.cloud.assume_role(terms).await {
        Ok(credentials) => credentials,
        Err(CloudError::Refused(why)) => {
            let refusal = Refusal::SessionRefused { why: why.clone() };
            return (SessionOutcome::Refused { why }, Err(refusal.into()));
        }
        Err(CloudError::Unavailable(why)) => {
            return (SessionOutcome::Unknown, unavailable(why));
        }
    };
    match broker.ports.cloud.console_url(&credentials).await {
        Ok(url) => (SessionOutcome::Ready { expires_at: credentials.expires_at }, Ok(url)),
        Err(error) => {
            let why = error.to_string();
            (SessionOutcome::Unusable { why: DropReason::NoConsole { why: why.clone() } }, unavailable(why))
        }
    }
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
