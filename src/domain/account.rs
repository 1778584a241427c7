//! Accounts, conversations and messages of a chat platform. Only the platform's adapter interprets their ids.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a chat platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Platform(String);

/// A company's part of a platform, which platforms call a workspace, an organization or a tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tenant {
    platform: Platform,
    #[serde(rename = "tenant")]
    id: String,
}

/// A user's account on a platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Account {
    #[serde(flatten)]
    tenant: Tenant,
    user: String,
}

/// A conversation on a platform, between two or more people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Conversation {
    #[serde(flatten)]
    tenant: Tenant,
    conversation: String,
}

/// A message that a platform has accepted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MessageRef {
    #[serde(flatten)]
    conversation: Conversation,
    message: String,
}

impl Platform {
    /// Returns the platform of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Returns the platform's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Tenant {
    /// Returns the tenant that `platform` identifies by this id.
    #[must_use]
    pub fn new(platform: impl Into<String>, id: impl Into<String>) -> Self {
        Self { platform: Platform::new(platform), id: id.into() }
    }

    /// Returns the platform.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Returns the platform's id for this tenant.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the account that this tenant identifies by this id.
    #[must_use]
    pub fn account(&self, user: impl Into<String>) -> Account {
        Account { tenant: self.clone(), user: user.into() }
    }

    /// Returns the conversation that this tenant identifies by this id.
    #[must_use]
    pub fn conversation(&self, id: impl Into<String>) -> Conversation {
        Conversation { tenant: self.clone(), conversation: id.into() }
    }
}

impl Account {
    /// Returns the account `user` of a tenant of `platform`.
    #[must_use]
    pub fn new(platform: impl Into<String>, tenant: impl Into<String>, user: impl Into<String>) -> Self {
        Tenant::new(platform, tenant).account(user)
    }

    /// Returns the account's platform.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.tenant.platform
    }

    /// Returns the account's tenant.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Returns the tenant's id for this account.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }
}

impl Conversation {
    /// Returns the conversation's platform.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.tenant.platform
    }

    /// Returns the conversation's tenant.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Returns the tenant's id for this conversation.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.conversation
    }

    /// Returns the message that this conversation identifies by this id.
    #[must_use]
    pub fn message(&self, id: impl Into<String>) -> MessageRef {
        MessageRef { conversation: self.clone(), message: id.into() }
    }
}

impl MessageRef {
    /// Returns the conversation that contains this message.
    #[must_use]
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    /// Returns the conversation's id for this message.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Writes platform, tenant and user, each escaped, so that two different accounts are never written the same way,
/// whatever their ids contain. The store derives its keys from this form.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(self.platform().as_str(), f)?;
        f.write_str("/")?;
        escape(self.tenant.id(), f)?;
        f.write_str("/")?;
        escape(&self.user, f)
    }
}

/// Writes `%` and two hexadecimal digits for each byte that is not an ASCII letter or digit, `.`, `_` or `-`.
fn escape(part: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for byte in part.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => {
                write!(f, "{}", char::from(byte))?
            }
            other => write!(f, "%{other:02X}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_account_is_written_legibly() {
        assert_eq!(Account::new("slack", "T0123456", "U0ADA").to_string(), "slack/T0123456/U0ADA");
        assert_eq!(
            Account::new("chat", "a/b", "ada@example.com").to_string(),
            "chat/a%2Fb/ada%40example.com"
        );
    }

    #[test]
    fn an_account_is_stored_flat() {
        let ada = Account::new("chat", "hq", "ada");
        let stored = serde_json::json!({ "platform": "chat", "tenant": "hq", "user": "ada" });
        assert_eq!(serde_json::to_value(&ada).unwrap(), stored);
        assert_eq!(serde_json::from_value::<Account>(stored).unwrap(), ada);
        let message = ada.tenant().conversation("general").message("1");
        let stored = serde_json::json!({ "platform": "chat", "tenant": "hq", "conversation": "general", "message": "1" });
        assert_eq!(serde_json::to_value(&message).unwrap(), stored);
        assert_eq!(serde_json::from_value::<MessageRef>(stored).unwrap(), message);
    }

    proptest! {
        #[test]
        fn no_two_accounts_are_written_alike(parts in few(), others in few()) {
            let account = |[platform, tenant, user]: [String; 3]| Account::new(platform, tenant, user);
            let (one, other) = (account(parts), account(others));
            prop_assert_eq!(one.to_string() == other.to_string(), one == other);
        }
    }

    /// Generates parts from a few characters, so that different parts often look alike.
    fn few() -> impl Strategy<Value = [String; 3]> {
        ["[a/%]{0,2}", "[a/%]{0,2}", "[a/%]{0,2}"]
    }
}
