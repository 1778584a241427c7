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
    let mut waiting = Waiting::new(metrics, kind(request.uri().path()));
    let response = next.run(request).await;
    waiting.outcome = match response.status() {
        status if status.is_server_error() => Outcome::Unavailable,
        status if status.is_client_error() => Outcome::Refused,
        _ => Outcome::Ok,
    };
    response
}

/// Slack waits, and is noted when it does so no more: it has its answer, or has hung up, which drops the handler.
struct Waiting {
    metrics: Arc<Metrics>,
    kind: &'static str,
    since: Instant,
    outcome: Outcome,
}

impl Waiting {
    fn new(metrics: Arc<Metrics>, kind: &'static str) -> Self {
        Self { metrics, kind, since: Instant::now(), outcome: Outcome::Unavailable }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.metrics.answered(self.kind, self.outcome, self.since);
    }
}

fn kind(path: &str) -> &'static str {
    match path {
        "/slack/commands" => "command",
        "/slack/interactions" => "interaction",
        _ => "event",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slack_that_hangs_up_has_had_no_answer() {
        let metrics = Metrics::new();
        drop(Waiting::new(Arc::clone(&metrics), "command"));
        let sample = r#"elevate_slack_ack_duration_seconds_count{kind="command",outcome="unavailable"} 1"#;
        assert!(metrics.text().lines().any(|line| line == sample), "{}", metrics.text());
    }
}
