//! What the words of an AWS refusal mean
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>,
//! <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>).

use http::StatusCode;

use crate::{
    config::Aws,
    domain::{
        cloud_refusal::{AwsSetting, CloudCause, CloudRefusal, PolicyKind},
        visible::visible,
    },
};

/// The largest number of characters of AWS's words.
const LONGEST: usize = 400;
/// The length of the shortest credential: an access key id
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>).
const SHORTEST_CREDENTIAL: usize = 16;

/// The kinds of policies, by what AWS calls them. The first that the message names counts.
const KINDS: [(&str, PolicyKind); 8] = [
    ("service control policy", PolicyKind::ServiceControl),
    ("resource control policy", PolicyKind::ResourceControl),
    ("permissions boundary", PolicyKind::PermissionsBoundary),
    ("VPC endpoint policy", PolicyKind::VpcEndpoint),
    ("session policy", PolicyKind::Session),
    ("identity-based policy", PolicyKind::Identity),
    ("trust policy", PolicyKind::Trust),
    ("resource-based policy", PolicyKind::Trust),
];

/// Returns the facts of a refusal by STS.
pub(super) fn refusal(code: &str, message: &str, settings: &Aws) -> CloudRefusal {
    CloudRefusal { cause: cause(code, message, settings), words: words(&format!("{code}: {message}")) }
}

/// Returns a refusal of which no more is known than these words.
pub(super) fn unexplained(what: &str) -> CloudRefusal {
    CloudRefusal { cause: CloudCause::Other, words: words(what) }
}

/// Returns the facts of a refusal by the console's sign-in endpoint. Its page is quoted if it has a short text in which
/// nothing looks like a credential.
pub(super) fn of_console(status: StatusCode, page: &[u8]) -> CloudRefusal {
    let status = status.as_u16();
    let said = words(&text_of(&String::from_utf8_lossy(page)));
    let is_quotable =
        !said.is_empty() && !said.split_whitespace().any(|word| word.len() >= SHORTEST_CREDENTIAL);
    let said = if is_quotable { format!(": {said}") } else { String::new() };
    CloudRefusal { cause: CloudCause::Console { status }, words: format!("status {status}{said}") }
}

/// Returns the text of a page, without tags, on one line.
fn text_of(page: &str) -> String {
    let pieces = page.split('<').enumerate().map(|(n, piece)| match piece.split_once('>') {
        Some((_, text)) if n > 0 => text,
        Some(_) | None if n > 0 => "",
        Some(_) | None => piece,
    });
    pieces.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the first line, with every invisible character named, shortened.
///
/// Later lines are left out because they may contain a secret: where a signature does not match, they repeat the
/// request with its headers, the session token included.
pub(super) fn words(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let shown: String = visible(line).chars().take(LONGEST + 1).collect();
    if shown.chars().count() <= LONGEST {
        return shown;
    }
    format!("{}…", shown.chars().take(LONGEST - 1).collect::<String>())
}

fn cause(code: &str, message: &str, settings: &Aws) -> CloudCause {
    if let Some(action) = denied_action(message) {
        return CloudCause::Denied {
            action: action.to_owned(),
            by: kind_of_policy(message),
            without: setting_behind(action).filter(|setting| is_on(*setting, settings)),
        };
    }
    match code.trim_end_matches("Exception") {
        "PackedPolicyTooLarge" => CloudCause::TooLarge {
            without: Some(AwsSetting::SessionTags).filter(|setting| is_on(*setting, settings)),
        },
        "RegionDisabled" => CloudCause::Region,
        "RequestExpired" | "RequestTimeTooSkewed" => CloudCause::Clock,
        "SignatureDoesNotMatch" | "InvalidSignature" | "IncompleteSignature" if is_about_time(message) => {
            CloudCause::Clock
        }
        "ExpiredToken"
        | "TokenRefreshRequired"
        | "InvalidClientTokenId"
        | "UnrecognizedClient"
        | "InvalidAccessKeyId"
        | "MissingAuthenticationToken"
        | "AuthFailure"
        | "OptInRequired"
        | "SignatureDoesNotMatch"
        | "InvalidSignature"
        | "IncompleteSignature" => CloudCause::Credentials,
        _ => CloudCause::Other,
    }
}

/// Returns the action in "User: … is not authorized to perform: sts:TagSession on resource: …".
fn denied_action(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    let action = rest.split_whitespace().next()?.trim_end_matches('.');
    let (service, name) = action.split_once(':')?;
    let is_word =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (is_word(service) && is_word(name)).then_some(action)
}

/// Returns the kind that the end of the message names. What precedes it are names, which anyone may choose.
fn kind_of_policy(message: &str) -> PolicyKind {
    let reason = ["with an explicit deny in ", "because no "].iter().find_map(|marker| {
        let (_, reason) = message.split_once(marker)?;
        Some(reason)
    });
    let reason = reason.unwrap_or_default();
    let named = KINDS.iter().filter_map(|(name, kind)| Some((reason.find(name)?, *kind)));
    named.min_by_key(|(at, _)| *at).map_or(PolicyKind::Unnamed, |(_, kind)| kind)
}

/// Returns whether the message is about the time of a signature, such as "Signature expired: …", "Signature not yet
/// current: …".
fn is_about_time(message: &str) -> bool {
    ["Signature expired", "Signature not yet current"].iter().any(|start| message.starts_with(start))
}

fn setting_behind(action: &str) -> Option<AwsSetting> {
    match action {
        "sts:SetSourceIdentity" => Some(AwsSetting::SourceIdentity),
        "sts:TagSession" => Some(AwsSetting::SessionTags),
        _ => None,
    }
}

fn is_on(setting: AwsSetting, settings: &Aws) -> bool {
    match setting {
        AwsSetting::SourceIdentity => settings.source_identity,
        AwsSetting::SessionTags => settings.session_tags,
    }
}

#[cfg(test)]
mod tests;
