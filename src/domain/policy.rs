//! The policy: who may request what, who may answer, for how long, and with what reason. It follows AWS's reference
//! broker for temporary elevated access
//! (<https://aws.amazon.com/blogs/security/managing-temporary-elevated-access-to-your-aws-environment/>).

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::{
    group_name::{self, GroupNames},
    ids::{AccountId, Target},
    person::{Groups, Person, SignedIn},
    refusal::Refusal,
    step_up::StepUp,
    visible::visible,
    window::{Minutes, Timestamp},
};

/// The most texts that a refusal quotes.
const MOST_QUOTED: usize = 5;

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
    /// What the provider calls the groups that it does not call as the policy does.
    pub group_names: GroupNames,
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
    /// [`Refusal::NotEligible`], [`Refusal::NoGroupsClaim`], [`Refusal::GroupMisspelled`].
    pub fn check_eligible(&self, groups: &Groups, target: &Target) -> Result<(), Refusal> {
        if self.targets(groups).contains(target) {
            return Ok(());
        }
        let group = self.group_for(target);
        if self.is_offered(target) {
            self.check_names(groups, &group)?;
        }
        Err(Refusal::NotEligible { target: target.clone(), group })
    }

    /// Refuses groups of which it is unknown whether `group` is among them, or that contain it in another spelling.
    fn check_names(&self, groups: &Groups, group: &str) -> Result<(), Refusal> {
        check_claim(groups, Some(group))?;
        misspelled(group, groups.iter().filter_map(|sent| self.nearly(sent, group)))
    }

    /// Refuses groups of which nothing is known, and those that a rule would be about if they were spelled otherwise.
    ///
    /// # Errors
    /// [`Refusal::NoGroupsClaim`], [`Refusal::GroupMisspelled`].
    pub fn check_groups(&self, groups: &Groups) -> Result<(), Refusal> {
        check_claim(groups, None)?;
        let near: Vec<_> = groups.iter().filter_map(|sent| self.nearly_any(sent)).collect();
        let is_missing = |group: &String| !groups.contains(group);
        let Some((group, _)) = near.iter().find(|(group, _)| is_missing(group)) else { return Ok(()) };
        let of_missing = near.iter().filter(|(group, _)| is_missing(group));
        misspelled(group, of_missing.map(|(_, excerpt)| excerpt.clone()))
    }

    /// Returns those groups that a rule is about, and excerpts of what is nearly the name of one. Nothing else of what a
    /// directory says about a person is kept.
    #[must_use]
    pub fn relevant(&self, groups: Groups) -> Groups {
        groups.keeping(|sent| {
            if self.knows(sent) {
                return Some(sent.to_owned());
            }
            let (_, excerpt) = self.nearly_any(sent)?;
            (!self.knows(&excerpt)).then_some(excerpt)
        })
    }

    /// Returns whether a rule is about the group of exactly this name.
    fn knows(&self, group: &str) -> bool {
        group == self.reviewers || self.target_of(group).is_some()
    }

    /// Returns an excerpt of what the provider sent, if that is nearly `group`.
    fn nearly(&self, sent: &str, group: &str) -> Option<String> {
        let ids = self.group_names.iter().filter(|(_, name)| *name == group).map(|(id, _)| id);
        let at = ids.chain([group]).find_map(|name| group_name::find(sent, name))?;
        (sent != group).then(|| group_name::excerpt(sent, at))
    }

    /// Returns the group that a rule is about and that the provider nearly sent, with an excerpt of what it sent.
    fn nearly_any(&self, sent: &str) -> Option<(String, String)> {
        if self.knows(sent) {
            return None;
        }
        let mapped = self.group_names.iter().map(|(_, name)| name).filter(|name| self.knows(name));
        let mut named = mapped.chain([self.reviewers.as_str()]);
        if let Some(found) = named.find_map(|group| Some((group.to_owned(), self.nearly(sent, group)?))) {
            return Some(found);
        }
        let prefix = format!("{}#", self.group_prefix);
        let mut beginnings = group_name::beginnings(sent, &prefix);
        beginnings.find_map(|(at, rest)| {
            let target = self.target_before(rest)?;
            Some((self.group_for(&target), group_name::excerpt(sent, at)))
        })
    }

    /// Returns the target that the text begins with, as the name of a group writes it, if it is offered.
    fn target_before(&self, text: &str) -> Option<Target> {
        let (role, rest) = group_name::split_at_hash(text)?;
        let (account, rest) = rest.split_at_checked(AccountId::LENGTH)?;
        let target = Target { account: account.parse().ok()?, role: role.parse().ok()? };
        (group_name::ends(rest) && self.is_offered(&target)).then_some(target)
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

    /// Refuses a person who is not a reviewer, with `refusal` unless the provider sent no groups claim, or that group in
    /// another spelling.
    ///
    /// # Errors
    /// The result of `refusal` for the reviewers' group, or [`Refusal::NoGroupsClaim`], [`Refusal::GroupMisspelled`].
    pub fn check_reviewer(
        &self,
        person: &Person,
        refusal: impl FnOnce(String) -> Refusal,
    ) -> Result<(), Refusal> {
        if self.is_reviewer(person) {
            return Ok(());
        }
        self.check_names(person.groups(), &self.reviewers)?;
        Err(refusal(self.reviewers.clone()))
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

/// Refuses groups of which nothing is known, because the provider sent no groups claim.
fn check_claim(groups: &Groups, group: Option<&str>) -> Result<(), Refusal> {
    let Some((claim, claims)) = groups.claims_instead() else { return Ok(()) };
    let (group, claim) = (group.map(str::to_owned), claim.to_owned());
    Err(Refusal::NoGroupsClaim { group, claim, claims: claims.to_vec() })
}

/// Refuses with these excerpts of what the provider sent in place of `group`, if there are any.
fn misspelled(group: &str, excerpts: impl Iterator<Item = String>) -> Result<(), Refusal> {
    let sent: Vec<_> = excerpts.take(MOST_QUOTED).map(|excerpt| visible(&excerpt)).collect();
    if sent.is_empty() { Ok(()) } else { Err(Refusal::GroupMisspelled { group: group.to_owned(), sent }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            group_names: GroupNames::default(),
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

    const GROUP: &str = "aws-temp#S3Admin#111122223333";

    /// The kinds of near misses: a path, another case, padding, a distinguished name, and several names in one text.
    fn misspelled(name: &str) -> Vec<String> {
        [
            format!("/{name}"),
            format!("/company/{name}"),
            name.to_uppercase(),
            name.to_lowercase(),
            format!(" {name}"),
            format!("{name} "),
            format!("{name}\u{a0}"),
            format!("CN={name},OU=Groups,DC=example"),
            format!("cn={},ou=groups", name.replace('#', r"\#")),
            format!("[staff, {name}]"),
            format!("staff,{name}"),
            format!(r#"["staff","{name}"]"#),
            format!("staff {name} ops"),
        ]
        .into()
    }

    #[test]
    fn a_near_miss_counts_for_nothing_and_is_told_as_one() {
        let target: Target = "111122223333/S3Admin".parse().unwrap();
        for sent in misspelled(GROUP) {
            let groups: Groups = [&sent].into_iter().collect();
            let why = Refusal::GroupMisspelled { group: GROUP.to_owned(), sent: vec![visible(&sent)] };
            assert_eq!(policy().check_eligible(&groups, &target), Err(why), "{sent}");
        }
        for sent in misspelled("aws-temp#Reviewer") {
            let groups: Groups = [&sent].into_iter().collect();
            assert_eq!(targets(&policy(), &[&sent]), [""; 0]);
            let Err(Refusal::GroupMisspelled { group, .. }) = policy().check_groups(&groups) else {
                panic!("{sent}")
            };
            assert_eq!(group, "aws-temp#Reviewer");
        }
    }

    #[test]
    fn before_anything_is_asked_for_a_near_miss_of_any_group_is_told() {
        let told = |policy: &Policy, sent: &[&str]| match policy.check_groups(&sent.iter().copied().collect())
        {
            Ok(()) => None,
            Err(Refusal::GroupMisspelled { group, sent }) => Some((group, sent)),
            Err(other) => panic!("{other:?}"),
        };
        for sent in misspelled(GROUP).iter().filter(|sent| !sent.starts_with("aws-temp#s3admin")) {
            let (group, _) = told(&policy(), &["staff", sent]).unwrap_or_else(|| panic!("{sent}"));
            assert!(group.eq_ignore_ascii_case(GROUP), "{sent}: {group}");
        }
        for fine in [
            &[GROUP][..],
            &["staff"],
            &[],
            &["aws-temp#Reviewer"],
            &[GROUP, "/aws-temp#S3Admin#111122223333"],
        ] {
            assert_eq!(told(&policy(), fine), None, "{fine:?}");
        }
        let both = told(&policy(), &["/aws-temp#A#111122223333", "/aws-temp#Reviewer"]).unwrap();
        assert_eq!(both.1, ["/aws-temp#A#111122223333", "/aws-temp#Reviewer"]);
        let elsewhere =
            Policy { accounts: [("444455556666".parse().unwrap(), "dev".into())].into(), ..policy() };
        assert_eq!(told(&elsewhere, &["/aws-temp#S3Admin#111122223333"]), None, "it would not make eligible");
    }

    #[test]
    fn what_a_name_is_mapped_from_has_near_misses_too() {
        let names = [("/platform/S3", GROUP), ("3f7ced07", "aws-temp#Reviewer"), ("other", "staff")];
        let group_names = names.map(|(id, name)| (id.to_owned(), name.to_owned())).into_iter().collect();
        let policy = Policy { group_names, ..policy() };
        for (sent, group) in [
            ("/Platform/s3", GROUP),
            ("platform/S3", GROUP),
            ("[/platform/S3]", GROUP),
            ("3F7CED07", "aws-temp#Reviewer"),
            ("3f7ced07,x", "aws-temp#Reviewer"),
        ] {
            let groups: Groups = [sent].into_iter().collect();
            let why = Refusal::GroupMisspelled { group: group.to_owned(), sent: vec![sent.to_owned()] };
            assert_eq!(policy.check_groups(&groups), Err(why));
        }
        assert_eq!(policy.check_groups(&["Other", "3f7ced077"].into_iter().collect()), Ok(()));
    }

    proptest! {
        #[test]
        fn only_the_exact_name_makes_eligible(before in "[ /,=]{0,2}", after in "[ /,=]{0,2}", upper in any::<bool>()) {
            let name = if upper { GROUP.to_uppercase() } else { GROUP.to_owned() };
            let sent = format!("{before}{name}{after}");
            let groups: Groups = [&sent].into_iter().collect();
            let target = "111122223333/S3Admin".parse().unwrap();
            prop_assert_eq!(policy().check_eligible(&groups, &target).is_ok(), sent == GROUP);
            prop_assert_eq!(policy().targets(&groups).contains(&target), sent == GROUP);
        }
    }

    #[test]
    fn only_what_a_rule_is_about_is_kept() {
        let relevant = |sent: &[&str]| -> Vec<_> {
            policy().relevant(sent.iter().copied().collect()).iter().map(str::to_owned).collect()
        };
        assert_eq!(
            relevant(&["staff", GROUP, "aws-temp#Reviewer", "aws-temp#x", ""]),
            ["aws-temp#Reviewer", GROUP]
        );
        for sent in misspelled(GROUP) {
            assert_eq!(relevant(&["staff", &sent]), [sent.as_str()]);
        }
        let long = format!("{}{GROUP}{}", "staff,".repeat(1_000), ",staff".repeat(1_000));
        let [kept] = &relevant(&[&long])[..] else { panic!("it is a near miss") };
        assert!(kept.chars().count() < 210 && kept.contains(GROUP), "{kept}");
        assert_eq!(relevant(&[kept]), [kept.as_str()], "however often");
        let unsaid = Groups::without_claim("groups", ["sub"]);
        assert_eq!(policy().relevant(unsaid.clone()), unsaid, "nothing is not none");
    }

    proptest! {
        #[test]
        fn what_is_kept_makes_eligible_for_the_same(around in "[ a-z#/,…]{0,300}", cut in 0usize..300) {
            let at = around.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(around.len());
            let sent = format!("{}{GROUP}{}", &around[..at], &around[at..]);
            let groups: Groups = [sent.as_str(), GROUP].into_iter().take(1 + cut % 2).collect();
            let kept = policy().relevant(groups.clone());
            prop_assert_eq!(policy().targets(&kept), policy().targets(&groups));
            prop_assert_eq!(kept.contains("aws-temp#Reviewer"), groups.contains("aws-temp#Reviewer"));
        }
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
