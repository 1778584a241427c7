//! Intake: how much of a request is read before it is known who sends it.
//!
//! 1. A body that announces more than its route accepts is refused before any of it is read.
//! 2. All bodies together have a budget of memory. The first bytes of each may use all of it, the rest of large bodies
//!    only half, so that large bodies leave room for small ones.

mod address;
mod strangers;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use self::address::Addresses;
pub(crate) use self::strangers::{InTheNameOf, Strangers};
use crate::{
    config::{ClientAddress, Limits},
    metrics::{Metrics, Rejected},
};

/// How much of a body is small, in bytes. Slack's commands and presses and our forms are smaller.
const SMALL: usize = 16 * 1024;
/// How long a client that finds no room is asked to wait, in seconds.
pub(crate) const RETRY_AFTER: u64 = 5;

/// What one process knows of its clients: the memory for their bodies, their addresses, and who among them forges.
#[derive(Clone, Debug)]
pub struct Intake {
    all: Arc<Semaphore>,
    beyond_small: Arc<Semaphore>,
    within: Duration,
    addresses: Addresses,
    strangers: Arc<Strangers>,
    metrics: Arc<Metrics>,
}

/// A body, which counts toward the budget until it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    /// The body.
    pub(crate) bytes: Bytes,
    _room: Vec<OwnedSemaphorePermit>,
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is longer than its route accepts.
    TooLong,
    /// It did not arrive in time.
    TooSlow,
    /// There is no memory left.
    NoRoom,
    /// The connection broke.
    Broken,
}

impl Intake {
    /// Creates an intake with nothing in it.
    #[must_use]
    pub fn new(limits: &Limits, client_address: ClientAddress, metrics: &Arc<Metrics>) -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits.body_memory)),
            beyond_small: Arc::new(Semaphore::new(limits.body_memory / 2)),
            within: limits.body,
            addresses: Addresses::new(client_address),
            strangers: Arc::new(Strangers::new(metrics)),
            metrics: Arc::clone(metrics),
        }
    }

    /// Returns a client's address, unless its connection is unknown.
    pub(crate) fn client(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
        self.addresses.of(headers, extensions)
    }

    /// Returns the count of forged requests.
    pub(crate) fn strangers(&self) -> &Arc<Strangers> {
        &self.strangers
    }

    /// Reads a body of at most `longest` bytes. With 0, none is accepted.
    ///
    /// # Errors
    /// See [`Unread`]. Each is counted.
    pub(crate) async fn read(&self, body: Body, longest: usize) -> Result<Held, Unread> {
        let read = async {
            if announces_more_than(longest, &body) {
                return Err(Unread::TooLong); // 1
            }
            timeout(self.within, self.collect(body, longest)).await.unwrap_or(Err(Unread::TooSlow))
        };
        read.await.inspect_err(|unread| {
            if let Some(why) = unread.rejected() {
                self.metrics.rejected(why);
            }
        })
    }

    async fn collect(&self, body: Body, longest: usize) -> Result<Held, Unread> {
        let mut bytes = Vec::new();
        let mut room = Vec::new();
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Unread::Broken)?;
            let length = bytes.len() + chunk.len();
            if length > longest {
                return Err(Unread::TooLong);
            }
            self.make_room(&mut room, chunk.len(), length)?; // 2
            bytes.extend_from_slice(&chunk);
        }
        Ok(Held { bytes: bytes.into(), _room: room })
    }

    /// Takes room for a chunk with which a body has `length` bytes.
    fn make_room(
        &self,
        room: &mut Vec<OwnedSemaphorePermit>,
        chunk: usize,
        length: usize,
    ) -> Result<(), Unread> {
        for (budget, bytes) in
            [(&self.all, chunk), (&self.beyond_small, chunk.min(length.saturating_sub(SMALL)))]
        {
            let bytes = u32::try_from(bytes).map_err(|_| Unread::NoRoom)?;
            let taken = Arc::clone(budget).try_acquire_many_owned(bytes).map_err(|_| Unread::NoRoom)?;
            room.push(taken);
        }
        Ok(())
    }
}

/// Returns whether a body is longer than `longest`, or may be where none is accepted, by its head alone.
pub(crate) fn announces_more_than(longest: usize, body: &Body) -> bool {
    let announced = body.size_hint().lower();
    let is_empty = body.is_end_stream();
    announced > u64::try_from(longest).unwrap_or(u64::MAX) || (longest == 0 && !is_empty)
}

impl Unread {
    fn rejected(self) -> Option<Rejected> {
        match self {
            Self::TooLong => Some(Rejected::TooLong),
            Self::TooSlow => Some(Rejected::TooSlow),
            Self::NoRoom => Some(Rejected::NoRoom),
            Self::Broken => None,
        }
    }
}

impl IntoResponse for Unread {
    /// The connection is closed: what the client still sends is not read.
    fn into_response(self) -> Response {
        let status = match self {
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::BAD_REQUEST,
        };
        let mut response = ([(header::CONNECTION, "close")], status).into_response();
        if self == Self::NoRoom {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn intake(body_memory: usize) -> Intake {
        let limits = Limits {
            connections: 1,
            body_memory,
            head: Duration::MAX,
            idle: Duration::MAX,
            body: Duration::from_secs(3_600),
            answer: Duration::MAX,
            drain: Duration::ZERO,
        };
        Intake::new(&limits, ClientAddress::Connection, &Metrics::new())
    }

    fn of(length: usize) -> Body {
        Body::from(vec![b'x'; length])
    }

    #[tokio::test]
    async fn what_is_announced_to_be_too_long_is_refused_unread() {
        let intake = intake(1 << 20);
        for (length, longest, expected) in
            [(0, 0, Ok(0)), (1, 0, Err(Unread::TooLong)), (10, 10, Ok(10)), (11, 10, Err(Unread::TooLong))]
        {
            let read = intake.read(of(length), longest).await.map(|held| held.bytes.len());
            assert_eq!(read, expected, "{length} of {longest}");
        }
        // One without a length is refused where none is accepted, and elsewhere once it is too long.
        let unbounded = || Body::from_stream(futures_util::stream::repeat(Ok::<_, Infallible>("xxxx")));
        for longest in [0, 1_000] {
            assert_eq!(intake.read(unbounded(), longest).await.unwrap_err(), Unread::TooLong, "{longest}");
        }
    }

    #[tokio::test]
    async fn large_bodies_leave_room_for_small_ones() {
        const LARGE: usize = 8 * SMALL;
        let intake = intake(2 * LARGE);
        let mut held = Vec::new();
        loop {
            match intake.read(of(LARGE), LARGE).await {
                Ok(body) => held.push(body),
                Err(unread) => {
                    assert_eq!(unread, Unread::NoRoom);
                    break;
                }
            }
        }
        assert_eq!(held.len(), 1, "there is memory for two");
        for _ in 0..LARGE / SMALL {
            held.push(intake.read(of(SMALL), SMALL).await.expect("small ones still find room"));
        }
        assert_eq!(intake.read(of(SMALL), SMALL).await.unwrap_err(), Unread::NoRoom);
        held.clear();
        assert!(intake.read(of(LARGE), LARGE).await.is_ok(), "room is given back");
    }
}
