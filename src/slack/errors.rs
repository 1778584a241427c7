//! Slack's "no", and what it is due to.

use crate::ports::{Because, ChatError};

/// What a code is due to (<https://docs.slack.dev/reference/methods/chat.postMessage#errors>, and those of
/// `chat.update`, `chat.postEphemeral` and `conversations.open`). A code that is not listed is taken for one that
/// somebody can mend.
fn because(code: &str) -> Because {
    match code {
        "cannot_dm_bot"
        | "cannot_reply_to_message"
        | "channel_not_found"
        | "is_archived"
        | "is_inactive"
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
        "message_not_found" => Because::MessageGone,
        _ => Because::Other,
    }
}

/// The error that Slack refuses a call with this code.
pub(crate) fn refused(method: &'static str, code: &str) -> ChatError {
    ChatError::Refused { method, code: code.to_owned(), because: because(code) }
}

/// The error that Slack has not answered a call.
pub(crate) fn unavailable(method: &'static str, why: impl Into<String>) -> ChatError {
    ChatError::Unavailable { method, why: why.into(), retry_after: None }
}
