//! Admin: what machines are told about this replica, on a listener of its own. Everything is served from memory.

use std::{fmt::Write, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{
    domain::{
        message::Purpose,
        policy_in_force::{PolicyInForce, Standing},
    },
    flows::{
        Broker,
        health::{Health, Trouble},
    },
    metrics::Metrics,
    text,
};

/// How long after its start a replica that opens connections may wait for the first of them without being ready.
const CONNECTS_WITHIN: Duration = Duration::from_secs(30);

/// What the routes read.
#[derive(Clone)]
struct Replica {
    broker: Arc<Broker>,
    is_reached: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// Returns the routes for machines. `is_reached` reports whether Slack can reach this process.
pub fn admin(
    broker: &Arc<Broker>,
    metrics: Arc<Metrics>,
    is_reached: impl Fn() -> bool + Send + Sync + 'static,
) -> Router {
    let replica = Replica { broker: Arc::clone(broker), is_reached: Arc::new(is_reached) };
    Router::new()
        .route("/health", get(|| async { "ok\n" }))
        .route("/ready", get(ready))
        .route(
            "/metrics",
            get(async move || ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], metrics.text())),
        )
        .with_state(replica)
}

/// Reports whether this replica should receive requests, and what else is wrong.
async fn ready(State(Replica { broker, is_reached }): State<Replica>) -> Response {
    let Health { reaches_store, policy, platforms, channels, closed, unreached } = broker.health();
    let mut obstacles = Vec::new();
    let mut degraded = Vec::new();
    if broker.draining().is_cancelled() {
        obstacles.push("the process is about to stop".to_owned());
    }
    if !reaches_store {
        obstacles.push("the store is out of reach".to_owned());
    }
    obstacles.extend(policy.as_ref().and_then(out_of_force));
    if !is_reached() {
        let is_starting = broker.ports().clock.uptime() < CONNECTS_WITHIN;
        let trouble = if is_starting { &mut obstacles } else { &mut degraded };
        trouble.push("no connection to receive requests on".to_owned());
    }
    degraded
        .extend(platforms.iter().map(|(platform, trouble)| format!("{platform} {}", explained(*trouble))));
    degraded.extend(channels.iter().map(|((purpose, channel), trouble)| {
        let purpose = match purpose {
            Purpose::Review => "review",
            Purpose::Audit => "audit",
        };
        format!("{purpose} channel {} {}", channel.id(), text::channel_trouble(*trouble))
    }));
    degraded.extend(
        closed.iter().map(|(channel, why)| format!("channel {} refuses messages ({why})", channel.id())),
    );
    degraded.extend(
        unreached
            .iter()
            .map(|(platform, why)| format!("{platform} refuses direct messages to people ({why})")),
    );
    let (status, mut body) = if obstacles.is_empty() {
        (StatusCode::OK, "ready\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, String::new())
    };
    for (kind, lines) in [("not ready", obstacles), ("degraded", degraded)] {
        for line in lines {
            writeln!(body, "{kind}: {line}").expect("a string takes whatever is written");
        }
    }
    (status, body).into_response()
}

/// Explains why this replica's policy does not decide, unless it is in force.
fn out_of_force(standing: &Standing) -> Option<String> {
    match standing {
        Standing::InForce(_) => None,
        Standing::Newer { .. } => Some("this replica's policy is not in force yet".to_owned()),
        Standing::Earlier { in_force: PolicyInForce { number, digest } } => Some(format!(
            "this replica's policy is outdated: policy {number} ({digest}) is in force",
            digest = digest.shown()
        )),
    }
}

fn explained(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Silent => "does not answer",
        Trouble::Refuses => "refuses the app",
        Trouble::OtherTenant => "knows the app's token as another tenant's",
    }
}
