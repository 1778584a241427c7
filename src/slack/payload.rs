//! The few fields of Slack's payloads that we use. Everything else may be missing, null, or unheard of.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use url::Url;

use super::views::ids::{field, view};
use crate::domain::{
    decide::Ask,
    ids::{RequestId, TeamId, UserId},
    person::SlackUser,
    policy::Reason,
    secret::hash_of,
};

/// A slash command (<https://docs.slack.dev/interactivity/implementing-slash-commands>).
#[derive(Clone, Debug, Deserialize)]
pub struct SlashCommand {
    /// The workspace of the person.
    pub team_id: TeamId,
    /// The person.
    pub user_id: UserId,
    /// What was typed after the command.
    #[serde(default)]
    pub text: String,
    /// Where an answer goes.
    pub response_url: Url,
    /// Opens one form within 3 s.
    pub trigger_id: String,
}

/// Something done to a block or a form (<https://docs.slack.dev/reference/interaction-payloads>).
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Interaction {
    /// A button was pressed.
    BlockActions(BlockActions),
    /// A form was submitted.
    ViewSubmission(ViewSubmission),
    /// Something we do not use.
    #[serde(other)]
    Unknown,
}

/// A press of a button.
#[derive(Clone, Debug, Deserialize)]
pub struct BlockActions {
    user: Presser,
    #[serde(default)]
    team: Option<Id>,
    /// What was pressed.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// Where an answer goes.
    #[serde(default)]
    pub response_url: Option<Url>,
    /// Opens one form within 3 s.
    pub trigger_id: String,
}

/// One pressed element.
#[derive(Clone, Debug, Deserialize)]
pub struct Action {
    /// Which element.
    pub action_id: String,
    /// What it carries.
    #[serde(default)]
    pub value: Option<String>,
}

/// A submitted form.
#[derive(Clone, Debug, Deserialize)]
pub struct ViewSubmission {
    user: Presser,
    #[serde(default)]
    team: Option<Id>,
    #[serde(default)]
    trigger_id: Option<String>,
    /// The form, filled in.
    pub view: View,
}

/// A form.
#[derive(Clone, Debug, Deserialize)]
pub struct View {
    /// Which form.
    pub callback_id: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    hash: String,
    #[serde(default)]
    private_metadata: String,
    #[serde(default)]
    app_installed_team_id: Option<TeamId>,
    #[serde(default)]
    state: State,
}

#[derive(Clone, Debug, Deserialize)]
struct Presser {
    id: UserId,
    #[serde(default)]
    team_id: Option<TeamId>,
}

#[derive(Clone, Debug, Deserialize)]
struct Id {
    id: TeamId,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct State {
    #[serde(default)]
    values: HashMap<String, HashMap<String, Field>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Field {
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    selected_option: Option<Choice>,
}

#[derive(Clone, Debug, Deserialize)]
struct Choice {
    value: String,
}

/// A sentence for each field that cannot be read.
pub type FieldErrors = BTreeMap<&'static str, String>;

impl BlockActions {
    /// Who pressed; their workspace is another than `home` if any part of the payload says so.
    #[must_use]
    pub fn who(&self, home: &TeamId) -> Option<SlackUser> {
        presser(&self.user, [self.team.as_ref().map(|team| &team.id), self.user.team_id.as_ref()], home)
    }
}

impl ViewSubmission {
    /// Who submitted; their workspace is another than `home` if any part of the payload says so.
    #[must_use]
    pub fn who(&self, home: &TeamId) -> Option<SlackUser> {
        let team = self.team.as_ref().map(|team| &team.id);
        let installed = self.view.app_installed_team_id.as_ref();
        presser(&self.user, [team, self.user.team_id.as_ref(), installed], home)
    }

    /// What names this submission among all others.
    #[must_use]
    pub fn trigger(&self) -> String {
        self.trigger_id.clone().unwrap_or_else(|| hash_of([self.view.id.as_str(), self.view.hash.as_str()]))
    }

    /// The request that the form was filled in for.
    ///
    /// # Errors
    /// A sentence for each field that cannot be read.
    pub fn ask(&self) -> Result<Ask, FieldErrors> {
        let mut errors = FieldErrors::new();
        let target = self.read(field::TARGET, &mut errors);
        let duration = self.read(field::DURATION, &mut errors);
        let justification = self.read(field::JUSTIFICATION, &mut errors);
        match (target, duration, justification) {
            (Some(target), Some(duration), Some(justification)) => {
                Ok(Ask { target, duration, justification })
            }
            _ => Err(errors),
        }
    }

    /// The request to reject, and why.
    ///
    /// # Errors
    /// A sentence for the field that cannot be read.
    pub fn rejection(&self) -> Result<(RequestId, Reason), FieldErrors> {
        let mut errors = FieldErrors::new();
        let reason = self.read(field::REASON, &mut errors);
        let request = self.view.private_metadata.parse();
        match (request, reason) {
            (Ok(request), Some(reason)) => Ok((request, reason)),
            (Err(_), Some(_)) => {
                Err([(field::REASON, "This form is damaged. Close it and press Reject again.".into())].into())
            }
            (_, None) => Err(errors),
        }
    }

    /// The field under which an error about the whole form is shown.
    #[must_use]
    pub fn last_field(&self) -> &'static str {
        if self.view.callback_id == view::REQUEST { field::JUSTIFICATION } else { field::REASON }
    }

    /// The value of a field, whose block and element have one id.
    fn read<T>(&self, name: &'static str, errors: &mut FieldErrors) -> Option<T>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        let filled = self.view.state.values.get(name).and_then(|elements| elements.get(name));
        let chosen = filled.and_then(|field| field.selected_option.as_ref().map(|choice| &choice.value));
        let text = chosen.or_else(|| filled.and_then(|field| field.value.as_ref()));
        match text.map_or("", String::as_str).parse::<T>() {
            Ok(read) => Some(read),
            Err(bad) => {
                errors.insert(name, bad.to_string());
                None
            }
        }
    }
}

/// Takes the first workspace that is not ours: whoever is of two is a stranger here.
fn presser<const N: usize>(user: &Presser, teams: [Option<&TeamId>; N], home: &TeamId) -> Option<SlackUser> {
    let known = || teams.into_iter().flatten();
    let team = known().find(|team| *team != home).or_else(|| known().next())?;
    Some(SlackUser { team: team.clone(), user: user.id.clone() })
}
