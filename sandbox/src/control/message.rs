//! Requests and responses of control routes: JSON, and refusals that are sentences.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request},
    http::{Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

/// What a route answers.
pub(super) type Answer = Result<Json<Value>, Refusal>;

/// Why nothing was done.
pub(super) struct Refusal {
    status: StatusCode,
    error: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, error: impl ToString) -> Self {
        Self { status, error: error.to_string() }
    }

    pub(super) fn bad_request(error: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    pub(super) fn not_found(error: impl ToString) -> Self {
        Self::new(StatusCode::NOT_FOUND, error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.error }))).into_response()
    }
}

/// The answer where there is nothing to say.
pub(super) fn done() -> Json<Value> {
    Json(json!({}))
}

/// A body, which may be left out where nothing in it is needed.
pub(super) struct Body<T>(pub(super) T);

/// A body that says nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| Refusal::new(rejection.status(), rejection.body_text()))?;
        let json: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(json).map(Self).map_err(Refusal::bad_request)
    }
}

/// Some fields of something, to be merged into it.
pub(super) type Changes = Map<String, Value>;

/// `whole` with the fields that `changes` names replaced.
pub(super) fn merged<T: Serialize + DeserializeOwned>(whole: &T, changes: Changes) -> Result<T, Refusal> {
    let mut json = serde_json::to_value(whole).map_err(Refusal::bad_request)?;
    if let Value::Object(fields) = &mut json {
        fields.extend(changes);
    }
    serde_json::from_value(json).map_err(Refusal::bad_request)
}

/// Refuses what changes something and does not say that it is JSON: a browser sends that only after it has
/// asked, and no route here grants it.
pub(super) async fn only_json(request: Request, next: Next) -> Result<Response, Refusal> {
    if ![Method::POST, Method::PUT].contains(request.method()) {
        return Ok(next.run(request).await);
    }
    let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = given.and_then(|value| value.split(';').next()).map(str::trim);
    if essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        return Ok(next.run(request).await);
    }
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the Content-Type must be application/json"))
}

pub(super) async fn unknown_route(uri: Uri) -> Refusal {
    Refusal::not_found(format!("there is no /control{}", uri.path()))
}

pub(super) async fn wrong_method(method: Method, uri: Uri) -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, format!("/control{} does not take {method}", uri.path()))
}
