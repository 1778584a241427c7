//! The policy: who may request what, who may answer, for how long, and with what reason. It follows AWS's reference
//! broker for temporary elevated access
//! (<https://aws.amazon.com/blogs/security/managing-temporary-elevated-access-to-your-aws-environment/>).

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::{
    ids::{AccountId, Target},
    person::{Groups, Person, SignedIn},
    refusal::Refusal,
    step_up::StepUp,
    window::{Minutes, Timestamp},
};

/// The operator's rules for access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Members of a group named `<prefix>#<role>#<account>` are eligible for that role in that account.
    pub group_prefix: String,
    /// The group whose members may answer requests.
    pub reviewers: String,
    /// How long a request waits for an answer before it expires.
    pub request_ttl: Minutes,
    /// The longest duration of access.
    pub max_duration: Minutes,
    /// The durations that the form offers.
    pub durations: Vec<Minutes>,
    /// How many sessions of one request may be open at once.
    pub sessions_at_once: usize,
    /// How many requests a person may make within an hour.
    pub requests_per_hour: usize,
    /// What happens while auditors are not told.
    pub without_auditors: WithoutAuditors,
    /// The accounts that may be requested, with their display names. If empty, every account may be requested.
    pub accounts: BTreeMap<AccountId, String>,
    /// What is required of a sign-in that opens a session or answers a request.
    pub step_up: Option<StepUp>,
}

/// What happens while the audit channel receives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutAuditors {
    /// Everything goes on, and auditors are told later.
    GoOn,
    /// No session begins while the oldest line that is not posted is older than ten minutes.
    Refuse,
}

/// How old a line for auditors may be that is not posted, where sessions require that auditors are told.
const AUDITORS_ARE_TOLD_WITHIN: TimeDelta = TimeDelta::minutes(10);

impl Policy {
    /// Refuses everyone while the oldest line that auditors have not been told, which was due at `oldest_untold`, is too
    /// old.
    ///
    /// # Errors
    /// [`Refusal::AuditOverdue`].
    pub fn check_auditors(&self, oldest_untold: Option<Timestamp>, now: Timestamp) -> Result<(), Refusal> {
        match (self.without_auditors, oldest_untold) {
            (WithoutAuditors::Refuse, Some(due)) if now - due > AUDITORS_ARE_TOLD_WITHIN => {
                Err(Refusal::AuditOverdue)
            }
            (WithoutAuditors::Refuse | WithoutAuditors::GoOn, _) => Ok(()),
        }
    }

    /// Returns the targets that these groups make a person eligible for.
    #[must_use]
    pub fn targets(&self, groups: &Groups) -> BTreeSet<Target> {
        groups.iter().filter_map(|group| self.target_of(group)).collect()
    }

    /// Returns the group whose members are eligible for `target`.
    #[must_use]
    pub fn group_for(&self, target: &Target) -> String {
        format!("{}#{}#{}", self.group_prefix, target.role, target.account)
    }

    /// Refuses a person whose groups do not make them eligible for `target`.
    ///
    /// # Errors
    /// [`Refusal::NotEligible`], [`Refusal::NoGroupsClaim`].
    pub fn check_eligible(&self, groups: &Groups, target: &Target) -> Result<(), Refusal> {
        if self.targets(groups).contains(target) {
            return Ok(());
        }
        let group = self.group_for(target);
        if let Some(claims) = groups.claims_instead() {
            return Err(Refusal::NoGroupsClaim { group, claims: claims.to_vec() });
        }
        Err(Refusal::NotEligible { target: target.clone(), group })
    }

    /// Refuses a target in an account that is not offered.
    ///
    /// # Errors
    /// [`Refusal::NotOffered`].
    pub fn check_offered(&self, target: &Target) -> Result<(), Refusal> {
        if self.is_offered(target) { Ok(()) } else { Err(Refusal::NotOffered { target: target.clone() }) }
    }

    fn is_offered(&self, target: &Target) -> bool {
        self.accounts.is_empty() || self.accounts.contains_key(&target.account)
    }

    /// Refuses a person who has made this many requests within the last hour, if they are too many.
    ///
    /// # Errors
    /// [`Refusal::TooManyRequests`].
    pub fn check_requests(&self, made: usize) -> Result<(), Refusal> {
        let max = self.requests_per_hour;
        if made < max { Ok(()) } else { Err(Refusal::TooManyRequests { max }) }
    }

    /// Refuses a person who has this many open sessions of a request, if they are too many.
    ///
    /// # Errors
    /// [`Refusal::TooManySessions`].
    pub fn check_sessions(&self, open: usize) -> Result<(), Refusal> {
        let max = self.sessions_at_once;
        if open < max { Ok(()) } else { Err(Refusal::TooManySessions { max }) }
    }

    /// Refuses a duration that exceeds the maximum.
    ///
    /// # Errors
    /// [`Refusal::TooLong`].
    pub fn check_duration(&self, duration: Minutes) -> Result<(), Refusal> {
        if duration <= self.max_duration {
            return Ok(());
        }
        Err(Refusal::TooLong { asked: duration, max: self.max_duration })
    }

