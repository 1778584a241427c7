//! The public metadata: the endpoints and the public key.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{Idp, person::SCOPES};

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

/// `GET /jwks`: the one key in use.
pub(super) async fn key_set(State(idp): State<Idp>) -> Json<Value> {
    Json(json!({ "keys": [idp.realm().key().public] }))
}
