//! Slack's error codes and their causes.

use std::time::Duration;

use super::ids::PLATFORM;
use crate::{
    domain::account::Platform,
    ports::{Because, ChatError},
};

/// What follows from an error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Slack's rate limit: nothing was done, and the call is made again later.
    RateLimit,
    /// An outage of Slack: the same call may succeed later.
    Outage,
    /// A refusal with this cause.
    Refusal(Because),
}

/// The documented error codes of the methods that the app calls, by what follows from them
/// (<https://docs.slack.dev/reference/methods/chat.postMessage#errors>, and those of `chat.update`, `chat.postEphemeral`,
/// `conversations.open`, `conversations.info`, `conversations.history`, `users.info`, `views.open`, `auth.test` and
/// `apps.connections.open`). Codes that end in `*` stand for all that begin so.
const CODES: [(Class, &[&str]); 7] = [
    (Class::RateLimit, &["message_limit_exceeded", "rate_limited", "ratelimited"]),
    (
        Class::Outage,
        &[
            "external_channel_migrating",
            "fatal_error",
            "internal_error",
            "request_timeout",
            "service_unavailable",
            "team_added_to_org",
            "update_failed",
        ],
    ),
    (
        Class::Refusal(Because::Addressee),
        &[
            "cannot_dm_bot",
            "cannot_reply_to_message",
            "channel_not_found",
            "invalid_user_combination",
            "is_archived",
            "messages_tab_disabled",
            "method_not_supported_for_channel_type",
            "not_in_channel",
            "restricted_action*",
            "user_disabled",
            "user_not_found",
            "user_not_in_channel",
            "user_not_visible",
            "users_not_found",
        ],
    ),
    (
        Class::Refusal(Because::Content),
        &[
            "attachment_payload_limit_exceeded",
            "invalid_blocks",
            "invalid_blocks_format",
            "invalid_metadata_format",
            "invalid_metadata_schema",
            "metadata_too_large",
            "msg_blocks_too_long",
            "msg_too_long",
            "no_text",
            "too_many_attachments",
            "view_too_large",
        ],
    ),
    (
        Class::Refusal(Because::MessageGone),
        &["cant_update_message", "edit_window_closed", "is_inactive", "message_not_found"],
    ),
    (
        Class::Refusal(Because::TooLate),
        &["exchanged_trigger_id", "expired_trigger_id", "trigger_exchanged", "trigger_expired"],
    ),
    (
        Class::Refusal(Because::Other),
        &[
            "access_denied",
            "accesslimited",
            "account_inactive",
            "app_missing_action_url",
            "deprecated_endpoint",
            "duplicate_external_id",
            "ekm_access_denied",
            "enterprise_is_restricted",
            "forbidden_team",
            "insecure_request",
            "invalid_app_id",
            "invalid_arg_name",
            "invalid_arguments",
            "invalid_array_arg",
            "invalid_auth",
            "invalid_charset",
            "invalid_form_data",
            "invalid_json",
            "invalid_post_type",
            "invalid_trigger_id",
            "method_deprecated",
            "missing_argument",
            "missing_post_type",
            "missing_scope",
            "no_permission",
            "not_allowed_token_type",
            "not_authed",
            "org_login_required",
            "team_access_not_granted",
            "token_expired",
            "token_revoked",
            "two_factor_setup_required",
            "unknown_method",
            "user_not_permitted",
        ],
    ),
];

/// Returns what follows from an error code. A code that is not documented counts as one that an operator can fix.
pub(super) fn classify(code: &str) -> Class {
    let is_meant = |listed: &&str| match listed.strip_suffix('*') {
        Some(beginning) => code.starts_with(beginning),
        None => code == *listed,
    };
    let found = CODES.iter().find(|(_, codes)| codes.iter().any(is_meant));
    found.map_or(Class::Refusal(Because::Other), |(class, _)| *class)
}

/// Returns the cause of a refusal.
fn because(code: &str) -> Because {
    match classify(code) {
        Class::Refusal(because) => because,
        Class::RateLimit | Class::Outage => Because::Other,
    }
}

/// Returns the error of a call that Slack refused with this code.
pub(crate) fn refused(method: &'static str, code: &str) -> ChatError {
    ChatError::Refused {
        platform: Platform::new(PLATFORM),
        operation: method,
        reason: code.to_owned(),
        because: because(code),
    }
}

/// Returns the error of a call that Slack did not answer.
pub(crate) fn unavailable(method: &'static str, why: impl Into<String>) -> ChatError {
    unavailable_for(method, why, None)
}

/// Returns the error of a call that Slack did not answer, with the time after which it may be retried, if Slack named
/// one.
pub(crate) fn unavailable_for(
    method: &'static str,
    why: impl Into<String>,
    retry_after: Option<Duration>,
) -> ChatError {
    ChatError::Unavailable {
        platform: Platform::new(PLATFORM),
        operation: method,
        reason: why.into(),
        retry_after,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::refusal::Refusal;

    #[test]
    fn each_documented_code_has_one_class_and_a_way_out() {
        let mut known = BTreeSet::new();
        for (class, codes) in CODES {
            for code in codes {
                assert!(known.insert(code), "{code} is listed twice");
                let code = code.replace('*', "_thread_only_channel");
                assert_eq!(classify(&code), class, "{code}");
                let Class::Refusal(because) = class else { continue };
                let error = refused("chat.postMessage", &code);
                assert!(matches!(&error, ChatError::Refused { because: told, .. } if *told == because));
                let needs_operator =
                    matches!(error.for_the_operator(), Some(Refusal::PlatformRefused { .. }));
                assert_eq!(needs_operator, because == Because::Other, "{code}");
            }
        }
    }

    #[test]
    fn a_code_says_what_would_have_to_change() {
        let refusal = Class::Refusal;
        for (code, class) in [
            ("cant_update_message", refusal(Because::MessageGone)),
            ("edit_window_closed", refusal(Because::MessageGone)),
            ("is_inactive", refusal(Because::MessageGone)),
            ("expired_trigger_id", refusal(Because::TooLate)),
            ("exchanged_trigger_id", refusal(Because::TooLate)),
            ("user_not_found", refusal(Because::Addressee)),
            ("user_not_visible", refusal(Because::Addressee)),
            ("is_archived", refusal(Because::Addressee)),
            ("messages_tab_disabled", refusal(Because::Addressee)),
            ("restricted_action", refusal(Because::Addressee)),
            ("restricted_action_read_only_channel", refusal(Because::Addressee)),
            ("msg_too_long", refusal(Because::Content)),
            ("missing_scope", refusal(Because::Other)),
            ("account_inactive", refusal(Because::Other)),
            ("not_allowed_token_type", refusal(Because::Other)),
            ("token_revoked", refusal(Because::Other)),
            ("team_access_not_granted", refusal(Because::Other)),
            ("ekm_access_denied", refusal(Because::Other)),
            ("org_login_required", refusal(Because::Other)),
            ("an_error_of_tomorrow", refusal(Because::Other)),
            ("rate_limited", Class::RateLimit),
            ("ratelimited", Class::RateLimit),
            ("service_unavailable", Class::Outage),
        ] {
            assert_eq!(classify(code), class, "{code}");
        }
    }
}
