//! `[limits]`: how much one client may send, for how long, and how much all of them together.

use std::time::Duration;

use super::{
    source::{Setting, Source},
    values::{bytes, duration},
};

/// Limits of connections and requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many connections may be open at a time; 2,000 by default.
    pub connections: usize,
    /// How many bytes of bodies may be in memory at a time; 16 MiB by default.
    pub body_memory: usize,
    /// The limit for the whole head of the first request of a connection; 10 s by default.
    pub head: Duration,
    /// The limit from a response to the end of the next head; 75 s by default, longer than load balancers keep an idle
    /// connection.
    pub idle: Duration,
    /// The limit for the whole body of a request; 10 s by default.
    pub body: Duration,
    /// The limit for a response, except one that depends on the identity provider and AWS, which have their own
    /// limits; 30 s by default.
    pub answer: Duration,
    /// How long the process goes on serving after SIGTERM, while it reports that it is not ready; 5 s by default.
    pub drain: Duration,
}

impl Limits {
    pub(super) fn read(source: &mut Source) -> Setting<Self> {
        let connections = source.count_or("limits.connections", 2_000);
        let body_memory = source.or("limits.body_memory", "16MiB", bytes);
        let head = source.or("limits.head", "10s", duration);
        let idle = source.or("limits.idle", "75s", duration);
        let body = source.or("limits.body", "10s", duration);
        let answer = source.or("limits.answer", "30s", duration);
        let drain = source.or("limits.drain", "5s", duration);
        Ok(Self {
            connections: connections?,
            body_memory: body_memory?,
            head: head?,
            idle: idle?,
            body: body?,
            answer: answer?,
            drain: drain?,
        })
    }
}
