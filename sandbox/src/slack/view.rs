//! Modals and Home tabs that a person has open.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::workspace::Workspace;

/// How many modals can lie on each other.
const MODALS_ON_A_STACK: usize = 3;

/// A modal or a Home tab in front of a person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// The id that Slack gave it.
    pub id: String,
    /// Who sees it.
    pub user: String,
    /// Changes with every update, so that an update of something older can be refused.
    pub hash: String,
    /// The first modal of the stack it lies on; itself, if it is the first.
    pub root_id: String,
    /// The modal below it.
    pub previous_id: Option<String>,
    /// The view as the bot sent it, every block with a `block_id`.
    pub body: Value,
}

impl View {
    /// The callback id, or nothing where the bot gave none.
    #[must_use]
    pub fn callback_id(&self) -> &str {
        self.body["callback_id"].as_str().unwrap_or_default()
    }

    /// The blocks.
    #[must_use]
    pub fn blocks(&self) -> &[Value] {
        self.body["blocks"].as_array().map_or(&[], Vec::as_slice)
    }

    pub(super) fn is_modal(&self) -> bool {
        self.body["type"] == "modal"
    }

    pub(super) fn notifies_on_close(&self) -> bool {
        self.body["notify_on_close"] == true
    }
}

impl Workspace {
    /// Opens a modal, on top of `below` or by itself.
    pub(super) fn open_modal(
        &mut self,
        user: &str,
        body: Value,
        below: Option<&View>,
    ) -> Result<View, &'static str> {
        let root = below.map(|view| view.root_id.as_str());
        let lying = self.modals.iter().filter(|view| Some(view.root_id.as_str()) == root).count();
        if lying >= MODALS_ON_A_STACK {
            return Err("push_limit_reached");
        }
        let mut view = self.make_view(user, body);
        if let Some(below) = below {
            view.root_id.clone_from(&below.root_id);
            view.previous_id = Some(below.id.clone());
        }
        self.modals.push(view.clone());
        Ok(view)
    }

    /// Shows a Home tab; the view keeps its id when it is published again.
    pub(super) fn publish_home(&mut self, user: &str, body: Value) -> View {
        let mut view = self.make_view(user, body);
        if let Some(published) = self.homes.get(user) {
            view.id.clone_from(&published.id);
            view.root_id.clone_from(&published.root_id);
        }
        self.homes.insert(user.to_owned(), view.clone());
        view
    }

    fn make_view(&mut self, user: &str, body: Value) -> View {
        let id = format!("V{:010}", self.next_number());
        View {
            root_id: id.clone(),
            id,
            user: user.to_owned(),
            hash: self.next_hash(),
            previous_id: None,
            body: self.take_in(body),
        }
    }

    /// Replaces what an open view shows.
    pub(super) fn redraw(&mut self, id: &str, body: Value) -> Option<View> {
        let hash = self.next_hash();
        let body = self.take_in(body);
        let view = self.view_mut(id)?;
        view.hash = hash;
        view.body = body;
        Some(view.clone())
    }

    fn view_mut(&mut self, id: &str) -> Option<&mut View> {
        self.modals.iter_mut().chain(self.homes.values_mut()).find(|view| view.id == id)
    }

    pub(super) fn close_modal(&mut self, id: &str) {
        self.modals.retain(|view| view.id != id);
    }

    pub(super) fn close_stack(&mut self, root_id: &str) {
        self.modals.retain(|view| view.root_id != root_id);
    }

    fn next_hash(&mut self) -> String {
        format!("{}.{:08x}", self.now().timestamp(), self.next_number())
    }

    /// Notes a view that the bot has sent, and gives every block in it a `block_id`.
    fn take_in(&mut self, mut body: Value) -> Value {
        self.emitted.note_view(&body);
        if let Some(Value::Array(blocks)) = body.get_mut("blocks").map(Value::take) {
            body["blocks"] = json!(self.with_block_ids(blocks));
        }
        body
    }

    /// The view as Slack hands it out, with `state` as what is filled in.
    pub(super) fn view_json(&self, view: &View, state: Map<String, Value>) -> Value {
        let mut json = json!({
            "id": view.id,
            "team_id": self.config.team_id,
            "app_id": self.config.app_id,
            "app_installed_team_id": self.config.team_id,
            "bot_id": self.bot_id(),
            "hash": view.hash,
            "root_view_id": view.root_id,
            "previous_view_id": view.previous_id,
            "state": { "values": state },
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "title": null,
            "submit": null,
            "close": null,
            "clear_on_close": false,
            "notify_on_close": false,
        });
        if let (Value::Object(json), Value::Object(body)) = (&mut json, &view.body) {
            json.extend(body.clone());
        }
        json
    }
}
