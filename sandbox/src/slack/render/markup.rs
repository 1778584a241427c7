//! Renders text objects, mrkdwn and rich text as plain text.

use serde_json::Value;

use super::{Viewer, date, unknown};
use crate::slack::mrkdwn::{Piece, pieces, unescape};

/// A text object of either type.
pub(super) fn text(object: &Value, viewer: &Viewer) -> String {
    match (object["type"].as_str(), object["text"].as_str()) {
        (Some("plain_text"), Some(text)) => text.to_owned(),
        (Some("mrkdwn"), Some(text)) => mrkdwn(text, viewer),
        _ => unknown("text", object),
    }
}

/// A text in mrkdwn: `*bold*` stays, mentions get names, dates become local times and links their labels.
pub(super) fn mrkdwn(text: &str, viewer: &Viewer) -> String {
    pieces(text).into_iter().map(|piece| self::piece(piece, viewer)).collect()
}

fn piece(piece: Piece<'_>, viewer: &Viewer) -> String {
    match piece {
        Piece::Text(text) => unescape(text),
        Piece::Link { url, label } => label.map_or_else(|| url.to_owned(), unescape),
        Piece::Mention { sign, id, label } => match viewer.names.get(id) {
            Some(name) => format!("{sign}{name}"),
            None => format!("{sign}{}", label.unwrap_or(id)),
        },
        Piece::Date { unix, format, fallback } => {
            date::local(unix, format, viewer).unwrap_or_else(|| unescape(fallback))
        }
        Piece::Broadcast(name) => format!("@{name}"),
        Piece::Unescaped(what) => what.to_owned(),
    }
}

/// A block of rich text.
pub(super) fn rich_text(block: &Value, viewer: &Viewer) -> String {
    let parts = block["elements"].as_array().into_iter().flatten();
    parts.map(|part| rich_part(part, viewer)).collect::<Vec<_>>().join("\n")
}

fn rich_part(part: &Value, viewer: &Viewer) -> String {
    let lines = |mark: &str, text: String| {
        text.lines().map(|line| format!("{mark}{line}")).collect::<Vec<_>>().join("\n")
    };
    match part["type"].as_str().unwrap_or_default() {
        "rich_text_section" => rich_line(part, viewer),
        "rich_text_quote" => lines("> ", rich_line(part, viewer)),
        "rich_text_preformatted" => lines("    ", rich_line(part, viewer)),
        "rich_text_list" => {
            let items = part["elements"].as_array().into_iter().flatten();
            items.map(|item| format!("• {}", rich_line(item, viewer))).collect::<Vec<_>>().join("\n")
        }
        _ => unknown("rich text", part),
    }
}

fn rich_line(section: &Value, viewer: &Viewer) -> String {
    let word = |run: &Value, field: &str| run[field].as_str().map(str::to_owned);
    let run = |run: &Value| match run["type"].as_str().unwrap_or_default() {
        "text" => word(run, "text"),
        "link" => word(run, "text").or_else(|| word(run, "url")),
        "user" => word(run, "user_id")
            .map(|id| format!("@{}", viewer.names.get(&id).map_or(id.as_str(), String::as_str))),
        _ => None,
    };
    let runs = section["elements"].as_array().into_iter().flatten();
    runs.map(|json| run(json).unwrap_or_else(|| unknown("rich text", json))).collect()
}
