//! Sign-in: a browser goes to the identity provider, or to Slack, and comes back as somebody.
//!
//! 1. A sign-in is kept under the hash of its `state`, with the hash of the browser's cookie and what it is for.
//!    Its nonce and PKCE verifier are derived from the cookie and the `state`, so that nothing kept is a secret.
//! 2. The browser comes back: `state` and cookie must be those of one sign-in, in time, from where it was sent to.
//! 3. The code is redeemed for an ID token, which says who signed in.
//! 4. What the sign-in was for goes on with that. Only its commit uses anything up: a callback in another
//!    browser, one that comes too late, and one that fails leave the owner's untouched.

use std::sync::Arc;

use chrono::TimeDelta;
use secrecy::SecretString;
use url::Url;

use crate::{
    domain::{
        audit::Tried,
        code::Code,
        decide::Verdict,
        email::Email,
        ids::CommandId,
        once::{Answering, LinkSecrets, Once, Purpose, SignInAt, SignInTo},
        person::{HeldAccount, Link},
        refusal::Refusal,
        secret::{Secret, SecretHash},
        window::Timestamp,
    },
    flows::{
        Broker, Error, Result,
        access::{open_session, review},
        audit::{About, Attempt},
        people::link::{self, Invitee},
    },
    ports::{Answer, IdentityError, Redeemed, SignInProof, SlackAccounts},
};

/// How long a person may take at the identity provider.
const SIGN_IN_TAKES: TimeDelta = TimeDelta::minutes(10);

/// What the identity provider, or Slack, sent back with the browser.
#[derive(Clone, Debug)]
pub struct Callback {
    /// From where: each sends browsers back to an address of its own.
    pub from: SignInAt,
    /// `state`, as presented.
    pub state: Secret,
    /// The code, or the error code in its place.
    pub answer: Result<Answer, String>,
}

/// What a sign-in was good for.
#[derive(Debug)]
pub enum CameBack {
    /// The person is linked.
    Linked(Link),
    /// The request is answered.
    Answered(Verdict),
    /// The person is to show that the Slack account is theirs: this is where they sign in with Slack.
    OnToSlack(Url),
    /// The person is to show that the Slack account is theirs: this is what they type there.
    TakesCode {
        /// The code.
        code: Code,
        /// The address of the identity.
        email: Email,
        /// The account.
        invitee: Invitee,
    },
    /// The address of the AWS console, signed in: a bearer secret.
    Console(SecretString),
}

/// A sign-in that starts now in this browser: what is kept of it, and where the browser goes.
pub(in crate::flows) async fn begin(
    broker: &Broker,
    browser: &Secret,
    to: SignInTo,
    now: Timestamp,
) -> Result<(Once, Url)> {
    let state = broker.ports.ids.secret();
    let proof = proof(browser, state);
    let asks = match &to {
        SignInTo::Link { .. } | SignInTo::HoldAccount { .. } => None,
        SignInTo::OpenConsole { .. } | SignInTo::Answer { .. } => broker.policy.step_up.as_ref(),
    };
    let url = match to.at() {
        SignInAt::IdentityProvider => {
            broker.ports.identity.sign_in_url(&proof, asks).await.map_err(refused)?
        }
        SignInAt::Slack => broker.slack_accounts()?.sign_in_url(&proof).await.map_err(refused_by_slack)?,
    };
    let purpose = Purpose::SignIn { browser: browser.hash(), to };
    Ok((Once { key: proof.state.hash(), expires_at: now + SIGN_IN_TAKES, purpose }, url)) // 1
}

/// Finishes a sign-in, and what it was for. Once it is known whose it is, auditors hear of its refusal.
///
/// # Errors
/// A [`Refusal`] for the page; a failure.
pub async fn come_back(
    broker: &Arc<Broker>,
    callback: Callback,
    browser: Option<Secret>,
) -> Result<CameBack> {
    let now = broker.ports.clock.now();
    let key = callback.state.hash();
    let Purpose::SignIn { browser: owner, to } = find_once(broker, &key, now).await?.purpose else {
        return Err(Refusal::LinkGone.into());
    };
    if callback.from != to.at() {
        return Err(Refusal::LinkGone.into());
    }
    let finished = match browser.filter(|browser| browser.hash() == owner) {
        Some(browser) => finish(broker, callback, &browser, to.clone()).await, // 2
        None => Err(Refusal::OtherBrowser.into()),
    };
    if let Err(Error::Refused(refusal)) = &finished {
        let command = broker.ports.ids.command_id();
        broker.record_refusal(attempt(&to, &command, now), refusal).await?;
    }
    finished
}

