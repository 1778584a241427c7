//! The OpenID Connect client of the identity provider: who signed in in a browser, and what a person's groups
//! currently are.
//!
//! The provider is discovered on first use, so this process starts even if the provider is down.

mod claims;
mod fetched;
#[cfg(fuzzing)]
pub mod fuzzing;
mod http;
mod id_token;
mod keys;
mod logout_token;
mod provider;
mod slack;
mod told;

use std::sync::Arc;

use async_trait::async_trait;
use openidconnect::{
    AccessToken, AuthenticationContextClass, AuthenticationFlow, AuthorizationCode, CsrfToken, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RefreshToken, RequestTokenError, Scope,
    StandardErrorResponse, TokenResponse,
    core::{CoreErrorResponseType, CoreResponseType, CoreTokenResponse},
    http::{Request, StatusCode, header},
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub use self::slack::SignInWithSlack;
use self::{
    claims::Claims,
    fetched::Fetched,
    logout_token::LogoutToken,
    provider::{Provider, Registration},
    told::Told,
};
use crate::{
    config::{GroupsFrom, Oidc},
    domain::{
        person::{FreshGroups, Subject},
        step_up::StepUp,
    },
    outbound::{HttpClient, HttpError},
    ports::{
        Answer, Clock, Identity,
        IdentityError::{self, Gone, Unavailable, Unusable},
        Redeemed, Refreshed, SignInProof, SignedOut,
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
            redirect_uri,
        };
        Self { oidc, registration, clock, http, provider: Fetched::default() }
    }

    async fn provider(&self) -> Result<&Provider, IdentityError> {
        self.provider.get(Provider::discover(&self.registration, &self.http)).await
    }

    /// Returns the provider's claims about the subject of the tokens, from the ID token and, if groups come from there
    /// or a refresh returned no ID token, from the userinfo endpoint
    /// (<https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse>).
    async fn told(
        &self,
        provider: &Provider,
        tokens: &CoreTokenResponse,
        nonce: Option<&Nonce>,
    ) -> Result<Told, IdentityError> {
        let (access_token, now) = (tokens.access_token(), self.clock.now());
        let id_token = match tokens.id_token() {
            Some(id_token) => Some(provider.verified(id_token, access_token, nonce, now).await?),
            None => None,
        };
        let userinfo = if id_token.is_none() || self.oidc.groups_from == GroupsFrom::Userinfo {
            Some(self.userinfo(provider, tokens.access_token()).await?)
        } else {
            None
        };
        Told::of(&provider.issuer, &self.oidc, id_token, userinfo).map_err(|why| Unusable(why.to_string()))
    }

    async fn userinfo(
        &self,
        provider: &Provider,
        access_token: &AccessToken,
    ) -> Result<Claims, IdentityError> {
        let endpoint = provider
            .userinfo
            .as_ref()
            .ok_or_else(|| Unusable("its userinfo endpoint is needed, and there is none".to_owned()))?;
        let request = Request::get(endpoint.as_str())
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", access_token.secret()))
            .body(Vec::new())
            .map_err(|_| Unusable("its access token does not fit in a header".to_owned()))?;
        let asking = self.http.operation(COUNTERPART, "userinfo");
        let response = asking.send(request).await.map_err(|error| Unavailable(error.to_string()))?;
        if response.status() != StatusCode::OK {
            return Err(Unusable(format!("userinfo came with status {}", response.status().as_u16())));
        }
        let claims = serde_json::from_slice(response.body());
        claims.map(Claims::of).map_err(|_| Unusable("userinfo could not be read".to_owned()))
    }
}

#[async_trait]
impl Identity for OpenIdProvider {
    async fn check(&self) -> Result<(), IdentityError> {
        self.provider().await.map(drop)
    }

