//! Identifiers: parsed once, at the edge, and typed from then on.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::{
    account::Account,
    secret::{SecretHash, hash_of},
    window::Timestamp,
};

/// Text that does not have the form of the identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct BadId {
    expected: &'static str,
}

impl BadId {
    pub(crate) const fn expected(expected: &'static str) -> Self {
        Self { expected }
    }
}

/// Defines an identifier: text that is parsed once, by its rule.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $is_valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Returns the identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::domain::ids::BadId;
            fn from_str(text: &str) -> Result<Self, $crate::domain::ids::BadId> {
                let is_valid: fn(&str) -> bool = $is_valid;
                if is_valid(text) { Ok(Self(text.to_owned())) } else { Err($crate::domain::ids::BadId::expected($expected)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::domain::ids::BadId;
            fn try_from(text: String) -> Result<Self, $crate::domain::ids::BadId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use id;

id!(
    /// An AWS account: 12 digits.
    AccountId, "a 12-digit AWS account id", |text| text.len() == AccountId::LENGTH && text.bytes().all(|b| b.is_ascii_digit())
);
id!(
    /// The name of an IAM role without its path: 1 to 64 of `A-Z a-z 0-9 + = , . @ _ -`
    /// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>).
    RoleName, "an IAM role name", |text| (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b))
);
id!(
    /// A request for access: `req_` and a ULID, so that ids sort by creation time.
    RequestId, "a request id such as req_01JD8Z6V9N3K6T7M2Q4R5S8W9X", |text| is_ulid_after(text, "req_")
);
id!(
    /// The cause of a change. A command that is repeated under the same id changes things only once.
    CommandId, "a command id of 1 to 64 characters", |text| (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_graphic())
);

impl AccountId {
    /// The number of digits.
    pub const LENGTH: usize = 12;
}

/// The kinds of chat accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberKind {
    /// A full member.
    Full,
    /// A guest of one or more channels.
    Guest,
    /// A bot.
    Bot,
    /// A deactivated account.
    Deactivated,
}

impl RequestId {
    /// Returns the id of a request made at `now`; `chance` distinguishes requests of the same millisecond.
    #[must_use]
    pub fn new(now: Timestamp, chance: u128) -> Self {
        Self::of(ulid(now, chance))
    }

    /// Returns the id that sorts before all others.
    #[must_use]
    pub fn first() -> Self {
        Self::of(Ulid::from(0))
    }

    /// Returns the id that sorts after all others.
    #[must_use]
    pub fn last() -> Self {
        Self::of(Ulid::from(u128::MAX))
    }

    /// Returns the id that sorts directly before this one; the first id returns itself.
    #[must_use]
    pub fn predecessor(&self) -> Self {
        Self::of(Ulid::from(self.ulid().0.saturating_sub(1)))
    }

    /// Returns the time that the id contains: when the request was made, to the millisecond.
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        let millis = i64::try_from(self.ulid().timestamp_ms()).unwrap_or(i64::MAX);
        Timestamp::from_timestamp_millis(millis).unwrap_or(Timestamp::MAX_UTC)
    }

    fn ulid(&self) -> Ulid {
        let ulid = self.0.strip_prefix("req_").and_then(|ulid| Ulid::from_string(ulid).ok());
        ulid.expect("an id is checked when it is made")
    }

    fn of(ulid: Ulid) -> Self {
        Self(format!("req_{ulid}"))
    }
}

impl CommandId {
    /// Returns the id of a change that the clock causes. There is one such change per request and version.
    #[must_use]
    pub fn of_the_clock(id: &RequestId, version: u64) -> Self {
        Self(format!("clock/{id}/{version}"))
    }

    /// Returns the id under which the clock settles a session whose outcome was not recorded in time.
    #[must_use]
    pub fn of_lost_session(id: &RequestId, session: u32) -> Self {
        Self(format!("session/{id}/{session}"))
    }

    /// Returns the id of the command that handles a dead letter.
    #[must_use]
    pub fn of_dead_letter(job: &str) -> Self {
        Self(hash_of(["dead letter", job]))
    }

    /// Returns the id of a command that is never repeated.
    #[must_use]
    pub fn random(chance: u128) -> Self {
        Self(format!("{chance:032x}"))
    }

    /// Returns the id of the command that consumes a one-time secret.
    #[must_use]
    pub fn of_secret(hash: &SecretHash) -> Self {
        Self(hash.as_str().to_owned())
    }

    /// Returns the id of the identity provider's report that a person signed out.
    #[must_use]
    pub fn of_logout(issuer: &str, id: &str) -> Self {
        Self(hash_of(["logout", issuer, id]))
    }

    /// Returns the id of what an account sent. `name` is unique among everything that the tenant sends.
    #[must_use]
    pub fn of_press(who: &Account, name: &str) -> Self {
        Self(hash_of([who.platform().as_str(), who.tenant().id(), name]))
    }
}

fn ulid(now: Timestamp, chance: u128) -> Ulid {
    Ulid::from_parts(now.timestamp_millis().unsigned_abs(), chance)
}

fn is_ulid_after(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| Ulid::from_string(rest).is_ok_and(|ulid| ulid.to_string() == rest))
}

/// An IAM role in an account, which a request asks for. Written `<account>/<role>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Target {
    /// The account that contains the role.
    pub account: AccountId,
    /// The role's name, without its path.
    pub role: RoleName,
}

impl FromStr for Target {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let expected = "a target such as 111122223333/S3Admin";
        let (account, role) = text.split_once('/').ok_or(BadId { expected })?;
        Ok(Self { account: account.parse()?, role: role.parse()? })
    }
}

impl TryFrom<String> for Target {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_whole_or_not_at_all() {
        for bad in ["", "11112222333", "1111222233334", "11112222333x", " 111122223333"] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad:?}");
        }
        for bad in ["", "has space", "has/slash", "has#hash", &"x".repeat(65)] {
            assert!(bad.parse::<RoleName>().is_err(), "{bad:?}");
        }
        for bad in ["req_1", "req_01jd8z6v9n3k6t7m2q4r5s8w9x", "evt_01JD8Z6V9N3K6T7M2Q4R5S8W9X"] {
            assert!(bad.parse::<RequestId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_target_is_an_account_and_a_role() {
        let target: Target = "111122223333/S3Admin".parse().unwrap();
        assert_eq!((target.account.as_str(), target.role.as_str()), ("111122223333", "S3Admin"));
        assert_eq!(target.to_string(), "111122223333/S3Admin");
        for bad in ["S3Admin", "111122223333", "111122223333/", "/S3Admin", "111122223333/a/b"] {
            assert!(bad.parse::<Target>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn request_ids_sort_by_time() {
        let at = |millis| Timestamp::from_timestamp_millis(millis).unwrap();
        let (earlier, later) = (RequestId::new(at(1), u128::MAX), RequestId::new(at(2), 0));
        assert!(earlier < later);
        assert_eq!(later.as_str().parse::<RequestId>().unwrap(), later);
        assert_eq!(later.predecessor(), earlier);
        assert_eq!((earlier.made_at(), later.made_at()), (at(1), at(2)));
        assert!(RequestId::first() < earlier && later < RequestId::last());
        assert_eq!(RequestId::first().predecessor(), RequestId::first());
        assert_eq!(RequestId::last().as_str().parse::<RequestId>().unwrap(), RequestId::last());
    }
}
