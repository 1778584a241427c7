//! Visitors: where a browser is, and how fast whoever is there may ask for pages.

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
    flows::{Broker, Error},
    ports::TooFast,
};

/// How visitors are told apart.
#[derive(Clone)]
pub(super) struct Visitors {
    pub(super) broker: Arc<Broker>,
    pub(super) client_address: ClientAddress,
}

/// Turns away who goes too fast. Where nobody has noted who has connected, there is nobody to tell apart.
pub(super) async fn at_their_pace(
    State(visitors): State<Visitors>,
    request: Request,
    next: Next,
) -> Response {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let address = connection.map(|connection| visitors.client_address.of(request.headers(), connection));
    match address.map_or(Ok(()), |address| visitors.broker.ports().throttle.visits(address)) {
        Ok(()) => next.run(request).await,
        Err(too_fast) => turned_away(&visitors.broker, too_fast),
    }
}

fn turned_away(broker: &Arc<Broker>, too_fast: TooFast) -> Response {
    let page = error::page(broker, &Error::Refused(too_fast.into()));
    ([(header::RETRY_AFTER, too_fast.seconds().to_string())], page).into_response()
}

impl ClientAddress {
    /// The address of a browser. What the load balancer adds comes last; what is before it anybody can write.
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
