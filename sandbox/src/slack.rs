//! A Slack workspace: its Web API, its people and what they see, the requests it sends to the bot, and how its people
//! sign in elsewhere.
//!
//! Where Slack is lenient this workspace refuses: an unknown argument, a misspelled field of a block, an
//! unescaped `<` or an invisible button is a fault of the bot and is reported as one.

mod actor;
pub mod blocks;
mod conversation;
mod dispatch;
mod emitted;
mod events;
mod form;
mod mrkdwn;
mod payload;
mod person;
pub mod render;
mod response_url;
mod sign_in;
mod socket;
#[cfg(test)]
mod tests;
mod view;
mod web_api;
mod wire;
mod workspace;

use std::{
    io,
    net::SocketAddr,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::Router;
use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::{
    call_log::CallLog,
    clock::Clock,
    http::{self, Control},
};

pub use actor::{Actor, Pressed, Submission, Submitted};
pub use conversation::{Channel, Ephemeral, Message, Place};
use dispatch::Installed;
pub use emitted::Emitted;
pub use person::Person;
use sign_in::SignIns;
pub use socket::Disconnect;
use socket::Sockets;
pub use view::View;
pub use wire::{Ack, Delivery, Failure, signature};
use workspace::Workspace;

/// What a workspace is called, and what it and the bot know of each other.
#[derive(Clone, Debug)]
pub struct SlackConfig {
    /// The time in the workspace.
    pub clock: Clock,
    /// The port on loopback; 0 takes any free one.
    pub port: u16,
    /// The workspace's id, such as `T0123456`.
    pub team_id: String,
    /// The workspace's name; its domain is made of it.
    pub team_name: String,
    /// The token that the bot must bring along with every call.
    pub bot_token: String,
    /// The bot's own user.
    pub bot_user_id: String,
    /// The token with which the bot opens Socket Mode connections.
    pub app_token: String,
    /// The secret with which requests to the bot are signed.
    pub signing_secret: String,
    /// The app's id, such as `A0123456`.
    pub app_id: String,
    /// The app's id as a client of Sign in with Slack.
    pub client_id: String,
    /// The secret that goes with it.
    pub client_secret: String,
}

/// A running workspace; clones are handles on the same one.
#[derive(Clone, Debug)]
pub struct Slack(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: SlackConfig,
    address: SocketAddr,
    control: Control,
    client: reqwest::Client,
    workspace: Mutex<Workspace>,
    installed: Mutex<Installed>,
    sockets: Mutex<Sockets>,
    sign_ins: Mutex<SignIns>,
    last_sent: Mutex<Option<Delivery>>,
    /// The log of deliveries to the bot.
    told: Mutex<Option<CallLog>>,
    changes: watch::Sender<u64>,
}

/// What there was in a workspace at some moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    workspace: Workspace,
    sign_ins: SignIns,
}

impl Slack {
    /// Starts a workspace that has the bot, but no people and no channels.
    ///
    /// # Errors
    /// When the port is taken, or no HTTP client can be made.
    pub async fn start(config: SlackConfig) -> io::Result<Self> {
        Self::start_beside(config, |_| Router::new()).await
    }

    /// Starts as [`Slack::start`] does, and serves on the same port what `beside` makes.
    ///
    /// # Errors
    /// When the port is taken, or no HTTP client can be made.
    pub async fn start_beside(config: SlackConfig, beside: impl FnOnce(Self) -> Router) -> io::Result<Self> {
        let (listener, address) = http::listen(config.port).await?;
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([]) // it speaks to loopback alone, and to read the machine's roots takes a while
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(io::Error::other)?;
        let slack = Self(Arc::new(Inner {
            workspace: Mutex::new(Workspace::new(config.clone(), format!("http://{address}"))),
            config,
            address,
            control: Control::default(),
            client,
            installed: Mutex::default(),
            sockets: Mutex::default(),
            sign_ins: Mutex::default(),
            last_sent: Mutex::default(),
            told: Mutex::default(),
            changes: watch::Sender::new(0),
        }));
        let own = web_api::router(slack.clone()).merge(sign_in::router(slack.clone()));
        http::serve(listener, beside(slack.clone()).merge(own));
        Ok(slack)
    }

