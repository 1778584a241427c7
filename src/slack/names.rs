//! What Slack and the app's command there are called.

use crate::{domain::policy::Policy, text::Names};

/// What people call the platform.
const NAME: &str = "Slack";
/// The command, as `manifests/slack-app.yaml` has it.
const COMMAND: &str = "/elevate";

/// The names that sentences for people in Slack use.
#[must_use]
pub fn names(policy: &Policy) -> Names {
    Names {
        platform: NAME.to_owned(),
        command: COMMAND.to_owned(),
        accounts: policy.accounts.clone(),
        reviewers: policy.reviewers.clone(),
    }
}
