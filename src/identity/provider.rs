//! A discovered provider: where browsers sign in, and how codes and refresh tokens become tokens.

use openidconnect::{
    AccessToken, AdditionalProviderMetadata, AuthType, AuthorizationCode, ClientId, ClientSecret,
    DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, JsonWebKeySetUrl,
    OAuth2TokenResponse, PkceCodeVerifier, ProviderMetadata, RedirectUrl, RefreshToken, RequestTokenError,
    StandardErrorResponse,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
        CoreErrorResponseType, CoreGrantType, CoreJsonWebKey, CoreJsonWebKeySet,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType, CoreTokenResponse,
    },
    http::{Request, StatusCode, header},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    asking::{Discovery, Exchange, unsent, words_of},
    id_token::{self, Expected},
    jwt::{self, KeySet, Recipient},
    keys::SigningKeys,
    logout_token::{self, LogoutToken},
    members::Members,
};
use crate::{
    config::ClientAuth,
    domain::{
        answer_fault::{AnswerFault, AnswerPart, OwnWords},
        window::Timestamp,
    },
    outbound::{HttpClient, Limits},
    ports::IdentityError::{self, Gone, SignInRequired, Unavailable, Unusable},
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

/// Why the library returns no tokens.
type NotExchanged = RequestTokenError<IdentityError, StandardErrorResponse<CoreErrorResponseType>>;

/// Metadata that later specifications define.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct MoreMetadata {
    /// RFC 9207, section 3.
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for MoreMetadata {}

/// The registration of this client at a provider.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    /// The issuer identifier, exactly as the provider writes it.
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    /// How the client authenticates; `None` follows the metadata.
    pub(super) client_auth: Option<ClientAuth>,
    /// Other audiences that tokens may also be for.
    pub(super) trusted_audiences: Vec<String>,
    /// The provider's name in metrics.
    pub(super) counterpart: &'static str,
    /// Where browsers return to.
    pub(super) redirect_uri: Url,
}

/// A discovered provider.
#[derive(Debug)]
pub(super) struct Provider {
    registration: Registration,
    pub(super) client: Client,
    userinfo_endpoint: Option<Url>,
    jwks_uri: JsonWebKeySetUrl,
    answers_name_the_issuer: bool,
    keys: SigningKeys,
    http: HttpClient,
}

/// What the token endpoint issued.
#[derive(Debug)]
pub(super) struct TokenAnswer {
    /// The answer as it came. Nothing in it is parsed before it is used.
    answer: Members,
    /// What the library read, if the answer contains an access token.
    tokens: Option<CoreTokenResponse>,
}

/// Why the token endpoint issued nothing.
#[derive(Clone, Debug)]
pub(super) enum NoTokens {
    /// The provider refused.
    Refused(OwnWords),
    /// The answer did not arrive or cannot be used.
    Failed(IdentityError),
}

impl Provider {
    /// Fetches the issuer's metadata and keys by OpenID Connect Discovery 1.0.
    pub(super) async fn discover(
        registration: &Registration,
        http: &HttpClient,
    ) -> Result<Self, IdentityError> {
        let discovery = Discovery::new(http, registration.counterpart, &registration.issuer);
        let issuer = IssuerUrl::new(registration.issuer.clone())
            .map_err(|_| Unavailable("the configured issuer is not a URL".to_owned()))?;
        let metadata = Metadata::discover_async(issuer, &discovery).await.map_err(undiscovered)?;
        Ok(Self {
            client: client(registration, &metadata)?,
            userinfo_endpoint: metadata.userinfo_endpoint().map(|endpoint| endpoint.url().clone()),
            jwks_uri: metadata.jwks_uri().clone(),
            answers_name_the_issuer: metadata
                .additional_metadata()
                .authorization_response_iss_parameter_supported,
            keys: SigningKeys::new(KeySet::of(metadata.jwks())),
            registration: registration.clone(),
            http: http.limited_to(Limits::WITH_GROUPS),
        })
    }

    /// Returns the issuer identifier.
    pub(super) fn issuer(&self) -> &str {
        &self.registration.issuer
    }