    /// Refuses a sign-in that does not meet the requirements for opening a session.
    ///
    /// # Errors
    /// Those of [`StepUp::check`].
    pub fn check_sign_in(&self, browser: &SignedIn) -> Result<(), Refusal> {
        self.step_up.as_ref().map_or(Ok(()), |step_up| step_up.check(browser.authentication()))
    }

    /// Refuses a person who has not signed in to answer, if answering requires it.
    ///
    /// # Errors
    /// [`Refusal::AnswerRequiresSignIn`]; those of [`StepUp::check`].
    pub fn check_answering(&self, reviewer: &Person) -> Result<(), Refusal> {
        let Some(step_up) = self.step_up.as_ref().filter(|step_up| step_up.review) else { return Ok(()) };
        step_up.check(reviewer.sign_in().ok_or(Refusal::AnswerRequiresSignIn)?)
    }

    /// Refuses a person who is not a reviewer, with `refusal` unless the provider sent no groups claim.
    ///
    /// # Errors
    /// The result of `refusal` for the reviewers' group, or [`Refusal::NoGroupsClaim`].
    pub fn check_reviewer(
        &self,
        person: &Person,
        refusal: impl FnOnce(String) -> Refusal,
    ) -> Result<(), Refusal> {
        if self.is_reviewer(person) {
            return Ok(());
        }
        let reviewers = self.reviewers.clone();
        if let Some(claims) = person.groups().claims_instead() {
            return Err(Refusal::NoGroupsClaim { group: reviewers, claims: claims.to_vec() });
        }
        Err(refusal(reviewers))
    }

    /// Returns whether these groups include the reviewers' group.
    #[must_use]
    pub fn is_reviewer(&self, person: &Person) -> bool {
        person.groups().contains(&self.reviewers)
    }

    /// Returns the target that a group of exactly this name stands for, if it is offered.
    fn target_of(&self, group: &str) -> Option<Target> {
        let (role, account) = group.strip_prefix(&self.group_prefix)?.strip_prefix('#')?.split_once('#')?;
        let target = Target { account: account.parse().ok()?, role: role.parse().ok()? };
        self.is_offered(&target).then_some(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        Policy {
            group_prefix: "aws-temp".into(),
            reviewers: "aws-temp#Reviewer".into(),
            request_ttl: "24h".parse().unwrap(),
            max_duration: "8h".parse().unwrap(),
            durations: vec!["1h".parse().unwrap()],
            sessions_at_once: 2,
            requests_per_hour: 20,
            without_auditors: WithoutAuditors::GoOn,
            accounts: BTreeMap::new(),
            step_up: None,
        }
    }

    fn targets(policy: &Policy, groups: &[&str]) -> Vec<String> {
        policy.targets(&groups.iter().copied().collect()).iter().map(Target::to_string).collect()
    }

    #[test]
    fn a_group_makes_eligible_for_exactly_its_role_in_its_account() {
        assert_eq!(targets(&policy(), &["aws-temp#S3Admin#111122223333"]), ["111122223333/S3Admin"]);
        let near_misses = [
            "aws-temp#S3Admin",
            "aws-temp#S3Admin#111122223333#x",
            "aws-temp#S3Admin#11112222333",
            "aws-temp##111122223333",
            "xaws-temp#S3Admin#111122223333",
            "aws-temporary#S3Admin#111122223333",
            "AWS-TEMP#S3Admin#111122223333",
            " aws-temp#S3Admin#111122223333",
            "aws-temp#S3Admin#111122223333 ",
            "aws-temp#Reviewer",
        ];
        assert_eq!(targets(&policy(), &near_misses), [""; 0]);
    }

    #[test]
    fn a_role_whose_name_is_part_of_anothers_is_another_role() {
        let groups: Groups = ["aws-temp#DBAdmin#111122223333"].into_iter().collect();
        let target: Target = "111122223333/Admin".parse().unwrap();
        let refusal =
            Refusal::NotEligible { target: target.clone(), group: "aws-temp#Admin#111122223333".into() };
        assert_eq!(policy().check_eligible(&groups, &target), Err(refusal));
        assert!(policy().check_eligible(&groups, &"111122223333/DBAdmin".parse().unwrap()).is_ok());
    }

    #[test]
    fn where_accounts_are_listed_no_other_is_offered() {
        let policy =
            Policy { accounts: [("111122223333".parse().unwrap(), "prod".into())].into(), ..policy() };
        let groups = ["aws-temp#S3Admin#111122223333", "aws-temp#S3Admin#444455556666"];
        assert_eq!(targets(&policy, &groups), ["111122223333/S3Admin"]);
    }

    #[test]
    fn access_lasts_no_longer_than_the_maximum() {
        assert_eq!(policy().check_duration("8h".parse().unwrap()), Ok(()));
        assert!(matches!(policy().check_duration("481m".parse().unwrap()), Err(Refusal::TooLong { .. })));
    }
}
