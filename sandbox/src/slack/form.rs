//! The interactive elements in blocks: buttons, and fields with the rules of Slack's client.

use serde_json::{Map, Value, json};

use super::{blocks::offered, view::View, workspace::Workspace};

/// An interactive element and its block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) block_id: &'a str,
    pub(super) json: &'a Value,
}

impl Element<'_> {
    /// Whether this is something to fill in, rather than to press.
    fn holds_a_value(&self) -> bool {
        self.json["type"] != "button" && self.json["type"] != "overflow"
    }
}

/// The element with this action id.
pub(super) fn find<'a>(blocks: &'a [Value], action_id: &str) -> Option<Element<'a>> {
    blocks.iter().flat_map(elements).find(|element| element.json["action_id"] == action_id)
}

fn elements(block: &Value) -> impl Iterator<Item = Element<'_>> {
    let single = [&block["accessory"], &block["element"]].into_iter();
    let many = block["elements"].as_array().into_iter().flatten();
    let block_id = block["block_id"].as_str().unwrap_or_default();
    let acts = |json: &&Value| json["action_id"].is_string();
    single.chain(many).filter(acts).map(move |json| Element { block_id, json })
}

/// The option of a select that has this value.
pub(super) fn choose(element: &Value, value: &str) -> Result<Value, String> {
    let option = offered(element).find(|option| option["value"] == value);
    option.cloned().ok_or_else(|| format!("{value} is not offered"))
}

/// The values of a view's fields: what is given, by block id, and else what was there from the start.
pub(super) fn fill(
    workspace: &Workspace,
    view: &View,
    given: &[(&str, &str)],
) -> Result<Map<String, Value>, String> {
    let is_field = |id: &str| view.blocks().iter().any(|block| is_input(block) && block["block_id"] == id);
    if let Some((id, _)) = given.iter().find(|(id, _)| !is_field(id)) {
        return Err(format!("there is no field {id}"));
    }
    let mut values = Map::new();
    for block in view.blocks() {
        for Element { block_id, json: element } in elements(block).filter(Element::holds_a_value) {
            let value = given.iter().find(|(id, _)| *id == block_id).map(|(_, value)| *value);
            let field = Field { workspace, view, element };
            let filled = field.filled(value).map_err(|why| format!("{block_id}: {why}"))?;
            if is_input(block) && block["optional"] != true && is_empty(&filled) {
                return Err(format!("{block_id}: must be filled in"));
            }
            let action_id = element["action_id"].as_str().unwrap_or_default();
            values.entry(block_id).or_insert_with(|| json!({}))[action_id] = filled;
        }
    }
    Ok(values)
}

pub(super) fn is_input(block: &Value) -> bool {
    block["type"] == "input"
}

/// Whether a field's value is only its type and nulls.
fn is_empty(filled: &Value) -> bool {
    filled
        .as_object()
        .is_some_and(|filled| filled.iter().all(|(name, value)| name == "type" || value.is_null()))
}

struct Field<'a> {
    workspace: &'a Workspace,
    view: &'a View,
    element: &'a Value,
}

impl Field<'_> {
    /// What the client sends for this field, with `value` in it or left as it was.
    fn filled(&self, value: Option<&str>) -> Result<Value, String> {
        let kind = &self.element["type"];
        let (field, content) = match kind.as_str().unwrap_or_default() {
            "plain_text_input" => ("value", self.text(value)?),
            "static_select" => ("selected_option", self.option(value)?),
            "external_select" => ("selected_option", self.loaded_option(value)?),
            "users_select" => ("selected_user", self.user(value)?),
            other => return Err(format!("nobody can fill in a {other}")),
        };
        Ok(json!({ "type": kind, field: content }))
    }

    fn text(&self, value: Option<&str>) -> Result<Value, String> {
        let Some(text) = value else {
            return Ok(self.element["initial_value"].clone());
        };
        if text.is_empty() {
            return Ok(Value::Null);
        }
        let length = text.chars().count() as u64;
        let least = self.element["min_length"].as_u64().unwrap_or(0);
        let most = self.element["max_length"].as_u64().unwrap_or(3_000);
        if length < least || length > most {
            return Err(format!("takes {least} to {most} characters, not {length}"));
        }
        if text.contains('\n') && self.element["multiline"] != true {
            return Err("takes one line only".to_owned());
        }
        Ok(json!(text))
    }

    fn option(&self, value: Option<&str>) -> Result<Value, String> {
        match value {
            None => Ok(self.element["initial_option"].clone()),
            Some(value) => choose(self.element, value),
        }
    }

    fn loaded_option(&self, value: Option<&str>) -> Result<Value, String> {
        let Some(value) = value else {
            return Ok(self.element["initial_option"].clone());
        };
        let action_id = self.element["action_id"].as_str().unwrap_or_default();
        let loaded = self.workspace.loaded_options.get(&(self.view.id.clone(), action_id.to_owned()));
        let option = loaded.into_iter().flatten().find(|option| option["value"] == value);
        option.cloned().ok_or_else(|| format!("{value} was not among the options loaded"))
    }

    fn user(&self, value: Option<&str>) -> Result<Value, String> {
        let Some(id) = value else {
            return Ok(self.element["initial_user"].clone());
        };
        let known = self.workspace.people.contains_key(id);
        if known { Ok(json!(id)) } else { Err(format!("there is nobody called {id}")) }
    }
}