    /// Exchanges a code, with the PKCE verifier if the sign-in had one.
    pub(super) async fn redeem(
        &self,
        code: &SecretString,
        verifier: Option<PkceCodeVerifier>,
    ) -> Result<TokenAnswer, NoTokens> {
        let exchange = Exchange::new(&self.http, self.registration.counterpart);
        let mut request = self.client.exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()));
        if let Some(verifier) = verifier {
            request = request.set_pkce_verifier(verifier);
        }
        let exchanged = request.request_async(&exchange).await;
        self.exchanged(exchanged, exchange, code)
    }

    /// Exchanges a refresh token.
    pub(super) async fn refresh(&self, token: &SecretString) -> Result<TokenAnswer, NoTokens> {
        let exchange = Exchange::new(&self.http, self.registration.counterpart);
        let refresh_token = RefreshToken::new(token.expose_secret().to_owned());
        let exchanged = self.client.exchange_refresh_token(&refresh_token).request_async(&exchange).await;
        self.exchanged(exchanged, exchange, token)
    }

    /// Returns the tokens as they came, even if the library could not read them.
    fn exchanged(
        &self,
        exchanged: Result<CoreTokenResponse, NotExchanged>,
        exchange: Exchange<'_>,
        sent: &SecretString,
    ) -> Result<TokenAnswer, NoTokens> {
        match (exchanged, exchange.into_answer()) {
            (exchanged, Some(answer)) => Ok(TokenAnswer { answer, tokens: exchanged.ok() }),
            (Err(RequestTokenError::ServerResponse(refusal)), None) => {
                let description = refusal.error_description().map(String::as_str);
                let words = OwnWords::cleaned(refusal.error().as_ref(), description);
                let secrets = [sent.expose_secret(), self.registration.client_secret.expose_secret()];
                Err(NoTokens::Refused(words.without(&secrets)))
            }
            (Err(RequestTokenError::Request(error)), None) => Err(NoTokens::Failed(error)),
            (Ok(_) | Err(RequestTokenError::Parse(..) | RequestTokenError::Other(_)), None) => {
                Err(NoTokens::Failed(AnswerFault::Unreadable { part: AnswerPart::TokenAnswer }.into()))
            }
        }
    }

    /// Returns the claims of an ID token that is genuine, for the sign-in with this nonce, if any.
    pub(super) async fn verified(
        &self,
        answer: &TokenAnswer,
        id_token: &str,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<Members, AnswerFault> {
        let access_token = answer.access_token()?;
        let (recipient, access_token) = (self.recipient(now), access_token.secret().as_str());
        let expected = Expected { recipient, access_token, nonce };
        let verify = |keys: &KeySet| id_token::verify(id_token, keys, &expected);
        self.keys.try_with(verify, self.newer_keys(), now).await
    }

    /// Returns the content of a logout token that is genuine.
    pub(super) async fn verified_logout(
        &self,
        logout_token: &str,
        now: Timestamp,
    ) -> Result<LogoutToken, AnswerFault> {
        let recipient = self.recipient(now);
        let verify = |keys: &KeySet| logout_token::verify(logout_token, keys, &recipient);
        self.keys.try_with(verify, self.newer_keys(), now).await
    }

    /// Returns the claims of the userinfo endpoint, which may be signed (OpenID Connect Core, section 5.3.2).
    pub(super) async fn userinfo(
        &self,
        answer: &TokenAnswer,
        now: Timestamp,
    ) -> Result<Members, IdentityError> {
        let (part, field) = (AnswerPart::Discovery, "userinfo_endpoint".to_owned());
        let endpoint = self.userinfo_endpoint.as_ref().ok_or(AnswerFault::Missing { part, field })?;
        let access_token = answer.access_token()?;
        let request = Request::get(endpoint.as_str())
            .header(header::ACCEPT, "application/json, application/jwt")
            .header(header::AUTHORIZATION, format!("Bearer {}", access_token.secret()))
            .body(Vec::new())
            .map_err(|_| answer.answer.wrong("access_token"))?;
        let part = AnswerPart::Userinfo;
        let asking = self.http.operation(self.registration.counterpart, "userinfo");
        let response = asking.send(request).await.map_err(|error| unsent(error, part))?;
        if response.status() != StatusCode::OK {
            let status = response.status().as_u16();
            let words = words_of(&response).map(|words| words.without(&[access_token.secret()]));
            return Err(match words {
                Some(words) => AnswerFault::Refused { words }.into(),
                None => AnswerFault::Status { part, status }.into(),
            });
        }
        let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(|value| value.trim_start().starts_with("application/jwt")) {
            return Ok(Members::read(part, response.body())?);
        }
        let token = std::str::from_utf8(response.body()).map_err(|_| AnswerFault::Unreadable { part })?;
        let recipient = self.recipient(now);
        let verify = |keys: &KeySet| jwt::signed_userinfo(token.trim(), keys, &recipient);
        Ok(self.keys.try_with(verify, self.newer_keys(), now).await?)
    }

    /// Refuses a response that arrived through the browser from another provider (RFC 9207, section 2.4).
    pub(super) fn check_issuer(&self, of_answer: Option<&str>) -> Result<(), AnswerFault> {
        let part = AnswerPart::Callback;
        match of_answer {
            Some(issuer) if issuer == self.issuer() => Ok(()),
            None if !self.answers_name_the_issuer => Ok(()),
            Some(issuer) => {
                Err(AnswerFault::OtherIssuer { part, issuer: issuer.chars().take(200).collect() })
            }
            None => Err(AnswerFault::Missing { part, field: "iss".to_owned() }),
        }
    }

    fn recipient(&self, now: Timestamp) -> Recipient<'_> {
        let Registration { issuer, client_id, trusted_audiences, .. } = &self.registration;
        Recipient { issuer, client_id, trusted_audiences, now }
    }

    async fn newer_keys(&self) -> Option<KeySet> {
        let Registration { counterpart, issuer, .. } = &self.registration;
        let asking = Discovery::of_keys(&self.http, counterpart, issuer);
        CoreJsonWebKeySet::fetch_async(&self.jwks_uri, &asking).await.ok().map(|keys| KeySet::of(&keys))
    }
}

