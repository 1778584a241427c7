//! What Slack sends to the bot, and how: to the URL where the bot listens, or through Socket Mode.

use serde_json::{Map, Value, json};

use super::{
    Slack, lock,
    wire::{Ack, Delivery, Failure},
};
use crate::call_log::{CallLog, Party};

/// Where the bot is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Installed {
    /// Nowhere.
    #[default]
    Nowhere,
    /// It listens below this URL.
    At(String),
    /// It holds connections open.
    Socket,
}

/// One delivery from Slack to the bot.
pub(super) enum Dispatch<'a> {
    Command(Vec<(&'static str, String)>),
    Interaction(&'a Value),
    Event {
        body: &'a Value,
        /// How often it was sent before, and the outcome of the last time.
        retry: Option<(u32, &'static str)>,
    },
}

impl Slack {
    /// Says where the bot listens: commands, interactions and events go to paths below `bot_url`.
    pub fn install(&self, bot_url: &str) {
        *lock(&self.0.installed) = Installed::At(bot_url.trim_end_matches('/').to_owned());
    }

    /// Switches Socket Mode on: commands, interactions and events go to a connection that the bot has opened.
    pub fn install_socket(&self) {
        *lock(&self.0.installed) = Installed::Socket;
    }

    /// Records in `call_log` the bot's calls and the deliveries to it.
    pub fn watch(&self, call_log: &CallLog) {
        self.0.control.watch(call_log, Party::Slack, &["authorize"]);
        *lock(&self.0.told) = Some(call_log.clone());
    }

    /// Tells the bot something, and waits for its answer.
    pub(super) async fn tells(&self, dispatch: &Dispatch<'_>) -> Result<Ack, Failure> {
        let call_log = lock(&self.0.told).clone();
        let underway = call_log.map(|call_log| {
            let mut underway = call_log.begins(Party::Slack, Party::Bot, dispatch.call().to_owned());
            underway.note(&dispatch.note());
            underway
        });
        let installed = lock(&self.0.installed).clone();
        let ack = match installed {
            Installed::Socket => self.sends_envelope(dispatch).await?,
            Installed::Nowhere | Installed::At(_) => self.send(&dispatch.delivery(self)).await?,
        };
        if let Some(underway) = underway {
            underway.ends(ack.status);
        }
        Ok(ack)
    }
}

impl Dispatch<'_> {
    /// What it is called behind the scenes.
    fn call(&self) -> &'static str {
        match self {
            Self::Command(_) => "slash command",
            Self::Interaction(payload) => match payload["type"].as_str() {
                Some("block_actions") => "press",
                Some("view_submission") => "form sent",
                Some("view_closed") => "form closed",
                _ => "interaction",
            },
            Self::Event { .. } => "event",
        }
    }

    /// What was typed, pressed or sent, without what people have written.
    fn note(&self) -> String {
        match self {
            Self::Command(form) => {
                let command = form.iter().find(|(name, _)| *name == "command");
                command.map(|(_, command)| command.clone()).unwrap_or_default()
            }
            Self::Interaction(payload) => {
                let action = payload["actions"][0]["action_id"].as_str();
                action.or(payload["view"]["callback_id"].as_str()).unwrap_or_default().to_owned()
            }
            Self::Event { body, .. } => body["event"]["type"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// The request that says so to a bot that listens.
    fn delivery(&self, slack: &Slack) -> Delivery {
        match self {
            Self::Command(form) => slack.signed("/slack/commands", &encoded(form)),
            Self::Interaction(payload) => {
                slack.signed("/slack/interactions", &encoded(&[("payload", payload.to_string())]))
            }
            Self::Event { body, retry } => {
                let delivery = slack.signed("/slack/events", &body.to_string());
                match retry {
                    None => delivery,
                    Some((number, reason)) => delivery
                        .with_header("X-Slack-Retry-Num", &number.to_string())
                        .with_header("X-Slack-Retry-Reason", reason),
                }
            }
        }
    }

    /// The envelope that says so on a connection that the bot holds open.
    pub(super) fn envelope(&self, id: &str) -> Value {
        let (kind, payload) = match self {
            Self::Command(form) => ("slash_commands", object(form)),
            Self::Interaction(payload) => ("interactive", (*payload).clone()),
            Self::Event { body, .. } => ("events_api", (*body).clone()),
        };
        let mut envelope = json!({
            "envelope_id": id,
            "type": kind,
            "accepts_response_payload": self.accepts_payload(),
            "payload": payload,
        });
        if let Self::Event { retry, .. } = self {
            envelope["retry_attempt"] = json!(retry.map_or(0, |(number, _)| number));
            envelope["retry_reason"] = json!(retry.map_or("", |_| "timeout"));
        }
        envelope
    }

    /// Whether more can be answered than that it has arrived.
    pub(super) fn accepts_payload(&self) -> bool {
        match self {
            Self::Command(_) => true,
            Self::Interaction(payload) => {
                payload["type"] == "view_submission" || payload["type"] == "block_suggestion"
            }
            Self::Event { .. } => false,
        }
    }
}

fn encoded(form: &[(&'static str, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

fn object(form: &[(&'static str, String)]) -> Value {
    let fields = form.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
    Value::Object(fields.collect::<Map<_, _>>())
}
