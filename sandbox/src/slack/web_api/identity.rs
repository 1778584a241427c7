//! `auth.*` and `users.*`: the bot's identity, and other people's.

use serde_json::json;

use super::{Answer, arguments::Arguments};
use crate::slack::workspace::Workspace;

pub(super) fn auth_test(workspace: &mut Workspace, _: &Arguments) -> Answer {
    let config = &workspace.config;
    Ok(json!({
        "url": format!("https://{}.slack.com/", workspace.team_domain()),
        "team": config.team_name,
        "team_id": config.team_id,
        "user": workspace.people[&config.bot_user_id].name,
        "user_id": config.bot_user_id,
        "bot_id": workspace.bot_id(),
        "is_enterprise_install": false,
    }))
}

pub(super) fn users_info(workspace: &mut Workspace, arguments: &Arguments) -> Answer {
    let person = workspace.people.get(arguments.text("user")?).ok_or("user_not_found")?;
    let mut user = workspace.user_json(person);
    if arguments.flag("include_locale")? {
        user["locale"] = json!("en-US");
    }
    Ok(json!({ "user": user }))
}
