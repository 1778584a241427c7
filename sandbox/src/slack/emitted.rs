//! Everything the bot has ever said or shown, for judges of other make.

use serde::Serialize;
use serde_json::{Value, json};

use super::conversation::Content;

/// Every distinct message and view that the workspace has taken from the bot, as it came.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Emitted {
    /// Messages, ephemerals, and answers that appear as either: `text`, and `blocks` where there are any.
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
