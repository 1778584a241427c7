//! Health: what this replica reaches and which channels it can use, as last seen in the background.
//!
//! 1. The store is looked at every few seconds: which policy is in force. A replica that has not reached it for a while,
//!    or whose policy is not in force, is not ready.
//! 2. Chat platforms are looked at every minute. One that does not answer degrades a replica, which still serves
//!    browsers.
//! 3. A channel that can no longer be used is reported in the other channel, by one replica where the platform can
//!    search.
//! 4. A channel that refuses posts, and people who cannot be written to, degrade a replica, whatever the platform says
//!    of the channel.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;

use super::{Broker, Ports, Result, policy};
use crate::{
    domain::{
        account::{Account, Conversation, Platform},
        control::Control,
        message::{ChannelTrouble, Message, Purpose},
        policy_in_force::Standing,
        window::Timestamp,
    },
    ports::{Address, Because, Channel, ChatError, Part, StoreError},
};

/// How often the store is looked at.
pub const LOOK_AT_STORE_EVERY: Duration = Duration::from_secs(5);
/// How often chat platforms are looked at.
pub const LOOK_AT_PLATFORMS_EVERY: Duration = Duration::from_secs(60);
/// How long after the store was last reached a replica is ready.
const STORE_REACHED_WITHIN: Duration = Duration::from_secs(17);
/// How far back a report of the same trouble counts if this replica has never seen the channel well.
const TOLD_SINCE: TimeDelta = TimeDelta::hours(1);

/// How many people in a row must be out of reach until it is the platform that is in trouble, and not the people.
const SEVERAL: usize = 2;

/// What was last seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// When the store was last reached, by the process's uptime.
    store_at: Option<Duration>,
    is_store_lost: bool,
    /// What this replica's policy was to the one in force.
    pub(super) policy: Option<Standing>,
    is_policy_stuck: bool,
    is_frozen: bool,
    /// Platforms that did not answer, or whose answer does not fit the configuration.
    platforms: BTreeMap<Platform, Trouble>,
    channels: BTreeMap<(Purpose, Conversation), Watched>,
    /// Channels that refused the last post, with the platform's reason.
    closed: BTreeMap<Conversation, String>,
    /// The last people of a platform whom the app could not write to, one after the other, with the platform's reason.
    unreached: BTreeMap<Platform, (BTreeSet<Account>, String)>,
}

/// What is wrong with a chat platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It does not answer.
    Silent,
    /// It refuses the app.
    Refuses,
    /// The app belongs to another tenant than the configured one.
    OtherTenant,
}

/// A channel, and what this replica knows about it.
#[derive(Clone, Debug, Default)]
struct Watched {
    trouble: Option<ChannelTrouble>,
    well_at: Option<Timestamp>,
    is_told: bool,
}

/// The state of a replica.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Whether the store was reached recently.
    pub reaches_store: bool,
    /// What this replica's policy is to the one in force, if that is known.
    pub policy: Option<Standing>,
    /// Chat platforms in trouble.
    pub platforms: BTreeMap<Platform, Trouble>,
    /// Channels in trouble.
    pub channels: BTreeMap<(Purpose, Conversation), ChannelTrouble>,
    /// Channels that refused the last post, with the platform's reason.
    pub closed: BTreeMap<Conversation, String>,
    /// Platforms that refused direct messages to several people in a row, with the last reason.
    pub unreached: BTreeMap<Platform, String>,
}

impl Broker {
    /// Returns the state of this replica, as last seen.
    pub fn health(&self) -> Health {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.ports.clock.uptime();
        let troubles =
            seen.channels.iter().filter_map(|(which, watched)| Some((which.clone(), watched.trouble?)));
        let unreached = seen.unreached.iter().filter(|(_, (people, _))| people.len() >= SEVERAL);
        let unreached = unreached.map(|(platform, (_, why))| (platform.clone(), why.clone()));
        Health {
            policy: seen.policy.clone(),
            reaches_store: seen.store_at.is_some_and(|at| now.saturating_sub(at) <= STORE_REACHED_WITHIN),
            platforms: seen.platforms.clone(),
            channels: troubles.collect(),
            closed: seen.closed.clone(),
            unreached: unreached.collect(),
        }
    }
}

