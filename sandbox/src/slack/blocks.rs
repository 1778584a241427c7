//! The judge of Block Kit: everything Slack refuses about a message or a view, and some things it lets pass.
//!
//! Numbers are those of <https://docs.slack.dev/reference/block-kit>. It knows only what a plain app
//! needs: a block or element that is not named here is a fault, even where Slack knows it.

mod element;
mod judge;
mod layout;
mod rich_text;
mod text;

use std::fmt;

use serde_json::Value;

pub(super) use self::element::offered;
use self::judge::{Judge, Spot, Surface};

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

/// Judges an object with a message's `text`, and `blocks` where it has any.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check_message(message: &Value) -> Result<(), Vec<Fault>> {
    let mut judge = Judge::of(Surface::Message);
    let message = Spot::root(message);
    judge.only(&message, &["text", "blocks"]);
    if let Some(text) = judge.required(&message, "text") {
        judge.mrkdwn(&text, LONGEST_TEXT);
    }
    if let Some(blocks) = message.get("blocks") {
        layout::blocks(&mut judge, &blocks);
    }
    judge.verdict()
}

/// Judges a modal or a Home tab, as `views.open` and `views.publish` take it.
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

/// Judges what a bot answers when a person looks for options of an `external_select`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check_options(answer: &Value) -> Result<(), Vec<Fault>> {
    let mut judge = Judge::of(Surface::Modal);
    element::suggestions(&mut judge, &Spot::root(answer));
    judge.verdict()
}

fn check_modal(view: &Value) -> Result<(), Vec<Fault>> {
    let mut judge = Judge::of(Surface::Modal);
    let view = Spot::root(view);
    let own = ["title", "submit", "close", "clear_on_close", "notify_on_close"];
    judge.only(&view, &[&VIEW_FIELDS, own.as_slice()].concat());
    judge.required(&view, "title");
    for field in ["title", "submit", "close"] {
        judge.plain_text(&view, field, 24);
    }
    for field in ["clear_on_close", "notify_on_close"] {
        judge.flag(&view, field);
    }
    check_what_views_share(&mut judge, &view);
    if judge.has_inputs() && view.get("submit").is_none() {
        judge.fault(&view, "submit is required where there are inputs");
    }
    judge.verdict()
}

fn check_home(view: &Value) -> Result<(), Vec<Fault>> {
    let mut judge = Judge::of(Surface::Home);
    let view = Spot::root(view);
    judge.only(&view, &VIEW_FIELDS);
    check_what_views_share(&mut judge, &view);
    judge.verdict()
}

const VIEW_FIELDS: [&str; 5] = ["type", "blocks", "private_metadata", "callback_id", "external_id"];

fn check_what_views_share(judge: &mut Judge, view: &Spot<'_>) {
    judge.string(view, "private_metadata", 1..=3_000);
    judge.string(view, "callback_id", 1..=255);
    judge.string(view, "external_id", 1..=255);
    if let Some(blocks) = judge.required(view, "blocks") {
        layout::blocks(judge, &blocks);
    }
}
