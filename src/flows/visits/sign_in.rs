//! Sign-in: a browser goes to the identity provider or to the chat platform, and returns with a verified identity.
//!
//! 1. A sign-in is stored under the hash of its `state`, with the hash of the browser's cookie and its visit. Its
//!    nonce and PKCE verifier are derived from the cookie and the `state`, so that nothing stored is a secret.
//! 2. The code that the browser brings back is redeemed for an ID token, which identifies the person.
//! 3. Before anything is opened or answered, the groups are requested again: a session at the provider may be older than
//!    a change of groups. Both answers count.
//! 4. Where the person must have authenticated just now and the provider let a session pass, the browser goes there
//!    once more, with a request to authenticate.

use url::Url;

use super::Visited;
use crate::{
    domain::{
        account::Platform,
        answer_fault::{AnswerFault, OwnWords},
        person::{Confirmed, HeldAccount},
        refusal::Refusal,
        secret::{Secret, SecretHash},
        ticket::{SignInAt, Ticket, Visit},
        window::Timestamp,
    },
    flows::{Broker, Error, Result, people::groups},
    ports::{Answer, IdentityError, PlatformSignIn, Redeemed, SignInAsks, SignInProof},
};

/// Starts a sign-in in this browser, on the way from a ticket to `visit`. Returns the sign-in to store, and where the
/// browser goes.
pub(in crate::flows) async fn begin(
    broker: &Broker,
    browser: &Secret,
    from: &Ticket,
    visit: Visit,
    now: Timestamp,
) -> Result<(Ticket, Url)> {
    let proof = proof(browser, broker.ports.ids.secret());
    let step_up = broker.policy.step_up.as_ref().filter(|_| visit.is_stepped_up());
    let sign_in = from.leads_to(visit, proof.state.hash(), browser.hash(), now); // 1
    let asks = SignInAsks { step_up, afresh: false };
    let url = match sign_in.signs_in_at() {
        SignInAt::IdentityProvider => {
            broker.ports.identity.sign_in_url(&proof, &asks).await.map_err(refused)?
        }
        SignInAt::Platform(platform) => {
            platform_sign_in(broker, &platform)?.sign_in_url(&proof).await.map_err(refused_by_platform)?
        }
    };
    Ok((sign_in, url))
}

/// Starts the sign-in of `from` again in this browser, and asks the provider to let the person authenticate. Returns
/// where the browser goes.
async fn begin_afresh(broker: &Broker, browser: &Secret, from: &Ticket) -> Result<Url> {
    let now = broker.ports.clock.now();
    let proof = proof(browser, broker.ports.ids.secret());
    let sign_in = from.leads_to(from.visit.clone(), proof.state.hash(), browser.hash(), now).afresh();
    let asks = SignInAsks { step_up: broker.policy.step_up.as_ref(), afresh: true };
    let url = broker.ports.identity.sign_in_url(&proof, &asks).await.map_err(refused)?;
    broker.ports.store.keep_ticket(&sign_in).await?;
    Ok(url)
}

/// Returns the sign-in with the groups that the provider still confirms, or where the browser goes to authenticate, if
/// that is what is missing and has not been asked for.
pub(super) async fn confirm(
    broker: &Broker,
    browser: &Secret,
    ticket: &Ticket,
    redeemed: Redeemed,
) -> Result<std::result::Result<Confirmed, Url>> {
    let authentication = redeemed.signed_in.authentication().clone();
    let confirmed = confirmed(broker, ticket, redeemed).await;
    let was_asked = ticket.sign_in.as_ref().is_some_and(|sign_in| sign_in.afresh);
    match confirmed {
        Err(Error::Refused(refused)) if !was_asked && authentication.is_cured_afresh(&refused.refusal) => {
            begin_afresh(broker, browser, ticket).await.map(Err) // 4
        }
        confirmed => confirmed.map(Ok),
    }
}

/// Asks for the groups again after the sign-in, because the provider may have taken them from the session of the browser.
/// The refresh token of the sign-in is used for that, or else the stored one.
async fn confirmed(broker: &Broker, ticket: &Ticket, redeemed: Redeemed) -> Result<Confirmed> {
    let Redeemed { signed_in, refresh_token } = redeemed;
    broker.policy.check_sign_in(&signed_in)?;
    if let Some(token) = refresh_token {
        let refreshed = broker.ports.identity.refresh(&token, signed_in.subject()).await;
        let later = refreshed.and_then(|refreshed| refreshed.groups).map_err(groups::refused)?;
        return Ok(signed_in.confirmed_by(&later)); // 3
    }
    let link = broker.ports.store.link(&ticket.who).await?;
    match link.filter(|link| link.subject == *signed_in.subject() && link.is_refreshable) {
        Some(link) => Ok(signed_in.confirmed_by(&broker.fresh_groups(&link).await?)), // 3
        None => Ok(signed_in.made_afresh()?),
    }
}

