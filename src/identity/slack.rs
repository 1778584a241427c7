//! Sign in with Slack: which Slack account is signed in in a browser
//! (<https://docs.slack.dev/authentication/sign-in-with-slack>).
//!
//! It is OpenID Connect with deviations: a response does not name its issuer, the token endpoint returns errors with
//! status 200, and PKCE is for public clients only (<https://docs.slack.dev/authentication/using-pkce>), so the nonce
//! binds a code to its browser.

use std::sync::Arc;

use async_trait::async_trait;
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, CsrfToken, OAuth2TokenResponse, RequestTokenError, TokenResponse,
    core::CoreResponseType,
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use url::Url;

use super::{
    claims::Claims,
    fetched::Fetched,
    no_tokens, nonce,
    provider::{Provider, Registration},
    refused,
};
use crate::{
    config::{Slack, SlackClient},
    domain::{account::Account, person::HeldAccount},
    outbound::HttpClient,
    ports::{
        Answer, Clock,
        IdentityError::{self, Gone, Unusable},
        PlatformSignIn, SignInProof,
    },
    slack::ids::TeamId,
};

/// Slack's name in metrics.
const COUNTERPART: &str = "slack";
/// The claim that names the account.
const USER_ID: &str = "https://slack.com/user_id";
/// The claim that names its workspace.
const TEAM_ID: &str = "https://slack.com/team_id";

/// A client of Slack as an OpenID provider.
pub struct SignInWithSlack {
    registration: Registration,
    team: TeamId,
    clock: Arc<dyn Clock>,
    http: HttpClient,
    provider: Fetched<Provider, IdentityError>,
}

/// The error that the token endpoint returns instead of tokens, with status 200.
#[derive(Deserialize)]
struct No {
    error: String,
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
        let state = CsrfToken::new(proof.state.expose().to_owned());
        let nonce = nonce(proof);
        let (url, _, _) = provider
            .client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || state,
                move || nonce,
            )
            .add_scope(openidconnect::Scope::new("openid".to_owned()))
            .add_extra_param("team", self.team.as_str())
            .url();
        Ok(url)
    }

    async fn redeem(&self, answer: Answer, proof: &SignInProof) -> Result<HeldAccount, IdentityError> {
        let provider = self.provider().await?;
        provider.check_issuer(answer.issuer.as_deref())?;
        let redeemed = provider
            .client
            .exchange_code(AuthorizationCode::new(answer.code.expose_secret().to_owned()))
            .request_async(&self.http.operation(COUNTERPART, "token"))
            .await;
        let tokens = match redeemed {
            Err(RequestTokenError::Parse(_, body)) => return Err(no(&body)),
            redeemed => redeemed.map_err(no_tokens)?,
        };
        let id_token = tokens.id_token().ok_or_else(|| Unusable("there is no ID token".to_owned()))?;
        let (access_token, nonce) = (tokens.access_token(), nonce(proof));
        let claims = provider.verified(id_token, access_token, Some(&nonce), self.clock.now()).await?;
        let who =
            account(&claims).ok_or_else(|| Unusable("it does not say whose account it is".to_owned()))?;
        Ok(HeldAccount::verified(who))
    }
}

fn account(claims: &Claims) -> Option<Account> {
    let named = |claim| claims.get(claim)?.as_str();
    let team: TeamId = named(TEAM_ID)?.parse().ok()?;
    Some(team.account(&named(USER_ID)?.parse().ok()?))
}

/// <https://docs.slack.dev/reference/methods/openid.connect.token#errors>
fn no(body: &[u8]) -> IdentityError {
    match serde_json::from_slice::<No>(body) {
        Ok(No { error })
            if ["invalid_code", "code_already_used", "code_expired"].contains(&error.as_str()) =>
        {
            Gone
        }
        Ok(No { error }) => refused(&error),
        Err(_) => Unusable("its answer to a token request could not be read".to_owned()),
    }
}
