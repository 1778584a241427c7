//! The terms of a session that is requested from AWS STS, such that it cannot outlive the window.

use serde_json::json;

use super::{
    grant::Elevated,
    ids::Target,
    person::Human,
    request::{Change, Event},
    trail::actor::Approval,
    window::Timestamp,
};

/// The shortest session that STS issues, in seconds
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
const SHORTEST: i64 = 900;
/// The longest session for a role that is assumed by another role, in seconds (role chaining, same page).
const LONGEST_CHAINED: i64 = 3600;
/// The maximum length of a session name or a source identity (same page).
const LONGEST_NAME: usize = 64;
/// The maximum length of a session tag's value (same page).
const LONGEST_TAG: usize = 256;

/// The arguments of `AssumeRole` for one session.
///
/// Only [`Beginning::once_committed`] returns them, which requires an [`Elevated`] and a committed
/// [`SessionIssuing`](Event::SessionIssuing).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionTerms {
    target: Target,
    session_name: String,
    source_identity: String,
    tags: [(&'static str, String); 3],
    duration_seconds: i32,
    policy: String,
    hard_end: Timestamp,
}

/// A session that may begin: the event to commit first, and the session's terms after that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    session: u32,
    by: Human,
    terms: SessionTerms,
}

impl Beginning {
    /// Returns the next session of a request.
    pub(super) fn of(elevated: &Elevated<'_>) -> Self {
        let request = elevated.request();
        let (session, by) = (request.sessions_begun() + 1, request.requester.clone());
        Self { session, by, terms: SessionTerms::of(elevated) }
    }

    /// Returns the change to commit before AWS is asked.
    #[must_use]
    pub fn change(&self) -> Change {
        Event::SessionIssuing { session: self.session }.by(self.by.clone())
    }

    /// Returns the session's number and terms, once its event is committed.
    #[must_use]
    pub fn once_committed(self) -> (u32, SessionTerms) {
        (self.session, self.terms)
    }
}

impl SessionTerms {
    fn of(elevated: &Elevated<'_>) -> Self {
        let request = elevated.request();
        let hard_end = elevated.window().ends();
        let left = (hard_end - elevated.checked_at()).num_seconds();
        let duration = left.clamp(SHORTEST, LONGEST_CHAINED);
        Self {
            target: request.target.clone(),
            session_name: name(elevated.email().as_str()),
            source_identity: name(&format!("{}.{}", request.id, elevated.email())),
            tags: [
                ("elevate:request", request.id.to_string()),
                ("elevate:requester", tag(elevated.email().as_str())),
                ("elevate:reviewer", tag(&Approval::names(elevated.approvals()))),
            ],
            duration_seconds: i32::try_from(duration).expect("clamped to an hour"),
            policy: policy_until(hard_end),
            hard_end,
        }
    }

    /// Returns the role to assume.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns `RoleSessionName`: the person, by the address of this sign-in.
    #[must_use]
    pub fn session_name(&self) -> &str {
        &self.session_name
    }

    /// Returns `SourceIdentity`: the whole request id, followed by the person. Every CloudTrail record of the session
    /// contains it.
    #[must_use]
    pub fn source_identity(&self) -> &str {
        &self.source_identity
    }

    /// Returns the session tags.
    #[must_use]
    pub fn tags(&self) -> &[(&'static str, String)] {
        &self.tags
    }

    /// Returns `DurationSeconds`: the rest of the window, within the bounds of STS.
    #[must_use]
    pub fn duration_seconds(&self) -> i32 {
        self.duration_seconds
    }

    /// Returns the session policy, which denies everything from the window's end on.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// Returns when the policy starts to deny.
    #[must_use]
    pub fn hard_end(&self) -> Timestamp {
        self.hard_end
    }
}

/// Returns a policy that allows everything the role allows until `end`, and nothing after that.
///
/// A session policy is part of the session and evaluated at every call, so the window's end holds although STS issues
/// no session of less than 15 minutes. The time is rounded down to a whole second.
fn policy_until(end: Timestamp) -> String {
    let end = end.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Action": "*", "Resource": "*" },
            {
                "Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": { "DateGreaterThanEquals": { "aws:CurrentTime": end } }
            }
        ]
    })
    .to_string()
}

/// Restricts the text to the characters of session names and source identities, `[\w+=,.@-]`, and cuts it to length.
fn name(text: &str) -> String {
    restricted(text, LONGEST_NAME, |c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
}

/// Restricts the text to the characters of tag values that are ASCII, and cuts it to length. The whole pattern is
/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`, which unlike that of names has no comma
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html>).
fn tag(text: &str) -> String {
    restricted(text, LONGEST_TAG, |c| c.is_ascii_alphanumeric() || " _.:/=+-@".contains(c))
}

fn restricted(text: &str, longest: usize, fits: impl Fn(char) -> bool) -> String {
    text.chars().map(|c| if fits(c) { c } else { '_' }).take(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decide::{
        begin_session,
        tests::{TARGET, after, approve, begin, minute, policy, signed_in},
    };

    #[test]
    fn terms_say_who_for_what_and_until_when() {
        let request = after(&[(0, approve()), (1, begin())]);
        let ada = signed_in("ada", &[TARGET]);
        let begins = |at| begin_session(&request, &request.history, &ada, &policy(), minute(at)).unwrap();
        assert_eq!(begins(2).change().what, Event::SessionIssuing { session: 2 });
        let (session, begun) = begins(2).once_committed();
        assert_eq!(session, 2);
        assert_eq!(*begun.target(), request.target);
        assert_eq!(begun.session_name(), "ada@example.com");
        assert_eq!(begun.source_identity(), format!("{}.ada@example.com", request.id));
        let tags = [
            ("elevate:request", request.id.as_str()),
            ("elevate:requester", "ada@example.com"),
            ("elevate:reviewer", "bob@example.com"),
        ];
        assert_eq!(begun.tags(), tags.map(|(key, value)| (key, value.to_owned())));
        assert_eq!(begun.hard_end(), minute(60));
        assert_eq!(begun.policy(), policy_until(minute(60)));
        let durations = [2, 44, 46, 59].map(|at| begins(at).once_committed().1.duration_seconds());
        assert_eq!(durations, [58 * 60, 16 * 60, 900, 900]);
    }

    #[test]
    fn the_policys_time_is_cut_to_the_second_below() {
        let end = Timestamp::from_timestamp_millis(1_800_000_000_999).unwrap();
        assert!(policy_until(end).contains("2027-01-15T08:00:00Z"));
    }

    #[test]
    fn names_and_tags_hold_only_what_sts_allows() {
        assert_eq!(name("o'hara+x@exämple.com"), "o_hara+x@ex_mple.com");
        assert_eq!(name("a,b c:d/e"), "a,b_c_d_e");
        assert_eq!(name(&"x".repeat(300)).len(), LONGEST_NAME);
        assert_eq!(tag("bob@example.com, o'hara,jr@exämple.com"), "bob@example.com_ o_hara_jr@ex_mple.com");
        assert_eq!(tag("a=b:c/d+e_f-g.h"), "a=b:c/d+e_f-g.h");
        assert_eq!(tag(&"x".repeat(300)).len(), LONGEST_TAG);
    }
}
