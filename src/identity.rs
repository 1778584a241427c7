//! The OpenID Connect client of the identity provider: who signed in in a browser, and what a person's groups
//! currently are.
//!
//! The provider is discovered on first use, so this process starts even if the provider is down. Of what it sends, only
//! the members that are used are parsed.

mod asking;
mod claims;
mod fetched;
#[cfg(fuzzing)]
pub mod fuzzing;
mod id_token;
mod jwt;
mod keys;
mod logout_token;
mod members;
mod provider;
mod slack;
mod told;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use openidconnect::{
    AuthenticationContextClass, AuthenticationFlow, CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    Scope,
    core::{CoreAuthPrompt, CoreResponseType},
};
use secrecy::SecretString;
use url::Url;

pub use self::slack::SignInWithSlack;
use self::{
    claims::Claims,
    fetched::Fetched,
    logout_token::LogoutToken,
    provider::{Provider, Registration, TokenAnswer},
    told::Told,
};
use crate::{
    config::{GroupsFrom, Oidc},
    domain::person::{FreshGroups, Groups, Subject},
    outbound::HttpClient,
    ports::{
        Answer, Clock, Identity,
        IdentityError::{self, GroupsUnknown},
        Redeemed, Refreshed, SignInAsks, SignInProof, SignedOut,
    },
};

/// The provider's name in metrics.
const COUNTERPART: &str = "identity_provider";

/// A client of an OpenID provider.
pub struct OpenIdProvider {
    oidc: Oidc,
    registration: Registration,
    clock: Arc<dyn Clock>,
    http: HttpClient,
    provider: Fetched<Provider, IdentityError>,
}

impl OpenIdProvider {
    /// Creates a client of the provider that `oidc` names; browsers return to `redirect_uri`. Sends nothing yet.
    #[must_use]
    pub fn new(oidc: Oidc, redirect_uri: Url, http: HttpClient, clock: Arc<dyn Clock>) -> Self {
        let registration = Registration {
            counterpart: COUNTERPART,
            issuer: oidc.issuer.clone(),
            client_id: oidc.client_id.clone(),
            client_secret: oidc.client_secret.clone(),
            client_auth: oidc.client_auth,
            trusted_audiences: oidc.trusted_audiences.clone(),
            redirect_uri,
        };
        Self { oidc, registration, clock, http, provider: Fetched::default() }
    }

    async fn provider(&self) -> Result<&Provider, IdentityError> {
        self.provider.get(Provider::discover(&self.registration, &self.http)).await
    }

    /// Returns the claims of userinfo, if groups come from there.
    async fn userinfo(
        &self,
        provider: &Provider,
        answer: &TokenAnswer,
    ) -> Result<Option<Claims>, IdentityError> {
        match self.oidc.groups_from {
            GroupsFrom::IdToken => Ok(None),
            GroupsFrom::Userinfo => {
                provider.userinfo(answer, self.clock.now()).await.map(|claims| Some(Claims::of(claims)))
            }
        }
    }

    /// Returns the groups in the answer to a refresh. Without an ID token, or without the claim in it, they are unknown
    /// if they come from there (<https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse>).
    async fn refreshed_groups(
        &self,
        provider: &Provider,
        answer: &TokenAnswer,
        expected: &Subject,
    ) -> Result<FreshGroups, IdentityError> {
        let now = self.clock.now();
        let id_token = match answer.id_token()? {
            Some(id_token) => Some(Claims::of(provider.verified(answer, &id_token, None, now).await?)),
            None => None,
        };
        let userinfo = self.userinfo(provider, answer).await?;
        for claims in [&id_token, &userinfo].into_iter().flatten() {
            if claims.subject()? != expected.subject || provider.issuer() != expected.issuer {
                return Err(claims.about_another().into());
            }
        }
        let groups = match (userinfo, id_token) {
            (Some(userinfo), _) => userinfo.groups(&self.oidc)?,
            (None, Some(id_token)) => known(id_token.groups(&self.oidc)?)?,
            (None, None) => return Err(GroupsUnknown { claims: Vec::new() }),
        };
        Ok(FreshGroups::fetched(groups))
    }
}

