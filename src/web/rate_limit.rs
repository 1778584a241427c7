//! Rate limit of misses: which address tries secrets that were not given to it, and whether it exceeds its limit.

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

/// How misses are counted.
#[derive(Clone)]
pub(super) struct RateLimit {
    pub(super) broker: Arc<Broker>,
    pub(super) intake: Intake,
}

/// Marks the response to an address of ours that was never given out, or is used up.
#[derive(Clone, Copy)]
pub(super) struct Missed;

/// Charges misses, and nothing else, to the client's address, and turns it away beyond its rate limit. One that presents
/// a ticket or a state that was given to it is never slowed, whatever others at its address do. Charges nobody if the
/// client's address is unknown.
pub(super) async fn charge_misses(
    State(RateLimit { broker, intake }): State<RateLimit>,
    request: Request,
    next: Next,
) -> Response {
    let address = intake.client(request.headers(), request.extensions());
    let response = next.run(request).await;
    if response.extensions().get::<Missed>().is_none() {
        return response;
    }
    match address.map_or(Ok(()), |address| broker.ports().rate_limits.count_miss(address)) {
        Ok(()) => response,
        Err(rate_limited) => turned_away(&broker, rate_limited),
    }
}

fn turned_away(broker: &Arc<Broker>, rate_limited: RateLimited) -> Response {
    let page = error::response(broker, &Error::from(Refusal::from(rate_limited)), None);
    ([(header::RETRY_AFTER, rate_limited.seconds().to_string())], page).into_response()
}
