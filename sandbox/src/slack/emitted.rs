//! Everything that the bot has ever posted or shown, for independent validators.

use serde::Serialize;
use serde_json::{Value, json};

use super::conversation::Content;

/// Every distinct message and view that the workspace has accepted from the bot, unchanged.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Emitted {
    /// Messages, ephemerals, and responses that appear as either: `text`, and `blocks` if there are any.
    pub messages: Vec<Value>,
    /// Modals and Home tabs.
    pub views: Vec<Value>,
}

impl Emitted {
    pub(super) fn note_message(&mut self, content: &Content) {
        let mut message = json!({ "text": content.text });
        if !content.blocks.is_empty() {
            message["blocks"] = json!(content.blocks);
        }
        note(&mut self.messages, message);
    }

    pub(super) fn note_view(&mut self, body: &Value) {
        note(&mut self.views, body.clone());
    }
}

fn note(seen: &mut Vec<Value>, value: Value) {
    if !seen.contains(&value) {
        seen.push(value);
    }
}
