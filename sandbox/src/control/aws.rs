//! The control routes of AWS: its roles, its callers, and its recorded calls.

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{get, post, put},
};
use chrono::{DateTime, Utc};
use sandbox::{
    aws::{Aws, Role},
    clock::Clock,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::message::{Answer, Body, Changes, Refusal, done, merged};

#[derive(Clone)]
struct Account {
    aws: Aws,
    clock: Clock,
}

pub(super) fn routes(aws: Aws, clock: Clock) -> Router {
    Router::new()
        .route("/callers/{access_key}", put(register_caller))
        .route("/roles", put(change_role))
        .route("/assumptions", get(assumptions))
        .route("/sessions", get(sessions))
        .route("/allowed", post(is_allowed))
        .with_state(Account { aws, clock })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Caller {
    arn: String,
}

async fn register_caller(
    State(account): State<Account>,
    Path(access_key): Path<String>,
    Body(caller): Body<Caller>,
) -> Json<Value> {
    account.aws.register_caller(&access_key, &caller.arn);
    done()
}

/// An unknown role trusts no one, unless its fields say so.
async fn change_role(State(account): State<Account>, Body(changes): Body<Changes>) -> Answer {
    let arn = changes.get("arn").and_then(Value::as_str);
    let arn = arn.ok_or_else(|| Refusal::bad_request("a role needs its arn"))?;
    let made = || Role { trusts: Vec::new(), ..Role::new(arn, "") };
    let role = merged(&account.aws.role(arn).unwrap_or_else(made), changes.clone())?;
    account.aws.add_role(role.clone());
    Ok(Json(json!(role)))
}

async fn assumptions(State(account): State<Account>) -> Json<Value> {
    Json(json!(account.aws.assumptions()))
}

async fn sessions(State(account): State<Account>) -> Json<Value> {
    Json(json!(account.aws.access_keys()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    access_key: String,
    action: String,
    resource: String,
    at: Option<DateTime<Utc>>,
}

async fn is_allowed(State(account): State<Account>, Body(call): Body<Call>) -> Json<Value> {
    let at = call.at.unwrap_or_else(|| account.clock.now());
    let decision = account.aws.is_allowed(&call.access_key, &call.action, &call.resource, at);
    Json(json!({ "decision": decision }))
}
