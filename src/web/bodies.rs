//! Bodies: how much each route accepts. A route that names no limit accepts none, and what no route is for is not read.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::Method,
    middleware::{self, Next},
    response::{IntoResponse, Response},
};

use crate::intake::Intake;

/// The largest form that is read, in bytes.
pub(super) const FORM: usize = 16 * 1024;

#[derive(Clone)]
struct Accepted {
    intake: Intake,
    longest: usize,
}

/// Returns the same routes, which accept bodies of up to `longest` bytes by POST, and no other.
pub(super) fn up_to<S>(longest: usize, intake: &Intake, routes: Router<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let accepted = Accepted { intake: intake.clone(), longest };
    routes.route_layer(middleware::from_fn_with_state(accepted, read))
}

async fn read(
    State(Accepted { intake, longest }): State<Accepted>,
    request: Request,
    next: Next,
) -> Response {
    let longest = if request.method() == Method::POST { longest } else { 0 };
    let (head, body) = request.into_parts();
    match intake.read(body, longest).await {
        Ok(held) => next.run(Request::from_parts(head, Body::from(held.bytes.clone()))).await,
        Err(unread) => unread.into_response(),
    }
}
