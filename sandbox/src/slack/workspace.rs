//! The state of a workspace, and the ids it generates.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, Offset, TimeDelta, Utc};
use serde_json::Value;

use super::{
    SlackConfig,
    conversation::{Channel, Ephemeral, Message, Place},
    emitted::Emitted,
    person::Person,
    render::Viewer,
    response_url::ResponseUrl,
    view::View,
};
use crate::random::random_token;

/// How long a Socket Mode connection can be opened with a ticket.
const TICKET_LIVES: TimeDelta = TimeDelta::seconds(30);
/// How long a trigger opens a modal.
const TRIGGER_LIVES: TimeDelta = TimeDelta::seconds(3);

/// The state of a workspace.
#[derive(Clone, Debug)]
pub(super) struct Workspace {
    pub(super) config: SlackConfig,
    origin: String,
    pub(super) people: BTreeMap<String, Person>,
    pub(super) channels: BTreeMap<String, Channel>,
    pub(super) messages: Vec<Message>,
    pub(super) ephemerals: Vec<Ephemeral>,
    /// Open modals, the topmost last.
    pub(super) modals: Vec<View>,
    /// Home tabs by user.
    pub(super) homes: BTreeMap<String, View>,
    /// Options that the bot has offered, by view and action.
    pub(super) loaded_options: BTreeMap<(String, String), Vec<Value>>,
    pub(super) response_urls: BTreeMap<String, ResponseUrl>,
    pub(super) emitted: Emitted,
    /// Methods that are refused with an error: all calls of one, or those about one channel or user.
    pub(super) refusals: Vec<(String, Option<String>, &'static str)>,
    /// Whatever was handed out or sent that opens something.
    pub(super) secrets: Vec<String>,
    triggers: BTreeMap<String, Trigger>,
    /// When tickets for Socket Mode connections were issued.
    tickets: BTreeMap<String, DateTime<Utc>>,
    /// Microseconds of the last timestamp given out.
    last_stamp: i64,
    last_number: u64,
}

/// Lets the bot respond to a person's act with a modal.
#[derive(Clone, Debug)]
struct Trigger {
    user: String,
    issued_at: DateTime<Utc>,
    used: bool,
}

impl Workspace {
    pub(super) fn new(config: SlackConfig, origin: String) -> Self {
        let bot = Person {
            id: config.bot_user_id.clone(),
            team_id: config.team_id.clone(),
            name: "elevate".to_owned(),
            real_name: "elevate".to_owned(),
            is_bot: true,
            ..Person::default()
        };
        Self {
            config,
            origin,
            people: BTreeMap::from([(bot.id.clone(), bot)]),
            channels: BTreeMap::new(),
            messages: Vec::new(),
            ephemerals: Vec::new(),
            modals: Vec::new(),
            homes: BTreeMap::new(),
            loaded_options: BTreeMap::new(),
            response_urls: BTreeMap::new(),
            emitted: Emitted::default(),
            secrets: Vec::new(),
            triggers: BTreeMap::new(),
            tickets: BTreeMap::new(),
            last_stamp: 0,
            refusals: Vec::new(),
            last_number: 0,
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.config.clock.now()
    }

    /// The id of the bot, which is not the id of its user.
    pub(super) fn bot_id(&self) -> String {
        format!("B{}", self.config.bot_user_id)
    }

    /// The workspace's domain below `slack.com`.
    pub(super) fn team_domain(&self) -> String {
        let name = self.config.team_name.to_lowercase();
        name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' }).collect()
    }

    /// A number that was never given out before.
    pub(super) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// A timestamp later than all before it, even when the clock stands or goes back.
    pub(super) fn next_ts(&mut self) -> String {
        let now = self.now().timestamp() * 1_000_000;
        self.last_stamp = self.last_stamp.max(now) + 100;
        format!("{}.{:06}", self.last_stamp / 1_000_000, self.last_stamp % 1_000_000)
    }

    /// A trigger for what this person has just done.
    pub(super) fn issue_trigger(&mut self, user: &str) -> String {
        let number = self.next_number();
        let id = format!("{:013}.{:010}.{number:032x}", number, self.now().timestamp());
        let trigger = Trigger { user: user.to_owned(), issued_at: self.now(), used: false };
        self.triggers.insert(id.clone(), trigger);
        id
    }

    /// Uses a trigger up and says whose it was, or how Slack calls what is wrong with it.
    pub(super) fn exchange_trigger(&mut self, id: &str) -> Result<String, &'static str> {
        let now = self.now();
        let trigger = self.triggers.get_mut(id).ok_or("invalid_trigger_id")?;
        if trigger.used {
            return Err("exchanged_trigger_id");
        }
        if now - trigger.issued_at > TRIGGER_LIVES {
            return Err("expired_trigger_id");
        }
        trigger.used = true;
        Ok(trigger.user.clone())
    }

    /// A URL with which the bot can answer this person in this channel, and change what stands at `original`.
    pub(super) fn issue_response_url(
        &mut self,
        user: &str,
        channel: &str,
        original: Option<Place>,
    ) -> String {
        let opaque = random_token();
        self.secrets.push(opaque.clone());
        let url = format!("{}/response/{opaque}", self.origin);
        self.response_urls.insert(opaque, ResponseUrl::new(user, channel, original, self.now()));
        url
    }

    /// A URL at which one Socket Mode connection can be opened.
    pub(super) fn issue_socket_url(&mut self) -> String {
        let ticket = random_token();
        let host = self.origin.trim_start_matches("http://");
        let url = format!("ws://{host}/link/?ticket={ticket}&app_id={}", self.config.app_id);
        self.tickets.insert(ticket.clone(), self.now());
        self.secrets.push(ticket);
        url
    }

    /// Uses a ticket up, or says what is wrong with it.
    pub(super) fn use_ticket(&mut self, ticket: &str) -> Result<(), &'static str> {
        let issued_at = self.tickets.remove(ticket).ok_or("the ticket is unknown, or was used")?;
        if self.now() - issued_at > TICKET_LIVES {
            return Err("the ticket has expired");
        }
        Ok(())
    }

    pub(super) fn forget_before(&mut self, moment: DateTime<Utc>) {
        let first_kept = format!("{}.000000", moment.timestamp());
        self.messages.retain(|message| message.ts >= first_kept);
        self.ephemerals.retain(|ephemeral| ephemeral.ts >= first_kept);
        self.response_urls.retain(|_, url| !url.is_older_than(moment));
        self.triggers.retain(|_, trigger| trigger.issued_at >= moment);
        (self.emitted, self.secrets) = Default::default();
    }

    pub(super) fn viewer(&self, user: &str) -> Viewer {
        let seconds_east = self.people.get(user).map_or(0, |person| person.tz_offset);
        Viewer {
            zone: FixedOffset::east_opt(seconds_east).unwrap_or(Utc.fix()),
            now: self.now(),
            names: self.names(),
            shows_action_ids: false,
        }
    }

    /// What ids of people and channels stand for.
    fn names(&self) -> BTreeMap<String, String> {
        let people = self.people.values().map(|person| (person.id.clone(), person.real_name.clone()));
        let channels = self.channels.values().map(|channel| (channel.id.clone(), channel.name.clone()));
        people.chain(channels).collect()
    }
}
