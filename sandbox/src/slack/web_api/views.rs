//! `views.*`: modals and the Home tab.

use serde_json::{Map, Value, json};

use super::{Answer, Refusal, arguments::Arguments};
use crate::slack::{blocks, view::View, workspace::Workspace};

pub(super) fn open(workspace: &mut Workspace, arguments: &Arguments) -> Answer {
    let body = view(arguments, "modal")?;
    let user = workspace.exchange_trigger(arguments.text("trigger_id")?)?;
    let view = workspace.open_modal(&user, body, None)?;
    Ok(shown(workspace, &view))
}

pub(super) fn update(workspace: &mut Workspace, arguments: &Arguments) -> Answer {
    let body = view(arguments, "modal")?;
    let (id, external_id) = (arguments.text("view_id")?, arguments.text("external_id")?);
    let named = |view: &&View| match (id, external_id) {
        ("", "") => false,
        ("", external_id) => view.body["external_id"] == external_id,
        (id, _) => view.id == id,
    };
    let open = workspace.modals.iter().find(named).ok_or("not_found")?;
    same_hash(open, arguments.text("hash")?)?;
    let id = open.id.clone();
    let view = workspace.redraw(&id, body).ok_or("not_found")?;
    Ok(shown(workspace, &view))
}

pub(super) fn publish(workspace: &mut Workspace, arguments: &Arguments) -> Answer {
    let body = view(arguments, "home")?;
    let user = arguments.text("user_id")?;
    if workspace.people.get(user).is_none_or(|person| person.deleted || person.is_bot) {
        return Err(Refusal::argument("[ERROR] invalid user [json-pointer:/user_id]".to_owned()));
    }
    if let Some(published) = workspace.homes.get(user) {
        same_hash(published, arguments.text("hash")?)?;
    }
    let view = workspace.publish_home(user, body);
    Ok(shown(workspace, &view))
}

/// The view of a call, which must be without fault and of the right kind.
fn view(arguments: &Arguments, kind: &str) -> Result<Value, Refusal> {
    let view = arguments.nested("view")?.unwrap_or_default();
    blocks::check_view(&view).map_err(|faults| Refusal::faults("invalid_arguments", &faults))?;
    if view["type"] == kind {
        return Ok(view);
    }
    Err(Refusal::argument(format!("[ERROR] must be of type {kind} [json-pointer:/view/type]")))
}

/// Refuses to overwrite something newer than the caller knows of; without a hash the caller does not care.
fn same_hash(view: &View, hash: &str) -> Result<(), Refusal> {
    if hash.is_empty() || hash == view.hash { Ok(()) } else { Err("hash_conflict".into()) }
}

fn shown(workspace: &Workspace, view: &View) -> Value {
    json!({ "view": workspace.view_json(view, Map::new()) })
}
