//! Sign-in: a browser goes to the identity provider or to the chat platform, and returns with a verified identity.
//!
//! 1. A sign-in is stored under the hash of its `state`, with the hash of the browser's cookie and its visit. Its
//!    nonce and PKCE verifier are derived from the cookie and the `state`, so that nothing stored is a secret.
//! 2. The code that the browser brings back is redeemed for an ID token, which identifies the person.

use url::Url;

use super::Visited;
use crate::{
    domain::{
        account::Platform,
        person::HeldAccount,
        refusal::Refusal,
        secret::{Secret, SecretHash},
        ticket::{SignInAt, Ticket, Visit},
        window::Timestamp,
    },
    flows::{Broker, Error, Result},
    ports::{Answer, IdentityError, PlatformSignIn, Redeemed, SignInProof},
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
    let asks = broker.policy.step_up.as_ref().filter(|_| visit.is_stepped_up());
    let sign_in = from.leads_to(visit, proof.state.hash(), browser.hash(), now); // 1
    let url = match sign_in.signs_in_at() {
        SignInAt::IdentityProvider => {
            broker.ports.identity.sign_in_url(&proof, asks).await.map_err(refused)?
        }
        SignInAt::Platform(platform) => {
            platform_sign_in(broker, &platform)?.sign_in_url(&proof).await.map_err(refused_by_platform)?
        }
    };
    Ok((sign_in, url))
}

/// Returns who signed in at the identity provider, in the sign-in that this ticket stands for.
pub(super) async fn redeem(
    broker: &Broker,
    sign_in: &Ticket,
    answer: Result<Answer, String>,
    proof: &SignInProof,
) -> Result<Redeemed> {
    let answer = answer.map_err(Refusal::at_sign_in)?;
    let Redeemed { signed_in, refresh_token } =
        broker.ports.identity.redeem(answer, proof).await.map_err(refused)?; // 2
    Ok(Redeemed { signed_in: signed_in.begun_at(sign_in.begun_at()), refresh_token })
}

/// Returns the account that is signed in at the platform.
pub(super) async fn redeem_at_platform(
    broker: &Broker,
    platform: &Platform,
    answer: Result<Answer, String>,
    proof: &SignInProof,
) -> Result<HeldAccount> {
    let answer = answer.map_err(|error| match error.as_str() {
        "access_denied" => Refusal::SignInDeclined,
        _ => Refusal::AccountSignInFailed { why: error },
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
        IdentityError::Gone => Refusal::LinkGone.into(),
        IdentityError::Unusable(why) => Refusal::IdentityUnusable { why }.into(),
    }
}

/// Returns the sign-in at the platform. It may have been removed from the configuration since the sign-in started.
fn platform_sign_in<'b>(broker: &'b Broker, platform: &Platform) -> Result<&'b dyn PlatformSignIn> {
    Ok(broker.chat(platform)?.sign_in.as_deref().ok_or(Refusal::LinkGone)?)
}

fn refused_by_platform(error: IdentityError) -> Error {
    match error {
        IdentityError::Gone => Refusal::LinkGone.into(),
        IdentityError::Unavailable(why) => Refusal::AccountSignInUnavailable { why }.into(),
        IdentityError::Unusable(why) => Refusal::AccountSignInFailed { why }.into(),
    }
}
