//! Rate limit of page views: which address requests a page, and whether it exceeds its limit.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error;
use crate::{
    domain::refusal::Refusal,
    flows::{Broker, Error},
    intake::Intake,
    ports::RateLimited,
};

/// How page views are counted.
#[derive(Clone)]
pub(super) struct RateLimit {
    pub(super) broker: Arc<Broker>,
    pub(super) intake: Intake,
}

/// Refuses page views beyond the rate limit. Refuses none if the peer's address is unknown.
pub(super) async fn enforce_rate_limit(
    State(rate_limit): State<RateLimit>,
    request: Request,
    next: Next,
) -> Response {
    let address = rate_limit.intake.client(request.headers(), request.extensions());
    match address.map_or(Ok(()), |address| rate_limit.broker.ports().rate_limits.count_page_view(address)) {
        Ok(()) => next.run(request).await,
        Err(rate_limited) => turned_away(&rate_limit.broker, rate_limited),
    }
}

fn turned_away(broker: &Arc<Broker>, rate_limited: RateLimited) -> Response {
    let page = error::response(broker, &Error::from(Refusal::from(rate_limited)), None);
    ([(header::RETRY_AFTER, rate_limited.seconds().to_string())], page).into_response()
}