/// Notes whether a post to a channel or to a person was refused. A platform that does not answer refuses nothing.
pub(super) fn saw_post(broker: &Broker, to: &Address, failed: Option<&ChatError>) {
    let mut seen = broker.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let Seen { closed, unreached, .. } = &mut *seen;
    match (to, failed) {
        (Address::Conversation(channel), None) => drop(closed.remove(channel)),
        (Address::Person(who), None) => drop(unreached.remove(who.platform())),
        (
            Address::Conversation(channel),
            Some(ChatError::Refused { because: Because::Addressee | Because::Other, reason, .. }),
        ) => drop(closed.insert(channel.clone(), reason.clone())),
        (
            Address::Person(who),
            Some(ChatError::Refused { because: Because::Addressee | Because::Other, reason, .. }),
        ) => {
            let (people, why) = unreached.entry(who.platform().clone()).or_default();
            if people.len() < SEVERAL {
                people.insert(who.clone());
            }
            reason.clone_into(why);
        }
        (Address::Thread(_), _)
        | (
            Address::Conversation(_) | Address::Person(_),
            Some(ChatError::Refused { .. } | ChatError::Unavailable { .. } | ChatError::Unsupported { .. }),
        ) => {}
    }
}

/// Looks at the store, and at the policy in force.
pub async fn look_at_store(broker: &Arc<Broker>) {
    let control = broker.ports.store.control().await; // 1
    let followed = match &control {
        Ok(control) => policy::follow(broker, control).await,
        Err(_) => Ok(()),
    };
    note_policy(broker, followed);
    if let Ok(control) = &control {
        note_freeze(broker, control);
    }
    note_store(broker, control.map(drop));
}

/// Logs once that the policy could not be put in force, or not be compared with the one in force.
fn note_policy(broker: &Broker, followed: Result<()>) {
    let mut seen = broker.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let was_stuck = std::mem::replace(&mut seen.is_policy_stuck, followed.is_err());
    if let Err(error) = followed
        && !was_stuck
    {
        tracing::warn!(error = format!("{error:#}"), "policy: not put in force, will retry");
    }
}

/// Logs once that access is frozen, and that it is no longer.
fn note_freeze(broker: &Broker, control: &Control) {
    let is_frozen = control.frozen.is_some();
    let mut seen = broker.seen.lock().unwrap_or_else(PoisonError::into_inner);
    if std::mem::replace(&mut seen.is_frozen, is_frozen) == is_frozen {
        return;
    }
    if is_frozen {
        tracing::warn!(version = control.version, "control: access is frozen, nobody is let in");
    } else {
        tracing::info!(version = control.version, "control: access is thawed");
    }
}

fn note_store(broker: &Broker, reached: Result<(), StoreError>) {
    let Ports { gauges, clock, .. } = &broker.ports;
    gauges.saw_part(Part::Store, reached.is_ok());
    let mut seen = broker.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let was_lost = std::mem::replace(&mut seen.is_store_lost, reached.is_err());
    match reached {
        Ok(()) => {
            seen.store_at = Some(clock.uptime());
            if was_lost {
                tracing::info!("health: store reached again");
            }
        }
        Err(error) if !was_lost => {
            tracing::warn!(error = format!("{:#}", anyhow::Error::from(error)), "health: store unreachable");
        }
        Err(_) => {}
    }
}

/// Looks at all chat platforms and channels.
pub async fn look_at_platforms(broker: &Arc<Broker>) {
    for (platform, home) in &broker.settings.homes {
        look_at_platform(broker, platform).await; // 2
        look_at_channel(broker, Purpose::Review, &home.review_channel).await;
    }
    look_at_channel(broker, Purpose::Audit, &broker.settings.audit_channel).await;
    tell(broker).await; // 3
}

async fn look_at_platform(broker: &Broker, platform: &Platform) {
    let Some(chat) = broker.ports.chats.get(platform) else { return };
    let home = &broker.settings.homes[platform];
    let found = match chat.directory.identify().await {
        Ok(workspace) if workspace.tenant != home.tenant => Err((Trouble::OtherTenant, None)),
        Ok(workspace) => {
            home.name.learn(workspace.name);
            Ok(())
        }
        Err(error @ ChatError::Unavailable { .. }) => Err((Trouble::Silent, Some(error))),
        Err(error @ (ChatError::Refused { .. } | ChatError::Unsupported { .. })) => {
            Err((Trouble::Refuses, Some(error)))
        }
    };
    broker.ports.gauges.saw_part(Part::Platform, found.is_ok());
    let mut seen = broker.seen.lock().unwrap_or_else(PoisonError::into_inner);
    match found {
        Ok(()) => {
            if seen.platforms.remove(platform).is_some() {
                tracing::info!(%platform, "health: platform reached again");
            }
        }
        Err((trouble, error)) => {
            if seen.platforms.insert(platform.clone(), trouble) != Some(trouble) {
                let error = error.map(|error| error.to_string());
                tracing::warn!(%platform, ?trouble, error, "health: platform in trouble");
            }
        }
    }
}

