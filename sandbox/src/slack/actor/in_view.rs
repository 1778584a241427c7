//! People's actions in a modal or on the Home tab: press, choose, search options, fill in and submit.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Actor, Pressed, action, impossible, missing, unacceptable};
use crate::slack::{
    blocks, form,
    view::View,
    wire::{Ack, Failure},
    workspace::Workspace,
};

/// What came of a submitted view.
#[derive(Clone, Debug, PartialEq)]
pub struct Submitted {
    /// The bot's answer.
    pub ack: Ack,
    /// What the person sees then.
    pub outcome: Submission,
}

/// What a person sees after they have submitted a view.
#[derive(Clone, Debug, PartialEq)]
pub enum Submission {
    /// The view is closed, and the one below it is in front.
    Closed,
    /// The view and all below it are closed.
    Cleared,
    /// The view is still open, and this stands under its fields, by block id.
    Errors(BTreeMap<String, String>),
    /// The view shows something else.
    Updated(View),
    /// Another view lies on top.
    Pushed(View),
    /// The view is still open and says that there was trouble connecting.
    Trouble,
}

impl Actor {
    /// Presses a button of an open modal or of the Home tab.
    ///
    /// # Errors
    /// When the person sees no such button, or the bot does not answer.
    pub async fn presses_in_view(&self, view_id: &str, action_id: &str) -> Result<Pressed, Failure> {
        let (payload, element) = self.acts_on_view(view_id, action_id, None)?;
        let url = element["url"].as_str().map(str::to_owned);
        Ok(Pressed { ack: self.interacts(&payload).await?, url })
    }

    /// Chooses an option of a menu in an open modal or on the Home tab.
    ///
    /// # Errors
    /// When the person sees no such menu or option, or the bot does not answer.
    pub async fn chooses_in_view(&self, view_id: &str, action_id: &str, value: &str) -> Result<Ack, Failure> {
        let (payload, _) = self.acts_on_view(view_id, action_id, Some(value))?;
        self.interacts(&payload).await
    }

    fn acts_on_view(
        &self,
        view_id: &str,
        action_id: &str,
        value: Option<&str>,
    ) -> Result<(Value, Value), Failure> {
        let mut workspace = self.slack.workspace();
        let view = self.view(&workspace, view_id)?;
        let element = form::find(view.blocks(), action_id).ok_or_else(|| missing(action_id))?;
        let action = action(&mut workspace, element, value)?;
        let mut payload = self.sender(&workspace)?.act_on_view(&view, Map::new(), &action);
        payload["trigger_id"] = json!(workspace.issue_trigger(&self.id));
        Ok((payload, element.json.clone()))
    }

    /// Types into an `external_select` and hands back the options that the bot offers.
    ///
    /// # Errors
    /// When there is no such select, or the bot offers nothing that Slack accepts.
    pub async fn loads_options(
        &self,
        view_id: &str,
        action_id: &str,
        query: &str,
    ) -> Result<Vec<Value>, Failure> {
        let payload = self.looks_for_options(view_id, action_id, query)?;
        let ack = self.interacts(&payload).await?;
        if !ack.is_ok() {
            return Err(unacceptable(format!("{ack:?}")));
        }
        blocks::check_options(&ack.body).map_err(|faults| unacceptable(format!("{faults:?}")))?;
        let options: Vec<Value> = blocks::offered(&ack.body).cloned().collect();
        let key = (view_id.to_owned(), action_id.to_owned());
        self.slack.workspace().loaded_options.entry(key).or_default().extend(options.clone());
        Ok(options)
    }

    fn looks_for_options(&self, view_id: &str, action_id: &str, query: &str) -> Result<Value, Failure> {
        let workspace = self.slack.workspace();
        let view = self.view(&workspace, view_id)?;
        let element = form::find(view.blocks(), action_id)
            .filter(|element| element.json["type"] == "external_select")
            .ok_or_else(|| missing(action_id))?;
        let least = element.json["min_query_length"].as_u64().unwrap_or(3);
        if (query.chars().count() as u64) < least {
            return Err(impossible(format!("Slack asks for options from {least} characters on")));
        }
        Ok(self.sender(&workspace)?.suggestion(&view, element, query))
    }

