//! The userinfo endpoint: the claims that an access token grants.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{Idp, oauth_error::OAuthError};

/// `GET` or `POST /userinfo`, with the token in the `Authorization` header only.
pub(super) async fn userinfo(State(idp): State<Idp>, headers: HeaderMap) -> Response {
    match claims(&idp, &headers) {
        Some(claims) if idp.realm().tampering.signs_userinfo => {
            let media_type = [(header::CONTENT_TYPE, "application/jwt"), (header::CACHE_CONTROL, "no-store")];
            (media_type, signed(&idp, claims)).into_response()
        }
        Some(claims) => ([(header::CACHE_CONTROL, "no-store")], Json(claims)).into_response(),
        None => OAuthError::new("invalid_token", "the access token is not good").into_response(),
    }
}

/// Signed claims name their issuer and the client that they are for.
fn signed(idp: &Idp, mut claims: Map<String, Value>) -> String {
    claims.insert("iss".to_owned(), json!(idp.issuer()));
    claims.insert("aud".to_owned(), json!(idp.0.client_id));
    let realm = idp.realm();
    realm.key().sign(&realm.key().header(), &claims)
}

fn claims(idp: &Idp, headers: &HeaderMap) -> Option<Map<String, Value>> {
    let token = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    let realm = idp.realm();
    let authorization = realm.token_store.bearer(token, idp.0.clock.now())?;
    let person = realm.active(&authorization.sign_in.login)?;
    let mut claims = person.claims(&authorization.scopes);
    claims.extend(realm.tampering.userinfo.clone());
    Some(claims)
}
