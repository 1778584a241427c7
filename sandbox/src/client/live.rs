//! What the page hears: that there is something new to fetch.

use std::convert::Infallible;

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::stream::{self, Stream};
use tokio::sync::watch;

use super::Client;

/// Where something new can come from.
struct Sources {
    slack: watch::Receiver<u64>,
    clock: watch::Receiver<u64>,
    traffic: watch::Receiver<u64>,
}

/// `GET /api/live`.
pub(super) async fn live(State(client): State<Client>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let company = &client.0.company;
    let sources = Sources {
        slack: company.slack.listen(),
        clock: company.clock.listen(),
        traffic: client.0.traffic.listen(),
    };
    let events = stream::unfold(sources, |mut sources| async {
        let name = sources.next().await;
        Some((Ok(Event::default().event(name).data("new")), sources))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

impl Sources {
    /// The source of the next piece of news. None of them ends, since the client holds what they come from.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.slack.changed() => "slack",
            _ = self.clock.changed() => "clock",
            _ = self.traffic.changed() => "traffic",
        }
    }
}