    /// Fills in fields of an open modal, by block id, and submits it.
    ///
    /// # Errors
    /// When the modal cannot be submitted like this, or the bot gives no answer that Slack accepts.
    pub async fn submits(&self, view_id: &str, fields: &[(&str, &str)]) -> Result<Submitted, Failure> {
        let (view, payload) = self.filled(view_id, fields)?;
        let ack = self.interacts(&payload).await?;
        let outcome = if ack.is_ok() { self.follows(&view, &ack.body)? } else { Submission::Trouble };
        Ok(Submitted { ack, outcome })
    }

    fn filled(&self, view_id: &str, fields: &[(&str, &str)]) -> Result<(View, Value), Failure> {
        let mut workspace = self.slack.workspace();
        let view = self.view(&workspace, view_id)?;
        if view.body.get("submit").is_none() {
            return Err(impossible("the view has nothing to submit".to_owned()));
        }
        let state = form::fill(&workspace, &view, fields).map_err(impossible)?;
        let mut payload = self.sender(&workspace)?.with_view("view_submission", &view, state);
        payload["response_urls"] = json!([]);
        payload["trigger_id"] = json!(workspace.issue_trigger(&self.id));
        Ok((view, payload))
    }

    /// Does with the view what the bot's answer says.
    fn follows(&self, view: &View, answer: &Value) -> Result<Submission, Failure> {
        let mut workspace = self.slack.workspace();
        if answer.is_null() || *answer == json!({}) {
            workspace.close_modal(&view.id);
            return Ok(Submission::Closed);
        }
        match answer["response_action"].as_str() {
            Some("clear") => {
                workspace.close_stack(&view.root_id);
                Ok(Submission::Cleared)
            }
            Some("errors") => errors(view, &answer["errors"]).map(Submission::Errors),
            Some("update") => {
                let body = checked_modal(&answer["view"])?;
                let redrawn = workspace.redraw(&view.id, body);
                redrawn.map(Submission::Updated).ok_or_else(|| unacceptable("the view is no longer open"))
            }
            Some("push") => {
                let body = checked_modal(&answer["view"])?;
                workspace.open_modal(&self.id, body, Some(view)).map(Submission::Pushed).map_err(unacceptable)
            }
            _ => Err(unacceptable(answer)),
        }
    }

    /// Closes a modal by its cross; the bot is notified if the view asks for it.
    ///
    /// # Errors
    /// When the modal is not open, or the bot must be notified and does not respond.
    pub async fn closes_view(&self, view_id: &str) -> Result<Option<Ack>, Failure> {
        let payload = {
            let mut workspace = self.slack.workspace();
            let view = self.view(&workspace, view_id)?;
            if !view.is_modal() {
                return Err(impossible("a Home tab cannot be closed".to_owned()));
            }
            let mut payload = self.sender(&workspace)?.with_view("view_closed", &view, Map::new());
            payload["is_cleared"] = json!(false);
            workspace.close_modal(view_id);
            view.notifies_on_close().then_some(payload)
        };
        match payload {
            Some(payload) => self.interacts(&payload).await.map(Some),
            None => Ok(None),
        }
    }

    /// A view that is in front of the person: their Home tab, or the topmost modal.
    fn view(&self, workspace: &Workspace, id: &str) -> Result<View, Failure> {
        let topmost = workspace.modals.iter().rfind(|view| view.user == self.id);
        let mut in_front = [topmost, workspace.homes.get(&self.id)].into_iter().flatten();
        in_front
            .find(|view| view.id == id)
            .cloned()
            .ok_or_else(|| impossible(format!("{} sees no view {id}", self.id)))
    }
}

/// The errors that the bot wants under its fields, which must be fields of the view.
fn errors(view: &View, errors: &Value) -> Result<BTreeMap<String, String>, Failure> {
    let errors: BTreeMap<String, String> = serde_json::from_value(errors.clone()).map_err(unacceptable)?;
    let is_field = |id: &String| {
        let mut fields = view.blocks().iter().filter(|block| form::is_input(block));
        fields.any(|block| block["block_id"] == **id)
    };
    match errors.keys().find(|id| !is_field(id)) {
        Some(id) => Err(unacceptable(format!("an error for {id}, which is no field"))),
        None if errors.is_empty() => Err(unacceptable("errors without an error")),
        None => Ok(errors),
    }
}

fn checked_modal(view: &Value) -> Result<Value, Failure> {
    blocks::check_view(view).map_err(|faults| unacceptable(format!("{faults:?}")))?;
    if view["type"] == "modal" { Ok(view.clone()) } else { Err(unacceptable("a view that is no modal")) }
}