/// Refuses the groups of a claim that is not there.
fn known(groups: Groups) -> Result<Groups, IdentityError> {
    match groups.claims_instead() {
        Some((_, claims)) => Err(GroupsUnknown { claims: claims.to_vec() }),
        None => Ok(groups),
    }
}

#[async_trait]
impl Identity for OpenIdProvider {
    async fn check(&self) -> Result<(), IdentityError> {
        self.provider().await.map(drop)
    }

    async fn sign_in_url(&self, proof: &SignInProof, asks: &SignInAsks<'_>) -> Result<Url, IdentityError> {
        let provider = self.provider().await?;
        let (state, nonce) = state_and_nonce(proof);
        let mut request = provider
            .client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || state,
                move || nonce,
            )
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier(proof)))
            .add_scopes(self.oidc.scopes.iter().cloned().map(Scope::new));
        let max_age = asks.step_up.and_then(|step_up| step_up.max_age?.as_delta().to_std().ok());
        if let Some(max_age) = if asks.afresh { Some(Duration::ZERO) } else { max_age } {
            request = request.set_max_age(max_age);
        }
        for class in asks.step_up.iter().flat_map(|step_up| &step_up.acr_values) {
            request = request.add_auth_context_value(AuthenticationContextClass::new(class.clone()));
        }
        if asks.afresh {
            request = request.add_prompt(CoreAuthPrompt::Login);
        }
        for (name, value) in
            self.oidc.authorization.iter().filter(|(name, _)| *name != "prompt" || !asks.afresh)
        {
            request = request.add_extra_param(name, value);
        }
        let (url, _, _) = request.url();
        Ok(url)
    }

    async fn redeem(&self, answer: Answer, proof: &SignInProof) -> Result<Redeemed, IdentityError> {
        let provider = self.provider().await?;
        provider.check_issuer(answer.issuer.as_deref())?;
        let redeemed = provider.redeem(&answer.code, Some(verifier(proof))).await;
        let tokens = redeemed.map_err(|error| error.unless_gone(&["invalid_grant"]))?;
        let id_token = tokens.id_token()?.ok_or_else(|| tokens.without_id_token())?;
        let (nonce, now) = (Some(proof.nonce.expose()), self.clock.now());
        let claims = Claims::of(provider.verified(&tokens, &id_token, nonce, now).await?);
        let userinfo = self.userinfo(provider, &tokens).await?;
        let told = Told::of(provider.issuer(), &self.oidc, claims, userinfo)?;
        let signed_in = told.signed_in(self.clock.now())?;
        Ok(Redeemed { signed_in, refresh_token: tokens.refresh_token() })
    }

    async fn refresh(&self, token: &SecretString, expected: &Subject) -> Result<Refreshed, IdentityError> {
        let provider = self.provider().await?;
        let answer = provider.refresh(token).await.map_err(|error| error.at_refresh())?;
        // The old token may be used up, so the new one is returned to the caller whatever else the answer contains.
        let refresh_token = answer.refresh_token();
        let groups = self.refreshed_groups(provider, &answer, expected).await;
        Ok(Refreshed { groups, refresh_token })
    }

    async fn signed_out(&self, logout_token: &str) -> Result<SignedOut, IdentityError> {
        let provider = self.provider().await?;
        let told = provider.verified_logout(logout_token, self.clock.now()).await?;
        let LogoutToken { id, subject, issued_at } = told;
        let issuer = provider.issuer().to_owned();
        Ok(SignedOut { id, subject: Subject { issuer, subject }, at: issued_at })
    }
}

fn state_and_nonce(proof: &SignInProof) -> (CsrfToken, Nonce) {
    (CsrfToken::new(proof.state.expose().to_owned()), Nonce::new(proof.nonce.expose().to_owned()))
}

fn verifier(proof: &SignInProof) -> PkceCodeVerifier {
    PkceCodeVerifier::new(proof.verifier.expose().to_owned())
}
