//! The forms that open over Slack.

use std::collections::BTreeSet;

use slack_morphism::prelude::{
    SlackBlock, SlackBlockChoiceItem, SlackBlockPlainTextInputElement, SlackBlockPlainTextOnly,
    SlackBlockStaticSelectElement, SlackInputBlock, SlackInputBlockElement, SlackModalView,
};

use super::{
    blocks::{context, plain_section, plain_text},
    ids::{field, view},
    text,
};
use crate::{
    domain::{
        ids::{RequestId, Target},
        message::RequestForm,
        reason::Reason,
        window::Minutes,
    },
    text::Names,
};

/// The most options of a select, and the longest text of one
/// (<https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element>).
const MOST_OPTIONS: usize = 100;
const LONGEST_OPTION: usize = 75;

type Choice = SlackBlockChoiceItem<SlackBlockPlainTextOnly>;

/// To make a request; or why there is nothing to ask for.
pub(super) fn request_form(form: &RequestForm, names: &Names) -> SlackModalView {
    let targets: BTreeSet<&Target> = form.targets.iter().collect();
    if targets.is_empty() {
        return modal("Request access", view::REQUEST, vec![nothing_to_ask_for()]);
    }
    let durations: BTreeSet<&Minutes> = form.durations.iter().collect();
    let unlisted = targets.len().saturating_sub(MOST_OPTIONS);

    let targets = targets.into_iter().map(|target| target_choice(target, names));
    let durations = durations.into_iter().map(|minutes| choice(minutes.to_string(), minutes.to_string()));
    let mut blocks = vec![
        input(field::TARGET, "Account and role", select(field::TARGET, targets)),
        input(field::DURATION, "For how long", select(field::DURATION, durations)),
        input(field::JUSTIFICATION, "Why", text_area(field::JUSTIFICATION)),
        context(format!(
            "Listed is what this app last heard of your groups; it is checked again when you send this. \
             A member of {} answers.",
            text::name(&form.reviewers)
        )),
    ];
    blocks.extend((unlisted > 0).then(|| also_on_the_command_line(unlisted)));
    modal("Request access", view::REQUEST, blocks).with_submit(plain_text("Request"))
}

/// To say why a request is rejected.
pub(super) fn rejection_form(id: &RequestId) -> SlackModalView {
    let blocks = vec![
        input(field::REASON, "Why", text_area(field::REASON)),
        context(format!("{} · the requester and the reviewers read this", text::code(id.as_str()))),
    ];
    modal("Reject request", view::REJECTION, blocks)
        .with_submit(plain_text("Reject"))
        .with_private_metadata(id.to_string())
}

fn modal(title: &str, id: &str, blocks: Vec<SlackBlock>) -> SlackModalView {
    SlackModalView::new(plain_text(title), blocks).with_callback_id(id.into())
}

fn nothing_to_ask_for() -> SlackBlock {
    plain_section(
        "As far as this app last heard, no group of yours makes you eligible for anything. Ask whoever manages \
         your groups. If you have just been added to one, ask in one line, which checks your groups anew: \
         /elevate 111122223333/S3Admin 1h bucket policy broken",
    )
}

fn also_on_the_command_line(unlisted: usize) -> SlackBlock {
    context(format!(
        "{unlisted} more are not listed, because Slack shows no more than {MOST_OPTIONS}. \
         Ask for one of them in one line: `/elevate 111122223333/S3Admin 1h bucket policy broken`"
    ))
}

/// A field. What stands in it has the same id as its block.
fn input(id: &str, label: &str, element: SlackInputBlockElement) -> SlackBlock {
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
fn target_choice(target: &Target, names: &Names) -> Choice {
    let Target { account, role } = target;
    let name = names.accounts.get(account).map_or(account.as_str(), String::as_str);
    let label = format!("{} / {role}", text::plain(name, LONGEST_OPTION - " / ".len() - role.as_str().len()));
    choice(label, target.to_string()).with_description(plain_text(account.as_str()))
}

fn choice(label: String, value: String) -> Choice {
    SlackBlockChoiceItem::new(plain_text(&label), value)
}
