//! The public metadata: the endpoints and the public key.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{Idp, keys, person::SCOPES};

/// `GET /.well-known/openid-configuration`, by OpenID Connect Discovery 1.0.
pub(super) async fn configuration(State(idp): State<Idp>) -> Json<Value> {
    let issuer = idp.issuer();
    let mut configuration = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login"],
        "authorization_response_iss_parameter_supported": true,
    });
    for (name, value) in &idp.realm().tampering.configuration {
        configuration[name] = value.clone();
    }
    Json(configuration)
}

/// `GET /jwks`: the key in use, and the one of ES512 where it signs.
pub(super) async fn key_set(State(idp): State<Idp>) -> Json<Value> {
    let realm = idp.realm();
    let mut keys = vec![json!(realm.key().public)];
    keys.extend(realm.tampering.signs_with_es512.then(keys::public_es512));
    Json(json!({ "keys": keys }))
}
