//! How fast, and with what outcome, Slack gets its response, over either transport.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use tokio::time::Instant;

use super::{Metrics, Outcome};

/// What Slack waits for a response to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A slash command.
    Command,
    /// A pressed button, or a submitted form.
    Interaction,
    /// Anything else.
    Event,
}

/// A wait of Slack's, recorded when it ends: with a response, or when this is dropped without one.
#[derive(Debug)]
pub(crate) struct Waiting {
    metrics: Arc<Metrics>,
    kind: Kind,
    since: Instant,
    outcome: Outcome,
}

impl Waiting {
    /// Starts the wait.
    pub(crate) fn begin(metrics: &Arc<Metrics>, kind: Kind) -> Self {
        Self { metrics: Arc::clone(metrics), kind, since: Instant::now(), outcome: Outcome::Unavailable }
    }

    /// Ends the wait with a response.
    pub(crate) fn end(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.metrics.answered(self.kind.word(), self.outcome, self.since);
    }
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Command, Self::Interaction, Self::Event];

    fn of_path(path: &str) -> Self {
        match path {
            "/slack/commands" => Self::Command,
            "/slack/interactions" => Self::Interaction,
            _ => Self::Event,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Interaction => "interaction",
            Self::Event => "event",
        }
    }
}

/// The same routes, with every response measured. They must be Slack's only.
pub fn measured(routes: Router, metrics: &Arc<Metrics>) -> Router {
    routes.route_layer(middleware::from_fn_with_state(Arc::clone(metrics), measure))
}

/// A request that Slack abandons is dropped, and its wait ends with it.
async fn measure(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let waiting = Waiting::begin(&metrics, Kind::of_path(request.uri().path()));
    let response = next.run(request).await;
    waiting.end(match response.status() {
        status if status.is_server_error() => Outcome::Unavailable,
        status if status.is_client_error() => Outcome::Refused,
        _ => Outcome::Ok,
    });
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slack_that_hangs_up_has_had_no_answer() {
        let metrics = Metrics::new();
        drop(Waiting::begin(&metrics, Kind::Command));
        let sample = r#"elevate_slack_ack_duration_seconds_count{kind="command",outcome="unavailable"} 1"#;
        assert!(metrics.text().lines().any(|line| line == sample), "{}", metrics.text());
    }
}
