//! Notifications to the page that there is news to fetch.

use std::convert::Infallible;

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::stream::{self, Stream};
use tokio::sync::watch;

use super::Playground;

/// Where something new can come from.
struct Sources {
    slack: watch::Receiver<u64>,
    clock: watch::Receiver<u64>,
    call_log: watch::Receiver<u64>,
}

/// `GET /api/live`.
pub(super) async fn live(
    State(playground): State<Playground>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let company = &playground.0.company;
    let sources = Sources {
        slack: company.slack.listen(),
        clock: company.clock.listen(),
        call_log: playground.0.call_log.listen(),
    };
    let events = stream::unfold(sources, |mut sources| async {
        let name = sources.next().await;
        Some((Ok(Event::default().event(name).data("new")), sources))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

impl Sources {
    /// The source of the next piece of news. None of them ends, since the playground holds what they come from.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.slack.changed() => "slack",
            _ = self.clock.changed() => "clock",
            _ = self.call_log.changed() => "calls",
        }
    }
}
