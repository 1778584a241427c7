//! Responses of the Web API. Only the fields that are used are parsed, because Slack varies the rest.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    domain::{email::Email, ids::MemberKind, person::Member},
    ports::Channel,
    slack::ids::{ChannelId, TeamId},
};

#[derive(Deserialize)]
pub(super) struct Acknowledged {
    #[expect(dead_code, reason = "an answer that lacks it is not Slack's")]
    ok: bool,
}

#[derive(Deserialize)]
pub(super) struct Posted {
    pub(super) channel: ChannelId,
    pub(super) ts: String,
}

#[derive(Deserialize)]
pub(super) struct Opened {
    pub(super) channel: OpenedConversation,
}

#[derive(Deserialize)]
pub(super) struct OpenedConversation {
    pub(super) id: ChannelId,
}

#[derive(Deserialize)]
pub(super) struct Myself {
    pub(super) team: String,
    pub(super) team_id: TeamId,
    #[serde(default)]
    pub(super) bot_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ConversationInfo {
    pub(super) channel: Conversation,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Conversation {
    name: String,
    is_ext_shared: bool,
    is_pending_ext_shared: bool,
    is_member: bool,
    is_archived: bool,
}

impl From<Conversation> for Channel {
    fn from(told: Conversation) -> Self {
        Self {
            name: told.name,
            is_shared_outside: told.is_ext_shared || told.is_pending_ext_shared,
            is_member: told.is_member,
            is_archived: told.is_archived,
        }
    }
}

/// <https://docs.slack.dev/reference/methods/conversations.history>
#[derive(Deserialize)]
pub(super) struct History {
    pub(super) messages: Vec<PastMessage>,
    #[serde(default)]
    pub(super) response_metadata: Cursor,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Cursor {
    pub(super) next_cursor: String,
}

#[derive(Deserialize)]
pub(super) struct PastMessage {
    pub(super) ts: String,
    #[serde(default)]
    bot_id: Option<String>,
    #[serde(default)]
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    event_type: String,
    #[serde(default)]
    event_payload: serde_json::Map<String, Value>,
}

impl PastMessage {
    /// Returns whether this app posted the message: metadata alone could come from any app.
    pub(super) fn is_of(&self, myself: &Myself) -> bool {
        self.bot_id.is_some() && self.bot_id == myself.bot_id
    }

    /// Returns whether the metadata has this type and this content.
    pub(super) fn says(&self, event_type: &str, (name, id): &(&str, String)) -> bool {
        let said = self.metadata.as_ref().filter(|metadata| metadata.event_type == event_type);
        let said = said.and_then(|metadata| metadata.event_payload.get(*name)?.as_str());
        said == Some(id)
    }
}

#[derive(Deserialize)]
pub(super) struct UserInfo {
    pub(super) user: User,
}

/// Every field may be absent or null (<https://docs.slack.dev/reference/objects/user-object>).
#[derive(Deserialize)]
pub(super) struct User {
    #[serde(default)]
    team_id: Option<TeamId>,
    #[serde(default)]
    enterprise_user: Option<EnterpriseUser>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    profile: Option<Profile>,
    #[serde(default)]
    deleted: Option<bool>,
    #[serde(default)]
    is_bot: Option<bool>,
    #[serde(default)]
    is_restricted: Option<bool>,
    #[serde(default)]
    is_ultra_restricted: Option<bool>,
    #[serde(default)]
    is_email_confirmed: Option<bool>,
}

/// A user of an organization, who may be a member of several of its workspaces
/// (<https://docs.slack.dev/reference/objects/user-object#enterprise-grid-fields>).
#[derive(Deserialize)]
pub(super) struct EnterpriseUser {
    #[serde(default)]
    teams: Option<Vec<TeamId>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    display_name: Option<String>,
    real_name: Option<String>,
    email: Option<String>,
}

impl User {
    /// Returns the member, if Slack names their workspace. A member of several workspaces counts as one of `home`.
    pub(super) fn into_member(self, user: &str, home: &TeamId) -> Option<Member> {
        let (kind, confirmed_email) = (self.kind(), self.confirmed_email());
        let profile = self.profile.unwrap_or_default();
        let teams = self.enterprise_user.and_then(|user| user.teams).unwrap_or_default();
        let elsewhere = || self.team_id.or_else(|| teams.first().cloned());
        let team = if teams.contains(home) { home.clone() } else { elsewhere()? };
        let names = [profile.real_name, profile.display_name, self.name].into_iter().flatten();
        Some(Member {
            who: team.tenant().account(user),
            name: names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| user.to_owned()),
            shows_email: profile.email.is_some(),
            confirmed_email,
            kind,
        })
    }

    fn kind(&self) -> MemberKind {
        let is = |flag: Option<bool>| flag == Some(true);
        if is(self.deleted) {
            MemberKind::Deactivated
        } else if is(self.is_bot) {
            MemberKind::Bot
        } else if is(self.is_restricted) || is(self.is_ultra_restricted) {
            MemberKind::Guest
        } else {
            MemberKind::Full
        }
    }

    fn confirmed_email(&self) -> Option<Email> {
        let email =
            self.profile.as_ref()?.email.as_deref().filter(|_| self.is_email_confirmed == Some(true))?;
        email.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_is_known_whatever_slack_leaves_out() {
        let home: TeamId = "T0123456".parse().unwrap();
        let member = |told| {
            let user: User = serde_json::from_value(told).unwrap();
            user.into_member("U0ADA", &home).unwrap()
        };
        let bare = member(json!({ "team_id": "T0123456" }));
        let null = member(json!({
            "team_id": "T0123456", "name": null, "profile": null, "deleted": null, "is_bot": null,
            "is_restricted": null, "is_ultra_restricted": null, "is_email_confirmed": null, "enterprise_user": null
        }));
        assert_eq!(bare, null);
        assert_eq!((bare.name.as_str(), bare.shows_email, bare.kind), ("U0ADA", false, MemberKind::Full));
        let names = json!({ "real_name": null, "display_name": "", "email": "ada@example.com" });
        let named = member(json!({ "team_id": "T0123456", "name": "ada", "profile": names }));
        assert_eq!((named.name.as_str(), named.shows_email, named.confirmed_email), ("ada", true, None));
    }

    #[test]
    fn a_message_of_another_app_is_not_our_own_whatever_it_says_of_itself() {
        let myself = |bot_id| {
            let told = json!({ "team": "Example", "team_id": "T0123456", "bot_id": bot_id });
            serde_json::from_value::<Myself>(told).unwrap()
        };
        let message: PastMessage =
            serde_json::from_value(json!({ "ts": "1.0", "bot_id": "B0OURS" })).unwrap();
        assert!(message.is_of(&myself(Some("B0OURS"))));
        assert!(!message.is_of(&myself(Some("B0OTHER"))));
        let of_a_person: PastMessage = serde_json::from_value(json!({ "ts": "1.0" })).unwrap();
        assert!(!of_a_person.is_of(&myself(None)));
    }
}
