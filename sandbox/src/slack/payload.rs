//! The JSON and the forms that report an act to the bot, as Slack documents them.

use serde_json::{Map, Value, json};

use super::{
    conversation::{Channel, Place},
    form::Element,
    person::Person,
    view::View,
    workspace::Workspace,
};

/// The long deprecated token that comes with every request and proves nothing.
const VERIFICATION_TOKEN: &str = "verification-token";

/// The installation that a person's acts come from, or claim to come from.
#[derive(Clone, Debug, Default)]
pub(super) struct Installation {
    /// A team that is not the person's own.
    pub(super) team: Option<String>,
    /// The organisation, if the app is installed in all of it.
    pub(super) enterprise: Option<String>,
}

/// Who acts, in the words of a payload.
pub(super) struct Sender<'a> {
    workspace: &'a Workspace,
    person: &'a Person,
    installation: &'a Installation,
}

impl<'a> Sender<'a> {
    pub(super) fn new(workspace: &'a Workspace, person: &'a Person, installation: &'a Installation) -> Self {
        Self { workspace, person, installation }
    }

    fn team_id(&self) -> &str {
        self.installation.team.as_ref().unwrap_or(&self.person.team_id)
    }

    fn team_domain(&self) -> String {
        if self.team_id() == self.workspace.config.team_id {
            return self.workspace.team_domain();
        }
        self.team_id().to_lowercase()
    }

    /// What all interactions say. An installation in a whole organisation leaves `team` open.
    pub(super) fn interaction(&self, kind: &str) -> Value {
        let team = match self.installation.enterprise {
            Some(_) => Value::Null,
            None => json!({ "id": self.team_id(), "domain": self.team_domain() }),
        };
        let enterprise = self.installation.enterprise.as_ref().map(|id| json!({ "id": id, "name": "org" }));
        json!({
            "type": kind,
            "team": team,
            "enterprise": enterprise,
            "is_enterprise_install": enterprise.is_some(),
            "user": {
                "id": self.person.id,
                "username": self.person.name,
                "name": self.person.name,
                "team_id": self.team_id(),
            },
            "api_app_id": self.workspace.config.app_id,
            "token": VERIFICATION_TOKEN,
        })
    }

    /// The form of a slash command.
    pub(super) fn command(
        &self,
        channel: &Channel,
        command: &str,
        text: &str,
    ) -> Vec<(&'static str, String)> {
        let mut form = vec![
            ("token", VERIFICATION_TOKEN.to_owned()),
            ("team_id", self.team_id().to_owned()),
            ("team_domain", self.team_domain()),
            ("channel_id", channel.id.clone()),
            ("channel_name", channel.name_in_payloads().to_owned()),
            ("user_id", self.person.id.clone()),
            ("user_name", self.person.name.clone()),
            ("command", command.to_owned()),
            ("text", text.to_owned()),
            ("api_app_id", self.workspace.config.app_id.clone()),
            ("is_enterprise_install", self.installation.enterprise.is_some().to_string()),
        ];
        if let Some(enterprise) = &self.installation.enterprise {
            form.extend([("enterprise_id", enterprise.clone()), ("enterprise_name", "org".to_owned())]);
        }
        form
    }

    /// Somebody acts on an element of a message; an ephemeral one Slack does not repeat.
    pub(super) fn act_on_message(&self, channel: &Channel, place: &Place, action: &Value) -> Value {
        let message = self.workspace.message(place);
        let mut payload = self.interaction("block_actions");
        payload["container"] = json!({
            "type": "message",
            "message_ts": place.ts,
            "channel_id": place.channel,
            "is_ephemeral": message.is_none(),
        });
        payload["channel"] = json!({ "id": channel.id, "name": channel.name_in_payloads() });
        if let Some(message) = message {
            payload["message"] = self.workspace.message_json(message);
        }
        payload["state"] = json!({ "values": {} });
        payload["actions"] = json!([action]);
        payload
    }

    /// Somebody acts on an element of a view.
    pub(super) fn act_on_view(&self, view: &View, state: Map<String, Value>, action: &Value) -> Value {
        let mut payload = self.with_view("block_actions", view, state);
        payload["container"] = json!({ "type": "view", "view_id": view.id });
        payload["actions"] = json!([action]);
        payload
    }

    /// Somebody looks for options.
    pub(super) fn suggestion(&self, view: &View, element: Element<'_>, query: &str) -> Value {
        let mut payload = self.with_view("block_suggestion", view, Map::new());
        payload["container"] = json!({ "type": "view", "view_id": view.id });
        payload["block_id"] = json!(element.block_id);
        payload["action_id"] = element.json["action_id"].clone();
        payload["value"] = json!(query);
        payload
    }

    /// Anything about a view.
    pub(super) fn with_view(&self, kind: &str, view: &View, state: Map<String, Value>) -> Value {
        let mut payload = self.interaction(kind);
        payload["view"] = self.workspace.view_json(view, state);
        payload
    }
}

/// What was done to an element: it was pressed, or `chosen` was chosen there.
pub(super) fn action(element: Element<'_>, chosen: Option<&Value>, ts: &str) -> Value {
    let mut action = json!({
        "type": element.json["type"],
        "action_id": element.json["action_id"],
        "block_id": element.block_id,
        "action_ts": ts,
    });
    let repeated = match chosen {
        Some(_) => [("selected_option", chosen), ("placeholder", element.json.get("placeholder"))],
        None => [("text", element.json.get("text")), ("value", element.json.get("value"))],
    };
    for (field, value) in repeated {
        if let Some(value) = value {
            action[field] = value.clone();
        }
    }
    if let Some(style) = element.json.get("style") {
        action["style"] = style.clone();
    }
    action
}
