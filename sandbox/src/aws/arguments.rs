//! The arguments of `AssumeRole`, checked against their documented lengths and characters.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::{collections::BTreeMap, ops::RangeInclusive};

use super::{error::AwsError, policy::Policy, record::AssumeRoleCall};
use crate::parameters::{ParameterFault, Parameters};

const SHORTEST_SESSION: i64 = 900;
const LONGEST_SESSION: i64 = 43_200;
const MOST_TAGS: usize = 50;
const LONGEST_POLICY: usize = 2048;

/// Arguments in which nothing is wrong by itself.
#[derive(Clone, Debug)]
pub(super) struct Arguments {
    pub(super) role_arn: String,
    pub(super) session_name: String,
    pub(super) duration_seconds: Option<i64>,
    pub(super) external_id: Option<String>,
    pub(super) policy: Option<Policy>,
    pub(super) source_identity: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
}

/// What a text may be made of.
struct Charset {
    /// As AWS' error messages put it.
    pattern: &'static str,
    allows: fn(char) -> bool,
}

const NAME: Charset =
    Charset { pattern: r"[\w+=,.@-]*", allows: |letter| is_word(letter) || "+=,.@-".contains(letter) };

const EXTERNAL_ID: Charset =
    Charset { pattern: r"[\w+=,.@:\/-]*", allows: |letter| is_word(letter) || "+=,.@:/-".contains(letter) };

const TAG: Charset = Charset {
    pattern: r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*",
    allows: |letter| letter.is_alphanumeric() || letter == ' ' || "_.:/=+-@".contains(letter),
};

impl Arguments {
    /// Reads all of them; a parameter that is not known is refused.
    pub(super) fn read(mut parameters: Parameters) -> Result<Self, AwsError> {
        let tags = tags(&mut parameters)?;
        parameters.only(&[
            "Action",
            "Version",
            "RoleArn",
            "RoleSessionName",
            "DurationSeconds",
            "ExternalId",
            "Policy",
            "SourceIdentity",
        ])?;
        let session_name = required(&parameters, "RoleSessionName", "roleSessionName")?;
        within(session_name, "roleSessionName", 2..=64, &NAME)?;
        Ok(Self {
            role_arn: role_arn(&parameters)?,
            session_name: session_name.to_owned(),
            duration_seconds: parameters.get("DurationSeconds").map(duration).transpose()?,
            external_id: parameters.get("ExternalId").map(external_id).transpose()?,
            policy: parameters.get("Policy").map(policy).transpose()?,
            source_identity: parameters.get("SourceIdentity").map(source_identity).transpose()?,
            tags,
        })
    }

    /// What is recorded of them.
    pub(super) fn record(&self, caller: &str, outcome: &str) -> AssumeRoleCall {
        AssumeRoleCall {
            caller: caller.to_owned(),
            role_arn: self.role_arn.clone(),
            role_session_name: self.session_name.clone(),
            duration_seconds: self.duration_seconds,
            external_id: self.external_id.clone(),
            policy: self.policy.as_ref().map(Policy::document),
            source_identity: self.source_identity.clone(),
            tags: self.tags.clone(),
            outcome: outcome.to_owned(),
        }
    }
}

impl From<ParameterFault> for AwsError {
    fn from(fault: ParameterFault) -> Self {
        Self::validation(fault.to_string())
    }
}

fn role_arn(parameters: &Parameters) -> Result<String, AwsError> {
    let arn = required(parameters, "RoleArn", "roleArn")?;
    if arn.len() < 20 {
        return Err(AwsError::constraint(arn, "roleArn", "have length greater than or equal to 20"));
    }
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "iam", "", account, resource]
            if account.len() == 12
                && account.bytes().all(|digit| digit.is_ascii_digit())
                && resource.starts_with("role/") =>
        {
            Ok(arn.to_owned())
        }
        _ => Err(AwsError::validation(format!("{arn} is invalid"))),
    }
}

