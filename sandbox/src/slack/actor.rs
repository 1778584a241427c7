//! People's actions: typing and pressing, as far as Slack's client allows.

mod in_view;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    Slack,
    conversation::{Channel, Content, Message, Place},
    dispatch::Dispatch,
    form::{self, Element},
    payload::{self, Installation, Sender},
    person::Person,
    response_url,
    wire::{Ack, Failure},
    workspace::Workspace,
};
pub use in_view::{Submission, Submitted};

/// A person that a test directs.
#[derive(Clone, Debug)]
pub struct Actor {
    slack: Slack,
    id: String,
    installation: Installation,
}

/// What came of a press.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pressed {
    /// The bot's answer.
    pub ack: Ack,
    /// Where a button with a link leads; the person's browser goes there by itself.
    pub url: Option<String>,
}

impl Actor {
    pub(super) fn new(slack: Slack, id: &str) -> Self {
        Self { slack, id: id.to_owned(), installation: Installation::default() }
    }

    /// The same person, acting through an app that is installed in a whole Enterprise Grid organisation.
    #[must_use]
    pub fn on_enterprise_grid(mut self, enterprise_id: &str) -> Self {
        self.installation.enterprise = Some(enterprise_id.to_owned());
        self
    }

    /// The same person, whose requests say they come from another team.
    #[must_use]
    pub fn claiming_team(mut self, team_id: &str) -> Self {
        self.installation.team = Some(team_id.to_owned());
        self
    }

    /// Writes in a channel; the bot is not notified.
    ///
    /// # Errors
    /// When the person cannot write there.
    pub fn says(&self, channel: &str, text: &str) -> Result<Message, Failure> {
        let mut workspace = self.slack.workspace();
        self.channel(&workspace, channel)?;
        let content = Content { text: text.to_owned(), blocks: Vec::new() };
        Ok(workspace.post(channel, &self.id, content).clone())
    }

    /// Types a slash command, such as `/elevate 1h`. What the bot answers at once appears in the channel.
    ///
    /// # Errors
    /// When the person cannot type it there, or the bot gives no answer that Slack accepts.
    pub async fn types(&self, channel: &str, line: &str) -> Result<Ack, Failure> {
        let form = self.command(channel, line)?;
        let ack = self.slack.tells(&Dispatch::Command(form)).await?;
        if ack.is_ok() {
            self.shows_answer(channel, &ack.body)?;
        }
        Ok(ack)
    }

    fn command(&self, channel: &str, line: &str) -> Result<Vec<(&'static str, String)>, Failure> {
        let (command, text) = line.split_once(' ').unwrap_or((line, ""));
        if !command.starts_with('/') {
            return Err(impossible(format!("{command} is no slash command")));
        }
        let mut workspace = self.slack.workspace();
        let person = self.active(&workspace)?;
        if person.team_id != workspace.config.team_id {
            return Err(impossible(format!("{} is of another workspace and has no such command", self.id)));
        }
        let form = self.sender(&workspace)?.command(self.channel(&workspace, channel)?, command, text.trim());
        let more = [
            ("response_url", workspace.issue_response_url(&self.id, channel, None)),
            ("trigger_id", workspace.issue_trigger(&self.id)),
        ];
        Ok(form.into_iter().chain(more).collect())
    }

    fn shows_answer(&self, channel: &str, body: &Value) -> Result<(), Failure> {
        let answer = match body {
            Value::Null => return Ok(()),
            Value::String(text) => Map::from_iter([("text".to_owned(), json!(text))]),
            Value::Object(answer) => answer.clone(),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => return Err(unacceptable(body)),
        };
        response_url::say(&mut self.slack.workspace(), channel, &self.id, &answer).map_err(unacceptable)
    }

    /// Where the newest message or ephemeral stands, of all this person sees, that has this element.
    #[must_use]
    pub fn finds(&self, action_id: &str) -> Option<Place> {
        let workspace = self.slack.workspace();
        let is_in =
            |channel: &str| workspace.channels.get(channel).is_some_and(|channel| channel.has(&self.id));
        let messages = workspace.messages.iter().filter(|message| is_in(&message.channel));
        let own = workspace.ephemerals.iter().filter(|ephemeral| ephemeral.user == self.id);
        messages
            .map(|message| (&message.ts, &message.blocks, Place::from(message)))
            .chain(own.map(|ephemeral| (&ephemeral.ts, &ephemeral.blocks, Place::from(ephemeral))))
            .filter(|(_, blocks, _)| form::find(blocks, action_id).is_some())
            .max_by_key(|(ts, ..)| *ts)
            .map(|(.., place)| place)
    }

