//! Response URLs: for a limited time, the bot can respond to an act where it was performed.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{
    blocks,
    conversation::{Content, Place},
    workspace::Workspace,
};

/// How often one URL can be used.
const MOST_USES: u32 = 5;
/// How long it can be used.
const LIVES: TimeDelta = TimeDelta::minutes(30);
/// What its body may say.
const FIELDS: [&str; 5] = ["text", "blocks", "response_type", "replace_original", "delete_original"];

/// One URL that was given out, and what it stands for.
#[derive(Clone, Debug)]
pub(super) struct ResponseUrl {
    user: String,
    channel: String,
    /// Where that stands which was acted on, if it was a message.
    original: Option<Place>,
    issued_at: DateTime<Utc>,
    uses: u32,
}

impl ResponseUrl {
    pub(super) fn new(user: &str, channel: &str, original: Option<Place>, issued_at: DateTime<Utc>) -> Self {
        Self { user: user.to_owned(), channel: channel.to_owned(), original, issued_at, uses: 0 }
    }

    pub(super) fn is_older_than(&self, moment: DateTime<Utc>) -> bool {
        self.issued_at < moment
    }

    fn spend(&mut self, now: DateTime<Utc>) -> Result<(), &'static str> {
        if now - self.issued_at > LIVES {
            return Err("expired_url");
        }
        if self.uses == MOST_USES {
            return Err("used_url");
        }
        self.uses += 1;
        Ok(())
    }
}

/// Does what the bot says at a response URL.
pub(super) fn respond(workspace: &mut Workspace, opaque: &str, body: &[u8]) -> Result<(), &'static str> {
    let now = workspace.now();
    let url = workspace.response_urls.get_mut(opaque).ok_or("invalid_url")?;
    url.spend(now)?;
    let (user, channel, original) = (url.user.clone(), url.channel.clone(), url.original.clone());
    let body: Value = serde_json::from_slice(body).map_err(|_| "invalid_payload")?;
    let body = body.as_object().ok_or("invalid_payload")?;
    if body.keys().any(|field| !FIELDS.contains(&field.as_str())) {
        return Err("invalid_payload");
    }

    let says = |field: &str| body.get(field) == Some(&json!(true));
    if says("delete_original") {
        return delete(workspace, &original.ok_or("message_not_found")?);
    }
    if says("replace_original") {
        return replace(workspace, &original.ok_or("message_not_found")?, content(body)?);
    }
    say(workspace, &channel, &user, body)
}

/// Posts what the body says, to the person alone unless it is meant for the whole channel.
pub(super) fn say(
    workspace: &mut Workspace,
    channel: &str,
    user: &str,
    body: &Map<String, Value>,
) -> Result<(), &'static str> {
    let content = content(body)?;
    match body.get("response_type").map(Value::as_str) {
        None | Some(Some("ephemeral")) => {
            workspace.whisper(channel, user, content);
        }
        Some(Some("in_channel")) => {
            let bot = workspace.config.bot_user_id.clone();
            workspace.post(channel, &bot, content);
        }
        Some(_) => return Err("invalid_payload"),
    }
    Ok(())
}

fn content(body: &Map<String, Value>) -> Result<Content, &'static str> {
    let said = body.iter().filter(|(field, _)| ["text", "blocks"].contains(&field.as_str()));
    let said = Value::Object(said.map(|(field, value)| (field.clone(), value.clone())).collect());
    blocks::check_message(&said).map_err(|_| "invalid_blocks")?;
    Ok(Content::of(&said))
}

fn delete(workspace: &mut Workspace, original: &Place) -> Result<(), &'static str> {
    let bot = &workspace.config.bot_user_id;
    let kept = |place: Place| place != *original;
    let before = workspace.messages.len() + workspace.ephemerals.len();
    workspace.messages.retain(|message| message.user != *bot || kept(message.into()));
    workspace.ephemerals.retain(|ephemeral| kept(ephemeral.into()));
    if workspace.messages.len() + workspace.ephemerals.len() < before {
        Ok(())
    } else {
        Err("message_not_found")
    }
}

fn replace(workspace: &mut Workspace, original: &Place, content: Content) -> Result<(), &'static str> {
    let replaced = if workspace.ephemeral(original).is_some() {
        workspace.replace_ephemeral(original, content).is_some()
    } else {
        workspace.edit(original, content).is_some()
    };
    if replaced { Ok(()) } else { Err("message_not_found") }
}
