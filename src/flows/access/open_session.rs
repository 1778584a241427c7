//! Open session: an approved person opens the AWS console.
//!
//! 1. The person receives a ticket, visible only to them (`console_link.rs`), for 15 minutes and one session.
//! 2. Opening the ticket only starts a sign-in; the ticket remains valid (`visits/ticket.rs`).
//! 3. On return from the identity provider, the ticket must be the one that started this sign-in. The groups are
//!    requested once more (`visits/sign_in.rs`).
//! 4. `SessionIssuing` is committed, which consumes the ticket, if the person is authenticated, eligible and elevated
//!    at this moment. The request's events prove that: a row that they do not add up to opens nothing.
//! 5. STS issues a session that cannot outlive the window, and the console returns a sign-in link for it.
//! 6. `SessionIssued` is committed if access is still open and not frozen, the policy in force is still the one that
//!    decided, and the person has not signed out. Otherwise the credentials are dropped.
//! 7. Only then does the browser receive the link.

use std::sync::Arc;

use secrecy::SecretString;

use super::transition::{Cause, Changed, DecidedBy, change, transition};
use crate::{
    domain::{
        decide::{Command, SessionOutcome, begin_session},
        ids::RequestId,
        job::Lane,
        person::Confirmed,
        policy::WithoutAuditors,
        refusal::Refusal,
        request::{DropReason, Event, Recorded, Request, StatusKind},
        secret::SecretHash,
        session::SessionTerms,
    },
    flows::{Broker, Error, Result},
    ports::CloudError,
};

/// Opens a session for the person who signed in, and returns the console sign-in link. The commit requires that the
/// ticket and the sign-in, which it consumes, are still valid.
pub(in crate::flows) async fn finish(
    broker: &Arc<Broker>,
    id: &RequestId,
    signed_in: Confirmed,
    uses_up: Vec<SecretHash>,
) -> Result<SecretString> {
    let cause = Cause { uses_up, ..broker.ports.ids.command_id().into() }; // 3
    let cause = cause.stands_on(&signed_in.sign_in().stands());
    check_auditors(broker).await?;
    let begin = |request: &Request, history: &[Recorded], now| {
        begin_session(request, history, &signed_in, &broker.policy, now)
    };
    let (Changed { request, .. }, begun) = change(broker, id, cause, DecidedBy::History, begin).await?; // 4
    let (session, terms) = begun.once_committed();
    let (outcome, url) = ask_aws(broker, &terms).await; // 5
    match settle(broker, &request, &signed_in, session, outcome).await? {
        Some(Event::SessionIssued { .. }) => url, // 6, 7
        Some(Event::SessionDropped { .. }) if url.is_ok() => {
            Err(Refusal::NotLive { status: StatusKind::Ended }.into())
        }
        Some(_) | None => Err(url.err().unwrap_or_else(unsettled)),
    }
}

/// Refuses everyone if the policy requires that auditors are told, and they are not.
async fn check_auditors(broker: &Broker) -> Result<()> {
    if broker.policy.without_auditors == WithoutAuditors::GoOn {
        return Ok(());
    }
    let now = broker.ports.clock.now();
    for lane in [Lane::Auditors, Lane::AuditorsLater] {
        let oldest_untold = broker.ports.store.head(lane, now, 1).await?.oldest;
        broker.policy.check_auditors(oldest_untold, now)?;
    }
    Ok(())
}

/// Returns the error for a person whose session another replica has settled, although AWS issued it.
fn unsettled() -> Error {
    Refusal::SessionUnavailable { why: "the session was settled by another replica".to_owned() }.into()
}

/// Requests a session from STS and a sign-in link from the console. Returns the outcome, and what the person receives:
/// the link once the session is recorded as issued, or an error.
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
            let told = match error {
                CloudError::Refused(why) => Err(Refusal::SessionRefused { why }.into()),
                CloudError::Unavailable(_) => unavailable(why.clone()),
            };
            (SessionOutcome::Unusable { why: DropReason::NoConsole { why } }, told)
        }
    }
}

/// Records the outcome of a session at the current time, because AWS may have taken long. If the person may not be let
/// in any more, records that the session is dropped, and refuses.
async fn settle(
    broker: &Arc<Broker>,
    request: &Request,
    signed_in: &Confirmed,
    session: u32,
    outcome: SessionOutcome,
) -> Result<Option<Event>> {
    let record = async |outcome, cause| {
        let command = Command::SettleSession { session, outcome };
        Ok(transition(broker, &request.id, &command, cause).await?.event)
    };
    let cause = || Cause::from(broker.ports.ids.command_id());
    let is_handed_out = matches!(outcome, SessionOutcome::Ready { .. });
    let stands = if is_handed_out { cause().stands_on(&signed_in.sign_in().stands()) } else { cause() };
    let settled = record(outcome, stands).await;
    if let Err(Error::Refused(refused)) = &settled
        && let Some(why) = why_dropped(&refused.refusal)
    {
        record(SessionOutcome::Unusable { why }, cause()).await?;
    }
    settled
}

/// Returns why a session is dropped if its outcome is refused because the person may not be let in any more.
fn why_dropped(refusal: &Refusal) -> Option<DropReason> {
    if *refusal == Refusal::Frozen {
        return Some(DropReason::Frozen);
    }
    if matches!(refusal, Refusal::SignInAgain { .. }) {
        return Some(DropReason::SignedOut);
    }
    matches!(refusal, Refusal::PolicyOutdated { .. }).then_some(DropReason::PolicyChanged)
}
