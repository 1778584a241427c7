//! `conversations.*`: what the bot reads about conversations, and how it opens one.

use serde_json::{Value, json};

use super::{Answer, Refusal, arguments::Arguments};
use crate::slack::{
    conversation::{Channel, Message},
    workspace::Workspace,
};

/// How many messages one page of a history has, unless the call says.
const MESSAGES_ON_A_PAGE: usize = 100;

pub(super) fn info(workspace: &mut Workspace, arguments: &Arguments) -> Answer {
    let channel = visible(workspace, arguments.text("channel")?)?;
    let mut json = workspace.channel_json(channel);
    if arguments.flag("include_num_members")? {
        json["num_members"] = json!(channel.members.len());
    }
    if arguments.flag("include_locale")? {
        json["locale"] = json!("en-US");
    }
    Ok(json!({ "channel": json }))
}

pub(super) fn open(workspace: &mut Workspace, arguments: &Arguments) -> Answer {
    let users = arguments.names("users")?;
    let [user] = users.as_slice() else {
        return Err("too_many_users".into());
    };
    can_be_written_to(workspace, user)?;
    let (id, already_open) = workspace.open_direct(user);
    let channel = if arguments.flag("return_im")? {
        workspace.channel_json(&workspace.channels[&id])
    } else {
        json!({ "id": id })
    };
    let mut answer = json!({ "channel": channel });
    if already_open {
        answer["no_op"] = json!(true);
        answer["already_open"] = json!(true);
    }
    Ok(answer)
}

pub(super) fn history(workspace: &mut Workspace, arguments: &Arguments) -> Answer {
    let id = arguments.text("channel")?;
    let channel = visible(workspace, id)?;
    if !channel.has(&workspace.config.bot_user_id) {
        return Err("not_in_channel".into());
    }
    let page = Page::read(arguments)?;
    let mut found: Vec<&Message> = workspace
        .messages
        .iter()
        .rev()
        .filter(|message| message.channel == id && message.thread_ts.is_none() && page.covers(&message.ts))
        .collect();
    let next = found.get(page.limit).map_or_else(String::new, |message| message.ts.clone());
    found.truncate(page.limit);

    let with_metadata = arguments.flag("include_all_metadata")?;
    let messages: Vec<Value> =
        found.into_iter().map(|message| history_json(workspace, message, with_metadata)).collect();
    Ok(json!({
        "messages": messages,
        "has_more": !next.is_empty(),
        "pin_count": 0,
        "response_metadata": { "next_cursor": next },
    }))
}

fn history_json(workspace: &Workspace, message: &Message, with_metadata: bool) -> Value {
    let mut json = workspace.message_json(message);
    if let (Some(json), false) = (json.as_object_mut(), with_metadata) {
        json.remove("metadata");
    }
    json
}

/// Which part of a history is asked for.
struct Page<'a> {
    oldest: &'a str,
    latest: &'a str,
    inclusive: bool,
    /// The newest message of this page, where it is not the first one.
    cursor: &'a str,
    limit: usize,
}

impl<'a> Page<'a> {
    fn read(arguments: &'a Arguments) -> Result<Self, Refusal> {
        let limit = arguments.number("limit")?.unwrap_or(MESSAGES_ON_A_PAGE);
        if !(1..=999).contains(&limit) {
            return Err("invalid_limit".into());
        }
        Ok(Self {
            oldest: arguments.text("oldest")?,
            latest: arguments.text("latest")?,
            inclusive: arguments.flag("inclusive")?,
            cursor: arguments.text("cursor")?,
            limit,
        })
    }

    fn covers(&self, ts: &str) -> bool {
        let is_end = ts == self.oldest || ts == self.latest;
        let after = self.oldest.is_empty() || ts > self.oldest;
        let before = self.latest.is_empty() || ts < self.latest;
        let on_this_page = self.cursor.is_empty() || ts <= self.cursor;
        on_this_page && if is_end { self.inclusive } else { after && before }
    }
}

/// A conversation that the bot may know of: a private one only where it is a member.
pub(super) fn visible<'a>(workspace: &'a Workspace, id: &str) -> Result<&'a Channel, Refusal> {
    workspace
        .channels
        .get(id)
        .filter(|channel| !channel.is_private || channel.has(&workspace.config.bot_user_id))
        .ok_or_else(|| "channel_not_found".into())
}

/// Refuses a user to whom the bot cannot write.
pub(super) fn can_be_written_to(workspace: &Workspace, user: &str) -> Result<(), Refusal> {
    let person = workspace.people.get(user).ok_or("user_not_found")?;
    match (person.is_bot, person.deleted) {
        (true, _) => Err("cannot_dm_bot".into()),
        (false, true) => Err("user_disabled".into()),
        (false, false) => Ok(()),
    }
}
