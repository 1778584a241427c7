//! The forms that open over Slack.

use slack_morphism::prelude::{
    SlackBlock, SlackBlockChoiceItem, SlackBlockPlainTextInputElement, SlackBlockPlainTextOnly,
    SlackBlockStaticSelectElement, SlackInputBlock, SlackInputBlockElement, SlackModalView,
};

use super::{
    blocks::{block, plain_text},
    ids::{Rejecting, field, view},
    markup,
};
use crate::{
    domain::{ids::Target, message::Form, reason::Reason, window::Minutes},
    text::{Dialog, Field, Input, MOST_LISTED, Names, form},
};

/// The most options of a select, and the longest text of one
/// (<https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element>).
const MOST_OPTIONS: usize = 100;
const LONGEST_OPTION: usize = 75;

/// What a form says that it lists is listed.
const _: () = assert!(MOST_LISTED <= MOST_OPTIONS);

type Choice = SlackBlockChoiceItem<SlackBlockPlainTextOnly>;

/// A form as Slack opens it; what it is about comes back with what is filled in.
pub(super) fn modal(asked: &Form, names: &Names) -> SlackModalView {
    let Dialog { title, fields, parts, submit } = form(asked, names);
    let blocks = fields.iter().map(input).chain(parts.iter().filter_map(block)).collect();
    let (id, about) = match asked {
        Form::Request(_) => (view::REQUEST, None),
        Form::Rejection(request, opened_in) => {
            let about = Rejecting { request: request.clone(), opened_in: opened_in.clone() };
            (view::REJECTION, Some(about.to_string()))
        }
    };
    SlackModalView::new(plain_text(title), blocks)
        .with_callback_id(id.into())
        .opt_submit(submit.map(plain_text))
        .opt_private_metadata(about)
}

/// A field. What stands in it has the same id as its block.
fn input(Field { label, input }: &Field) -> SlackBlock {
    let (id, element) = match input {
        Input::Target(targets) => {
            let choices = targets.iter().map(|(target, account)| target_choice(target, account));
            (field::TARGET, select(field::TARGET, choices))
        }
        Input::Duration(durations) => {
            (field::DURATION, select(field::DURATION, durations.iter().map(duration_choice)))
        }
        Input::Justification => (field::JUSTIFICATION, text_area(field::JUSTIFICATION)),
        Input::Reason => (field::REASON, text_area(field::REASON)),
    };
    SlackInputBlock::new(plain_text(label), element).with_block_id(id.into()).into()
}

fn select(id: &str, choices: impl Iterator<Item = Choice>) -> SlackInputBlockElement {
    SlackBlockStaticSelectElement::new()
        .with_action_id(id.into())
        .with_options(choices.take(MOST_OPTIONS).collect())
        .into()
}

fn text_area(id: &str) -> SlackInputBlockElement {
    SlackBlockPlainTextInputElement::new()
        .with_action_id(id.into())
        .with_multiline(true)
        .with_max_length(Reason::MAX_CHARS as u64)
        .into()
}

/// A target: `prod / S3Admin`, and below it the account's number. A long name gives way to the role.
fn target_choice(target: &Target, called: &str) -> Choice {
    let Target { account, role } = target;
    let label =
        format!("{} / {role}", markup::plain(called, LONGEST_OPTION - " / ".len() - role.as_str().len()));
    choice(&label, target.to_string()).with_description(plain_text(account.as_str()))
}

fn duration_choice(minutes: &Minutes) -> Choice {
    choice(&minutes.to_string(), minutes.to_string())
}

fn choice(label: &str, value: String) -> Choice {
    SlackBlockChoiceItem::new(plain_text(label), value)
}
