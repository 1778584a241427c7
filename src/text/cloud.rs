//! The sentences for refusals by AWS: what it refused, who can change that, and AWS's own words.

use crate::domain::cloud_refusal::{AwsSetting, CloudCause, CloudRefusal, PolicyKind};

/// Returns what AWS refused and what to change, followed by AWS's words.
#[must_use]
pub fn cloud_refusal(CloudRefusal { cause, words }: &CloudRefusal) -> String {
    let advice = advice(cause);
    if words.is_empty() {
        return advice;
    }
    let space = if advice.is_empty() { "" } else { " " };
    format!("{advice}{space}AWS's answer: {}.", words.trim_end_matches('.'))
}

fn advice(cause: &CloudCause) -> String {
    match cause {
        CloudCause::Denied { action, by, without } => {
            let cure = match without {
                Some(setting) => format!(" Or set {} = false.", key(*setting)),
                None => unasked(action).to_owned(),
            };
            format!("{}{cure}", denied(action, *by))
        }
        CloudCause::TooLarge { without: Some(setting) } => format!(
            "The session's policy and tags together are larger than AWS accepts. Set {} = false.",
            key(*setting)
        ),
        CloudCause::TooLarge { without: None } => {
            "The session's policy and the tags of the app's own session together are larger than AWS accepts. With EKS Pod Identity, set disableSessionTags in the pod identity association.".to_owned()
        }
        CloudCause::Credentials => {
            "AWS does not accept the app's own credentials. Renew them, then run elevate check.".to_owned()
        }
        CloudCause::Clock => {
            "The clock of the app's host differs from AWS's by more than AWS accepts. Correct that clock.".to_owned()
        }
        CloudCause::Region => {
            "STS is not activated in the app's region for the account that AWS names. Activate it there, or set AWS_REGION to a region in which it is active.".to_owned()
        }
        CloudCause::OwnAccount => {
            "The target is in the account that the app itself runs in. Only aws.allow_own_account = true allows that.".to_owned()
        }
        CloudCause::Console { .. } => "The console sign-in does not accept the session.".to_owned(),
        CloudCause::Other => String::new(),
    }
}

/// Who does not allow the action, and where to allow it.
fn denied(action: &str, by: PolicyKind) -> String {
    match by {
        PolicyKind::ServiceControl => format!(
            "A service control policy of the AWS organization does not allow the app {action}. The organization's administrators must change it."
        ),
        PolicyKind::ResourceControl => format!(
            "A resource control policy of the target account's AWS organization does not allow {action}. The organization's administrators must change it."
        ),
        PolicyKind::PermissionsBoundary => {
            format!("The permissions boundary of the app's role does not allow {action}. Allow it there.")
        }
        PolicyKind::VpcEndpoint => format!(
            "The policy of the VPC endpoint through which the app calls AWS does not allow {action}. Allow it there."
        ),
        PolicyKind::Session => {
            format!(
                "The session policy of the app's own credentials does not allow {action}. Allow it there."
            )
        }
        PolicyKind::Identity => format!(
            "The policies of the app's role do not allow {action} for this target. Allow it there, and check that the target has the path in aws.role_path."
        ),
        PolicyKind::Trust => format!(
            "The target's trust policy does not allow {action}. Allow it there, and check that aws.external_id is the one that it requires."
        ),
        PolicyKind::Unnamed => format!(
            "The target's trust policy or the app's role does not allow {action}, or there is no such role. Allow it in both, and check aws.role_path and aws.external_id."
        ),
    }
}

/// Why an action is needed that the app does not ask for: its own session has tags or a source identity, which AWS
/// passes on.
fn unasked(action: &str) -> &'static str {
    match action {
        "sts:TagSession" => {
            " The tags are those of the app's own session. With EKS Pod Identity, set disableSessionTags in the pod identity association."
        }
        "sts:SetSourceIdentity" => " The source identity is that of the app's own session.",
        _ => "",
    }
}

fn key(setting: AwsSetting) -> &'static str {
    match setting {
        AwsSetting::SourceIdentity => "aws.source_identity",
        AwsSetting::SessionTags => "aws.session_tags",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const KINDS: [PolicyKind; 8] = [
        PolicyKind::ServiceControl,
        PolicyKind::ResourceControl,
        PolicyKind::PermissionsBoundary,
        PolicyKind::VpcEndpoint,
        PolicyKind::Session,
        PolicyKind::Identity,
        PolicyKind::Trust,
        PolicyKind::Unnamed,
    ];
    const ACTIONS: [(&str, Option<AwsSetting>); 3] = [
        ("sts:AssumeRole", None),
        ("sts:SetSourceIdentity", Some(AwsSetting::SourceIdentity)),
        ("sts:TagSession", Some(AwsSetting::SessionTags)),
    ];

    fn said(cause: CloudCause) -> String {
        cloud_refusal(&CloudRefusal { cause, words: "AccessDenied: no.".to_owned() })
    }

    #[test]
    fn each_kind_of_policy_has_advice_of_its_own_before_awss_words() {
        for (action, without) in ACTIONS {
            let denied = |by| said(CloudCause::Denied { action: action.to_owned(), by, without });
            let advice: BTreeSet<String> = KINDS.map(denied).into();
            assert_eq!(advice.len(), KINDS.len(), "{advice:#?}");
            for said in advice {
                assert!(
                    said.contains(action) && said.ends_with(" AWS's answer: AccessDenied: no."),
                    "{said}"
                );
            }
        }
    }

    #[test]
    fn a_setting_is_advised_only_while_it_is_on() {
        for (action, setting) in ACTIONS {
            let denied =
                |without| CloudCause::Denied { action: action.to_owned(), by: PolicyKind::Trust, without };
            let told = [said(denied(setting)), said(denied(None))].map(|said| said.contains(" = false"));
            assert_eq!(told, [setting.is_some(), false], "{action}");
        }
        let too_large = |without| said(CloudCause::TooLarge { without });
        assert!(too_large(Some(AwsSetting::SessionTags)).contains("Set aws.session_tags = false."));
        assert!(!too_large(None).contains("aws.session_tags"));
        assert!(said(denied_tags()).contains("disableSessionTags"));
    }

    fn denied_tags() -> CloudCause {
        CloudCause::Denied { action: "sts:TagSession".to_owned(), by: PolicyKind::Unnamed, without: None }
    }

    #[test]
    fn what_is_wrong_with_the_app_is_not_looked_for_in_the_target() {
        for cause in [CloudCause::Credentials, CloudCause::Clock, CloudCause::Region] {
            let said = said(cause);
            assert!(said.contains("the app's") && !said.contains("target"), "{said}");
        }
        assert_eq!(said(CloudCause::Other), "AWS's answer: AccessDenied: no.");
    }
}
