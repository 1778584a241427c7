//! What a person sees: their conversations with all messages, and their open form.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Query, State},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Playground, Seen};
use crate::{
    example_corp::{AUDIT_CHANNEL, BOT_USER, COMMANDS, EVERYBODY, Persona, REVIEW_CHANNEL},
    slack::{Channel, Ephemeral, Message, Slack},
};

/// A conversation.
#[derive(Serialize)]
struct Place {
    id: String,
    name: String,
    topic: &'static str,
    is_direct: bool,
    members: usize,
    messages: Vec<Said>,
}

/// A message or an ephemeral.
#[derive(Serialize)]
struct Said {
    key: String,
    ts: String,
    user: String,
    text: String,
    blocks: Vec<Value>,
    edits: u32,
    only_you: bool,
}

/// `GET /api/read-model`.
pub(super) async fn read_model(
    State(playground): State<Playground>,
    Query(Seen { r#as: who }): Query<Seen>,
) -> Json<Value> {
    let slack = &playground.0.company.slack;
    let views = slack.open_views(who.0.slack);
    let modals: Vec<Value> = views.iter().map(|view| json!({ "id": view.id, "view": view.body })).collect();
    Json(json!({
        "run": playground.0.run,
        "now": playground.0.company.clock.now(),
        "me": who.0.login,
        "people": EVERYBODY.map(|persona| person(slack, &persona)),
        "bot": BOT_USER,
        "names": slack.viewer(who.0.slack).names,
        "commands": COMMANDS,
        "places": places(slack, &who.0),
        "modals": modals,
    }))
}

fn person(slack: &Slack, persona: &Persona) -> Value {
    let title = match persona.login {
        "ada" => "Engineer",
        "bob" => "Reviewer",
        "carol" => "Auditor",
        _ => "Of another company",
    };
    json!({
        "login": persona.login,
        "user": persona.slack,
        "name": persona.name,
        "title": title,
        "newest": newest(slack, persona),
    })
}

/// The time of the last message by another person, by conversation.
fn newest(slack: &Slack, persona: &Persona) -> BTreeMap<String, String> {
    let heard = |channel: &Channel| {
        let said = said(slack, channel, persona);
        let newest = said.into_iter().rfind(|said| said.user != persona.slack)?;
        Some((channel.id.clone(), newest.ts))
    };
    slack.channels_of(persona.slack).iter().filter_map(heard).collect()
}

fn places(slack: &Slack, persona: &Persona) -> Vec<Place> {
    let place = |channel: Channel| Place {
        messages: said(slack, &channel, persona),
        topic: match channel.id.as_str() {
            REVIEW_CHANNEL => "Requests for access wait here for a reviewer",
            AUDIT_CHANNEL => "Every step, and every attempt that was refused",
            _ if channel.is_direct() => "Time-bound access to AWS roles",
            _ if channel.is_ext_shared => "With people of another company",
            _ => "Everybody at Example Corp",
        },
        is_direct: channel.is_direct(),
        members: channel.members.len(),
        id: channel.id,
        name: channel.name,
    };
    slack.channels_of(persona.slack).into_iter().map(place).collect()
}

/// What a person sees in a conversation, oldest first.
fn said(slack: &Slack, channel: &Channel, persona: &Persona) -> Vec<Said> {
    let messages = slack.messages(&channel.id).into_iter().map(Said::from);
    let own = slack.ephemerals(persona.slack).into_iter().filter(|own| own.channel == channel.id);
    let mut said: Vec<Said> = messages.chain(own.map(Said::from)).collect();
    said.sort_by(|one, other| one.ts.cmp(&other.ts));
    said
}

impl From<Message> for Said {
    fn from(message: Message) -> Self {
        let key = message.key();
        let Message { ts, user, text, blocks, edits, .. } = message;
        Self { key, ts, user, text, blocks, edits, only_you: false }
    }
}

impl From<Ephemeral> for Said {
    fn from(ephemeral: Ephemeral) -> Self {
        let key = ephemeral.key();
        let Ephemeral { ts, text, blocks, edits, .. } = ephemeral;
        Self { key, ts, user: BOT_USER.to_owned(), text, blocks, edits, only_you: true }
    }
}
