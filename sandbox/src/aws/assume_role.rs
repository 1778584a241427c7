//! `AssumeRole`: a caller gets a session of a role.
//!
//! 1. The caller's own session policy, if any, allows it to assume the role and to set what it sets.
//! 2. The role's trust policy allows this caller, with this external id, source identity and these tags.
//! 3. The duration is within the role's maximum, and within an hour if roles are chained.
//! 4. Policy and tags are within the session's size limit together.
//! 5. The session is issued.

use std::iter;

use chrono::{DateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};

use super::{
    Cloud, arguments::Arguments, caller::Caller, error::AwsError, evaluate::Decision, role::Role,
    session::Session, xml,
};
use crate::random::{random_id, random_token};

/// How long a session lasts that does not say.
const DEFAULT_SECONDS: i64 = 3600;

/// A session issued to a session of another role lasts no longer.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>
const MOST_SECONDS_WHEN_CHAINED: i64 = 3600;

/// How many characters of policy and tags fit into a session. AWS packs them in a way it does not document;
/// policies of a few hundred characters more have been seen not to fit.
const PACKED_CHARACTERS: usize = 1024;

/// The bytes a session token may have; AWS reports the size and the share of each token, but not this limit.
const LONGEST_TOKEN: usize = 4096;

/// Issues a session, and answers with the `AssumeRoleResult` element.
pub(super) fn assume_role(
    cloud: &mut Cloud,
    caller: &Caller,
    arguments: Arguments,
    now: DateTime<Utc>,
) -> Result<String, AwsError> {
    may_assume(cloud, caller, &arguments, now)?; // 1
    let role = trusting_role(cloud, caller, &arguments)?; // 2
    let duration = duration(caller, role, &arguments)?; // 3
    let packed = packed_size(&arguments)?; // 4
    let session = issue(caller, arguments, now.trunc_subsecs(0) + duration); // 5
    let answer = result(&session, packed);
    cloud.secrets.extend([session.secret_access_key.clone(), session.session_token.clone()]);
    cloud.sessions.insert(session.access_key_id.clone(), session);
    Ok(answer)
}

/// A caller who is a session issued here is held to that session's own policy.
fn may_assume(
    cloud: &Cloud,
    caller: &Caller,
    arguments: &Arguments,
    now: DateTime<Utc>,
) -> Result<(), AwsError> {
    let Some(session) = caller.session.as_ref().and_then(|key| cloud.sessions.get(key)) else {
        return Ok(());
    };
    for action in actions(caller, arguments) {
        if session.may(action, &arguments.role_arn, now) != Decision::Allowed {
            return Err(AwsError::not_authorized(&caller.arn, action, &arguments.role_arn));
        }
    }
    Ok(())
}

/// The actions that must be allowed. A source identity is set again in every session of a chain.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html>
fn actions(caller: &Caller, arguments: &Arguments) -> impl Iterator<Item = &'static str> {
    let has_identity = arguments.source_identity.is_some() || caller.source_identity.is_some();
    let identity = has_identity.then_some("sts:SetSourceIdentity");
    let tags = (!arguments.tags.is_empty()).then_some("sts:TagSession");
    iter::once("sts:AssumeRole").chain(identity).chain(tags)
}

fn trusting_role<'a>(cloud: &'a Cloud, caller: &Caller, arguments: &Arguments) -> Result<&'a Role, AwsError> {
    let denied = |action| AwsError::not_authorized(&caller.arn, action, &arguments.role_arn);
    let role = cloud.roles.get(&arguments.role_arn).ok_or_else(|| denied("sts:AssumeRole"))?;
    let is_right_external_id = role.external_id.is_none() || role.external_id == arguments.external_id;
    if !caller.is_trusted_by(role) || !is_right_external_id {
        return Err(denied("sts:AssumeRole"));
    }
    if let Some(action) = actions(caller, arguments).find(|action| !role.allows(action)) {
        return Err(denied(action));
    }
    let (inherited, wanted) = (caller.source_identity.as_ref(), arguments.source_identity.as_ref());
    if inherited.is_some() && wanted.is_some() && inherited != wanted {
        return Err(denied("sts:SetSourceIdentity"));
    }
    Ok(role)
}

fn duration(caller: &Caller, role: &Role, arguments: &Arguments) -> Result<TimeDelta, AwsError> {
    let seconds = arguments.duration_seconds.unwrap_or(DEFAULT_SECONDS);
    if caller.chains_roles() && seconds > MOST_SECONDS_WHEN_CHAINED {
        return Err(AwsError::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    let duration = TimeDelta::seconds(seconds);
    if duration > role.max_session {
        return Err(AwsError::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(duration)
}

/// How much of the space for policy and tags is used, in percent; `None` when there are none.
fn packed_size(arguments: &Arguments) -> Result<Option<usize>, AwsError> {
    let policy = arguments.policy.as_ref().map_or(0, |policy| policy.length());
    let tags: usize = arguments.tags.iter().map(|(key, value)| key.len() + value.len()).sum();
    let percent = (100 * (policy + tags)).div_ceil(PACKED_CHARACTERS);
    if percent > 100 {
        let what = format!("Packed policy consumes {percent}% of allotted space, please use smaller policy.");
        return Err(AwsError::bad_request("PackedPolicyTooLarge", what));
    }
    Ok((percent > 0).then_some(percent))
}

fn issue(caller: &Caller, arguments: Arguments, expires_at: DateTime<Utc>) -> Session {
    Session {
        access_key_id: format!("ASIA{}", random_id::<8>()),
        secret_access_key: random_token()[..40].to_owned(),
        session_token: [(); 10].map(|()| random_token()).concat(),
        role_arn: arguments.role_arn,
        session_name: arguments.session_name,
        source_identity: arguments.source_identity.or_else(|| caller.source_identity.clone()),
        tags: arguments.tags,
        policy: arguments.policy,
        is_chained: caller.chains_roles(),
        expires_at,
    }
}

fn result(session: &Session, packed: Option<usize>) -> String {
    let user = [xml::text("AssumedRoleId", &session.id()), xml::text("Arn", &session.arn())];
    let expiration = session.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let credentials = [
        xml::text("AccessKeyId", &session.access_key_id),
        xml::text("SecretAccessKey", &session.secret_access_key),
        xml::text("SessionToken", &session.session_token),
        xml::text("Expiration", &expiration),
    ];
    let token_size = session.session_token.len();
    let utilization = (100 * token_size).div_ceil(LONGEST_TOKEN);
    let mut result = vec![
        xml::element("AssumedRoleUser", &user),
        xml::element("Credentials", &credentials),
        xml::text("SessionTokenSize", &token_size.to_string()),
        xml::text("SessionTokenUtilization", &utilization.to_string()),
    ];
    result.extend(packed.map(|percent| xml::text("PackedPolicySize", &percent.to_string())));
    let identity = session.source_identity.as_deref();
    result.extend(identity.map(|identity| xml::text("SourceIdentity", identity)));
    xml::element("AssumeRoleResult", &result)
}
