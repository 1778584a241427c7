//! Names: what the sentences need to know of the chat platform and of the policy.

use std::{borrow::Cow, collections::BTreeMap};

use super::rich::{Line, say};
use crate::domain::ids::{AccountId, Target};

/// The most of an account's name that is shown.
const LONGEST_ACCOUNT_NAME: usize = 40;
/// The command on a platform whose command is not known.
const ANY_COMMAND: &str = "the app's command";

/// The names by which people know where they are, accounts and reviewers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The name of the reader's chat platform in accounts.
    pub id: String,
    /// The name of that platform in sentences.
    pub platform: String,
    /// The command that people type there.
    pub command: String,
    /// What accounts are called.
    pub accounts: BTreeMap<AccountId, String>,
    /// The group that answers requests.
    pub reviewers: String,
}

impl Names {
    /// Returns the same names for a reader who may be on any platform.
    #[must_use]
    pub fn on_any_platform(&self) -> Self {
        let (id, platform) = (String::new(), "the chat app".to_owned());
        Self { id, platform, command: ANY_COMMAND.to_owned(), ..self.clone() }
    }

    /// Returns the names for a sentence about something on `platform`, which may be another platform than the reader's
    /// and is then not described in the words of the reader's.
    pub(super) fn on(&self, platform: &str) -> Cow<'_, Self> {
        if platform == self.id {
            return Cow::Borrowed(self);
        }
        let (id, name) = (platform.to_owned(), platform.to_owned());
        Cow::Owned(Self { id, platform: name, command: ANY_COMMAND.to_owned(), ..self.clone() })
    }

    /// A target: `prod (111122223333) / S3Admin`.
    pub(super) fn target(&self, Target { account, role }: &Target) -> Line {
        let (number, role) = (Line::name(account.as_str()), Line::name(role.as_str()));
        match self.accounts.get(account) {
            Some(name) => {
                say!(
                    "{name} ({number}) / {role}",
                    name = Line::given(name, LONGEST_ACCOUNT_NAME),
                    number,
                    role
                )
            }
            None => say!("{number} / {role}", number, role),
        }
    }

    /// Any of the people who may answer.
    pub(super) fn a_reviewer(&self) -> Line {
        say!("a member of {reviewers}", reviewers = &self.reviewers)
    }
}
