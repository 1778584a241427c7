//! The provider's metadata, and the OAuth client that follows from it.

use openidconnect::{
    AccessToken, AdditionalProviderMetadata, AuthType, ClientId, ClientSecret, DiscoveryError,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce, ProviderMetadata, RedirectUrl,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod, CoreGrantType,
        CoreIdToken, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
        CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    claims::Claims,
    id_token::{self, Expected, Rejection},
    keys::SigningKeys,
};
use crate::{
    domain::window::Timestamp,
    outbound::{HttpClient, HttpError, Operation, is_protected},
    ports::IdentityError::{self, Unavailable, Unusable},
};

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet, EndpointMaybeSet>;

type Metadata = ProviderMetadata<
    MoreMetadata,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Metadata that later specifications define.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct MoreMetadata {
    /// RFC 9207, section 3.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for MoreMetadata {}

/// The registration of this client at a provider.
pub(super) struct Registration {
    /// The issuer identifier, exactly as the provider writes it.
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    /// The provider's name in metrics.
    pub(super) counterpart: &'static str,
    /// Where browsers return to.
    pub(super) redirect_uri: Url,
}

/// A discovered provider.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) issuer: IssuerUrl,
    pub(super) client: Client,
    pub(super) userinfo: Option<Url>,
    client_id: ClientId,
    pub(super) keys: SigningKeys,
    http: HttpClient,
    counterpart: &'static str,
    answers_name_the_issuer: bool,
}

impl Provider {
    /// Fetches the issuer's metadata by OpenID Connect Discovery 1.0.
    pub(super) async fn discover(
        registration: &Registration,
        http: &HttpClient,
    ) -> Result<Self, IdentityError> {
        let discovery = http.operation(registration.counterpart, "discovery");
        let issuer = IssuerUrl::new(registration.issuer.clone())
            .map_err(|_| Unusable("the configured issuer is not a URL".to_owned()))?;
        let metadata = Metadata::discover_async(issuer, &discovery).await.map_err(undiscovered)?;
        let client = client(registration, &metadata)?;
        Ok(Self {
            issuer: metadata.issuer().clone(),
            client,
            userinfo: metadata.userinfo_endpoint().map(|endpoint| endpoint.url().clone()),
            client_id: ClientId::new(registration.client_id.clone()),
            keys: SigningKeys::new(metadata.jwks_uri().clone(), metadata.jwks().clone()),
            http: http.clone(),
            counterpart: registration.counterpart,
            answers_name_the_issuer: metadata
                .additional_metadata()
                .authorization_response_iss_parameter_supported,
        })
    }

    /// Verifies the ID token that was issued with `access_token`, for the sign-in with this nonce, if any, and returns
    /// its claims.
    pub(super) async fn verified(
        &self,
        id_token: &CoreIdToken,
        access_token: &AccessToken,
        nonce: Option<&Nonce>,
        now: Timestamp,
    ) -> Result<Claims, IdentityError> {
        let verify = |keys: &_| {
            let (issuer, client_id) = (&self.issuer, &self.client_id);
            let expected = Expected { issuer, client_id, keys, access_token, nonce, now };
            id_token::verify(id_token, &expected)
        };
        let is_unknown = |rejection: &_| *rejection == Rejection::UnknownKey;
        let claims = self.keys.try_with(verify, is_unknown, self.asking_for_keys(), now).await;
        claims.map_err(|rejection| Unusable(rejection.to_string()))
    }

    /// Returns the operation that fetches the provider's keys.
    pub(super) fn asking_for_keys(&self) -> Operation<'_> {
        self.http.operation(self.counterpart, "jwks")
    }

    /// Refuses a response that arrived through the browser from another provider (RFC 9207, section 2.4).
    pub(super) fn check_issuer(&self, of_answer: Option<&str>) -> Result<(), IdentityError> {
        match of_answer {
            Some(issuer) if issuer == self.issuer.as_str() => Ok(()),
            None if !self.answers_name_the_issuer => Ok(()),
            Some(_) => Err(Unusable("another issuer sent the browser back".to_owned())),
            None => Err(Unusable("the answer does not name its issuer".to_owned())),
        }
    }
}

fn client(registration: &Registration, metadata: &Metadata) -> Result<Client, IdentityError> {
    if !is_protected(metadata.authorization_endpoint().url()) {
        return Err(Unusable("its authorization endpoint is not https".to_owned()));
    }
    let token_endpoint = metadata
        .token_endpoint()
        .cloned()
        .ok_or_else(|| Unusable("it names no token endpoint".to_owned()))?;
    let id = ClientId::new(registration.client_id.clone());
    let secret = ClientSecret::new(registration.client_secret.expose_secret().to_owned());
    let client = CoreClient::from_provider_metadata(metadata.clone(), id, Some(secret))
        .set_token_uri(token_endpoint)
        .set_redirect_uri(RedirectUrl::from_url(registration.redirect_uri.clone()))
        .set_auth_type(auth_type(metadata))
        .disable_openid_scope();
    Ok(client)
}

/// Returns how this client authenticates. The default is `client_secret_basic`
/// (<https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>).
fn auth_type(metadata: &Metadata) -> AuthType {
    let supports = |method| {
        let methods = metadata.token_endpoint_auth_methods_supported();
        methods.is_some_and(|methods| methods.contains(&method))
    };
    if supports(CoreClientAuthMethod::ClientSecretPost) && !supports(CoreClientAuthMethod::ClientSecretBasic)
    {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}

fn undiscovered(error: DiscoveryError<HttpError>) -> IdentityError {
    match error {
        DiscoveryError::Request(error) => Unavailable(error.to_string()),
        DiscoveryError::Response(status, ..) => {
            Unavailable(format!("its discovery document or key set came with status {}", status.as_u16()))
        }
        DiscoveryError::Parse(_) => {
            Unusable("its discovery document or key set could not be read".to_owned())
        }
        DiscoveryError::Validation(_) => {
            Unusable("its discovery document names another issuer than the one configured".to_owned())
        }
        DiscoveryError::UrlParse(_) | DiscoveryError::Other(_) | _ => {
            Unusable("it could not be discovered".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn auth_type_where(supported: Option<&[&str]>) -> AuthType {
        let metadata = json!({
            "issuer": "https://idp.example",
            "authorization_endpoint": "https://idp.example/authorize",
            "token_endpoint": "https://idp.example/token",
            "jwks_uri": "https://idp.example/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": supported,
        });
        auth_type(&serde_json::from_value(metadata).unwrap())
    }

    #[test]
    fn the_client_secret_goes_in_the_form_only_where_it_must() {
        for supported in [
            None,
            Some(&["client_secret_basic"][..]),
            Some(&["client_secret_post", "client_secret_basic"][..]),
            Some(&["private_key_jwt"][..]),
        ] {
            assert!(matches!(auth_type_where(supported), AuthType::BasicAuth), "{supported:?}");
        }
        let post_only = auth_type_where(Some(&["client_secret_post", "private_key_jwt"]));
        assert!(matches!(post_only, AuthType::RequestBody));
    }
}