async fn finish(
    broker: &Arc<Broker>,
    callback: Callback,
    browser: &Secret,
    to: SignInTo,
) -> Result<CameBack> {
    let sign_in = callback.state.hash();
    let proof = proof(browser, callback.state);
    // 4
    match to {
        SignInTo::Link { token, who } => {
            let redeemed = redeem(broker, callback.answer, &proof).await?;
            link::finish(broker, browser, &who, LinkSecrets { token, sign_in }, redeemed).await
        }
        SignInTo::HoldAccount { uses_up, pending } => {
            let held = redeem_at_slack(broker, callback.answer, &proof).await?;
            let linked = link::finish_with_slack(broker, *pending, uses_up, sign_in, &held).await;
            linked.map(CameBack::Linked)
        }
        SignInTo::OpenConsole { ticket, request, .. } => {
            let redeemed = redeem(broker, callback.answer, &proof).await?;
            let uses_up = vec![ticket, sign_in];
            let console = open_session::finish(broker, &request, redeemed.signed_in, uses_up).await;
            console.map(CameBack::Console)
        }
        SignInTo::Answer { ticket, answering } => {
            let redeemed = redeem(broker, callback.answer, &proof).await?;
            let verdict = answering.verdict.clone();
            let uses_up = vec![ticket, sign_in];
            let answered = review::finish(broker, answering, redeemed.signed_in, uses_up).await;
            answered.map(|()| CameBack::Answered(verdict))
        }
    }
}

/// Who has signed in at the identity provider.
async fn redeem(broker: &Broker, answer: Result<Answer, String>, proof: &SignInProof) -> Result<Redeemed> {
    let answer = answer.map_err(|error| Refusal::SignInRefused { error })?;
    broker.ports.identity.redeem(answer, proof).await.map_err(refused) // 3
}

/// Whose Slack account is signed in.
async fn redeem_at_slack(
    broker: &Broker,
    answer: Result<Answer, String>,
    proof: &SignInProof,
) -> Result<HeldAccount> {
    let answer = answer.map_err(|why| Refusal::AccountSignInFailed { why })?;
    broker.slack_accounts()?.redeem(answer, proof).await.map_err(refused_by_slack) // 3
}

impl Broker {
    /// Where people sign in with Slack. A sign-in may have begun while that was set up, and come back when it is not.
    fn slack_accounts(&self) -> Result<&dyn SlackAccounts> {
        Ok(self.ports.slack_accounts.as_deref().ok_or(Refusal::LinkGone)?)
    }
}

fn attempt<'a>(to: &'a SignInTo, command: &'a CommandId, at: Timestamp) -> Attempt<'a> {
    let to_link = |who| Attempt { command, at, who, tried: Tried::Link, about: About::Nothing };
    match to {
        SignInTo::Link { who, .. } => to_link(who),
        SignInTo::HoldAccount { pending, .. } => to_link(&pending.link.account),
        SignInTo::OpenConsole { who, request, .. } => {
            Attempt { command, at, who, tried: Tried::OpenConsole, about: About::Request(request) }
        }
        SignInTo::Answer { answering: Answering { who, request, verdict, .. }, .. } => {
            Attempt { command, at, who, tried: verdict.tried(), about: About::Request(request) }
        }
    }
}

/// What a one-time secret stands for, while it is worth something.
pub(in crate::flows) async fn find_once(broker: &Broker, key: &SecretHash, now: Timestamp) -> Result<Once> {
    let kept = broker.ports.store.once(key).await?;
    Ok(kept.filter(|once| now < once.expires_at).ok_or(Refusal::LinkGone)?)
}

fn proof(browser: &Secret, state: Secret) -> SignInProof {
    SignInProof {
        nonce: browser.derive("nonce", state.expose()),
        verifier: browser.derive("pkce", state.expose()),
        state,
    }
}

pub(in crate::flows) fn refused(error: IdentityError) -> Error {
    match error {
        IdentityError::Unavailable(why) => {
            tracing::warn!(why, "the identity provider did not answer");
            Refusal::IdentityUnavailable.into()
        }
        IdentityError::Gone => Refusal::LinkGone.into(),
        IdentityError::Unusable(why) => Refusal::IdentityUnusable { why }.into(),
    }
}

fn refused_by_slack(error: IdentityError) -> Error {
    let why = match error {
        IdentityError::Unavailable(why) => {
            tracing::warn!(why, "Slack did not answer a sign-in");
            "Slack did not answer".to_owned()
        }
        IdentityError::Gone => return Refusal::LinkGone.into(),
        IdentityError::Unusable(why) => why,
    };
    Refusal::AccountSignInFailed { why }.into()
}
