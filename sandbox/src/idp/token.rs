//! The token endpoint: exchanges a code or a refresh token for tokens.
//!
//! 1. The client authenticates with its secret, in the `Authorization` header only.
//! 2. The form names one of two grants, with the parameters of that grant only.
//! 3. The code or the refresh token is consumed.
//! 4. Its person must still exist; the claims are their current ones.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    Idp, Realm,
    id_token::{Subject, id_token},
    oauth_error::OAuthError,
    person::{Person, Scopes},
    tampering::RefreshTokens,
    token_store::{Authorization, CodeProof, FamilyId, TOKEN_LIFETIME},
};
use crate::parameters::Parameters;

/// A token request whose form is right.
enum TokenRequest {
    Code { code: String, redirect_uri: String, code_verifier: String },
    Refresh { refresh_token: String, scopes: Option<Scopes> },
}

/// What a token answer is made from.
struct Issue {
    family: FamilyId,
    authorization: Authorization,
    nonce: Option<String>,
    /// Whether the answer holds a refresh token.
    with_refresh_token: bool,
}

/// `POST /token`.
pub(super) async fn token(State(idp): State<Idp>, headers: HeaderMap, body: Bytes) -> Response {
    match answer(&idp, &headers, &body) {
        Ok(tokens) => ([(header::CACHE_CONTROL, "no-store")], Json(tokens)).into_response(),
        Err(error) => error.into_response(),
    }
}

fn answer(idp: &Idp, headers: &HeaderMap, body: &[u8]) -> Result<Value, OAuthError> {
    let now = idp.0.clock.now();
    let in_form = idp.realm().tampering.secret_in_form;
    if in_form {
        authenticate_client_by_form(idp, headers, body)?; // 1
    } else {
        authenticate_client(idp, headers)?; // 1
    }
    let request = TokenRequest::parse(headers, body, &idp.0.client_id)?; // 2
    let realm = &mut *idp.realm();
    let issue = match request {
        TokenRequest::Code { code, redirect_uri, code_verifier } => {
            let code_verifier = (!realm.tampering.without_pkce).then_some(code_verifier.as_str());
            let proof = CodeProof { redirect_uri: &redirect_uri, code_verifier };
            redeem(realm, &code, &proof, now)? // 3
        }
        TokenRequest::Refresh { refresh_token, scopes } => {
            if let Some((code, description)) = realm.tampering.refused_refresh.clone() {
                return Err(OAuthError { code, description });
            }
            refresh(realm, &refresh_token, scopes)? // 3
        }
    };
    issue_tokens(idp, realm, issue, now) // 4
}

fn authenticate_client(idp: &Idp, headers: &HeaderMap) -> Result<(), OAuthError> {
    let id: String = form_urlencoded::byte_serialize(idp.0.client_id.as_bytes()).collect();
    let secret: String = form_urlencoded::byte_serialize(idp.0.client_secret.as_bytes()).collect();
    let expected = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    match headers.get(header::AUTHORIZATION) {
        Some(given) if given.as_bytes() == expected.as_bytes() => Ok(()),
        Some(_) => Err(OAuthError::new("invalid_client", "the client id or its secret is wrong")),
        None => Err(OAuthError::new("invalid_client", "only client_secret_basic is accepted")),
    }
}

/// `client_secret_post`: RFC 6749, section 2.3.1.
fn authenticate_client_by_form(idp: &Idp, headers: &HeaderMap, body: &[u8]) -> Result<(), OAuthError> {
    let parameters = Parameters::parse(body)?;
    let is_right = parameters.get("client_id") == Some(idp.0.client_id.as_str())
        && parameters.get("client_secret") == Some(idp.0.client_secret.as_str());
    if is_right && !headers.contains_key(header::AUTHORIZATION) {
        return Ok(());
    }
    Err(OAuthError::new("invalid_client", "only client_secret_post is accepted"))
}

impl TokenRequest {
    fn parse(headers: &HeaderMap, body: &[u8], client_id: &str) -> Result<Self, OAuthError> {
        let form = headers.get(header::CONTENT_TYPE).map(|value| value.as_bytes());
        if !form.is_some_and(|value| value.starts_with(b"application/x-www-form-urlencoded")) {
            return Err(OAuthError::new("invalid_request", "the body must be a form"));
        }
        let parameters = Parameters::parse(body)?;
        if parameters.get("client_id").is_some_and(|given| given != client_id) {
            return Err(OAuthError::new("invalid_request", "client_id is not who the client says it is"));
        }
        if parameters.get("client_secret").is_some() && headers.contains_key(header::AUTHORIZATION) {
            return Err(OAuthError::new("invalid_request", "the client authenticates twice"));
        }
        match parameters.require("grant_type")? {
            "authorization_code" => Self::code(&parameters),
            "refresh_token" => Self::refresh(&parameters),
            other => Err(OAuthError::new("unsupported_grant_type", format!("{other} is not supported"))),
        }
    }