/// Returns who signed in at the identity provider, in the sign-in that this ticket stands for.
pub(super) async fn redeem(
    broker: &Broker,
    sign_in: &Ticket,
    answer: Result<Answer, OwnWords>,
    proof: &SignInProof,
) -> Result<Redeemed> {
    let answer = answer.map_err(declined)?;
    let Redeemed { signed_in, refresh_token } =
        broker.ports.identity.redeem(answer, proof).await.map_err(refused)?; // 2
    let signed_in = signed_in.relevant_to(&broker.policy).begun_at(sign_in.begun_at());
    Ok(Redeemed { signed_in, refresh_token })
}

/// Returns the account that is signed in at the platform.
pub(super) async fn redeem_at_platform(
    broker: &Broker,
    platform: &Platform,
    answer: Result<Answer, OwnWords>,
    proof: &SignInProof,
) -> Result<HeldAccount> {
    let answer = answer.map_err(|words| {
        let refusal = declined(words);
        if let Refusal::SignInRefused { words } = refusal {
            return Refusal::AccountSignInFailed { fault: AnswerFault::Refused { words } };
        }
        refusal
    })?;
    platform_sign_in(broker, platform)?.redeem(answer, proof).await.map_err(refused_by_platform) // 2
}

/// Returns the ticket with this key, if it is still valid.
pub(super) async fn find(broker: &Broker, key: &SecretHash, now: Timestamp) -> Visited<Ticket> {
    let kept = match broker.ports.store.ticket(key).await {
        Ok(kept) => kept,
        Err(error) => return Visited { who: None, outcome: Err(error.into()) },
    };
    let who = kept.as_ref().map(|ticket| ticket.who.clone());
    let valid = kept.filter(|ticket| now < ticket.expires_at);
    Visited { who, outcome: valid.ok_or_else(|| Refusal::LinkGone.into()) }
}

/// Returns the secrets of the sign-in that this browser started with this `state`.
pub(super) fn proof(browser: &Secret, state: Secret) -> SignInProof {
    SignInProof {
        nonce: browser.derive("nonce", state.expose()),
        verifier: browser.derive("pkce", state.expose()),
        state,
    }
}

pub(in crate::flows) fn refused(error: IdentityError) -> Error {
    match error {
        IdentityError::Unavailable(why) => Refusal::IdentityUnavailable { why }.into(),
        IdentityError::Gone(words) => gone(&words).into(),
        IdentityError::SignInRequired(words) => declined(words).into(),
        IdentityError::GroupsUnknown { claims } => Refusal::GroupsUnknown { claims }.into(),
        IdentityError::Unusable(fault) => Refusal::IdentityUnusable { fault }.into(),
    }
}

/// Returns the refusal for what came in place of a code. If it sends no one to the operator, it is logged here.
fn declined(words: OwnWords) -> Refusal {
    let refusal = Refusal::at_sign_in(words);
    if let Refusal::SignInDeclined { words: OwnWords { error, description } } = &refusal {
        tracing::warn!(error, why = description, "identity: sign-in declined");
    }
    refusal
}

fn gone(OwnWords { error, description }: &OwnWords) -> Refusal {
    tracing::warn!(error, why = description, "identity: code refused");
    Refusal::LinkGone
}

/// Returns the sign-in at the platform. It may have been removed from the configuration since the sign-in started.
fn platform_sign_in<'b>(broker: &'b Broker, platform: &Platform) -> Result<&'b dyn PlatformSignIn> {
    Ok(broker.chat(platform)?.sign_in.as_deref().ok_or(Refusal::LinkGone)?)
}

fn refused_by_platform(error: IdentityError) -> Error {
    match error {
        IdentityError::Gone(words) => gone(&words).into(),
        IdentityError::Unavailable(why) => Refusal::AccountSignInUnavailable { why }.into(),
        IdentityError::SignInRequired(words) => {
            Refusal::AccountSignInFailed { fault: AnswerFault::Refused { words } }.into()
        }
        IdentityError::GroupsUnknown { claims } => Refusal::GroupsUnknown { claims }.into(),
        IdentityError::Unusable(fault) => Refusal::AccountSignInFailed { fault }.into(),
    }
}
