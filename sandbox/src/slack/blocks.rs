//! The validator of Block Kit: everything that Slack refuses in a message or a view, and some things that it accepts.
//!
//! Numbers are those of <https://docs.slack.dev/reference/block-kit>. It knows only what a plain app
//! needs: a block or element that is not named here is an error, even if Slack knows it.

mod element;
mod layout;
mod rich_text;
mod text;
mod validator;

use std::fmt;

use serde_json::Value;

pub(super) use self::element::offered;
use self::validator::{Spot, Surface, Validator};

/// The longest text of a message, in characters. Slack cuts at 40,000 and advises to stay below this.
pub const LONGEST_TEXT: usize = 4_000;

/// One thing that is wrong with a message or a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, as a JSON pointer.
    pub at: String,
    /// What.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "[ERROR] {} [json-pointer:{}]", self.what, self.at)
    }
}

/// Validates an object with a message's `text`, and `blocks` where it has any.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check_message(message: &Value) -> Result<(), Vec<Fault>> {
    let mut validator = Validator::of(Surface::Message);
    let message = Spot::root(message);
    validator.only(&message, &["text", "blocks"]);
    if let Some(text) = validator.required(&message, "text") {
        validator.mrkdwn(&text, LONGEST_TEXT);
    }
    if let Some(blocks) = message.get("blocks") {
        layout::blocks(&mut validator, &blocks);
    }
    validator.verdict()
}

/// Validates a modal or a Home tab, as `views.open` and `views.publish` take it.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check_view(view: &Value) -> Result<(), Vec<Fault>> {
    match view["type"].as_str() {
        Some("modal") => check_modal(view),
        Some("home") => check_home(view),
        _ => Err(vec![Fault { at: "/type".to_owned(), what: "must be modal or home".to_owned() }]),
    }
}

/// Validates what a bot answers when a person looks for options of an `external_select`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check_options(answer: &Value) -> Result<(), Vec<Fault>> {
    let mut validator = Validator::of(Surface::Modal);
    element::suggestions(&mut validator, &Spot::root(answer));
    validator.verdict()
}

fn check_modal(view: &Value) -> Result<(), Vec<Fault>> {
    let mut validator = Validator::of(Surface::Modal);
    let view = Spot::root(view);
    let own = ["title", "submit", "close", "clear_on_close", "notify_on_close"];
    validator.only(&view, &[&VIEW_FIELDS, own.as_slice()].concat());
    validator.required(&view, "title");
    for field in ["title", "submit", "close"] {
        validator.plain_text(&view, field, 24);
    }
    for field in ["clear_on_close", "notify_on_close"] {
        validator.flag(&view, field);
    }
    check_what_views_share(&mut validator, &view);
    if validator.has_inputs() && view.get("submit").is_none() {
        validator.fault(&view, "submit is required where there are inputs");
    }
    validator.verdict()
}

fn check_home(view: &Value) -> Result<(), Vec<Fault>> {
    let mut validator = Validator::of(Surface::Home);
    let view = Spot::root(view);
    validator.only(&view, &VIEW_FIELDS);
    check_what_views_share(&mut validator, &view);
    validator.verdict()
}

const VIEW_FIELDS: [&str; 5] = ["type", "blocks", "private_metadata", "callback_id", "external_id"];

fn check_what_views_share(validator: &mut Validator, view: &Spot<'_>) {
    validator.string(view, "private_metadata", 1..=3_000);
    validator.string(view, "callback_id", 1..=255);
    validator.string(view, "external_id", 1..=255);
    if let Some(blocks) = validator.required(view, "blocks") {
        layout::blocks(validator, &blocks);
    }
}