impl TokenAnswer {
    /// Returns the refresh token, whatever the rest of the answer is like. An empty one is none.
    pub(super) fn refresh_token(&self) -> Option<SecretString> {
        self.answer.text("refresh_token").map(SecretString::from)
    }

    /// Returns the ID token, if there is one. An empty one is none.
    pub(super) fn id_token(&self) -> Result<Option<String>, AnswerFault> {
        let is_empty = self.answer.get("id_token").is_some_and(|token| token == "");
        if is_empty { Ok(None) } else { self.answer.optional("id_token", self.answer.text("id_token")) }
    }

    /// Returns the fault of an answer that lacks an ID token.
    pub(super) fn without_id_token(&self) -> AnswerFault {
        self.answer.missing("id_token")
    }

    fn access_token(&self) -> Result<&AccessToken, AnswerFault> {
        let access_token = self.tokens.as_ref().map(OAuth2TokenResponse::access_token);
        self.answer.required("access_token", access_token)
    }
}

impl NoTokens {
    /// Returns the error of a refresh. Whatever a provider calls its refusal, another sign-in cures it, unless it
    /// refuses this client. The token may still be good: only `invalid_grant` says that it is not.
    pub(super) fn at_refresh(self) -> IdentityError {
        match self.unless_gone(&["invalid_grant"]) {
            Unusable(AnswerFault::Refused { words }) if !words.refuses_the_client() => SignInRequired(words),
            error @ (Unavailable(_)
            | Gone(_)
            | SignInRequired(_)
            | IdentityError::GroupsUnknown { .. }
            | Unusable(_)) => error,
        }
    }

    /// Returns the error, where a refusal for one of these reasons means that the code or the refresh token is gone.
    pub(super) fn unless_gone(self, reasons: &[&str]) -> IdentityError {
        match self {
            Self::Failed(error) => error,
            Self::Refused(words) => match words.error.as_str() {
                error if reasons.contains(&error) => Gone(words),
                "server_error" | "temporarily_unavailable" | "slow_down" => Unavailable(words.in_one_line()),
                _ => Unusable(AnswerFault::Refused { words }),
            },
        }
    }
}

fn client(registration: &Registration, metadata: &Metadata) -> Result<Client, IdentityError> {
    let (part, field) = (AnswerPart::Discovery, "token_endpoint".to_owned());
    let token_endpoint = metadata.token_endpoint().cloned().ok_or(AnswerFault::Missing { part, field })?;
    let id = ClientId::new(registration.client_id.clone());
    let secret = ClientSecret::new(registration.client_secret.expose_secret().to_owned());
    let client = CoreClient::from_provider_metadata(metadata.clone(), id, Some(secret))
        .set_token_uri(token_endpoint)
        .set_redirect_uri(RedirectUrl::from_url(registration.redirect_uri.clone()))
        .set_auth_type(match registration.client_auth.unwrap_or_else(|| preferred_auth(metadata)) {
            ClientAuth::Basic => AuthType::BasicAuth,
            ClientAuth::Post => AuthType::RequestBody,
        })
        .disable_openid_scope();
    Ok(client)
}

fn undiscovered(error: DiscoveryError<IdentityError>) -> IdentityError {
    match error {
        DiscoveryError::Request(error) => error,
        DiscoveryError::Response(..)
        | DiscoveryError::Parse(_)
        | DiscoveryError::Validation(_)
        | DiscoveryError::UrlParse(_)
        | DiscoveryError::Other(_)
        | _ => AnswerFault::Unreadable { part: AnswerPart::Discovery }.into(),
    }
}

/// Returns how this client authenticates. The default is `client_secret_basic`
/// (<https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>).
fn preferred_auth(metadata: &Metadata) -> ClientAuth {
    let supports = |method| {
        let methods = metadata.token_endpoint_auth_methods_supported();
        methods.is_some_and(|methods| methods.contains(&method))
    };
    if supports(CoreClientAuthMethod::ClientSecretPost) && !supports(CoreClientAuthMethod::ClientSecretBasic)
    {
        ClientAuth::Post
    } else {
        ClientAuth::Basic
    }
}

