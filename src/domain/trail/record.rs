//! Records: an event in its envelope, as it is stored in its stream.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::actor::Actor;
use crate::domain::{ids::CommandId, window::Timestamp};

/// An event as it is stored. `S` names the stream that contains it, `W` says what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record<S, W> {
    /// The version of this form.
    #[serde(rename = "v")]
    pub schema: Schema,
    /// What it happened to.
    pub stream: S,
    /// Its number in the stream, counted from 1 without gaps.
    pub number: u64,
    /// When it happened: never before its predecessor.
    pub at: Timestamp,
    /// The command that caused it. A command causes at most one event of a stream.
    pub command: CommandId,
    /// Who caused it.
    pub actor: Actor,
    /// The event, with its facts.
    #[serde(flatten)]
    pub what: W,
}

/// The version of a record's form: 1. No other version can be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema;

impl Schema {
    const VERSION: u64 = 1;
}

impl<S: fmt::Display, W> Record<S, W> {
    /// Returns the id by which people refer to this event: `<stream>/<number>`.
    #[must_use]
    pub fn event_id(&self) -> String {
        format!("{}/{}", self.stream, self.number)
    }
}

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(Self::VERSION)
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            Self::VERSION => Ok(Self),
            other => Err(D::Error::custom(format!("version {other} is unknown to this program"))),
        }
    }
}
