//! Slack's identifiers, and their mapping to accounts and conversations.

use crate::domain::{
    account::{Account, Conversation, Tenant},
    ids::id,
};

/// The platform's name in accounts and keys.
pub const PLATFORM: &str = "slack";

id!(
    /// A workspace or an Enterprise organization.
    TeamId, "a Slack workspace id such as T0123456", |text| is_slack_id(text, &['T', 'E'])
);
id!(
    /// A person.
    UserId, "a Slack member id such as U0123456", |text| is_slack_id(text, &['U', 'W'])
);
id!(
    /// A conversation: a channel, or a direct message.
    ChannelId, "a Slack channel id such as C0123456", |text| is_slack_id(text, &['C', 'D', 'G'])
);

impl TeamId {
    /// Returns the workspace as a tenant.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        Tenant::new(PLATFORM, self.as_str())
    }

    /// Returns the account of a person in this workspace.
    #[must_use]
    pub fn account(&self, user: &UserId) -> Account {
        self.tenant().account(user.as_str())
    }

    /// Returns a conversation in this workspace.
    #[must_use]
    pub fn conversation(&self, channel: &ChannelId) -> Conversation {
        self.tenant().conversation(channel.as_str())
    }
}

fn is_slack_id(text: &str, first: &[char]) -> bool {
    (3..=32).contains(&text.len())
        && text.starts_with(first)
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_whole_or_not_at_all() {
        for bad in ["U1", "u0123456", "U0123456|ada", "T0123456", "<@U0123456>"] {
            assert!(bad.parse::<UserId>().is_err(), "{bad:?}");
        }
        for bad in ["T1", "U0123456", "T0123456#", "T0123456/U0ADA"] {
            assert!(bad.parse::<TeamId>().is_err(), "{bad:?}");
        }
        for bad in ["C1", "#general", "U0123456", "C0123456 "] {
            assert!(bad.parse::<ChannelId>().is_err(), "{bad:?}");
        }
    }
}
