//! The policy in force: the settings that decide who is let in, which all replicas know by one digest.

use std::{collections::BTreeMap, fmt};

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

use super::trail::canonical;

/// The settings that decide who is let in, by their keys in the configuration. No secret is among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicySettings(BTreeMap<String, String>);

/// The SHA-256 of a policy's settings in their canonical form: 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PolicyDigest(String);

/// The text is no digest of a policy.
#[derive(Debug, thiserror::Error)]
#[error("expected 64 hexadecimal digits")]
pub struct NoDigest;

/// The policy by which people are let in: its number, counted from 1 at each change, and its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyInForce {
    /// Its number.
    pub number: u64,
    /// Its digest.
    pub digest: PolicyDigest,
}

/// What a replica's policy is to the one in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the one in force.
    InForce(PolicyInForce),
    /// It has never been in force.
    Newer {
        /// The policy in force, if any has been adopted.
        in_force: Option<PolicyInForce>,
    },
    /// It was in force earlier: the replica is outdated.
    Earlier {
        /// The policy in force.
        in_force: PolicyInForce,
    },
}

/// The difference between two policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyChanges {
    /// The settings that differ, by key: the first 50.
    pub named: Vec<SettingChange>,
    /// How many more differ.
    pub more: usize,
}

/// A setting that differs between two policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingChange {
    /// Its key.
    pub key: String,
    /// Its value before, if it had one: its first 200 characters.
    pub before: Option<String>,
    /// Its value afterwards, likewise.
    pub after: Option<String>,
}

/// How many changes of settings an event names.
const MOST_CHANGES: usize = 50;
/// How many characters of a key or value an event holds.
const LONGEST_VALUE: usize = 200;

impl PolicySettings {
    /// Returns the digest.
    #[must_use]
    pub fn digest(&self) -> PolicyDigest {
        let form = canonical::form(self).expect("a map of texts has a JSON form");
        PolicyDigest(hex::encode(digest::digest(&digest::SHA256, form.as_bytes())))
    }

    /// Returns the settings by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns how these settings differ from `before`.
    #[must_use]
    pub fn changes_from(&self, before: &Self) -> PolicyChanges {
        let keys = before.0.keys().chain(self.0.keys().filter(|key| !before.0.contains_key(*key)));
        let differ = keys.filter(|key| before.0.get(*key) != self.0.get(*key));
        let mut named: Vec<_> = differ
            .map(|key| SettingChange {
                key: cut(key),
                before: before.0.get(key).map(cut),
                after: self.0.get(key).map(cut),
            })
            .collect();
        named.sort_by(|one, other| one.key.cmp(&other.key));
        let more = named.len().saturating_sub(MOST_CHANGES);
        named.truncate(MOST_CHANGES);
        PolicyChanges { named, more }
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for PolicySettings {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(settings: I) -> Self {
        Self(settings.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

fn cut(text: impl AsRef<str>) -> String {
    text.as_ref().chars().take(LONGEST_VALUE).collect()
}

impl PolicyDigest {
    const LENGTH: usize = 64;
    const SHOWN: usize = 12;

    /// Returns the digest in full.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns its first 12 digits, by which people tell policies apart.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.0[..Self::SHOWN]
    }
}

impl fmt::Display for PolicyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PolicyDigest {
    type Error = NoDigest;
    fn try_from(text: String) -> Result<Self, NoDigest> {
        let is_digit = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
        let is_digest = text.len() == Self::LENGTH && text.bytes().all(is_digit);
        if is_digest { Ok(Self(text)) } else { Err(NoDigest) }
    }
}

impl From<PolicyDigest> for String {
    fn from(digest: PolicyDigest) -> Self {
        digest.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, prelude::*};

    use super::*;

    fn settings(of: &[(&str, &str)]) -> PolicySettings {
        of.iter().copied().collect()
    }

    #[test]
    fn the_digest_is_that_of_the_canonical_form() {
        let policy = settings(&[("b", "2"), ("a", "1")]);
        // printf '{"a":"1","b":"2"}' | sha256sum
        let digest = "21f76dfbfe6dfe21f762080ef484112cf2952974cef30741fd1931e1c6d92112";
        assert_eq!(policy.digest().as_str(), digest);
        assert_eq!(policy.digest(), settings(&[("a", "1"), ("b", "2")]).digest());
    }

    #[test]
    fn what_differs_is_named_by_its_key_with_both_values() {
        let before = settings(&[("gone", "x"), ("longer", "1h"), ("same", "y")]);
        let after = settings(&[("longer", "8h"), ("new", "z"), ("same", "y")]);
        let change = |key: &str, before: Option<&str>, after: Option<&str>| SettingChange {
            key: key.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let named = vec![
            change("gone", Some("x"), None),
            change("longer", Some("1h"), Some("8h")),
            change("new", None, Some("z")),
        ];
        assert_eq!(after.changes_from(&before), PolicyChanges { named, more: 0 });
        assert_eq!(after.changes_from(&after), PolicyChanges::default());
    }

    #[test]
    fn however_much_differs_an_event_stays_small() {
        let many: PolicySettings = (0..300).map(|n| (format!("accounts.{n:03}"), "é".repeat(500))).collect();
        let PolicyChanges { named, more } = many.changes_from(&PolicySettings::default());
        assert_eq!((named.len(), more), (50, 250));
        let longest = named[0].after.as_ref().unwrap();
        assert_eq!((named[0].key.as_str(), longest.chars().count()), ("accounts.000", 200));
    }

    #[test]
    fn nothing_but_a_digest_is_read_as_one() {
        let digest = settings(&[]).digest();
        let stored = serde_json::to_string(&digest).unwrap();
        assert_eq!(serde_json::from_str::<PolicyDigest>(&stored).unwrap(), digest);
        for other in ["\"\"", "\"3f7c\"", &stored.to_uppercase(), &stored.replacen('"', "\"0", 1)] {
            assert!(serde_json::from_str::<PolicyDigest>(other).is_err(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn policies_have_one_digest_exactly_if_they_are_equal(
            one in btree_map(".{0,3}", ".{0,3}", 0..3),
            other in btree_map(".{0,3}", ".{0,3}", 0..3),
        ) {
            let [one, other] = [one, other].map(PolicySettings::from_iter);
            prop_assert_eq!(one.digest() == other.digest(), one == other);
            prop_assert_eq!(one.changes_from(&other).named.is_empty(), one == other);
        }
    }
}
