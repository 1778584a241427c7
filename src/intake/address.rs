//! The address of a client: its connection's, or the one that the load balancer in front says.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap},
};

use crate::config::ClientAddress;

/// Reads the addresses of clients.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    configured: ClientAddress,
    doubt: Arc<Doubt>,
}

/// What has been logged about the configuration. Each is logged once.
#[derive(Debug, Default)]
struct Doubt {
    is_unused: AtomicBool,
    is_missing: AtomicBool,
    is_unreadable: AtomicBool,
}

impl Addresses {
    pub(crate) fn new(configured: ClientAddress) -> Self {
        Self { configured, doubt: Arc::default() }
    }

    /// Returns a client's address, unless its connection is unknown. The load balancer appends it to the header; anyone
    /// can write what precedes it.
    pub(crate) fn of(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
        let connection = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())?;
        Some(self.of_connection(headers, connection))
    }

    fn of_connection(&self, headers: &HeaderMap, connection: IpAddr) -> IpAddr {
        let lines = headers.get_all("x-forwarded-for");
        let last = lines.iter().next_back();
        match (self.configured, last) {
            (ClientAddress::Connection, None) => connection,
            (ClientAddress::Connection, Some(_)) => {
                if is_first(&self.doubt.is_unused) {
                    tracing::warn!(
                        "web: X-Forwarded-For is not used; behind a load balancer, set client_address"
                    );
                }
                connection
            }
            (ClientAddress::XForwardedFor, None) => {
                if is_first(&self.doubt.is_missing) {
                    tracing::warn!("web: X-Forwarded-For is missing, although client_address requires it");
                }
                connection
            }
            (ClientAddress::XForwardedFor, Some(list)) => {
                let address = list.to_str().ok().and_then(|list| read(list.rsplit(',').next()?));
                if address.is_none() && is_first(&self.doubt.is_unreadable) {
                    tracing::warn!("web: X-Forwarded-For cannot be read");
                }
                address.unwrap_or(connection)
            }
        }
    }
}

fn is_first(logged: &AtomicBool) -> bool {
    !logged.swap(true, Ordering::Relaxed)
}

/// Reads an address, which may have a port, as Azure's Application Gateway appends it, and IPv6 brackets.
fn read(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let bracketed = || entry.strip_prefix('[')?.strip_suffix(']');
    let with_port = || entry.parse::<SocketAddr>().ok().map(|address| address.ip());
    entry.parse().ok().or_else(with_port).or_else(|| bracketed()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_address_is_the_load_balancers_word_with_or_without_a_port() {
        let connection: IpAddr = "10.0.0.1".parse().unwrap();
        for (lines, address) in [
            (&["192.0.2.1"][..], "192.0.2.1"),
            (&["203.0.113.9, 192.0.2.1"], "192.0.2.1"),
            (&["203.0.113.9", "198.51.100.7,192.0.2.1 "], "192.0.2.1"),
            (&["192.0.2.1, 2001:db8::1"], "2001:db8::1"),
            (&["203.0.113.9:80, 192.0.2.1:4711"], "192.0.2.1"),
            (&["192.0.2.1, [2001:db8::1]:4711"], "2001:db8::1"),
            (&["192.0.2.1, [2001:db8::1]"], "2001:db8::1"),
            (&["192.0.2.1, unknown"], "10.0.0.1"),
            (&["192.0.2.1, [2001:db8::1"], "10.0.0.1"),
            (&["192.0.2.1, 192.0.2.1:"], "10.0.0.1"),
            (&["192.0.2.1,"], "10.0.0.1"),
            (&[], "10.0.0.1"),
        ] {
            let lines = lines.iter().map(|line| ("x-forwarded-for".parse().unwrap(), line.parse().unwrap()));
            let headers = lines.collect::<HeaderMap>();
            let [forwarded, direct] =
                [ClientAddress::XForwardedFor, ClientAddress::Connection].map(Addresses::new);
            assert_eq!(forwarded.of_connection(&headers, connection).to_string(), address, "{headers:?}");
            assert_eq!(direct.of_connection(&headers, connection), connection);
        }
    }
}
