//! The control routes of every stand-in: its clock, its faults, its calls.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use chrono::{SecondsFormat, TimeDelta};
use sandbox::{
    clock::Clock,
    http::{Control, Fault},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::message::{Answer, Body, Refusal, done};

#[derive(Clone)]
struct Common {
    control: Control,
    clock: Clock,
}

pub(super) fn routes(control: Control, clock: Clock) -> Router {
    Router::new()
        .route("/clock", get(now).post(advance))
        .route("/faults", post(fail).delete(heal))
        .route("/latency", post(slow))
        .route("/calls", get(calls))
        .with_state(Common { control, clock })
}

async fn now(State(common): State<Common>) -> Json<Value> {
    Json(json!({ "now": common.clock.now().to_rfc3339_opts(SecondsFormat::Millis, true) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

async fn advance(State(common): State<Common>, Body(Advance { advance_seconds }): Body<Advance>) -> Answer {
    let step = TimeDelta::try_seconds(advance_seconds)
        .filter(|step| common.clock.now().checked_add_signed(*step).is_some())
        .ok_or_else(|| Refusal::bad_request("there is no such time"))?;
    common.clock.advance(step);
    Ok(now(State(common)).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Failing {
    call: String,
    fault: Fault,
    times: Option<u8>,
}

async fn fail(State(common): State<Common>, Body(failing): Body<Failing>) -> Json<Value> {
    match failing.times {
        None => common.control.fail_always(&failing.call, failing.fault),
        Some(times) => {
            for _ in 0..times {
                common.control.fail_next(&failing.call, failing.fault.clone());
            }
        }
    }
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Slow {
    call: String,
    milliseconds: u64,
}

async fn slow(State(common): State<Common>, Body(slow): Body<Slow>) -> Json<Value> {
    common.control.slow(&slow.call, Duration::from_millis(slow.milliseconds));
    done()
}

async fn heal(State(common): State<Common>) -> Json<Value> {
    common.control.heal();
    done()
}

async fn calls(State(common): State<Common>) -> Json<Value> {
    Json(json!(common.control.calls()))
}
