//! Sessions that STS has issued.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    evaluate::{Attempt, Decision},
    policy::Policy,
    role,
};

/// A session, with its credentials and its limits.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) session_token: String,
    pub(super) role_arn: String,
    pub(super) session_name: String,
    pub(super) source_identity: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) policy: Option<Policy>,
    /// Whether it was issued to a session of another role.
    pub(super) is_chained: bool,
    pub(super) expires_at: DateTime<Utc>,
}

impl Session {
    pub(super) fn arn(&self) -> String {
        role::session_arn(&self.role_arn, &self.session_name)
    }

    pub(super) fn id(&self) -> String {
        role::session_id(&self.role_arn, &self.session_name)
    }

    pub(super) fn is_known_by(&self, credential: &str) -> bool {
        credential == self.access_key_id || credential == self.session_token
    }

    pub(super) fn has_expired(&self, now: DateTime<Utc>) -> bool {
        now >= self.expires_at
    }

    /// Whether the session may do this: its role may do everything, and its policy takes some of it away.
    pub(super) fn may(&self, action: &str, resource: &str, at: DateTime<Utc>) -> Decision {
        if self.has_expired(at) {
            return Decision::Denied("the security token included in the request is expired".to_owned());
        }
        // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: no permissions
        // are required, and an explicit denial does not stop it.
        if action.eq_ignore_ascii_case("sts:GetCallerIdentity") {
            return Decision::Allowed;
        }
        match &self.policy {
            Some(policy) => policy.decide(&Attempt { action, resource, at }),
            None => Decision::Allowed,
        }
    }
}
