//! Serves connections, each within limits of time and size, and all of them within limits of number and memory.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
};
use axum_server::Handle;
use tokio::{net::TcpListener, time::timeout};
use url::Url;

use super::{connections::Slots, headers::with_headers, pages, routes::CALLBACK};
use crate::{
    config::Limits,
    metrics::Metrics,
    text::{Names, page},
};

/// The maximum length of a request's line and headers, in bytes. Browsers send some thousands at most.
const MAX_HEAD: usize = 32 * 1024;

/// What a listener serves.
pub struct Served<'a> {
    /// The routes.
    pub router: Router,
    /// The limits of its connections.
    pub limits: Limits,
    /// Where browsers reach them.
    pub public_url: &'a Url,
    /// The names for its pages.
    pub names: &'a Names,
    /// Counts the connections.
    pub metrics: &'a Arc<Metrics>,
}

/// Serves until `stop` returns, then finishes the requests in progress.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    served: Served<'_>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let Served { router, limits, public_url, names, metrics } = served;
    let handle = Handle::new();
    // HTTP/1 only: detecting HTTP/2 requires the first bytes, and no limit would apply to that wait.
    let mut server = axum_server::from_tcp(listener.into_std()?)?
        .handle(handle.clone())
        .acceptor(Slots::new(limits.connections, metrics))
        .first_request_timeout(limits.head)
        .http1_only();
    server.http_builder().http1().header_read_timeout(limits.idle).max_buf_size(MAX_HEAD);
    tokio::spawn(async move {
        stop.await;
        handle.graceful_shutdown(None);
    });
    let router = with_headers(within(limits.answer, router, names), public_url);
    server.serve(router.into_make_service_with_connect_info::<SocketAddr>()).await
}

/// Applies the limit of responses to the routes.
fn within(answer: Duration, router: Router, names: &Names) -> Router {
    let late = Late { after: answer, page: pages::of(&page::too_late(names)) };
    router.layer(middleware::from_fn_with_state(late, answer_in_time))
}

/// The page for a request that timed out.
#[derive(Clone)]
struct Late {
    after: Duration,
    page: Html<String>,
}

async fn answer_in_time(State(Late { after, page }): State<Late>, request: Request, next: Next) -> Response {
    if request.uri().path() == CALLBACK {
        return next.run(request).await;
    }
    let late = (StatusCode::SERVICE_UNAVAILABLE, page);
    timeout(after, next.run(request)).await.unwrap_or_else(|_| late.into_response())
}
