//! The caller of STS: the key that signed, and its owner.

use chrono::{DateTime, Utc};

use super::{Cloud, error::AwsError, role, signature::SignedRequest};

/// Somebody whose key is known.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) arn: String,
    /// The unique id, which for a session ends with its name.
    pub(super) user_id: String,
    /// What a trust policy may call them.
    principals: Vec<String>,
    /// The source identity a session was issued with, which cannot be changed further on.
    pub(super) source_identity: Option<String>,
    /// The key of the session that calls, if it is one issued here.
    pub(super) session: Option<String>,
}

impl Caller {
    /// The owner of the key that signed a request. Where the key is registered, its secret is not known here,
    /// and any signature of the right form will do.
    pub(super) fn identify(
        cloud: &Cloud,
        request: &SignedRequest<'_>,
        now: DateTime<Utc>,
    ) -> Result<Self, AwsError> {
        let key = request.key();
        if let Some(arn) = cloud.callers.get(key) {
            return Ok(Self::registered(arn));
        }
        let unknown = || {
            let what = "The security token included in the request is invalid.";
            AwsError::forbidden("InvalidClientTokenId", what)
        };
        let session = cloud.sessions.get(key).ok_or_else(unknown)?;
        if request.session_token() != session.session_token {
            return Err(unknown());
        }
        if session.has_expired(now) {
            let what = "The security token included in the request is expired";
            return Err(AwsError::forbidden("ExpiredToken", what));
        }
        request.check(&session.secret_access_key)?;
        Ok(Self {
            arn: session.arn(),
            user_id: session.id(),
            principals: vec![session.arn(), session.role_arn.clone()],
            source_identity: session.source_identity.clone(),
            session: Some(key.to_owned()),
        })
    }

    /// Whether assuming a role would chain it to another.
    pub(super) fn chains_roles(&self) -> bool {
        self.arn.contains(":assumed-role/")
    }

    pub(super) fn is_trusted_by(&self, role: &role::Role) -> bool {
        self.principals.iter().any(|principal| role.trusts.contains(principal))
    }

    fn registered(arn: &str) -> Self {
        let role = role::role_of_session(arn);
        let user_id = match &role {
            Some(role) => role::session_id(role, role::name(arn)),
            None => role::unique_id("AIDA", arn),
        };
        let principals = std::iter::once(arn.to_owned()).chain(role).collect();
        Self { arn: arn.to_owned(), user_id, principals, source_identity: None, session: None }
    }
}
