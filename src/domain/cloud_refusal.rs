//! Why AWS issued no session: the cause as facts, beside AWS's own words.

use serde::{Deserialize, Serialize};

/// A refusal by AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloudRefusal {
    /// What AWS refused, as far as its answer says so.
    pub cause: CloudCause,
    /// AWS's words: the code and the message, of one line, without invisible characters, shortened. Empty if AWS was
    /// not asked.
    pub words: String,
}

/// The cause of a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum CloudCause {
    /// An action is not allowed.
    Denied {
        /// The action, such as `sts:AssumeRole`.
        action: String,
        /// The kind of policy that denies it or does not allow it.
        by: PolicyKind,
        /// The setting without which the action is not needed, if it is turned on.
        without: Option<AwsSetting>,
    },
    /// The session's policy and tags are larger than STS accepts.
    TooLarge {
        /// The setting without which it is smaller, if it is turned on.
        without: Option<AwsSetting>,
    },
    /// The app's own credentials are expired, unknown or wrong.
    Credentials,
    /// The clock of the app's host differs from AWS's.
    Clock,
    /// STS is not activated in the region.
    Region,
    /// The console's sign-in endpoint does not accept the session.
    Console {
        /// The HTTP status of its answer.
        status: u16,
    },
    /// The target is in the app's own account. AWS was not asked.
    OwnAccount,
    /// Something else, which only AWS's words say.
    Other,
}

/// A kind of policy, as AWS names it in its answers
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyKind {
    /// A service control policy of the organization of the app's account.
    ServiceControl,
    /// A resource control policy of the organization of the target's account.
    ResourceControl,
    /// The permissions boundary of the app's role.
    PermissionsBoundary,
    /// The policy of the VPC endpoint through which the app calls STS.
    VpcEndpoint,
    /// The session policy of the app's own credentials.
    Session,
    /// A policy of the app's role.
    Identity,
    /// The trust policy of the target.
    Trust,
    /// AWS did not say which.
    Unnamed,
}

/// A setting under `[aws]` that can be turned off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AwsSetting {
    /// `aws.source_identity`
    SourceIdentity,
    /// `aws.session_tags`
    SessionTags,
}