    async fn sign_in_url(&self, proof: &SignInProof, asks: Option<&StepUp>) -> Result<Url, IdentityError> {
        let provider = self.provider().await?;
        let state = CsrfToken::new(proof.state.expose().to_owned());
        let nonce = nonce(proof);
        let mut request = provider
            .client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || state,
                move || nonce,
            )
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier(proof)))
            .add_scopes(self.oidc.scopes.iter().cloned().map(Scope::new));
        if let Some(StepUp { max_age, acr_values, .. }) = asks {
            if let Some(max_age) = max_age.and_then(|age| age.as_delta().to_std().ok()) {
                request = request.set_max_age(max_age);
            }
            for class in acr_values {
                request = request.add_auth_context_value(AuthenticationContextClass::new(class.clone()));
            }
        }
        let (url, _, _) = request.url();
        Ok(url)
    }

    async fn redeem(&self, answer: Answer, proof: &SignInProof) -> Result<Redeemed, IdentityError> {
        let provider = self.provider().await?;
        provider.check_issuer(answer.issuer.as_deref())?;
        let tokens = provider
            .client
            .exchange_code(AuthorizationCode::new(answer.code.expose_secret().to_owned()))
            .set_pkce_verifier(verifier(proof))
            .request_async(&self.http.operation(COUNTERPART, "token"))
            .await
            .map_err(no_tokens)?;
        if tokens.id_token().is_none() {
            return Err(Unusable("there is no ID token".to_owned()));
        }
        let told = self.told(provider, &tokens, Some(&nonce(proof))).await?;
        Ok(Redeemed {
            signed_in: told.signed_in(self.clock.now()).map_err(|error| Unusable(error.to_string()))?,
            refresh_token: refresh_token(&tokens),
        })
    }

    async fn refresh(&self, token: &SecretString, expected: &Subject) -> Result<Refreshed, IdentityError> {
        let provider = self.provider().await?;
        let tokens = provider
            .client
            .exchange_refresh_token(&RefreshToken::new(token.expose_secret().to_owned()))
            .request_async(&self.http.operation(COUNTERPART, "token"))
            .await
            .map_err(no_tokens)?;
        // The old token may be used up, so the new one is returned to the caller whatever the claims contain.
        let told = self.told(provider, &tokens, None).await;
        if told.as_ref().is_ok_and(|told| told.subject != *expected) {
            return Err(Unusable("a refresh answered for another person".to_owned()));
        }
        let groups = told.and_then(|told| {
            told.groups.map(FreshGroups::fetched).map_err(|error| Unusable(error.to_string()))
        });
        Ok(Refreshed { groups, refresh_token: refresh_token(&tokens) })
    }

    async fn signed_out(&self, logout_token: &str) -> Result<SignedOut, IdentityError> {
        let provider = self.provider().await?;
        let now = self.clock.now();
        let (issuer, client_id) = (provider.issuer.as_str(), self.oidc.client_id.as_str());
        let verify = |keys: &_| {
            let expected = logout_token::Expected { issuer, client_id, keys, now };
            logout_token::verify(logout_token, &expected)
        };
        let is_unknown = |rejection: &_| *rejection == logout_token::Rejection::UnknownKey;
        let told = provider.keys.try_with(verify, is_unknown, provider.asking_for_keys(), now).await;
        let LogoutToken { id, subject, issued_at } =
            told.map_err(|rejection| Unusable(rejection.to_string()))?;
        Ok(SignedOut { id, subject: Subject { issuer: issuer.to_owned(), subject }, at: issued_at })
    }
}

fn nonce(proof: &SignInProof) -> Nonce {
    Nonce::new(proof.nonce.expose().to_owned())
}

fn verifier(proof: &SignInProof) -> PkceCodeVerifier {
    PkceCodeVerifier::new(proof.verifier.expose().to_owned())
}

fn refresh_token(tokens: &CoreTokenResponse) -> Option<SecretString> {
    tokens.refresh_token().map(|token| SecretString::from(token.secret().as_str()))
}

/// Returns why the provider issued no tokens. The library's errors contain whole responses, so only parts known to be
/// harmless are reported.
fn no_tokens(
    error: RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>,
) -> IdentityError {
    match error {
        RequestTokenError::ServerResponse(response) => refused(response.error().as_ref()),
        RequestTokenError::Request(error) => Unavailable(error.to_string()),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            Unusable("its answer to a token request could not be read".to_owned())
        }
    }
}

fn refused(code: &str) -> IdentityError {
    let is_code = code.len() <= 40 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    match code {
        "invalid_grant" => Gone,
        "server_error" | "temporarily_unavailable" => Unavailable(code.to_owned()),
        _ if is_code => Unusable(format!("it refused a token request: {code}")),
        _ => Unusable("it refused a token request".to_owned()),
    }
}