#[cfg(test)]
mod tests {
    use openidconnect::http::Response;
    use serde_json::json;

    use super::{super::asking::tokens, *};

    fn auth_where(supported: Option<&[&str]>) -> ClientAuth {
        let metadata = json!({
            "issuer": "https://idp.example",
            "authorization_endpoint": "https://idp.example/authorize",
            "token_endpoint": "https://idp.example/token",
            "jwks_uri": "https://idp.example/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": supported,
            "authorization_response_iss_parameter_supported": false,
        });
        preferred_auth(&serde_json::from_value(metadata).unwrap())
    }

    #[test]
    fn the_client_secret_goes_in_the_form_only_where_it_must() {
        for supported in [
            None,
            Some(&["client_secret_basic"][..]),
            Some(&["client_secret_post", "client_secret_basic"][..]),
            Some(&["private_key_jwt"][..]),
        ] {
            assert_eq!(auth_where(supported), ClientAuth::Basic, "{supported:?}");
        }
        assert_eq!(auth_where(Some(&["client_secret_post", "private_key_jwt"])), ClientAuth::Post);
    }

    /// Reads an answer of the token endpoint.
    fn answer(status: u16, body: &str) -> Result<TokenAnswer, AnswerFault> {
        let response = Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap();
        let (used, answer) = tokens(&response)?;
        let tokens = serde_json::from_slice(used.body()).ok();
        Ok(TokenAnswer { answer: answer.expect("it is no refusal"), tokens })
    }

    #[test]
    fn a_refresh_token_is_read_whatever_else_is_in_the_answer() {
        for rest in [
            r#""expires_in": "3600""#,
            r#""expires_in": -1.5e999"#,
            r#""token_type": null"#,
            r#""token_type": ["Bearer"], "scope": [1]"#,
            r#""id_token": 7"#,
            r#""id_token": {"a": "\ud800"}"#,
            r#""access_token": null"#,
            r#""access_token": 7, "error": null"#,
            r#""scope": null, "anything": [[[]]]"#,
        ] {
            let body = format!(r#"{{"refresh_token": "rotated", {rest}}}"#);
            let told = answer(200, &body).unwrap().refresh_token();
            assert_eq!(
                told.map(|token| token.expose_secret().to_owned()).as_deref(),
                Some("rotated"),
                "{rest}"
            );
        }
        for none in [r#""""#, "null", "7", r#"["a"]"#] {
            let body = format!(r#"{{"access_token": "a", "refresh_token": {none}}}"#);
            assert!(answer(200, &body).unwrap().refresh_token().is_none(), "{none}");
        }
    }

    #[test]
    fn an_id_token_that_is_null_or_empty_is_none_and_one_of_another_type_is_named() {
        for none in [r#""""#, "null"] {
            let told = answer(200, &format!(r#"{{"id_token": {none}}}"#)).unwrap().id_token();
            assert_eq!(told, Ok(None), "{none}");
        }
        let told = answer(200, r#"{"id_token": 7}"#).unwrap().id_token();
        let (part, field) = (AnswerPart::TokenAnswer, "id_token".to_owned());
        assert_eq!(told, Err(AnswerFault::Wrong { part, field }));
    }

    #[test]
    fn what_came_in_place_of_tokens_is_told_by_its_status_or_as_unreadable() {
        let part = AnswerPart::TokenAnswer;
        for (status, body, fault) in [
            (400, "<html>", AnswerFault::Status { part, status: 400 }),
            (403, "{}", AnswerFault::Status { part, status: 403 }),
            (200, "<html>", AnswerFault::Unreadable { part }),
        ] {
            assert_eq!(answer(status, body).unwrap_err(), fault, "{status} {body}");
        }
    }

    #[test]
    fn a_refusal_is_one_whatever_its_status() {
        for status in [200, 400, 401, 403] {
            let body = br#"{"error": "invalid_grant", "error_description": 7, "ok": false}"#.to_vec();
            let response = Response::builder().status(status).body(body).unwrap();
            let (used, answer) = tokens(&response).unwrap();
            let refusal: StandardErrorResponse<CoreErrorResponseType> =
                serde_json::from_slice(used.body()).unwrap();
            assert_eq!((used.status().as_u16(), refusal.error().as_ref()), (400, "invalid_grant"));
            assert!(answer.is_none());
        }
        let words = OwnWords::cleaned("invalid_grant", Some("no more"));
        let gone = NoTokens::Refused(words).unless_gone(&["invalid_grant"]);
        assert!(matches!(gone, Gone(words) if words.description.as_deref() == Some("no more")));
        let server = NoTokens::Refused(OwnWords::cleaned("server_error", None));
        assert!(matches!(server.at_refresh(), Unavailable(_)));
    }
}
