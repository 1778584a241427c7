//! `chat.*`: how the bot posts, and changes what it has posted.

use serde_json::{Value, json};

use super::{
    Answer, Refusal,
    arguments::Arguments,
    conversations::{can_be_written_to, visible},
};
use crate::slack::{
    blocks,
    conversation::{Content, Place},
    workspace::Workspace,
};

pub(super) fn post_message(workspace: &mut Workspace, arguments: &Arguments) -> Answer {
    let content = content(arguments)?;
    let metadata = metadata(arguments)?;
    let thread_ts = arguments.text("thread_ts")?;
    arguments.flag("unfurl_links")?;
    arguments.flag("unfurl_media")?;
    let channel = conversation(workspace, arguments.text("channel")?)?;
    may_post(workspace, &channel)?;
    if !thread_ts.is_empty() && workspace.message(&(channel.as_str(), thread_ts).into()).is_none() {
        return Err("thread_not_found".into());
    }

    let bot = workspace.config.bot_user_id.clone();
    let message = workspace.post(&channel, &bot, content);
    message.metadata = metadata;
    message.thread_ts = (!thread_ts.is_empty()).then(|| thread_ts.to_owned());
    let message = message.clone();
    Ok(json!({ "channel": channel, "ts": message.ts, "message": workspace.message_json(&message) }))
}

pub(super) fn update(workspace: &mut Workspace, arguments: &Arguments) -> Answer {
    let content = content(arguments)?;
    let metadata = metadata(arguments)?;
    let place = Place::from((arguments.text("channel")?, arguments.text("ts")?));
    may_post(workspace, &place.channel)?;
    let message = workspace.message(&place).ok_or("message_not_found")?;
    if message.user != workspace.config.bot_user_id {
        return Err("cant_update_message".into());
    }
    if !message.blocks.is_empty() && !arguments.has("blocks") {
        let told = "[ERROR] it is left open what becomes of the message's blocks [json-pointer:/blocks]";
        return Err(Refusal::argument(told.to_owned()));
    }

    let message = workspace.edit(&place, content).ok_or("message_not_found")?;
    message.metadata = metadata.or(message.metadata.take());
    let message = message.clone();
    Ok(json!({
        "channel": place.channel,
        "ts": place.ts,
        "text": message.text,
        "message": workspace.message_json(&message),
    }))
}

pub(super) fn post_ephemeral(workspace: &mut Workspace, arguments: &Arguments) -> Answer {
    let content = content(arguments)?;
    let (channel, user) = (arguments.text("channel")?, arguments.text("user")?);
    may_post(workspace, channel)?;
    let active = workspace.people.get(user).is_some_and(|person| !person.deleted);
    if !active || !workspace.channels[channel].has(user) {
        return Err("user_not_in_channel".into());
    }
    let ts = workspace.whisper(channel, user, content);
    Ok(json!({ "message_ts": ts }))
}

pub(super) fn get_permalink(workspace: &mut Workspace, arguments: &Arguments) -> Answer {
    let (channel, ts) = (arguments.text("channel")?, arguments.text("message_ts")?);
    visible(workspace, channel)?;
    workspace.message(&(channel, ts).into()).ok_or("message_not_found")?;
    let domain = workspace.team_domain();
    let permalink = format!("https://{domain}.slack.com/archives/{channel}/p{}", ts.replace('.', ""));
    Ok(json!({ "channel": channel, "permalink": permalink }))
}

/// The conversation that `chat.postMessage` means, which opens one where it is given a user.
fn conversation(workspace: &mut Workspace, id: &str) -> Result<String, Refusal> {
    if !workspace.people.contains_key(id) {
        return Ok(id.to_owned());
    }
    can_be_written_to(workspace, id)?;
    Ok(workspace.open_direct(id).0)
}

fn may_post(workspace: &Workspace, channel: &str) -> Result<(), Refusal> {
    let channel = visible(workspace, channel)?;
    if !channel.has(&workspace.config.bot_user_id) {
        return Err("not_in_channel".into());
    }
    if channel.is_archived {
        return Err("is_archived".into());
    }
    Ok(())
}

/// What a call says, which must be something. An empty list of blocks means none.
fn content(arguments: &Arguments) -> Result<Content, Refusal> {
    let text = arguments.text("text")?;
    let blocks = arguments.nested("blocks")?.filter(|blocks| *blocks != json!([]));
    if text.is_empty() && blocks.is_none() {
        return Err("no_text".into());
    }
    if text.chars().count() > blocks::LONGEST_TEXT {
        return Err("msg_too_long".into());
    }
    let mut message = json!({ "text": text });
    if let Some(blocks) = blocks {
        message["blocks"] = blocks;
    }
    blocks::check_message(&message).map_err(|faults| Refusal::faults("invalid_blocks", &faults))?;
    Ok(Content::of(&message))
}

/// The metadata of a message: the name of an event, and flat values about it.
fn metadata(arguments: &Arguments) -> Result<Option<Value>, Refusal> {
    let Some(metadata) = arguments.nested("metadata")? else {
        return Ok(None);
    };
    let flat = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    let named = metadata["event_type"].as_str().is_some_and(|name| !name.is_empty());
    let payload = metadata["event_payload"].as_object().is_some_and(|payload| payload.values().all(flat));
    let nothing_else = metadata.as_object().is_some_and(|metadata| metadata.len() == 2);
    if named && payload && nothing_else {
        return Ok(Some(metadata));
    }
    Err("invalid_metadata_format".into())
}
