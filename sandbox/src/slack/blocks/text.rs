//! The rules for text objects, and what mrkdwn must not contain.

use super::validator::{Spot, Validator};
use crate::slack::mrkdwn::{self, Piece};

impl Validator {
    /// A `plain_text` object that may be absent.
    pub(super) fn plain_text(&mut self, object: &Spot<'_>, field: &str, longest: usize) {
        let Some(text) = object.get(field) else { return };
        if text.kind() != "plain_text" {
            self.fault(&text, "must be of type plain_text");
        }
        self.text_object(&text, longest);
    }

    /// A text object of either type.
    pub(super) fn text_object(&mut self, text: &Spot<'_>, longest: usize) {
        let content = self.required(text, "text");
        match (text.kind(), content) {
            (_, None) => {}
            ("plain_text", Some(content)) => {
                self.only(text, &["type", "text", "emoji"]);
                self.flag(text, "emoji");
                self.length(&content, 1..=longest);
            }
            ("mrkdwn", Some(content)) => {
                self.only(text, &["type", "text", "verbatim"]);
                self.flag(text, "verbatim");
                self.mrkdwn(&content, longest);
            }
            (_, Some(_)) => self.fault(text, "must be of type plain_text or mrkdwn"),
        }
    }

    /// A string in mrkdwn: nothing that should have been escaped, and nothing that calls everybody.
    pub(super) fn mrkdwn(&mut self, spot: &Spot<'_>, longest: usize) {
        let Some(text) = self.length(spot, 1..=longest) else {
            return;
        };
        for piece in mrkdwn::pieces(text) {
            match piece {
                Piece::Broadcast(name) => self.fault(spot, format!("calls everybody: <!{name}>")),
                Piece::Unescaped(what) => self.fault(spot, format!("has an unescaped {what}")),
                Piece::Text(_) | Piece::Link { .. } | Piece::Mention { .. } | Piece::Date { .. } => {}
            }
        }
    }
}
