//! Slack's error codes and their causes.

use std::time::Duration;

use super::ids::PLATFORM;
use crate::{
    domain::account::Platform,
    ports::{Because, ChatError},
};

/// Returns the cause of an error code (<https://docs.slack.dev/reference/methods/chat.postMessage#errors>, and those
/// of `chat.update`, `chat.postEphemeral`, `conversations.open` and `views.open`). A code that is not listed counts as one that an
/// operator can fix.
fn because(code: &str) -> Because {
    match code {
        "cannot_dm_bot"
        | "cannot_reply_to_message"
        | "channel_not_found"
        | "is_archived"
        | "messages_tab_disabled"
        | "method_not_supported_for_channel_type"
        | "not_in_channel"
        | "user_disabled"
        | "user_not_found"
        | "user_not_in_channel"
        | "user_not_visible"
        | "users_not_found" => Because::Addressee,
        _ if code.starts_with("restricted_action") => Because::Addressee,
        "attachment_payload_limit_exceeded"
        | "invalid_blocks"
        | "invalid_blocks_format"
        | "invalid_metadata_format"
        | "invalid_metadata_schema"
        | "metadata_too_large"
        | "msg_blocks_too_long"
        | "msg_too_long"
        | "no_text" => Because::Content,
        "cant_update_message" | "edit_window_closed" | "is_inactive" | "message_not_found" => {
            Because::MessageGone
        }
        "exchanged_trigger_id" | "expired_trigger_id" | "trigger_exchanged" | "trigger_expired" => {
            Because::TooLate
        }
        _ => Because::Other,
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
    use super::*;

    #[test]
    fn a_code_says_what_would_have_to_change() {
        for (codes, cause) in [
            (
                &["cant_update_message", "edit_window_closed", "is_inactive", "message_not_found"][..],
                Because::MessageGone,
            ),
            (&["expired_trigger_id", "exchanged_trigger_id", "trigger_exchanged"], Because::TooLate),
            (&["user_not_found", "is_archived"], Because::Addressee),
            (&["missing_scope", "account_inactive", "invalid_auth"], Because::Other),
        ] {
            for code in codes {
                assert_eq!(because(code), cause, "{code}");
            }
        }
    }
}
