//! Sign in with Slack: which Slack account is signed in in a browser
//! (<https://docs.slack.dev/authentication/sign-in-with-slack>).
//!
//! It is OpenID Connect with deviations: a response does not name its issuer, the token endpoint returns errors with
//! status 200, and PKCE is for public clients only (<https://docs.slack.dev/authentication/using-pkce>), so the nonce
//! binds a code to its browser.

use std::sync::Arc;

use async_trait::async_trait;
use openidconnect::{AuthenticationFlow, Scope, core::CoreResponseType};
use url::Url;

use super::{
    claims::Claims,
    fetched::Fetched,
    provider::{Provider, Registration},
    state_and_nonce,
};
use crate::{
    config::{Slack, SlackClient},
    domain::{account::Account, answer_fault::AnswerFault, person::HeldAccount},
    outbound::HttpClient,
    ports::{Answer, Clock, IdentityError, PlatformSignIn, SignInProof},
    slack::ids::TeamId,
};

/// Slack's name in metrics.
const COUNTERPART: &str = "slack";
/// The claim that names the account.
const USER_ID: &str = "https://slack.com/user_id";
/// The claim that names its workspace.
const TEAM_ID: &str = "https://slack.com/team_id";
/// The errors of a code that is used, unknown or expired
/// (<https://docs.slack.dev/reference/methods/openid.connect.token#errors>).
const GONE: [&str; 4] = ["invalid_grant", "invalid_code", "code_already_used", "code_expired"];

/// A client of Slack as an OpenID provider.
pub struct SignInWithSlack {
    registration: Registration,
    team: TeamId,
    clock: Arc<dyn Clock>,
    http: HttpClient,
    provider: Fetched<Provider, IdentityError>,
}

impl SignInWithSlack {
    /// Creates a client of the Slack whose Web API `slack` names: that API's origin is the issuer. Browsers return to
    /// `redirect_uri`. Sends nothing yet.
    #[must_use]
    pub fn new(
        slack: &Slack,
        client: &SlackClient,
        redirect_uri: Url,
        http: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let registration = Registration {
            counterpart: COUNTERPART,
            issuer: slack.api_url.origin().ascii_serialization(),
            client_id: client.id.clone(),
            client_secret: client.secret.clone(),
            client_auth: None,
            trusted_audiences: Vec::new(),
            redirect_uri,
        };
        let team = slack.team_id.clone();
        Self { registration, team, clock, http, provider: Fetched::default() }
    }

    async fn provider(&self) -> Result<&Provider, IdentityError> {
        self.provider.get(Provider::discover(&self.registration, &self.http)).await
    }
}

#[async_trait]
impl PlatformSignIn for SignInWithSlack {
    async fn check(&self) -> Result<(), IdentityError> {
        self.provider().await.map(drop)
    }

    async fn sign_in_url(&self, proof: &SignInProof) -> Result<Url, IdentityError> {
        let provider = self.provider().await?;
        let (state, nonce) = state_and_nonce(proof);
        let (url, _, _) = provider
            .client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || state,
                move || nonce,
            )
            .add_scope(Scope::new("openid".to_owned()))
            .add_extra_param("team", self.team.as_str())
            .url();
        Ok(url)
    }

    async fn redeem(&self, answer: Answer, proof: &SignInProof) -> Result<HeldAccount, IdentityError> {
        let provider = self.provider().await?;
        provider.check_issuer(answer.issuer.as_deref())?;
        let redeemed = provider.redeem(&answer.code, None).await;
        let tokens = redeemed.map_err(|error| error.unless_gone(&GONE))?;
        let id_token = tokens.id_token()?.ok_or_else(|| tokens.without_id_token())?;
        let (nonce, now) = (Some(proof.nonce.expose()), self.clock.now());
        let claims = Claims::of(provider.verified(&tokens, &id_token, nonce, now).await?);
        Ok(HeldAccount::verified(account(&claims)?))
    }
}

fn account(claims: &Claims) -> Result<Account, AnswerFault> {
    let team: TeamId = claims.text(TEAM_ID)?.parse().map_err(|_| claims.wrong(TEAM_ID))?;
    let user = claims.text(USER_ID)?.parse().map_err(|_| claims.wrong(USER_ID))?;
    Ok(team.account(&user))
}
