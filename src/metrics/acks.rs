//! How fast, and with what, Slack is answered.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use tokio::time::Instant;

use super::{Metrics, Outcome};

/// The same routes, with every answer noted. They must be Slack's alone.
pub fn measured(routes: Router, metrics: &Arc<Metrics>) -> Router {
    routes.route_layer(middleware::from_fn_with_state(Arc::clone(metrics), measure))
}

async fn measure(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let kind = kind(request.uri().path());
    let since = Instant::now();
    let response = next.run(request).await;
    let outcome = match response.status() {
        status if status.is_server_error() => Outcome::Unavailable,
        status if status.is_client_error() => Outcome::Refused,
        _ => Outcome::Ok,
    };
    metrics.answered(kind, outcome, since);
    response
}

fn kind(path: &str) -> &'static str {
    match path {
        "/slack/commands" => "command",
        "/slack/interactions" => "interaction",
        _ => "event",
    }
}
