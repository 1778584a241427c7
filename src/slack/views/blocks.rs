//! The parts of a message as Slack's blocks, as far as they are used here.

use slack_morphism::prelude::{
    SlackActionBlockElement, SlackActionsBlock, SlackBlock, SlackBlockButtonElement, SlackBlockButtonStyle,
    SlackBlockMarkDownText, SlackBlockPlainText, SlackBlockPlainTextOnly, SlackBlockText, SlackContextBlock,
    SlackContextBlockElement, SlackRichTextBlock, SlackRichTextElement, SlackRichTextQuote,
    SlackSectionBlock,
};

use super::{ids::action, markup};
use crate::text::{Action, Button, LeadsTo, Line, Link, Part, Style};

/// The longest text of a section (<https://docs.slack.dev/reference/block-kit/blocks/section-block>).
const LONGEST_SECTION: usize = 3_000;

/// The longest address a button leads to
/// (<https://docs.slack.dev/reference/block-kit/block-elements/button-element>).
const LONGEST_URL: usize = 3_000;

/// The value of the button that unlinks, which is about no request.
const UNLINK: &str = "unlink";

/// A part, where there is something to show.
pub(super) fn block(part: &Part) -> Option<SlackBlock> {
    match part {
        Part::Paragraph(lines) => Some(section(lines)),
        Part::Text(text) => Some(plain_section(text)),
        Part::Quote(text) => Some(quote(text)),
        Part::Small(line) => Some(context(line)),
        Part::Buttons(buttons) => actions(buttons),
        Part::Link(to) => Some(link(to)),
    }
}

fn section(lines: &[Line]) -> SlackBlock {
    SlackSectionBlock::new().with_text(SlackBlockText::MarkDown(verbatim(markup::of_lines(lines)))).into()
}

/// A paragraph in which nothing has a meaning to Slack.
fn plain_section(text: &str) -> SlackBlock {
    let text = SlackBlockPlainText::new(markup::plain(text, LONGEST_SECTION));
    SlackSectionBlock::new().with_text(SlackBlockText::Plain(text)).into()
}

/// A quotation; nothing in it has a meaning to Slack.
fn quote(text: &str) -> SlackBlock {
    let quote = SlackRichTextQuote::new(vec![markup::plain(text, LONGEST_SECTION).into()]);
    SlackRichTextBlock::new(vec![SlackRichTextElement::Quote(quote)]).into()
}

fn context(line: &Line) -> SlackBlock {
    SlackContextBlock::new(vec![SlackContextBlockElement::MarkDown(verbatim(markup::of(line)))]).into()
}

fn actions(buttons: &[Button]) -> Option<SlackBlock> {
    let buttons: Vec<SlackActionBlockElement> =
        buttons.iter().map(|pressed| button(pressed).into()).collect();
    (!buttons.is_empty()).then(|| SlackActionsBlock::new(buttons).into())
}

fn button(Button { label, style, action }: &Button) -> SlackBlockButtonElement {
    let (id, value) = match action {
        Action::Do(request, act) => (action::of(act), request.as_str()),
        Action::AskWhy(request) => (action::REJECT, request.as_str()),
        Action::OpenConsole(request) => (action::CONSOLE, request.as_str()),
        Action::Unlink => (action::UNLINK, UNLINK),
    };
    let style = match style {
        Style::Plain => None,
        Style::Primary => Some(SlackBlockButtonStyle::Primary),
        Style::Danger => Some(SlackBlockButtonStyle::Danger),
    };
    let button = SlackBlockButtonElement::new(plain_text(label)).with_action_id(id.into());
    button.with_value(value.to_owned()).opt_style(style)
}

/// A button that opens an address in the browser, or words of regret where Slack would not take the address.
fn link(Link { label, url, leads_to, otherwise }: &Link) -> SlackBlock {
    if url.as_str().len() > LONGEST_URL {
        return plain_section(otherwise);
    }
    let id = match leads_to {
        LeadsTo::SignInToLink => action::OPEN_LINK,
        LeadsTo::Console => action::OPEN_SESSION,
        LeadsTo::SignInToAnswer => action::OPEN_ANSWER,
    };
    let button = SlackBlockButtonElement::new(plain_text(label)).with_action_id(id.into());
    let button = button.with_url(url.clone()).with_style(SlackBlockButtonStyle::Primary);
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
