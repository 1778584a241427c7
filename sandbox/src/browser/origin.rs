//! Same-origin and same-site checks.

use url::{Host, Url};

/// How a request's target relates to its initiator, as in `Sec-Fetch-Site`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relation {
    SameOrigin,
    SameSite,
    CrossSite,
}

/// On loopback a site is a scheme and a host; there are no registrable domains to look up.
pub(super) fn relation(one: &Url, other: &Url) -> Relation {
    if one.origin() == other.origin() {
        Relation::SameOrigin
    } else if one.scheme() == other.scheme() && one.host() == other.host() {
        Relation::SameSite
    } else {
        Relation::CrossSite
    }
}

/// Whether `url` is on this machine, which browsers trust without TLS.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
