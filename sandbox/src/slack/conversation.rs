//! Channels and direct messages, and what is posted there.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::workspace::Workspace;

/// A channel; a direct message with the bot is one as well.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Channel {
    /// The id, such as `C0REVIEW`.
    pub id: String,
    /// The name, without `#`.
    pub name: String,
    /// Whether only its members know of it.
    pub is_private: bool,
    /// Whether people of other workspaces are in it.
    pub is_ext_shared: bool,
    /// Whether it is closed for good.
    pub is_archived: bool,
    /// The ids of those in it, people and bots alike.
    pub members: BTreeSet<String>,
}

impl Channel {
    /// Whether this user is a member.
    #[must_use]
    pub fn has(&self, user: &str) -> bool {
        self.members.contains(user)
    }

    /// Whether these are a person's direct messages with the bot.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        self.id.starts_with('D')
    }

    /// The name as payloads give it, which keeps the names of private conversations to itself.
    pub(super) fn name_in_payloads(&self) -> &str {
        match (self.is_direct(), self.is_private) {
            (true, _) => "directmessage",
            (false, true) => "privategroup",
            (false, false) => &self.name,
        }
    }
}

/// The id of the direct messages between a user and the bot.
pub(super) fn direct_id(user: &str) -> String {
    format!("D{user}")
}

/// A message that everybody in its channel sees.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// The channel it stands in.
    pub channel: String,
    /// Its timestamp, which is its name within the channel.
    pub ts: String,
    /// Who posted it.
    pub user: String,
    /// The text; the fallback where there are blocks.
    pub text: String,
    /// The blocks, each with a `block_id`.
    pub blocks: Vec<Value>,
    /// What the bot has attached for itself.
    pub metadata: Option<Value>,
    /// The message it replies to.
    pub thread_ts: Option<String>,
    /// When it was last edited.
    pub edited: Option<DateTime<Utc>>,
    /// How often it was edited.
    pub edits: u32,
}

impl Message {
    /// A name that no other message or ephemeral has and that no edit changes.
    /// Who has seen this `key` with these `edits` has nothing left to read.
    #[must_use]
    pub fn key(&self) -> String {
        key(&self.channel, &self.ts)
    }
}

/// A message that one person sees until they reload.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ephemeral {
    /// The channel it appears in.
    pub channel: String,
    /// The one who sees it.
    pub user: String,
    /// Its timestamp.
    pub ts: String,
    /// The text; the fallback where there are blocks.
    pub text: String,
    /// The blocks, each with a `block_id`.
    pub blocks: Vec<Value>,
    /// When it appeared.
    pub posted_at: DateTime<Utc>,
    /// How often it was replaced through a response URL.
    pub edits: u32,
}

impl Ephemeral {
    /// A name that no other message or ephemeral has and that no edit changes.
    #[must_use]
    pub fn key(&self) -> String {
        key(&self.channel, &self.ts)
    }
}

fn key(channel: &str, ts: &str) -> String {
    format!("{channel}/{ts}")
}

/// Where a message or an ephemeral stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The channel's id.
    pub channel: String,
    /// The timestamp.
    pub ts: String,
}

impl From<&Message> for Place {
    fn from(message: &Message) -> Self {
        (message.channel.as_str(), message.ts.as_str()).into()
    }
}

impl From<&Ephemeral> for Place {
    fn from(ephemeral: &Ephemeral) -> Self {
        (ephemeral.channel.as_str(), ephemeral.ts.as_str()).into()
    }
}

impl From<(&str, &str)> for Place {
    fn from((channel, ts): (&str, &str)) -> Self {
        Self { channel: channel.to_owned(), ts: ts.to_owned() }
    }
}

/// What is said, wherever it goes.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) text: String,
    pub(super) blocks: Vec<Value>,
}

impl Content {
    /// What a message says that was found without fault.
    pub(super) fn of(message: &Value) -> Self {
        Self {
            text: message["text"].as_str().unwrap_or_default().to_owned(),
            blocks: message["blocks"].as_array().cloned().unwrap_or_default(),
        }
    }
}

impl Workspace {
    /// Posts a message of `user`.
    pub(super) fn post(&mut self, channel: &str, user: &str, content: Content) -> &mut Message {
        if user == self.config.bot_user_id {
            self.emitted.note_message(&content);
        }
        let message = Message {
            channel: channel.to_owned(),
            ts: self.next_ts(),
            user: user.to_owned(),
            text: content.text,
            blocks: self.with_block_ids(content.blocks),
            metadata: None,
            thread_ts: None,
            edited: None,
            edits: 0,
        };
        self.messages.push_mut(message)
    }

    /// Shows something to one person and hands back its timestamp.
    pub(super) fn whisper(&mut self, channel: &str, user: &str, content: Content) -> String {
        self.emitted.note_message(&content);
        let ts = self.next_ts();
        let ephemeral = Ephemeral {
            channel: channel.to_owned(),
            user: user.to_owned(),
            ts: ts.clone(),
            text: content.text,
            blocks: self.with_block_ids(content.blocks),
            posted_at: self.now(),
            edits: 0,
        };
        self.ephemerals.push(ephemeral);
        ts
    }

