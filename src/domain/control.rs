//! Control: what the operator decides for the whole app, at a command line. Its events are one stream.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{
    ids::CommandId,
    reason::Reason,
    trail::{
        actor::Actor,
        record::{Record, Schema},
    },
    window::Timestamp,
};

/// The stream of the whole app. There is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlStream;

/// An event of the whole app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", content = "facts", rename_all = "snake_case")]
pub enum ControlEvent {
    /// Access is frozen: nobody is let in.
    Frozen {
        /// Why.
        reason: Reason,
    },
    /// Access is no longer frozen.
    Thawed,
}

/// An event of the whole app, as it is stored.
pub type ControlRecord = Record<ControlStream, ControlEvent>;

/// The state of the whole app: the sum of its events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// The number of the last event: the optimistic lock.
    pub version: u64,
    /// The time of the last event.
    pub changed_at: Option<Timestamp>,
    /// Why access is frozen, if it is.
    pub frozen: Option<Reason>,
}

impl Control {
    /// Returns the event that freezes access, or `None` if it is frozen.
    #[must_use]
    pub fn freeze(&self, reason: Reason) -> Option<ControlEvent> {
        self.frozen.is_none().then_some(ControlEvent::Frozen { reason })
    }

    /// Returns the event that ends the freeze, or `None` if access is not frozen.
    #[must_use]
    pub fn thaw(&self) -> Option<ControlEvent> {
        self.frozen.is_some().then_some(ControlEvent::Thawed)
    }

    /// Numbers and dates the next event, which the operator causes.
    #[must_use]
    pub fn next(&self, what: ControlEvent, command: CommandId, now: Timestamp) -> ControlRecord {
        let at = self.changed_at.map_or(now, |before| now.max(before));
        let (number, actor) = (self.version + 1, Actor::Operator);
        Record { schema: Schema, stream: ControlStream, number, at, command, actor, what }
    }

    /// Applies an event that has happened.
    #[must_use]
    pub fn after(&self, recorded: &ControlRecord) -> Self {
        let frozen = match &recorded.what {
            ControlEvent::Frozen { reason } => Some(reason.clone()),
            ControlEvent::Thawed => None,
        };
        Self { version: recorded.number, changed_at: Some(recorded.at), frozen }
    }
}

impl ControlStream {
    const NAME: &str = "control";
}

impl fmt::Display for ControlStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAME)
    }
}

impl Serialize for ControlStream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Self::NAME)
    }
}

impl<'de> Deserialize<'de> for ControlStream {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            Self::NAME => Ok(Self),
            _ => Err(D::Error::custom("another stream")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decide::tests::minute;

    #[test]
    fn what_is_frozen_is_thawed_once() {
        let reason = || "a laptop was stolen".parse::<Reason>().unwrap();
        let mut control = Control::default();
        assert_eq!(control.thaw(), None);
        for at in [5, 3] {
            let frozen = control.next(control.freeze(reason()).unwrap(), CommandId::random(1), minute(at));
            assert_eq!(frozen.at, minute(5), "never before its predecessor");
            control = control.after(&frozen);
            assert_eq!((control.freeze(reason()), &control.frozen), (None, &Some(reason())));
            control = control.after(&control.next(control.thaw().unwrap(), CommandId::random(2), minute(4)));
            assert_eq!(control.frozen, None);
        }
        assert_eq!(control.version, 4);
    }
}
