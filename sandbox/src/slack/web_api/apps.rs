//! `apps.*`: how the bot opens a Socket Mode connection.

use serde_json::json;

use super::{Answer, arguments::Arguments};
use crate::slack::workspace::Workspace;

pub(super) fn connections_open(workspace: &mut Workspace, _: &Arguments) -> Answer {
    Ok(json!({ "url": workspace.issue_socket_url() }))
}