fn duration(text: &str) -> Result<i64, AwsError> {
    let malformed = || AwsError::bad_request("MalformedInput", format!("{text} is not an integer"));
    let seconds = text.parse().map_err(|_| malformed())?;
    match seconds {
        ..SHORTEST_SESSION => {
            let constraint = format!("have value greater than or equal to {SHORTEST_SESSION}");
            Err(AwsError::constraint(text, "durationSeconds", &constraint))
        }
        SHORTEST_SESSION..=LONGEST_SESSION => Ok(seconds),
        _ => {
            let constraint = format!("have value less than or equal to {LONGEST_SESSION}");
            Err(AwsError::constraint(text, "durationSeconds", &constraint))
        }
    }
}

fn external_id(text: &str) -> Result<String, AwsError> {
    within(text, "externalId", 2..=1224, &EXTERNAL_ID)?;
    Ok(text.to_owned())
}

fn source_identity(text: &str) -> Result<String, AwsError> {
    within(text, "sourceIdentity", 2..=64, &NAME)?;
    if text.starts_with("aws:") {
        return Err(AwsError::validation("The SourceIdentity must not begin with aws:"));
    }
    Ok(text.to_owned())
}

fn policy(text: &str) -> Result<Policy, AwsError> {
    if text.chars().count() > LONGEST_POLICY {
        let constraint = format!("have length less than or equal to {LONGEST_POLICY}");
        return Err(AwsError::constraint(text, "policy", &constraint));
    }
    Policy::parse(text).map_err(|fault| AwsError::bad_request("MalformedPolicyDocument", fault))
}

/// Takes `Tags.member.1.Key`, `Tags.member.1.Value` and so on out of the parameters.
fn tags(parameters: &mut Parameters) -> Result<BTreeMap<String, String>, AwsError> {
    let mut tags = BTreeMap::new();
    for number in 1.. {
        let Some(key) = parameters.take(&format!("Tags.member.{number}.Key")) else {
            break;
        };
        let member = format!("tags.{number}.member");
        let value = parameters.take(&format!("Tags.member.{number}.Value"));
        let value = value.ok_or_else(|| null(&format!("{member}.value")))?;
        within(&key, &format!("{member}.key"), 1..=128, &TAG)?;
        within(&value, &format!("{member}.value"), 0..=256, &TAG)?;
        if key.to_lowercase().starts_with("aws:") {
            let what = "Tag keys beginning with aws: are reserved for system use.";
            return Err(AwsError::bad_request("InvalidParameterValue", what));
        }
        if tags.keys().any(|other: &String| other.to_lowercase() == key.to_lowercase()) {
            let what = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(AwsError::bad_request("InvalidParameterValue", what));
        }
        tags.insert(key, value);
    }
    if tags.len() > MOST_TAGS {
        let constraint = format!("have length less than or equal to {MOST_TAGS}");
        return Err(AwsError::constraint(&format!("{} tags", tags.len()), "tags", &constraint));
    }
    Ok(tags)
}

fn required<'a>(parameters: &'a Parameters, name: &'static str, member: &str) -> Result<&'a str, AwsError> {
    parameters.get(name).ok_or_else(|| null(member))
}

fn null(member: &str) -> AwsError {
    AwsError::validation(format!(
        "1 validation error detected: Value null at '{member}' failed to satisfy constraint: \
         Member must not be null"
    ))
}

fn within(
    text: &str,
    member: &str,
    lengths: RangeInclusive<usize>,
    charset: &Charset,
) -> Result<(), AwsError> {
    let length = text.chars().count();
    if length < *lengths.start() {
        let constraint = format!("have length greater than or equal to {}", lengths.start());
        return Err(AwsError::constraint(text, member, &constraint));
    }
    if length > *lengths.end() {
        let constraint = format!("have length less than or equal to {}", lengths.end());
        return Err(AwsError::constraint(text, member, &constraint));
    }
    if !text.chars().all(charset.allows) {
        let constraint = format!("satisfy regular expression pattern: {}", charset.pattern);
        return Err(AwsError::constraint(text, member, &constraint));
    }
    Ok(())
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}
