//! Every sentence that a person reads, made from facts by pure functions.
//!
//! A message is [`Said`] in parts, and a sentence is a [`Line`] of which each platform makes its own markup. What only a
//! platform knows, its own name and the command that people type there, is in [`Names`]. To change what people read,
//! change it here; `tests/it/text.rs` and the tests of `refusal` show all of it as plain text.

mod answers;
mod audit;
mod card;
mod cloud;
mod form;
mod health;
mod links;
mod names;
mod overview;
pub mod page;
mod people;
mod provider;
mod receipt;
mod refusal;
mod reminder;
mod rich;
mod said;
mod standing;
mod words;

pub use answers::not_stored;
pub use cloud::cloud_refusal;
pub use form::{Dialog, Field, Input, MOST_LISTED, form};
pub use health::channel_trouble;
pub use names::Names;
pub use provider::answer_fault;
pub use refusal::{refusal, refused};
pub use rich::{Line, Span, fit, quotable};
pub use said::{Action, Button, LeadsTo, Link, Part, Said, Style};

use crate::domain::message::Message;

/// What a message says.
#[must_use]
pub fn said(message: &Message, names: &Names) -> Said {
    match message {
        Message::ReviewCard(drawn) => card::review_card(drawn, names),
        Message::Receipt(drawn) => receipt::receipt(drawn, names),
        Message::Reminder(drawn) => reminder::reminder(drawn, names),
        Message::EndIsNear { target, ends_at } => reminder::end_is_near(target, *ends_at, names),
        Message::CardSeen(drawn, seen) => reminder::card_seen(drawn, *seen, names),
        Message::PassOn(drawn) => reminder::pass_on(drawn, names),
        Message::ConsoleLink { target, url, ends_at } => links::console_link(target, url, *ends_at, names),
        Message::SignInToAnswer { act, target, requester, url } => {
            links::sign_in_to_answer(act, target, requester, url, names)
        }
        Message::Audit(entry) => audit::audit_line(entry, names),
        Message::Burst(burst) => audit::burst_line(burst, names),
        Message::ChannelTrouble { channel, purpose, trouble } => {
            health::reported(channel, *purpose, *trouble, names)
        }
        Message::LinkInvitation { why, url } => links::link_invitation(why.as_ref(), url, names),
        Message::Linked(email) => links::linked(email, names),
        Message::Relinked(email) => links::relinked(email, names),
        Message::Unlinked(email) => links::unlinked(email, names),
        Message::SignedOut(email) => links::signed_out(email, names),
        Message::Overview(overview) => overview::overview(overview, names),
        Message::Help { max, example, on_mismatch } => answers::help(*max, *example, *on_mismatch, names),
        Message::WithoutForm(form) => answers::without_form(form, names),
        Message::Refused { why, pointer } => answers::refused(why, pointer.as_deref(), names),
        Message::Done(done) => answers::done(done, names),
        Message::Delayed => answers::delayed(names),
        Message::Failed { reference } => answers::failed(reference, names),
    }
}
