//! Serves connections, each within limits of time and size.

use std::{io, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
};
use axum_server::Handle;
use tokio::{net::TcpListener, time::timeout};

use super::{pages, routes::CALLBACK};
use crate::text::{Names, page};

/// The maximum length of a request's line and headers, in bytes. Browsers send some thousands at most.
const MAX_HEAD: usize = 32 * 1024;
/// The maximum length of a buffered body, in bytes. Each route sets its own, lower limit.
const MAX_BODY: usize = 1024 * 1024;

/// Time limits of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The limit for the whole head of a request, from the start of the connection or the end of the last response. An
    /// idle connection is closed after this time, too.
    pub head: Duration,
    /// The limit for the whole body of a request.
    pub body: Duration,
    /// The limit for a response, except one that depends on the identity provider and AWS, which have their own
    /// limits.
    pub answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head: Duration::from_secs(10), body: Duration::from_secs(10), answer: Duration::from_secs(30) }
    }
}

/// Serves until `stop` returns, then finishes the requests in progress.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    names: &Names,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let handle = Handle::new();
    // HTTP/1 only: detecting HTTP/2 requires the first bytes, and no limit would apply to that wait.
    let mut server = axum_server::from_tcp(listener.into_std()?)?.handle(handle.clone()).http1_only();
    server.http_builder().http1().header_read_timeout(limits.head).max_buf_size(MAX_HEAD);
    tokio::spawn(async move {
        stop.await;
        handle.graceful_shutdown(None);
    });
    server.serve(within(limits, router, names).into_make_service_with_connect_info::<SocketAddr>()).await
}

/// Applies the limits of bodies and responses to the routes.
fn within(limits: Limits, router: Router, names: &Names) -> Router {
    let late = Late { after: limits.answer, page: pages::of(&page::too_late(names)) };
    router
        .layer(middleware::from_fn_with_state(late, answer_in_time))
        .layer(middleware::from_fn_with_state(limits, read_in_time))
}

async fn read_in_time(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    match timeout(limits.body, to_bytes(body, MAX_BODY)).await {
        Ok(Ok(body)) => next.run(Request::from_parts(head, Body::from(body))).await,
        Ok(Err(_)) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
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
