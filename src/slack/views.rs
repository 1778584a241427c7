//! How messages and forms look in Slack. Pure: nothing is decided or worded here, and what people wrote stays text.

mod blocks;
mod form;
pub mod ids;
mod markup;

use slack_morphism::prelude::{SlackMessageContent, SlackView};

use crate::{
    domain::message::{Form, Message},
    text::{Names, Said, said},
};

/// Draws a message.
#[must_use]
pub fn draw(message: &Message, names: &Names) -> SlackMessageContent {
    let Said { summary, parts } = said(message, names);
    let blocks = parts.iter().filter_map(blocks::block).collect();
    SlackMessageContent::new().with_text(markup::of(&summary)).with_blocks(blocks)
}

/// Draws a form.
#[must_use]
pub fn draw_form(form: &Form, names: &Names) -> SlackView {
    SlackView::Modal(form::modal(form, names))
}
