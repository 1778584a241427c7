//! People as Slack knows them, and what it returns to an app about them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::workspace::Workspace;

/// Somebody with a Slack account, of this workspace or of another one.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Person {
    /// The user id, such as `U0ADA`.
    pub id: String,
    /// The workspace they belong to; another one's people are met in shared channels.
    pub team_id: String,
    /// The workspaces of an organisation that they are a member of. For such people Slack returns these, and no
    /// workspace of their own.
    pub enterprise_teams: Vec<String>,
    /// The handle.
    pub name: String,
    /// The name others see.
    pub real_name: String,
    /// The e-mail address in the profile, where an app may see it.
    pub email: Option<String>,
    /// Whether Slack has confirmed the e-mail address.
    pub email_confirmed: bool,
    /// Whether this is an app's user.
    pub is_bot: bool,
    /// Whether this is a guest of several channels.
    pub is_restricted: bool,
    /// Whether this is a guest of a single channel.
    pub is_ultra_restricted: bool,
    /// Whether the account is deactivated.
    pub deleted: bool,
    /// Seconds east of UTC.
    pub tz_offset: i32,
}

impl Workspace {
    /// The `user` object of `users.info`. For a deactivated account Slack returns less.
    pub(super) fn user_json(&self, person: &Person) -> Value {
        let mut user = json!({
            "id": person.id,
            "team_id": person.team_id,
            "name": person.name,
            "deleted": person.deleted,
            "is_bot": person.is_bot,
            "is_app_user": false,
            "updated": 1_700_000_000,
            "profile": profile_json(person),
        });
        if let (Some(user), false) = (user.as_object_mut(), person.deleted) {
            user.extend(self.details_of_the_active(person));
            if !person.enterprise_teams.is_empty() {
                user.remove("team_id");
                let of_enterprise = json!({ "id": person.id, "teams": person.enterprise_teams });
                user.insert("enterprise_user".to_owned(), of_enterprise);
            }
        }
        user
    }

    fn details_of_the_active(&self, person: &Person) -> Map<String, Value> {
        let mut details = Map::from_iter([
            ("color".to_owned(), json!("9f69e7")),
            ("real_name".to_owned(), json!(person.real_name)),
            ("tz".to_owned(), json!("Etc/Unknown")),
            ("tz_label".to_owned(), json!("Local time")),
            ("tz_offset".to_owned(), json!(person.tz_offset)),
            ("is_admin".to_owned(), json!(false)),
            ("is_owner".to_owned(), json!(false)),
            ("is_primary_owner".to_owned(), json!(false)),
            ("is_restricted".to_owned(), json!(person.is_restricted)),
            ("is_ultra_restricted".to_owned(), json!(person.is_ultra_restricted)),
            ("is_email_confirmed".to_owned(), json!(person.email_confirmed)),
            ("who_can_share_contact_card".to_owned(), json!("EVERYONE")),
        ]);
        if person.team_id != self.config.team_id {
            details.insert("is_stranger".to_owned(), json!(!self.shares_a_channel_with_the_bot(&person.id)));
        }
        details
    }

    fn shares_a_channel_with_the_bot(&self, user: &str) -> bool {
        self.channels.values().any(|channel| channel.has(user) && channel.has(&self.config.bot_user_id))
    }
}

fn profile_json(person: &Person) -> Value {
    let (first_name, last_name) = person.real_name.split_once(' ').unwrap_or((&person.real_name, ""));
    let mut profile = json!({
        "title": "",
        "phone": "",
        "skype": "",
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "first_name": first_name,
        "last_name": last_name,
        "fields": [],
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": "g0",
        "team": person.team_id,
    });
    if let (Some(profile), Some(email)) = (profile.as_object_mut(), &person.email) {
        profile.insert("email".to_owned(), json!(email));
    }
    profile
}
