//! Rate limit of page views: which address requests a page, and whether it exceeds its limit.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error;
use crate::{
    config::ClientAddress,
    domain::refusal::Refusal,
    flows::{Broker, Error},
    ports::RateLimited,
};

/// How page views are counted.
#[derive(Clone)]
pub(super) struct RateLimit {
    pub(super) broker: Arc<Broker>,
    pub(super) client_address: ClientAddress,
}

/// Refuses page views beyond the rate limit. Refuses none if the peer's address is unknown.
pub(super) async fn enforce_rate_limit(
    State(rate_limit): State<RateLimit>,
    request: Request,
    next: Next,
) -> Response {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let address = connection.map(|connection| rate_limit.client_address.of(request.headers(), connection));
    match address.map_or(Ok(()), |address| rate_limit.broker.ports().rate_limits.count_page_view(address)) {
        Ok(()) => next.run(request).await,
        Err(rate_limited) => turned_away(&rate_limit.broker, rate_limited),
    }
}

fn turned_away(broker: &Arc<Broker>, rate_limited: RateLimited) -> Response {
    let page = error::response(broker, &Error::from(Refusal::from(rate_limited)), None);
    ([(header::RETRY_AFTER, rate_limited.seconds().to_string())], page).into_response()
}

impl ClientAddress {
    /// Returns a browser's address. The load balancer appends it; anyone can write what precedes it.
    fn of(self, headers: &HeaderMap, connection: IpAddr) -> IpAddr {
        match self {
            Self::Connection => connection,
            Self::XForwardedFor => forwarded_for(headers).unwrap_or(connection),
        }
    }
}

fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let list = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    list.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_address_is_the_load_balancers_word() {
        let connection: IpAddr = "10.0.0.1".parse().unwrap();
        for (lines, address) in [
            (&["192.0.2.1"][..], "192.0.2.1"),
            (&["203.0.113.9, 192.0.2.1"], "192.0.2.1"),
            (&["203.0.113.9", "198.51.100.7,192.0.2.1 "], "192.0.2.1"),
            (&["192.0.2.1, 2001:db8::1"], "2001:db8::1"),
            (&["192.0.2.1, unknown"], "10.0.0.1"),
            (&[], "10.0.0.1"),
        ] {
            let lines = lines.iter().map(|line| ("x-forwarded-for".parse().unwrap(), line.parse().unwrap()));
            let headers = lines.collect::<HeaderMap>();
            let told = ClientAddress::XForwardedFor.of(&headers, connection);
            assert_eq!(told.to_string(), address, "{headers:?}");
            assert_eq!(ClientAddress::Connection.of(&headers, connection), connection);
        }
    }
}
