//! Names: what the sentences need to know of the chat platform and of the policy.

use std::collections::BTreeMap;

use crate::domain::ids::AccountId;

/// The names by which people know where they are, accounts and reviewers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// What the chat platform is called.
    pub platform: String,
    /// The command that people type there.
    pub command: String,
    /// What accounts are called.
    pub accounts: BTreeMap<AccountId, String>,
    /// The group that answers requests.
    pub reviewers: String,
}
