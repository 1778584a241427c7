//! The parts of which messages and forms are made: Slack's blocks, as far as they are used here.

use slack_morphism::prelude::{
    SlackActionBlockElement, SlackActionsBlock, SlackBlock, SlackBlockButtonElement, SlackBlockButtonStyle,
    SlackBlockMarkDownText, SlackBlockPlainText, SlackBlockPlainTextOnly, SlackBlockText, SlackContextBlock,
    SlackContextBlockElement, SlackMessageContent, SlackRichTextBlock, SlackRichTextElement,
    SlackRichTextQuote, SlackSectionBlock,
};
use url::Url;

use super::text;
use crate::domain::ids::RequestId;

/// The longest text of a section (<https://docs.slack.dev/reference/block-kit/blocks/section-block>).
const LONGEST_SECTION: usize = 3_000;

/// The longest address a button leads to
/// (<https://docs.slack.dev/reference/block-kit/block-elements/button-element>).
const LONGEST_URL: usize = 3_000;

/// A message. `summary`, in Slack's markup, is what a notification and a screen reader tell of it.
pub(super) fn message(summary: String, blocks: Vec<SlackBlock>) -> SlackMessageContent {
    SlackMessageContent::new().with_text(summary).with_blocks(blocks)
}

/// A paragraph in Slack's markup.
pub(super) fn section(markup: String) -> SlackBlock {
    SlackSectionBlock::new().with_text(SlackBlockText::MarkDown(verbatim(markup))).into()
}

/// A paragraph in which nothing has a meaning to Slack.
pub(super) fn plain_section(text: &str) -> SlackBlock {
    let text = SlackBlockPlainText::new(text::plain(text, LONGEST_SECTION));
    SlackSectionBlock::new().with_text(SlackBlockText::Plain(text)).into()
}

/// What somebody wrote, set apart from what the app says; nothing in it has a meaning to Slack.
pub(super) fn quote(text: &str) -> SlackBlock {
    let quote = SlackRichTextQuote::new(vec![text::plain(text, LONGEST_SECTION).into()]);
    SlackRichTextBlock::new(vec![SlackRichTextElement::Quote(quote)]).into()
}

/// Small print in Slack's markup.
pub(super) fn context(markup: String) -> SlackBlock {
    SlackContextBlock::new(vec![SlackContextBlockElement::MarkDown(verbatim(markup))]).into()
}

/// A row of buttons; none where there are none.
pub(super) fn actions(buttons: Vec<SlackBlockButtonElement>) -> Option<SlackBlock> {
    let buttons: Vec<SlackActionBlockElement> = buttons.into_iter().map(Into::into).collect();
    (!buttons.is_empty()).then(|| SlackActionsBlock::new(buttons).into())
}

/// A button that does something about a request.
pub(super) fn request_button(action: &str, label: &str, id: &RequestId) -> SlackBlockButtonElement {
    button(action, label).with_value(id.to_string())
}

/// A button.
pub(super) fn button(action: &str, label: &str) -> SlackBlockButtonElement {
    SlackBlockButtonElement::new(plain_text(label)).with_action_id(action.into())
}

/// A button that opens an address in the browser, or a word of regret where Slack would not take the address.
pub(super) fn link(action: &str, label: &str, url: &Url) -> SlackBlock {
    if url.as_str().len() > LONGEST_URL {
        return plain_section("The link is too long for Slack. Tell whoever runs this app.");
    }
    let button = button(action, label).with_url(url.clone()).with_style(SlackBlockButtonStyle::Primary);
    SlackActionsBlock::new(vec![button.into()]).into()
}

/// Text without markup, for labels and titles.
pub(super) fn plain_text(text: &str) -> SlackBlockPlainTextOnly {
    SlackBlockPlainText::new(text.to_owned()).into()
}

/// Markup of which Slack takes only what is marked up: no address or name in it becomes a link by itself.
fn verbatim(markup: String) -> SlackBlockMarkDownText {
    SlackBlockMarkDownText::new(markup).with_verbatim(true)
}
