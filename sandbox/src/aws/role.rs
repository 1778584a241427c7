//! IAM roles: who may assume them, and how.

use aws_lc_rs::digest::{SHA256, digest};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// A role that can be assumed. Its own permissions are everything.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its ARN, with its path.
    pub arn: String,
    /// The ARNs its trust policy names: users, roles, or sessions of roles.
    pub trusts: Vec<String>,
    /// The external id its trust policy asks for.
    pub external_id: Option<String>,
    /// Whether its trust policy allows `sts:SetSourceIdentity`.
    pub allows_source_identity: bool,
    /// Whether its trust policy allows `sts:TagSession`.
    pub allows_tag_session: bool,
    /// Its `MaxSessionDuration`, between one hour and twelve; whole seconds in JSON.
    #[serde(rename = "max_session_seconds", with = "seconds")]
    pub max_session: TimeDelta,
}

impl Role {
    /// A role that `trusts` one principal with everything, for sessions of an hour.
    #[must_use]
    pub fn new(arn: &str, trusts: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            trusts: vec![trusts.to_owned()],
            external_id: None,
            allows_source_identity: true,
            allows_tag_session: true,
            max_session: TimeDelta::hours(1),
        }
    }

    /// Whether its trust policy allows this action to whom it trusts.
    pub(super) fn allows(&self, action: &str) -> bool {
        match action {
            "sts:SetSourceIdentity" => self.allows_source_identity,
            "sts:TagSession" => self.allows_tag_session,
            _ => true,
        }
    }
}

/// The account an ARN belongs to.
pub(super) fn account(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// The last part of an ARN's path.
pub(super) fn name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

/// The unique id of a role (`AROA`) or a user (`AIDA`).
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
pub(super) fn unique_id(prefix: &str, arn: &str) -> String {
    format!("{prefix}{}", hex::encode_upper(&digest(&SHA256, arn.as_bytes()).as_ref()[..8]))
}

/// The id of a session of a role.
pub(super) fn session_id(role_arn: &str, session_name: &str) -> String {
    format!("{}:{session_name}", unique_id("AROA", role_arn))
}

/// The ARN of a session of a role, which has lost the role's path.
pub(super) fn session_arn(role_arn: &str, session_name: &str) -> String {
    let partition = role_arn.split(':').nth(1).unwrap_or_default();
    format!("arn:{partition}:sts::{}:assumed-role/{}/{session_name}", account(role_arn), name(role_arn))
}

/// The ARN of the role that a session's ARN speaks of, as if it had no path.
pub(super) fn role_of_session(session_arn: &str) -> Option<String> {
    let (prefix, rest) = session_arn.split_once(":assumed-role/")?;
    let (role, _) = rest.split_once('/')?;
    let partition = prefix.split(':').nth(1)?;
    Some(format!("arn:{partition}:iam::{}:role/{role}", account(session_arn)))
}

/// How a duration is written in JSON.
mod seconds {
    use chrono::TimeDelta;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(duration: &TimeDelta, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(duration.num_seconds())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeDelta, D::Error> {
        let seconds = i64::deserialize(deserializer)?;
        TimeDelta::try_seconds(seconds).ok_or_else(|| D::Error::custom("there is no such duration"))
    }
}
