//! The names of Slack and of the app's command.

use super::ids::PLATFORM;
use crate::{domain::policy::Policy, text::Names};

/// The platform's display name.
const NAME: &str = "Slack";
/// The command, as in `manifests/slack-app.yaml`.
const COMMAND: &str = "/elevate";

/// Returns the names that sentences for people in Slack use.
#[must_use]
pub fn names(policy: &Policy) -> Names {
    Names {
        id: PLATFORM.to_owned(),
        platform: NAME.to_owned(),
        command: COMMAND.to_owned(),
        accounts: policy.accounts.clone(),
        reviewers: policy.reviewers.clone(),
    }
}
