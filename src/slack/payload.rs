//! The fields of Slack's payloads that are used. All others may be missing, null or unknown.

use std::{collections::BTreeMap, str::FromStr};

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    ids::{ChannelId, TeamId, UserId},
    views::ids::{Rejecting, field, view},
};
use crate::domain::{
    account::{Account, Tenant},
    decide::Ask,
    ids::RequestId,
    press::ActedIn,
    reason::{BadReason, Reason},
    refusal::{Expected, Refusal},
    secret::hash_of,
};

/// A slash command (<https://docs.slack.dev/interactivity/implementing-slash-commands>).
#[derive(Clone, Debug, Deserialize)]
pub struct SlashCommand {
    /// The workspace of the person.
    pub team_id: TeamId,
    /// The person.
    pub user_id: UserId,
    /// The text after the command.
    #[serde(default)]
    pub text: String,
    /// Where an answer goes, as claimed by the sender.
    pub response_url: Url,
    /// Opens one form within 3 s.
    pub trigger_id: String,
}

/// An interaction with a block or a form, and its sender (<https://docs.slack.dev/reference/interaction-payloads>).
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Payload")]
pub enum Interaction {
    /// A button was pressed.
    BlockActions(Sender, BlockActions),
    /// A form was submitted.
    ViewSubmission(Sender, ViewSubmission),
    /// An interaction that is not used.
    Unknown,
}

/// The sender of an interaction, and every part of the payload that names a workspace.
#[derive(Clone, Debug)]
pub struct Sender {
    user: User,
    team: Option<Id>,
    enterprise: Option<Id>,
    /// The workspace in which the app that owns the form is installed.
    installed: Option<TeamId>,
}

/// A press of a button.
#[derive(Clone, Debug)]
pub struct BlockActions {
    /// The pressed elements.
    pub actions: Vec<Action>,
    container: Value,
    response_url: Option<String>,
    /// Opens one form within 3 s.
    pub trigger_id: String,
}

/// A pressed element.
#[derive(Clone, Debug, Deserialize)]
pub struct Action {
    /// The element's id.
    #[serde(default)]
    pub action_id: String,
    /// The element's value.
    #[serde(default)]
    pub value: Option<String>,
}

/// A submitted form.
#[derive(Clone, Debug)]
pub struct ViewSubmission {
    trigger_id: Option<String>,
    /// The form with its values.
    pub view: View,
}

/// A form.
#[derive(Clone, Debug, Deserialize)]
pub struct View {
    /// The form's id.
    #[serde(default)]
    pub callback_id: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    hash: String,
    #[serde(default)]
    private_metadata: Option<String>,
    #[serde(default)]
    state: Value,
    #[serde(default)]
    app_installed_team_id: Option<TeamId>,
}

#[derive(Clone, Debug, Deserialize)]
struct User {
    id: UserId,
    #[serde(default)]
    team_id: Option<TeamId>,
}

#[derive(Clone, Debug, Deserialize)]
struct Id {
    id: TeamId,
}

/// The union of all kinds of interactions, parsed in one pass because the kind may follow its content.
#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    user: Option<User>,
    #[serde(default)]
    team: Option<Id>,
    #[serde(default)]
    enterprise: Option<Id>,
    #[serde(default)]
    view: Option<View>,
    #[serde(default)]
    actions: Vec<Action>,
    #[serde(default)]
    container: Value,
    #[serde(default)]
    response_url: Option<String>,
    #[serde(default)]
    trigger_id: Option<String>,
}

/// The refusal of each field that cannot be parsed.
pub type FieldErrors = BTreeMap<&'static str, Refusal>;

impl TryFrom<Payload> for Interaction {
    type Error = &'static str;

    fn try_from(payload: Payload) -> Result<Self, Self::Error> {
        let Payload { kind, user, team, enterprise, view, actions, container, response_url, trigger_id } =
            payload;
        let installed = view.as_ref().and_then(|view| view.app_installed_team_id.clone());
        let sender = user.map(|user| Sender { user, team, enterprise, installed }).ok_or("nobody did it");
        Ok(match kind.as_str() {
            "block_actions" => {
                let trigger_id = trigger_id.ok_or("a press without a trigger")?;
                Self::BlockActions(sender?, BlockActions { actions, container, response_url, trigger_id })
            }
            "view_submission" => {
                let view = view.ok_or("a submission without its form")?;
                Self::ViewSubmission(sender?, ViewSubmission { trigger_id, view })
            }
            _ => Self::Unknown,
        })
    }
}

impl SlashCommand {
    /// Returns the account that typed the command.
    #[must_use]
    pub fn who(&self) -> Account {
        self.team_id.account(&self.user_id)
    }
}

impl Sender {
    /// Returns the account, in the workspace `home` unless any part of the payload names another: a person of two
    /// workspaces is an outsider here. A part may name an Enterprise organization instead
    /// (<https://docs.slack.dev/reference/interaction-payloads/block_suggestion-payload>); the organization in which
    /// the app is installed is not another workspace.
    #[must_use]
    pub fn who(&self, home: &Tenant) -> Option<Account> {
        let organisation = self.enterprise.as_ref().map(|enterprise| &enterprise.id);
        let team = self.team.as_ref().map(|team| &team.id);
        let named = [team, self.user.team_id.as_ref(), self.installed.as_ref()].into_iter().flatten();
        let team = named.max_by_key(|named| (Some(*named) != organisation, named.tenant() != *home))?;
        Some(team.account(&self.user.id))
    }
}

