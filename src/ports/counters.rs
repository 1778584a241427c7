//! Counters and gauges: what the operator counts and watches.

use super::{LaneHead, OpenRequests};
use crate::domain::{
    account_event::AccountEvent,
    job::{Lane, Task},
    message::Purpose,
    request::Event,
    window::Timestamp,
};

/// What a rate limit applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paced {
    /// Commands, presses and forms of an account.
    Account,
    /// Page views by an address.
    Address,
}

/// Something that a replica relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The store.
    Store,
    /// The chat platforms.
    Platform,
    /// The channel of this purpose.
    Channel(Purpose),
    /// The policy in force, which must be this replica's.
    Policy,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 5] = [
        Self::Store,
        Self::Platform,
        Self::Channel(Purpose::Review),
        Self::Channel(Purpose::Audit),
        Self::Policy,
    ];
}

/// Counters for the operator.
pub trait Counters: Send + Sync {
    /// Counts a committed event of a request.
    fn event(&self, event: &Event);
    /// Counts a committed event of an account.
    fn account_event(&self, event: &AccountEvent);
    /// Counts a job that became a dead letter.
    fn dead_letter(&self, task: &Task);
    /// Counts what a rate limit refused.
    fn rate_limited(&self, paced: Paced);
}

/// What the sweeper observes, for the operator.
pub trait Gauges: Send + Sync {
    /// Records the head of a lane, as read at `now`.
    fn saw_lane(&self, lane: Lane, head: &LaneHead, now: Timestamp);
    /// Records whether a part was well when it was last looked at.
    fn saw_part(&self, part: Part, is_well: bool);
    /// Returns whether open requests should be counted again.
    fn wants_open_requests(&self, now: Timestamp) -> bool;
    /// Records how many requests were open at `now`.
    fn saw_open_requests(&self, open: OpenRequests, now: Timestamp);
}
