//! Settings that are valid and will be regretted. `elevate check` warns of them.

use super::Config;
use crate::domain::window::Minutes;

/// The longest access that is not worth a warning, in minutes: 12 hours, the longest session of a role that is not
/// assumed by another role.
const LONG_ACCESS: u32 = 12 * 60;
/// The longest wait for an answer that is not worth a warning, in minutes: a week.
const LONG_WAIT: u32 = 7 * 24 * 60;

impl Config {
    /// Returns a sentence for each trap, which begins with the setting's name.
    #[must_use]
    pub fn traps(&self) -> Vec<String> {
        let policy = &self.policy;
        let (prefix, reviewers) = (&policy.group_prefix, &policy.reviewers);
        let in_prefix = reviewers.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('#'));
        let mut traps = Vec::new();
        if in_prefix.is_some_and(|rest| rest.contains('#')) {
            traps.push(format!(
                "access.reviewers: {reviewers} has the form of a group that makes its members eligible for a role, so they could answer for each other"
            ));
        }
        if in_prefix.is_none() && reviewers.contains('#') {
            traps.push(format!(
                "access.reviewers: {reviewers} does not begin with access.group_prefix, {prefix}; is there such a group?"
            ));
        }
        if is_longer(policy.max_duration, LONG_ACCESS) {
            traps.push(format!(
                "access.max_duration: {} of access is more than 12 hours",
                policy.max_duration
            ));
        }
        if is_longer(policy.request_ttl, LONG_WAIT) {
            traps.push(format!(
                "access.request_ttl: a request can be approved for {} after it was made, which is more than a week",
                policy.request_ttl
            ));
        }
        let asks_for_refresh_tokens = self.oidc.scopes.iter().any(|scope| scope == "offline_access")
            || self.oidc.authorization.contains_key("access_type");
        if !asks_for_refresh_tokens {
            traps.push(
                "oidc.scopes: is without offline_access, so most providers issue no refresh token, and people must sign \
                 in again 15 minutes after each sign-in"
                    .to_owned(),
            );
        }
        if self.oidc.email_claim != "email" && !self.oidc.trust_unverified_email {
            traps.push(format!(
                "oidc.email_claim: providers verify the claim email and no other, so nobody is linked by {} \
                 unless oidc.trust_unverified_email is true",
                self.oidc.email_claim
            ));
        }
        if self.slack.review_channel == self.slack.audit_channel {
            traps.push(
                "slack.audit_channel: is the review channel, so reviewers cannot see the requests among the events"
                    .to_owned(),
            );
        }
        if policy.accounts.is_empty() {
            traps.push("[accounts]: is missing, so every account is offered that a group names".to_owned());
        }
        if self.aws.allow_own_account {
            traps.push(
                "aws.allow_own_account: people who get a role in the app's own account may control the app"
                    .to_owned(),
            );
        }
        traps
    }
}

fn is_longer(duration: Minutes, minutes: u32) -> bool {
    Minutes::new(minutes).is_some_and(|longest| duration > longest)
}
