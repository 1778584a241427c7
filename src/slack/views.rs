//! How messages and forms look in Slack. Pure: nothing is decided here, and what people wrote stays text.

mod answers;
mod audit;
mod blocks;
mod card;
mod form;
pub mod ids;
mod links;
mod overview;
mod receipt;
mod reminder;
mod standing;
mod text;

use slack_morphism::prelude::{SlackMessageContent, SlackView};

use crate::{
    domain::{
        ids::Target,
        message::{Form, Message},
    },
    text::Names,
};

/// The most of an account's name that is shown.
const LONGEST_ACCOUNT_NAME: usize = 40;

/// A target in Slack's markup: `prod (111122223333) / S3Admin`.
fn target(Target { account, role }: &Target, names: &Names) -> String {
    match names.accounts.get(account) {
        Some(name) => format!("{} ({account}) / {role}", text::escaped(name, LONGEST_ACCOUNT_NAME)),
        None => format!("{account} / {role}"),
    }
}

/// Any of the people who may answer, in Slack's markup.
fn a_reviewer(names: &Names) -> String {
    format!("a member of {}", text::name(&names.reviewers))
}

/// Draws a message.
#[must_use]
pub fn draw(message: &Message, names: &Names) -> SlackMessageContent {
    match message {
        Message::ReviewCard(drawn) => card::review_card(drawn, names),
        Message::Receipt(drawn) => receipt::receipt(drawn, names),
        Message::Reminder(drawn) => reminder::reminder(drawn, names),
        Message::EndIsNear { target: to, ends_at } => reminder::end_is_near(&target(to, names), *ends_at),
        Message::ConsoleLink { target: to, url, ends_at } => {
            links::console_link(&target(to, names), url, *ends_at)
        }
        Message::SignInToAnswer { verdict, target: to, requester, url } => {
            links::sign_in_to_answer(verdict, &target(to, names), requester, url)
        }
        Message::Audit(entry) => audit::audit_line(entry, names),
        Message::Burst(burst) => audit::burst_line(burst, names),
        Message::LinkInvitation { why, url } => links::link_invitation(why.as_ref(), url, names),
        Message::Linked(email) => links::linked(email),
        Message::Relinked(email) => links::relinked(email),
        Message::Unlinked(email) => links::unlinked(email),
        Message::SignedOut(email) => links::signed_out(email),
        Message::Overview(overview) => overview::overview(overview, names),
        Message::Help { max, example, on_mismatch } => answers::help(*max, *example, *on_mismatch),
        Message::Refused { why, pointer } => answers::refused(why, pointer.as_deref(), names),
        Message::Done(done) => answers::done(done),
        Message::Failed { reference } => answers::failed(reference),
    }
}

/// Draws a form.
#[must_use]
pub fn draw_form(form: &Form, names: &Names) -> SlackView {
    let view = match form {
        Form::Request(form) => form::request_form(form, names),
        Form::Rejection(id) => form::rejection_form(id),
    };
    SlackView::Modal(view)
}