    /// Where the workspace is, such as `http://127.0.0.1:8000`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// The base of the Web API, to which a client appends `/chat.postMessage`.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("{}/api", self.url())
    }

    /// Faults, latency and the calls seen, by method name; posts to a response URL are `response_url`.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.0.control
    }

    /// Adds a person, or replaces the one with the same id.
    pub fn add_person(&self, person: Person) {
        self.workspace().people.insert(person.id.clone(), person);
    }

    /// The account with this id.
    #[must_use]
    pub fn account(&self, id: &str) -> Option<Person> {
        self.workspace().people.get(id).cloned()
    }

    /// Changes a person.
    ///
    /// # Panics
    /// When there is no such person.
    pub fn update_person(&self, id: &str, change: impl FnOnce(&mut Person)) {
        change(self.workspace().people.get_mut(id).expect("a person is added before they are changed"));
    }

    /// Adds a channel, or replaces the one with the same id.
    pub fn add_channel(&self, channel: Channel) {
        self.workspace().channels.insert(channel.id.clone(), channel);
    }

    /// The channel with this id.
    #[must_use]
    pub fn channel(&self, id: &str) -> Option<Channel> {
        self.workspace().channels.get(id).cloned()
    }

    /// The channels that a person is in, their direct messages with the bot among them.
    #[must_use]
    pub fn channels_of(&self, user: &str) -> Vec<Channel> {
        self.workspace().channels.values().filter(|channel| channel.has(user)).cloned().collect()
    }

    /// Changes a channel.
    ///
    /// # Panics
    /// When there is no such channel.
    pub fn update_channel(&self, id: &str, change: impl FnOnce(&mut Channel)) {
        change(self.workspace().channels.get_mut(id).expect("a channel is added before it is changed"));
    }

    /// Refuses a method with an error from now on: all of its calls, or those about a channel or a user.
    pub fn refuse(&self, method: &str, about: Option<&str>, error: &'static str) {
        self.workspace().refusals.push((method.to_owned(), about.map(ToOwned::to_owned), error));
    }

    /// Ends what [`Slack::refuse`] has begun.
    pub fn refuse_nothing(&self) {
        self.workspace().refusals.clear();
    }

    /// Somebody who acts: types, presses, submits.
    #[must_use]
    pub fn person(&self, id: &str) -> Actor {
        Actor::new(self.clone(), id)
    }

    /// What stands in a channel, oldest first.
    #[must_use]
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        self.workspace().messages.iter().filter(|message| message.channel == channel).cloned().collect()
    }

    /// The id of the direct messages between a person and the bot, opened by the person if they were not.
    #[must_use]
    pub fn direct_channel(&self, user: &str) -> String {
        self.workspace().open_direct(user).0
    }

    /// What stands in a person's direct messages with the bot, oldest first.
    #[must_use]
    pub fn direct_messages(&self, user: &str) -> Vec<Message> {
        self.messages(&conversation::direct_id(user))
    }

    /// What only this person sees, in any channel, oldest first.
    #[must_use]
    pub fn ephemerals(&self, user: &str) -> Vec<Ephemeral> {
        self.workspace().ephemerals.iter().filter(|ephemeral| ephemeral.user == user).cloned().collect()
    }

    /// The modals that are open in front of a person, the topmost last.
    #[must_use]
    pub fn open_views(&self, user: &str) -> Vec<View> {
        self.workspace().modals.iter().filter(|view| view.user == user).cloned().collect()
    }

    /// The Home tab that the bot has published for a person.
    #[must_use]
    pub fn home(&self, user: &str) -> Option<View> {
        self.workspace().homes.get(user).cloned()
    }

    /// Everything the bot has said and shown so far.
    #[must_use]
    pub fn emitted(&self) -> Emitted {
        self.workspace().emitted.clone()
    }

    /// Every secret handed out, sent or agreed on: the app's tokens, the signing secret, signatures, tickets of Socket
    /// Mode, and what response URLs end in.
    #[must_use]
    pub fn secrets_issued(&self) -> Vec<String> {
        let SlackConfig { bot_token, app_token, signing_secret, .. } = &self.0.config;
        let agreed = [bot_token, app_token, signing_secret].map(String::clone);
        agreed.into_iter().chain(self.workspace().secrets.clone()).collect()
    }

    /// Restarts the person's client: ephemeral messages and open modals disappear.
    pub fn reload(&self, user: &str) {
        let mut workspace = self.workspace();
        workspace.ephemerals.retain(|ephemeral| ephemeral.user != user);
        workspace.modals.retain(|view| view.user != user);
    }

    /// Somebody deletes a message.
    pub fn delete_message(&self, channel: &str, ts: &str) {
        self.workspace().messages.retain(|message| message.channel != channel || message.ts != ts);
    }

    /// Forgets what was said before `moment`, as a workspace does whose messages are kept for so long only, with what
    /// was handed out before it to act on. What the bot has [emitted](Slack::emitted), and
    /// [secrets](Slack::secrets_issued), are recorded from here on.
    pub fn forget_before(&self, moment: DateTime<Utc>) {
        self.workspace().forget_before(moment);
    }

    /// A message comes to show something else than the bot has said, as it might to a tampered client.
    pub fn tamper_with_message(&self, channel: &str, ts: &str, blocks: Vec<serde_json::Value>) {
        for message in &mut self.workspace().messages {
            if message.channel == channel && message.ts == ts {
                message.blocks.clone_from(&blocks);
            }
        }
    }

    /// How this person sees texts: by which names, in which time zone.
    #[must_use]
    pub fn viewer(&self, user: &str) -> render::Viewer {
        self.workspace().viewer(user)
    }

    /// Hears whenever something in the workspace may have changed.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot { workspace: self.workspace().clone(), sign_ins: lock(&self.0.sign_ins).clone() }
    }

    /// Connections of Socket Mode stay as they are.
    pub(crate) fn restore(&self, snapshot: &Snapshot) {
        *self.workspace() = snapshot.workspace.clone();
        *lock(&self.0.sign_ins) = snapshot.sign_ins.clone();
    }

    fn workspace(&self) -> Open<'_> {
        Open { workspace: lock(&self.0.workspace), changes: &self.0.changes, is_changed: false }
    }
}

/// The workspace, for reading or changing; listeners are notified of a change.
struct Open<'a> {
    workspace: MutexGuard<'a, Workspace>,
    changes: &'a watch::Sender<u64>,
    is_changed: bool,
}

impl Deref for Open<'_> {
    type Target = Workspace;

    fn deref(&self) -> &Workspace {
        &self.workspace
    }
}

impl DerefMut for Open<'_> {
    fn deref_mut(&mut self) -> &mut Workspace {
        self.is_changed = true;
        &mut self.workspace
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if self.is_changed {
            self.changes.send_modify(|changes| *changes += 1);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
