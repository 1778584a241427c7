//! Token verifiers and claim readers for the fuzz targets in `fuzz/` only.

use openidconnect::core::CoreJsonWebKeySet;
use serde_json::{Map, Value};

use super::{
    claims::Claims,
    id_token::{self, Expected},
    jwt::{KeySet, Recipient},
    logout_token,
    members::Members,
};
use crate::{
    config::Oidc,
    domain::{
        answer_fault::{AnswerFault, AnswerPart},
        email::Email,
        person::Groups,
        window::Timestamp,
    },
};

/// A provider's key set.
#[derive(Debug)]
pub struct Keys(KeySet);

impl Keys {
    /// Returns the keys of a key set.
    #[must_use]
    pub fn of(keys: &CoreJsonWebKeySet) -> Self {
        Self(KeySet::of(keys))
    }
}

/// The client that a token is verified for.
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// The client's id there.
    pub id: &'a str,
    /// The provider's key set.
    pub keys: &'a Keys,
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
    ) -> Result<String, AnswerFault> {
        let expected = Expected { recipient: self.recipient(), access_token, nonce };
        Claims::of(id_token::verify(token, &self.keys.0, &expected)?).subject()
    }

    /// Returns the subject of a logout token, if it is accepted.
    ///
    /// # Errors
    /// The reason why it is rejected.
    pub fn takes_logout_token(&self, token: &str) -> Result<String, AnswerFault> {
        Ok(logout_token::verify(token, &self.keys.0, &self.recipient())?.subject)
    }

    fn recipient(&self) -> Recipient<'_> {
        Recipient { issuer: self.issuer, client_id: self.id, trusted_audiences: &[], now: self.now }
    }
}

/// Returns the groups in these claims, and the address that the provider vouches for.
///
/// # Errors
/// The reason why the groups could not be read.
pub fn told_by(claims: &Map<String, Value>, oidc: &Oidc) -> Result<(Groups, Option<Email>), AnswerFault> {
    let json = Value::Object(claims.clone()).to_string();
    let claims = Claims::of(Members::read(AnswerPart::IdToken, json.as_bytes())?);
    Ok((claims.groups(oidc)?, claims.verified_email(oidc)))
}