    /// Presses a button of a message or an ephemeral.
    ///
    /// # Errors
    /// When the person sees no such button, or the bot does not answer.
    pub async fn presses(&self, place: impl Into<Place>, action_id: &str) -> Result<Pressed, Failure> {
        let (payload, element) = self.acts_on_message(&place.into(), action_id, None)?;
        let url = element["url"].as_str().map(str::to_owned);
        Ok(Pressed { ack: self.interacts(&payload).await?, url })
    }

    /// Chooses an option of a menu in a message.
    ///
    /// # Errors
    /// When the person sees no such menu or option, or the bot does not answer.
    pub async fn chooses(
        &self,
        place: impl Into<Place>,
        action_id: &str,
        value: &str,
    ) -> Result<Ack, Failure> {
        let (payload, _) = self.acts_on_message(&place.into(), action_id, Some(value))?;
        self.interacts(&payload).await
    }

    fn acts_on_message(
        &self,
        place: &Place,
        action_id: &str,
        value: Option<&str>,
    ) -> Result<(Value, Value), Failure> {
        let mut workspace = self.slack.workspace();
        let blocks = self.visible_blocks(&workspace, place)?;
        let element = form::find(&blocks, action_id).ok_or_else(|| missing(action_id))?;
        let action = action(&mut workspace, element, value)?;
        let channel = self.channel(&workspace, &place.channel)?;
        let mut payload = self.sender(&workspace)?.act_on_message(channel, place, &action);
        let url = workspace.issue_response_url(&self.id, &place.channel, Some(place.clone()));
        payload["response_url"] = json!(url);
        payload["trigger_id"] = json!(workspace.issue_trigger(&self.id));
        Ok((payload, element.json.clone()))
    }

    fn visible_blocks(&self, workspace: &Workspace, place: &Place) -> Result<Vec<Value>, Failure> {
        if let Some(message) = workspace.message(place) {
            return Ok(message.blocks.clone());
        }
        let own = workspace.ephemeral(place).filter(|ephemeral| ephemeral.user == self.id);
        own.map(|ephemeral| ephemeral.blocks.clone())
            .ok_or_else(|| impossible(format!("{} sees no message at {place:?}", self.id)))
    }

    /// Opens the bot's Home tab, which the bot hears of as an event; hands back how each attempt to tell it went.
    ///
    /// # Errors
    /// When this person cannot act at all.
    pub async fn opens_home(&self) -> Result<Vec<Result<Ack, Failure>>, Failure> {
        let event = {
            let mut workspace = self.slack.workspace();
            self.active(&workspace)?;
            let (channel, _) = workspace.open_direct(&self.id);
            let ts = workspace.next_ts();
            json!({ "type": "app_home_opened", "user": self.id, "channel": channel, "tab": "home", "event_ts": ts })
        };
        Ok(self.slack.sends_event(&event).await)
    }

    async fn interacts(&self, payload: &Value) -> Result<Ack, Failure> {
        self.slack.tells(&Dispatch::Interaction(payload)).await
    }

    fn sender<'a>(&'a self, workspace: &'a Workspace) -> Result<Sender<'a>, Failure> {
        Ok(Sender::new(workspace, self.active(workspace)?, &self.installation))
    }

    /// The person, who must be able to use Slack at all.
    fn active<'a>(&self, workspace: &'a Workspace) -> Result<&'a Person, Failure> {
        workspace
            .people
            .get(&self.id)
            .filter(|person| !person.deleted && !person.is_bot)
            .ok_or_else(|| impossible(format!("{} is nobody who can act", self.id)))
    }

    /// A channel that the person can act in.
    fn channel<'a>(&self, workspace: &'a Workspace, id: &str) -> Result<&'a Channel, Failure> {
        self.active(workspace)?;
        workspace
            .channels
            .get(id)
            .filter(|channel| channel.has(&self.id) && !channel.is_archived)
            .ok_or_else(|| impossible(format!("{} cannot act in {id}", self.id)))
    }
}

/// What is done to an element: with a value it is an option that is chosen, without it a press.
fn action(workspace: &mut Workspace, element: Element<'_>, value: Option<&str>) -> Result<Value, Failure> {
    let chosen = value.map(|value| form::choose(element.json, value)).transpose().map_err(impossible)?;
    if chosen.is_none() && element.json["type"] != "button" {
        return Err(impossible(format!("{} is no button", element.json["action_id"])));
    }
    Ok(payload::action(element, chosen.as_ref(), &workspace.next_ts()))
}

fn missing(action_id: &str) -> Failure {
    impossible(format!("there is no {action_id} to be seen"))
}

fn impossible(why: String) -> Failure {
    Failure::Impossible(why)
}

fn unacceptable(what: impl ToString) -> Failure {
    Failure::Unacceptable(what.to_string())
}
