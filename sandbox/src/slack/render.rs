//! Messages and views as text, as a person reads them in Slack.

mod date;
mod markup;

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, Utc};
use serde_json::Value;

use super::{
    blocks::offered,
    conversation::{Ephemeral, Message},
};

/// Through whose eyes a text is seen.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The person's time zone.
    pub zone: FixedOffset,
    /// The time, by which a day is today or yesterday.
    pub now: DateTime<Utc>,
    /// What people and channels are called, by id.
    pub names: BTreeMap<String, String>,
    /// Whether the action ids of elements are shown as well.
    pub shows_action_ids: bool,
}

/// A message: its blocks, or its text where it has none.
#[must_use]
pub fn message(message: &Message, viewer: &Viewer) -> String {
    text_and_blocks(&message.text, &message.blocks, viewer)
}

/// What only one person sees: its blocks, or its text where it has none.
#[must_use]
pub fn ephemeral(ephemeral: &Ephemeral, viewer: &Viewer) -> String {
    text_and_blocks(&ephemeral.text, &ephemeral.blocks, viewer)
}

fn text_and_blocks(text: &str, blocks: &[Value], viewer: &Viewer) -> String {
    if blocks.is_empty() { markup::mrkdwn(text, viewer) } else { self::blocks(blocks, viewer) }
}

/// A modal with its title and buttons, or a Home tab.
#[must_use]
pub fn view(view: &Value, viewer: &Viewer) -> String {
    let inside = blocks(view["blocks"].as_array().map_or(&[], Vec::as_slice), viewer);
    let title = view["title"]["text"].as_str().unwrap_or("Home");
    let bottom = [&view["submit"], &view["close"]].map(|text| text["text"].as_str());
    let buttons: Vec<String> = bottom.into_iter().flatten().map(|text| format!("[ {text} ]")).collect();
    [format!("=== {title} ==="), inside, buttons.join("  ")]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Blocks, one below the other. One that is not known is shown as an error, never left out.
#[must_use]
pub fn blocks(blocks: &[Value], viewer: &Viewer) -> String {
    blocks.iter().map(|block| self::block(block, viewer)).collect::<Vec<_>>().join("\n")
}

fn block(block: &Value, viewer: &Viewer) -> String {
    match block["type"].as_str().unwrap_or_default() {
        "actions" => joined(&block["elements"], "  ", |item| element(item, viewer)),
        "context" => format!("· {}", joined(&block["elements"], "  ·  ", |item| markup::text(item, viewer))),
        "divider" => "─".repeat(24),
        "header" => format!("# {}", markup::text(&block["text"], viewer)),
        "input" => input(block, viewer),
        "rich_text" => markup::rich_text(block, viewer),
        "section" => section(block, viewer),
        _ => unknown("block", block),
    }
}

fn section(block: &Value, viewer: &Viewer) -> String {
    let mut lines = Vec::new();
    if !block["text"].is_null() {
        lines.push(markup::text(&block["text"], viewer));
    }
    let fields = block["fields"].as_array().into_iter().flatten();
    lines.extend(fields.map(|field| format!("  {}", markup::text(field, viewer).replace('\n', " "))));
    if !block["accessory"].is_null() {
        lines.push(element(&block["accessory"], viewer));
    }
    lines.join("\n")
}

fn input(block: &Value, viewer: &Viewer) -> String {
    let optional = if block["optional"] == true { " (optional)" } else { "" };
    let label = format!("{}{optional}:", markup::text(&block["label"], viewer));
    let mut lines = vec![label, indented(&element(&block["element"], viewer))];
    if !block["hint"].is_null() {
        lines.push(indented(&format!("({})", markup::text(&block["hint"], viewer))));
    }
    lines.join("\n")
}

fn element(element: &Value, viewer: &Viewer) -> String {
    let shown = match element["type"].as_str().unwrap_or_default() {
        "button" => button(element, viewer),
        "overflow" => format!("[ … ]{}", options(element, viewer)),
        "plain_text_input" => format!("[ {} ]", placeholder(element, "initial_value", viewer)),
        "static_select" => format!("[ {} ▾ ]{}", chosen(element, viewer), options(element, viewer)),
        "external_select" => format!("[ {} ▾ ]", chosen(element, viewer)),
        "users_select" => format!("[ {} ▾ ]", placeholder(element, "initial_user", viewer)),
        _ => unknown("element", element),
    };
    match element["action_id"].as_str() {
        Some(action_id) if viewer.shows_action_ids => match shown.split_once('\n') {
            Some((first, rest)) => format!("{first} {{{action_id}}}\n{rest}"),
            None => format!("{shown} {{{action_id}}}"),
        },
        _ => shown,
    }
}

fn button(button: &Value, viewer: &Viewer) -> String {
    let leads_out = if button["url"].is_string() { " ↗" } else { "" };
    format!("[ {}{leads_out} ]", markup::text(&button["text"], viewer))
}

/// What stands in a select: the option that is chosen, or the placeholder.
fn chosen(select: &Value, viewer: &Viewer) -> String {
    match select.get("initial_option") {
        Some(option) => markup::text(&option["text"], viewer),
        None => placeholder(select, "initial_option", viewer),
    }
}

fn placeholder(element: &Value, initial: &str, viewer: &Viewer) -> String {
    match (element[initial].as_str(), element.get("placeholder")) {
        (Some(value), _) => viewer.names.get(value).map_or(value, String::as_str).to_owned(),
        (None, Some(text)) => format!("{}…", markup::text(text, viewer).trim_end_matches('…')),
        (None, None) => String::new(),
    }
}

fn options(select: &Value, viewer: &Viewer) -> String {
    let line = |option: &Value| {
        let text = markup::text(&option["text"], viewer);
        match option.get("description") {
            Some(description) => format!("\n- {text} ({})", markup::text(description, viewer)),
            None => format!("\n- {text}"),
        }
    };
    offered(select).map(line).collect()
}

fn joined(list: &Value, separator: &str, shown: impl Fn(&Value) -> String) -> String {
    list.as_array().into_iter().flatten().map(shown).collect::<Vec<_>>().join(separator)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

fn unknown(what: &str, json: &Value) -> String {
    format!("!! cannot show this {what}: {json}")
}