impl BlockActions {
    /// Returns where the button was pressed, in the workspace `home`. Slack signs the location with the rest
    /// (<https://docs.slack.dev/reference/interaction-payloads/block_actions-payload>).
    #[must_use]
    pub fn acted_in(&self, home: &Tenant) -> ActedIn {
        let field = |name: &str| self.container[name].as_str();
        let (Some("message"), Some(channel), Some(ts)) =
            (field("type"), field("channel_id"), field("message_ts"))
        else {
            return ActedIn::Elsewhere;
        };
        if self.container["is_ephemeral"] == true {
            return ActedIn::Whisper;
        }
        let Ok(channel) = channel.parse::<ChannelId>() else { return ActedIn::Elsewhere };
        ActedIn::Message(home.conversation(channel.as_str()).message(ts))
    }

    /// Returns where an answer goes, as claimed by the sender.
    #[must_use]
    pub fn response_url(&self) -> Option<Url> {
        self.response_url.as_deref()?.parse().ok()
    }
}

impl ViewSubmission {
    /// Returns the unique name of this submission.
    #[must_use]
    pub fn trigger(&self) -> String {
        self.trigger_id.clone().unwrap_or_else(|| hash_of([self.view.id.as_str(), self.view.hash.as_str()]))
    }

    /// Returns the request that the form describes.
    ///
    /// # Errors
    /// The refusal of each field that cannot be parsed.
    pub fn ask(&self) -> Result<Ask, FieldErrors> {
        let mut errors = FieldErrors::new();
        let target =
            self.read(field::TARGET, &mut errors, |text, _| Refusal::unreadable(text, Expected::Target));
        let duration =
            self.read(field::DURATION, &mut errors, |text, _| Refusal::unreadable(text, Expected::Duration));
        let justification = self.read(field::JUSTIFICATION, &mut errors, |_, bad: BadReason| bad.into());
        match (target, duration, justification) {
            (Some(target), Some(duration), Some(justification)) => {
                Ok(Ask { target, duration, justification })
            }
            _ => Err(errors),
        }
    }

    /// Returns the request to reject, where the form was opened, and the reason.
    ///
    /// # Errors
    /// The refusal of the field that cannot be parsed.
    pub fn rejection(&self) -> Result<(RequestId, ActedIn, Reason), FieldErrors> {
        let mut errors = FieldErrors::new();
        let reason = self.read(field::REASON, &mut errors, |_, bad: BadReason| bad.into());
        let carried = self.view.private_metadata.as_deref().unwrap_or_default();
        let carried = carried.parse::<Rejecting>();
        match (carried, reason) {
            (Ok(Rejecting { request, opened_in }), Some(reason)) => Ok((request, opened_in, reason)),
            (Err(_), Some(_)) => Err([(field::REASON, Refusal::DamagedForm)].into()),
            (_, None) => Err(errors),
        }
    }

    /// Returns the field under which an error about the whole form is shown.
    #[must_use]
    pub fn last_field(&self) -> &'static str {
        if self.view.callback_id == view::REQUEST { field::JUSTIFICATION } else { field::REASON }
    }

    /// Parses a field's value. Its block and its element have the same id.
    fn read<T: FromStr>(
        &self,
        name: &'static str,
        errors: &mut FieldErrors,
        refused: impl FnOnce(&str, T::Err) -> Refusal,
    ) -> Option<T> {
        let filled = &self.view.state["values"][name][name];
        let text = filled["selected_option"]["value"].as_str().or_else(|| filled["value"].as_str());
        let text = text.unwrap_or_default();
        match text.parse::<T>() {
            Ok(read) => Some(read),
            Err(bad) => {
                errors.insert(name, refused(text, bad));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream cannot be rewound, neither to read the kind first nor to read a part twice.
    #[test]
    fn an_interaction_is_read_in_one_pass() {
        let user = r#""user":{"id":"U0ADA","team_id":"T0EXAMPLE"}"#;
        let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let press = format!(
            r#"{{{user},"message":{nested},"trigger_id":"1","actions":[{{"action_id":"a"}}],"type":"block_actions"}}"#
        );
        let read: Interaction = serde_json::from_reader(press.as_bytes()).unwrap();
        let Interaction::BlockActions(sender, press) = read else { panic!("{read:?}") };
        assert_eq!((sender.user.id.as_str(), press.actions[0].action_id.as_str()), ("U0ADA", "a"));

        let submission = format!(r#"{{"view":{{"callback_id":"x"}},{user},"type":"view_submission"}}"#);
        let read: Interaction = serde_json::from_reader(submission.as_bytes()).unwrap();
        assert!(matches!(read, Interaction::ViewSubmission(..)), "{read:?}");
        let closed = r#"{"view":{"callback_id":"x"},"is_cleared":false,"type":"view_closed"}"#;
        let read: Interaction = serde_json::from_reader(closed.as_bytes()).unwrap();
        assert!(matches!(read, Interaction::Unknown), "{read:?}");
    }
}
