//! The calls to AWS, recorded for tests.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// One `AssumeRole`, with everything it asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AssumeRoleCall {
    /// The caller's ARN.
    pub caller: String,
    /// `RoleArn`.
    pub role_arn: String,
    /// `RoleSessionName`.
    pub role_session_name: String,
    /// `DurationSeconds`, if given.
    pub duration_seconds: Option<i64>,
    /// `ExternalId`, if given.
    pub external_id: Option<String>,
    /// `Policy` as JSON, if given.
    pub policy: Option<Value>,
    /// `SourceIdentity`, if given.
    pub source_identity: Option<String>,
    /// `Tags`, by key.
    pub tags: BTreeMap<String, String>,
    /// `Issued`, or the code of the error.
    pub outcome: String,
}

/// One `getSigninToken`, without the credentials it carried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SigninTokenCall {
    /// `GET` or `POST`.
    pub method: String,
    /// The names of the parameters besides `Action`.
    pub parameters: Vec<String>,
    /// The members of `Session` that were there and not empty.
    pub session_members: Vec<String>,
    /// `SessionDuration`, if given.
    pub session_duration: Option<String>,
    /// `Issued`, or why not.
    pub outcome: String,
}