/// Looks at one channel. What the platform does not answer changes nothing.
async fn look_at_channel(broker: &Broker, purpose: Purpose, channel: &Conversation) {
    let Some(chat) = broker.ports.chats.get(channel.platform()) else { return };
    let trouble = match chat.directory.channel(channel).await {
        Ok(found) => trouble_of(&found),
        Err(ChatError::Refused { because: Because::Addressee, .. }) => Some(ChannelTrouble::Missing),
        Err(ChatError::Refused { .. } | ChatError::Unavailable { .. } | ChatError::Unsupported { .. }) => {
            return;
        }
    };
    broker.ports.gauges.saw_part(Part::Channel(purpose), trouble.is_none());
    let now = broker.ports.clock.now();
    let mut seen = broker.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let watched = seen.channels.entry((purpose, channel.clone())).or_default();
    let before = std::mem::replace(&mut watched.trouble, trouble);
    let id = channel.id();
    match (before, trouble) {
        (before, Some(trouble)) if before != Some(trouble) => {
            watched.is_told = false;
            tracing::error!(?purpose, channel = id, ?trouble, "health: channel cannot be used");
        }
        (Some(_), None) => tracing::info!(?purpose, channel = id, "health: channel can be used again"),
        (Some(_), Some(_)) | (None, None | Some(_)) => {}
    }
    if trouble.is_none() {
        watched.well_at = Some(now);
    }
}

/// Returns why a channel cannot be used, if it cannot.
#[must_use]
pub fn trouble_of(channel: &Channel) -> Option<ChannelTrouble> {
    let Channel { name: _, is_member, is_shared_outside, is_archived } = channel;
    match (is_archived, is_shared_outside, is_member) {
        (true, _, _) => Some(ChannelTrouble::Archived),
        (false, true, _) => Some(ChannelTrouble::Shared),
        (false, false, false) => Some(ChannelTrouble::Left),
        (false, false, true) => None,
    }
}

/// Reports each trouble of a channel in the other one, until a report succeeds.
async fn tell(broker: &Broker) {
    let now = broker.ports.clock.now();
    let untold: Vec<_> = {
        let seen = broker.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let untold = seen.channels.iter().filter(|(_, watched)| !watched.is_told);
        untold
            .filter_map(|(which, watched)| Some((which.clone(), watched.trouble?, watched.well_at)))
            .collect()
    };
    for ((purpose, channel), trouble, well_at) in untold {
        let message = Message::ChannelTrouble { channel: channel.clone(), purpose, trouble };
        let since = well_at.unwrap_or(now - TOLD_SINCE);
        let others: Vec<_> = match purpose {
            Purpose::Review => vec![&broker.settings.audit_channel],
            Purpose::Audit => broker.settings.homes.values().map(|home| &home.review_channel).collect(),
        };
        let mut is_told = false;
        for other in others {
            match tell_in(broker, other, &message, since).await {
                Ok(()) => is_told = true,
                Err(error) => {
                    let error = format!("{:#}", anyhow::Error::from(error));
                    tracing::warn!(channel = other.id(), error, "health: trouble could not be reported");
                }
            }
        }
        let mut seen = broker.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watched) = seen.channels.get_mut(&(purpose, channel)) {
            watched.is_told = is_told;
        }
    }
}

/// Posts a report, unless another replica has.
async fn tell_in(
    broker: &Broker,
    channel: &Conversation,
    message: &Message,
    since: Timestamp,
) -> Result<(), ChatError> {
    let messenger = &broker.chat(channel.platform())?.messenger;
    let told = messenger.find(channel, message, since).await.unwrap_or_default();
    if told.is_some() {
        return Ok(());
    }
    broker.post(&Address::Conversation(channel.clone()), message).await.map(drop)
}