    fn code(parameters: &Parameters) -> Result<Self, OAuthError> {
        parameters.only(&[
            "grant_type",
            "client_id",
            "client_secret",
            "code",
            "redirect_uri",
            "code_verifier",
        ])?;
        Ok(Self::Code {
            code: parameters.require("code")?.to_owned(),
            redirect_uri: parameters.require("redirect_uri")?.to_owned(),
            code_verifier: parameters.require("code_verifier")?.to_owned(),
        })
    }

    fn refresh(parameters: &Parameters) -> Result<Self, OAuthError> {
        parameters.only(&["grant_type", "client_id", "client_secret", "refresh_token", "scope"])?;
        let scopes = match parameters.get("scope") {
            None => None,
            Some(list) => Some(Scopes::parse(list).ok_or_else(wider_scope)?),
        };
        Ok(Self::Refresh { refresh_token: parameters.require("refresh_token")?.to_owned(), scopes })
    }
}

fn redeem(
    realm: &mut Realm,
    code: &str,
    proof: &CodeProof<'_>,
    now: DateTime<Utc>,
) -> Result<Issue, OAuthError> {
    let redeemed = realm
        .token_store
        .redeem(code, proof, now)
        .ok_or_else(|| OAuthError::invalid_grant("the code is not good, or not with this proof"))?;
    let with_refresh_token = redeemed.authorization.scopes.has("offline_access")
        && realm.tampering.refresh_tokens != RefreshTokens::Withheld;
    Ok(Issue {
        family: redeemed.family,
        authorization: redeemed.authorization,
        nonce: Some(redeemed.nonce),
        with_refresh_token,
    })
}

fn refresh(realm: &mut Realm, token: &str, narrower: Option<Scopes>) -> Result<Issue, OAuthError> {
    let (family, granted) = realm
        .token_store
        .refresh(token)
        .ok_or_else(|| OAuthError::invalid_grant("the refresh token is not good"))?;
    let scopes = narrower.unwrap_or_else(|| granted.scopes.clone());
    if !scopes.within(&granted.scopes) {
        return Err(wider_scope());
    }
    let rotated = realm.tampering.refresh_tokens == RefreshTokens::Rotated;
    if rotated {
        realm.token_store.use_up(token);
    }
    let authorization = Authorization { scopes, ..granted };
    Ok(Issue { family, authorization, nonce: None, with_refresh_token: rotated })
}

fn issue_tokens(idp: &Idp, realm: &mut Realm, issue: Issue, now: DateTime<Utc>) -> Result<Value, OAuthError> {
    let Issue { family, authorization, nonce, with_refresh_token } = issue;
    let sign_in = &authorization.sign_in;
    let is_cached = nonce.is_some() && realm.tampering.sessions_cache_groups;
    let person = if is_cached {
        let person = realm.signed_in(&sign_in.login).cloned();
        person.map(|person| Person { groups: sign_in.groups.clone(), ..person })
    } else {
        realm.active(&sign_in.login).cloned()
    };
    let Some(person) = person else {
        realm.token_store.end_family(family);
        return Err(OAuthError::invalid_grant("the person is gone"));
    };
    let access_token = realm.token_store.issue_access_token(family, authorization.scopes.clone(), now);
    let mut tokens = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFETIME.num_seconds(),
        "scope": authorization.scopes.list(),
    });
    if with_refresh_token {
        tokens["refresh_token"] = json!(realm.token_store.issue_refresh_token(family, now));
    }
    if !realm.tampering.without_id_token {
        let subject = Subject {
            person: &person,
            authorization: &authorization,
            access_token: &access_token,
            nonce: nonce.as_deref(),
        };
        let id_token = id_token(idp, realm, &subject, now);
        realm.token_store.note_secret(&id_token);
        tokens["id_token"] = json!(id_token);
    }
    for (name, value) in &realm.tampering.token_answer {
        tokens[name] = value.clone();
    }
    Ok(tokens)
}

fn wider_scope() -> OAuthError {
    OAuthError::new("invalid_scope", "the scope is unknown, lacks openid, or is wider than what was granted")
}
