//! Control: what the operator decides for the whole app, at a command line. Its events are one stream.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{
    ids::CommandId,
    policy_in_force::{PolicyChanges, PolicyDigest, PolicyInForce, SettingChange},
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
    /// Another policy is in force.
    PolicyChanged {
        /// Its number.
        number: u64,
        /// The digest of its settings.
        digest: PolicyDigest,
        /// The settings that differ from the policy before: the first 50 by key. None for the first policy.
        changes: Vec<SettingChange>,
        /// How many more differ.
        more: usize,
    },
}

/// How an event depends on the state of the whole app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Footing {
    /// It lets somebody in: by the policy in force alone, and not while access is frozen.
    LetsIn,
    /// The policy decided it, which must be the one in force.
    ByPolicy,
    /// It narrows access or records what has happened, whatever is in force.
    Always,
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
    /// The policy in force, once one has been adopted.
    pub policy: Option<PolicyInForce>,
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

    /// Returns the event that puts another policy in force, or `None` if it is in force.
    #[must_use]
    pub fn adopt(&self, digest: &PolicyDigest, changes: PolicyChanges) -> Option<ControlEvent> {
        let before = self.policy.as_ref();
        if before.is_some_and(|in_force| in_force.digest == *digest) {
            return None;
        }
        let number = before.map_or(1, |in_force| in_force.number + 1);
        let PolicyChanges { named, more } = changes;
        Some(ControlEvent::PolicyChanged { number, digest: digest.clone(), changes: named, more })
    }

    /// Numbers and dates the next event.
    #[must_use]
    pub fn next(
        &self,
        what: ControlEvent,
        actor: Actor,
        command: CommandId,
        now: Timestamp,
    ) -> ControlRecord {
        let at = self.changed_at.map_or(now, |before| now.max(before));
        let number = self.version + 1;
        Record { schema: Schema, stream: ControlStream, number, at, command, actor, what }
    }

    /// Applies an event that has happened.
    #[must_use]
    pub fn after(&self, recorded: &ControlRecord) -> Self {
        let mut after = Self { version: recorded.number, changed_at: Some(recorded.at), ..self.clone() };
        match &recorded.what {
            ControlEvent::Frozen { reason } => after.frozen = Some(reason.clone()),
            ControlEvent::Thawed => after.frozen = None,
            ControlEvent::PolicyChanged { number, digest, changes: _, more: _ } => {
                after.policy = Some(PolicyInForce { number: *number, digest: digest.clone() });
            }
        }
        after
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
    use crate::domain::{decide::tests::minute, policy_in_force::PolicySettings};

    fn happens(control: &Control, what: ControlEvent, at: i64) -> Control {
        let recorded = control.next(what, Actor::Operator, CommandId::random(1), minute(at));
        assert!(
            control.changed_at.is_none_or(|before| recorded.at >= before),
            "never before its predecessor"
        );
        control.after(&recorded)
    }

    #[test]
    fn what_is_frozen_is_thawed_once() {
        let reason = || "a laptop was stolen".parse::<Reason>().unwrap();
        let mut control = Control::default();
        assert_eq!(control.thaw(), None);
        for at in [5, 3] {
            control = happens(&control, control.freeze(reason()).unwrap(), at);
            assert_eq!((control.freeze(reason()), &control.frozen), (None, &Some(reason())));
            control = happens(&control, control.thaw().unwrap(), 4);
            assert_eq!(control.frozen, None);
        }
        assert_eq!((control.version, control.changed_at), (4, Some(minute(5))));
    }

    #[test]
    fn each_policy_that_is_put_in_force_has_the_next_number_and_leaves_a_freeze_alone() {
        let digest = |max: &str| PolicySettings::from_iter([("access.max_duration", max)]).digest();
        let adopt = |control: &Control, max: &str| control.adopt(&digest(max), PolicyChanges::default());
        let frozen = ControlEvent::Frozen { reason: "a laptop was stolen".parse().unwrap() };
        let mut control = happens(&Control::default(), frozen, 0);
        for (number, max) in [(1, "1h"), (2, "8h"), (3, "1h")] {
            control = happens(&control, adopt(&control, max).unwrap(), 1);
            assert_eq!(control.policy, Some(PolicyInForce { number, digest: digest(max) }));
            assert_eq!(adopt(&control, max), None, "it is in force");
        }
        assert!(control.frozen.is_some());
        control = happens(&control, control.thaw().unwrap(), 2);
        assert_eq!(control.policy.map(|policy| policy.number), Some(3));
    }
}