    /// Changes what a message says.
    pub(super) fn edit(&mut self, place: &Place, content: Content) -> Option<&mut Message> {
        self.emitted.note_message(&content);
        let now = self.now();
        let blocks = self.with_block_ids(content.blocks);
        let message = self.messages.iter_mut().find(|message| Place::from(&**message) == *place)?;
        message.text = content.text;
        message.blocks = blocks;
        message.edited = Some(now);
        message.edits += 1;
        Some(message)
    }

    /// Replaces what one person sees.
    pub(super) fn replace_ephemeral(&mut self, place: &Place, content: Content) -> Option<&mut Ephemeral> {
        self.emitted.note_message(&content);
        let blocks = self.with_block_ids(content.blocks);
        let ephemeral = self.ephemerals.iter_mut().find(|ephemeral| Place::from(&**ephemeral) == *place)?;
        ephemeral.text = content.text;
        ephemeral.blocks = blocks;
        ephemeral.edits += 1;
        Some(ephemeral)
    }

    pub(super) fn message(&self, place: &Place) -> Option<&Message> {
        self.messages.iter().find(|message| Place::from(*message) == *place)
    }

    pub(super) fn ephemeral(&self, place: &Place) -> Option<&Ephemeral> {
        self.ephemerals.iter().find(|ephemeral| Place::from(*ephemeral) == *place)
    }

    /// Gives every block that came without one a `block_id`, as Slack does.
    pub(super) fn with_block_ids(&mut self, mut blocks: Vec<Value>) -> Vec<Value> {
        for block in blocks.iter_mut().filter_map(Value::as_object_mut) {
            if !block.contains_key("block_id") {
                block.insert("block_id".to_owned(), json!(format!("auto-{}", self.next_number())));
            }
        }
        blocks
    }

    /// The conversation with a user, opened where it was not; says whether it was open already.
    pub(super) fn open_direct(&mut self, user: &str) -> (String, bool) {
        let id = direct_id(user);
        let members = BTreeSet::from([user.to_owned(), self.config.bot_user_id.clone()]);
        let direct = Channel { id: id.clone(), is_private: true, members, ..Channel::default() };
        let already_open = self.channels.contains_key(&id);
        self.channels.entry(id.clone()).or_insert(direct);
        (id, already_open)
    }

    pub(super) fn message_json(&self, message: &Message) -> Value {
        let mut json = json!({
            "type": "message",
            "user": message.user,
            "ts": message.ts,
            "text": message.text,
            "team": self.config.team_id,
        });
        if message.user == self.config.bot_user_id {
            json["bot_id"] = json!(self.bot_id());
            json["app_id"] = json!(self.config.app_id);
        }
        if !message.blocks.is_empty() {
            json["blocks"] = json!(message.blocks);
        }
        if let Some(metadata) = &message.metadata {
            json["metadata"] = metadata.clone();
        }
        if let Some(thread_ts) = &message.thread_ts {
            json["thread_ts"] = json!(thread_ts);
        }
        if let Some(edited) = message.edited {
            json["edited"] = json!({ "user": message.user, "ts": format!("{}.000000", edited.timestamp()) });
        }
        json
    }

    pub(super) fn channel_json(&self, channel: &Channel) -> Value {
        let direct = channel.is_direct();
        let mut json = json!({
            "id": channel.id,
            "created": 1_700_000_000,
            "is_archived": channel.is_archived,
            "is_im": direct,
            "is_org_shared": false,
            "context_team_id": self.config.team_id,
            "updated": 1_700_000_000_000_i64,
        });
        let more = if direct { self.direct_json(channel) } else { self.named_channel_json(channel) };
        if let (Value::Object(json), Value::Object(more)) = (&mut json, more) {
            json.extend(more);
        }
        json
    }

    fn direct_json(&self, channel: &Channel) -> Value {
        let other = channel.members.iter().find(|member| **member != self.config.bot_user_id);
        json!({ "user": other, "is_user_deleted": false, "is_open": true, "priority": 0 })
    }

    fn named_channel_json(&self, channel: &Channel) -> Value {
        json!({
            "name": channel.name,
            "name_normalized": channel.name,
            "is_channel": !channel.is_private,
            "is_group": channel.is_private,
            "is_private": channel.is_private,
            "is_mpim": false,
            "is_general": false,
            "is_shared": channel.is_ext_shared,
            "is_ext_shared": channel.is_ext_shared,
            "is_pending_ext_shared": false,
            "is_member": channel.has(&self.config.bot_user_id),
            "creator": self.config.bot_user_id,
            "topic": { "value": "", "creator": "", "last_set": 0 },
            "purpose": { "value": "", "creator": "", "last_set": 0 },
        })
    }
}
