//! Token verifiers and claim readers for the fuzz targets in `fuzz/` only.

use openidconnect::{AccessToken, ClientId, IssuerUrl, Nonce, core::CoreJsonWebKeySet};
use serde_json::{Map, Value};

use super::{
    claims::Claims,
    id_token,
    logout_token::{self, LogoutToken},
};
use crate::{
    config::Oidc,
    domain::{email::Email, person::Groups, window::Timestamp},
};

/// The client that a token is verified for.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// The client's id there.
    pub id: &'a str,
    /// The provider's key set.
    pub keys: &'a CoreJsonWebKeySet,
    /// The current time.
    pub now: Timestamp,
}

impl Client<'_> {
    /// Returns the subject of an ID token, if it is accepted.
    ///
    /// # Errors
    /// The reason why it is rejected.
    pub fn takes_id_token(
        &self,
        token: &str,
        access_token: &str,
        nonce: Option<&str>,
    ) -> Result<Option<String>, String> {
        let nonce = nonce.map(|nonce| Nonce::new(nonce.to_owned()));
        let expected = id_token::Expected {
            issuer: &IssuerUrl::new(self.issuer.to_owned()).map_err(|error| error.to_string())?,
            client_id: &ClientId::new(self.id.to_owned()),
            keys: self.keys,
            access_token: &AccessToken::new(access_token.to_owned()),
            nonce: nonce.as_ref(),
            now: self.now,
        };
        let token = token.parse().map_err(|_| "it is no token".to_owned())?;
        let claims = id_token::verify(&token, &expected).map_err(|rejection| rejection.to_string())?;
        Ok(claims.subject().map(str::to_owned))
    }

    /// Returns the subject of a logout token, if it is accepted.
    ///
    /// # Errors
    /// The reason why it is rejected.
    pub fn takes_logout_token(&self, token: &str) -> Result<String, String> {
        let expected = logout_token::Expected {
            issuer: self.issuer,
            client_id: self.id,
            keys: self.keys,
            now: self.now,
        };
        let told = logout_token::verify(token, &expected).map_err(|rejection| rejection.to_string())?;
        let LogoutToken { subject, .. } = told;
        Ok(subject)
    }
}

/// Returns the groups in these claims, and the address that the provider vouches for.
///
/// # Errors
/// The reason why the groups could not be read.
pub fn told_by(claims: Map<String, Value>, oidc: &Oidc) -> Result<(Groups, Option<Email>), String> {
    let claims = Claims::of(claims);
    let groups = claims.groups(&oidc.groups_claim).map_err(|error| error.to_string())?;
    Ok((groups, claims.verified_email(oidc)))
}
