//! Who a person is: an account, an identity, and the link between the two.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{
    account::{Account, Tenant},
    email::Email,
    ids::MemberKind,
    policy::Policy,
    refusal::Refusal,
    step_up::Authentication,
    visible::visible,
    window::Timestamp,
};

/// A person as the identity provider identifies them: the pair of `iss` and `sub`, which OpenID Connect guarantees to
/// be unique and never reassigned (<https://openid.net/specs/openid-connect-core-1_0.html#ClaimStability>).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The provider, `iss`.
    pub issuer: String,
    /// The person's id at the provider, `sub`.
    pub subject: String,
}

/// The human behind an identity, as the claim that the operator names (`oidc.person_claim`) identifies them, such as by an
/// employee number. Compared exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(String);

impl PersonId {
    /// Returns the id, or `None` for text without visible content.
    #[must_use]
    pub fn new(id: &str) -> Option<Self> {
        let id = id.trim();
        (!id.is_empty()).then(|| Self(id.to_owned()))
    }

    /// Returns the value of the claim.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The names of a person's groups, compared exactly. The default means that the provider sent no groups claim, which
/// differs from an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Groups(Option<Claimed>);

/// What a provider claims about a person's groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Claimed {
    /// Their names.
    Named(BTreeSet<String>),
    /// Nothing: the name of the claim that is missing, and those of the claims that it sent.
    Nothing {
        #[serde(default)]
        claim: String,
        claims: Vec<String>,
    },
}

/// A claim that the provider did not send in a form that can be used, and those that it sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingClaim {
    /// The name of the claim.
    pub claim: String,
    /// The names of the claims that came.
    pub sent: Vec<String>,
}

impl MissingClaim {
    /// The largest number of claims whose names are kept.
    const MOST_SENT: usize = 30;
    /// The longest name of a claim that is kept, in characters.
    const LONGEST_NAME: usize = 60;

    /// Returns the names, visible and cut.
    pub fn of<'a>(claim: &str, sent: impl IntoIterator<Item = &'a str>) -> Self {
        let cut = |name: &str| visible(name).chars().take(Self::LONGEST_NAME).collect();
        Self { claim: cut(claim), sent: sent.into_iter().take(Self::MOST_SENT).map(cut).collect() }
    }
}

impl Groups {
    /// Returns the groups of a person about whom the provider sent these claims, and not the one that holds groups.
    pub fn without_claim<'a>(claim: &str, sent: impl IntoIterator<Item = &'a str>) -> Self {
        let MissingClaim { claim, sent: claims } = MissingClaim::of(claim, sent);
        Self(Some(Claimed::Nothing { claim, claims }))
    }

    /// Returns whether a group of exactly this name is among them.
    #[must_use]
    pub fn contains(&self, group: &str) -> bool {
        self.iter().any(|name| name == group)
    }

    /// Returns the names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let names = match &self.0 {
            Some(Claimed::Named(names)) => Some(names),
            Some(Claimed::Nothing { .. }) | None => None,
        };
        names.into_iter().flatten().map(String::as_str)
    }

    /// Returns the name of the claim that holds groups and those of the claims that the provider sent, if the first is
    /// not among them. Its name is empty if it is not known.
    #[must_use]
    pub fn claims_instead(&self) -> Option<(&str, &[String])> {
        match &self.0 {
            Some(Claimed::Named(_)) => None,
            Some(Claimed::Nothing { claim, claims }) => Some((claim, claims)),
            None => Some(("", &[])),
        }
    }

    /// Returns those that are also among `other`. Without a claim on either side there is none.
    #[must_use]
    pub fn that_are_also_in(self, other: &Self) -> Self {
        match (self.claims_instead(), other.claims_instead()) {
            (Some(_), _) => self,
            (None, Some(_)) => other.clone(),
            (None, None) => self.iter().filter(|name| other.contains(name)).collect(),
        }
    }

    /// Returns what is kept of each name. That no claim was sent is kept as well.
    #[must_use]
    pub fn keeping(self, kept: impl Fn(&str) -> Option<String>) -> Self {
        match self.claims_instead() {
            Some(_) => self,
            None => self.iter().filter_map(kept).collect(),
        }
    }
}

impl<S: Into<String>> FromIterator<S> for Groups {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self(Some(Claimed::Named(names.into_iter().map(Into::into).collect())))
    }
}

/// An account as the platform describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The account.
    pub who: Account,
    /// The account's display name.
    pub name: String,
    /// Whether the platform shows an e-mail address to the app, confirmed or not.
    pub shows_email: bool,
    /// The profile's e-mail address, if the platform has confirmed it.
    pub confirmed_email: Option<Email>,
    /// The kind of account.
    pub kind: MemberKind,
}

impl Member {
    /// Admits only full members of `home`.
    ///
    /// # Errors
    /// [`Refusal::OtherTenant`], [`Refusal::NotFullMember`].
    pub fn admit(&self, home: &Tenant) -> Result<(), Refusal> {
        if self.who.tenant() != home {
            return Err(Refusal::OtherTenant);
        }
        match self.kind {
            MemberKind::Full => Ok(()),
            kind @ (MemberKind::Guest | MemberKind::Bot | MemberKind::Deactivated) => {
                Err(Refusal::NotFullMember { kind })
            }
        }
    }
}

/// Proof that a browser has just returned from the identity provider as this person.
///
/// Only the [`Identity`](crate::ports::Identity) adapter makes one, from a verified ID token.
#[derive(Clone, Debug)]
pub struct SignedIn {
    subject: Subject,
    verified_email: Option<Email>,
    missing_email: Option<MissingClaim>,
    person: Option<PersonId>,
    groups: Groups,
    authentication: Authentication,
}

impl SignedIn {
    /// Returns the proof for the claims of a verified ID token. `verified_email` is set only if the provider vouches
    /// for it.
    pub(crate) fn verified(
        subject: Subject,
        verified_email: Option<Email>,
        groups: Groups,
        authentication: Authentication,
    ) -> Self {
        Self { subject, verified_email, missing_email: None, person: None, groups, authentication }
    }

    /// Returns the same sign-in, of a person whose address the provider did not send.
    pub(crate) fn without_email(self, missing_email: Option<MissingClaim>) -> Self {
        Self { missing_email, ..self }
    }

    /// Returns the same sign-in, by this human.
    pub(crate) fn of_person(self, person: Option<PersonId>) -> Self {
        Self { person, ..self }
    }

    /// Returns the human behind the identity, if the operator names a claim for it and the provider sent it.
    #[must_use]
    pub fn person(&self) -> Option<&PersonId> {
        self.person.as_ref()
    }

    /// Returns the same sign-in, with what the policy keeps of the groups.
    #[must_use]
    pub fn relevant_to(self, policy: &Policy) -> Self {
        Self { groups: policy.relevant(self.groups), ..self }
    }

    /// Returns the identity that signed in.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Returns the groups that the sign-in returned.
    #[must_use]
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// Returns how the person signed in, and when they returned.
    #[must_use]
    pub fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    /// Returns the same sign-in, for which the browser was sent to the provider at `begun_at`.
    #[must_use]
    pub fn begun_at(mut self, begun_at: Timestamp) -> Self {
        self.authentication.begun_at = begun_at.min(self.authentication.back_at);
        self
    }

    /// Returns the condition under which a change may be based on this sign-in.
    #[must_use]
    pub fn stands(&self) -> StandingSignIn {
        StandingSignIn { subject: self.subject.clone(), begun_at: self.authentication.begun_at }
    }

    /// Returns how to address the person: by the address that the provider vouches for, or else by the name it has for
    /// them.
    #[must_use]
    pub fn known_as(&self) -> String {
        self.verified_email.as_ref().map_or_else(|| self.subject.subject.clone(), Email::to_string)
    }

    /// Returns the address that the provider vouches for.
    #[must_use]
    pub fn verified_email(&self) -> Option<&Email> {
        self.verified_email.as_ref()
    }

    /// Returns what came in place of an address, if the provider sent none.
    #[must_use]
    pub fn missing_email(&self) -> Option<&MissingClaim> {
        self.missing_email.as_ref()
    }
}

/// Proof that a person who has just signed in still has these groups: the provider said so after the sign-in, or the
/// person has authenticated at this very sign-in. A session at the provider may be older than a change of groups, and
/// even than the end of the account.
///
/// Only [`SignedIn::confirmed_by`] and [`SignedIn::made_afresh`] make one.
#[derive(Clone, Debug)]
pub struct Confirmed(SignedIn);

impl SignedIn {
    /// Returns the proof for the groups that both this sign-in and a later refresh returned.
    #[must_use]
    pub fn confirmed_by(self, later: &FreshGroups) -> Confirmed {
        let groups = self.groups.that_are_also_in(later.groups());
        Confirmed(Self { groups, ..self })
    }

    /// Returns the proof for a person who authenticated at this very sign-in, where the provider issues no refresh token.
    ///
    /// # Errors
    /// [`Refusal::SignInNotFresh`]; [`Refusal::IdentityUnusable`] if the provider does not report when the person
    /// authenticated.
    pub fn made_afresh(self) -> Result<Confirmed, Refusal> {
        let proved_at = self.authentication.proved_at()?;
        if proved_at < self.authentication.begun_at - Link::CLOCKS_DIFFER_BY {
            return Err(Refusal::SignInNotFresh);
        }
        Ok(Confirmed(self))
    }
}

impl Confirmed {
    /// Returns the sign-in, with the groups that are confirmed.
    #[must_use]
    pub fn sign_in(&self) -> &SignedIn {
        &self.0
    }
}

/// The sign-in that a change is based on. The change is committed only if the identity has not been signed out since,
/// linked or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingSignIn {
    /// The identity.
    pub subject: Subject,
    /// When the browser was sent to the provider.
    pub begun_at: Timestamp,
}

/// Proof that a browser has just returned from the platform, signed in to this account.
///
/// Only the [`PlatformSignIn`](crate::ports::PlatformSignIn) adapter makes one, from a verified ID token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldAccount(Account);

impl HeldAccount {
    /// Returns the proof for the account that a verified ID token of the platform names.
    pub(crate) fn verified(who: Account) -> Self {
        Self(who)
    }

    /// Returns the account.
    #[must_use]
    pub fn who(&self) -> &Account {
        &self.0
    }
}

/// Groups that the identity provider has returned for the current action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshGroups(Groups);

impl FreshGroups {
    /// Returns the groups that the provider has just returned.
    pub(crate) fn fetched(groups: Groups) -> Self {
        Self(groups)
    }

    /// Returns what the policy keeps of them.
    #[must_use]
    pub fn relevant_to(self, policy: &Policy) -> Self {
        Self(policy.relevant(self.0))
    }

    /// Returns the groups.
    #[must_use]
    pub fn groups(&self) -> &Groups {
        &self.0
    }
}

/// Groups that one replica received, shared with others that wait for the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldGroups {
    /// The person whose groups they are.
    pub subject: Subject,
    /// The groups.
    pub groups: Groups,
    /// The turn in which the provider was asked for them. The turns of one person are numbered in ascending order.
    pub turn: u64,
}

impl ToldGroups {
    /// Returns the groups of `subject` for a caller that asked for them when `latest` was the latest turn. The
    /// provider was asked after that.
    #[must_use]
    pub fn since(&self, latest: u64, subject: &Subject) -> Option<FreshGroups> {
        let is_fresh = self.turn > latest && self.subject == *subject;
        is_fresh.then(|| FreshGroups(self.groups.clone()))
    }
}

/// The stored link between an account and an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The account.
    pub account: Account,
    /// The identity.
    pub subject: Subject,
    /// The address that the identity provider vouches for.
    pub email: Email,
    /// The human behind the identity, if the operator names a claim for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The groups last received, for display only and never for a decision.
    pub groups: Groups,
    /// When the person last went to sign in in a browser.
    pub signed_in_at: Timestamp,
    /// Whether that sign-in returned a refresh token. If it did, groups are always requested with that token, or after
    /// another sign-in once the token is gone; the groups of this sign-in are never used.
    pub is_refreshable: bool,
    /// Whether the person has since signed out at the provider and must sign in again.
    #[serde(skip)]
    pub is_signed_out: bool,
}

impl Link {
    /// How long the groups of a sign-in remain valid if the provider issues no refresh token.
    pub const SIGN_IN_LASTS: TimeDelta = TimeDelta::minutes(15);

    /// The largest tolerated difference between the provider's clock and ours, when it reports that a person signed
    /// out.
    pub const CLOCKS_DIFFER_BY: TimeDelta = TimeDelta::seconds(30);

    /// Returns the groups of the last sign-in while it is younger than [`Link::SIGN_IN_LASTS`]. Only for providers
    /// that issue no refresh token.
    #[must_use]
    pub fn groups_of_sign_in(&self, now: Timestamp) -> Option<FreshGroups> {
        let age = (now - self.signed_in_at).abs(); // a sign-in far in the future predates a correction of the clock
        let speaks_for_itself = !self.is_refreshable && !self.is_signed_out && age < Self::SIGN_IN_LASTS;
        speaks_for_itself.then(|| FreshGroups(self.groups.clone()))
    }

    /// Returns the person with their current groups.
    #[must_use]
    pub fn with(&self, fresh: FreshGroups) -> Person {
        Person { human: self.human(), groups: fresh.0, sign_in: None, stands: self.stands() }
    }

    /// Returns the person, who has just signed in in a browser, with the groups of that sign-in.
    ///
    /// # Errors
    /// [`Refusal::OtherReviewer`] if another person signed in.
    pub fn signed_in(&self, Confirmed(browser): Confirmed) -> Result<Person, Refusal> {
        if browser.subject != self.subject {
            return Err(Refusal::OtherReviewer { signed_in: browser.known_as() });
        }
        let stands = browser.stands();
        let SignedIn { groups, authentication, .. } = browser;
        Ok(Person { human: self.human(), groups, sign_in: Some(authentication), stands })
    }

    /// Returns the condition under which a change may be based on the sign-in that made this link.
    #[must_use]
    pub fn stands(&self) -> StandingSignIn {
        StandingSignIn { subject: self.subject.clone(), begun_at: self.signed_in_at }
    }

    /// Returns what history records of this person.
    #[must_use]
    pub fn human(&self) -> Human {
        Human {
            subject: self.subject.clone(),
            account: Some(self.account.clone()),
            email: self.email.clone(),
            person: self.person.clone(),
        }
    }
}

/// A person as history records them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Human {
    /// The person's identity.
    pub subject: Subject,
    /// The account they acted through, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// Their verified e-mail address.
    pub email: Email,
    /// The human behind the identity, if the operator names a claim for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

impl Human {
    /// Returns whether both are the same person: they have the same identity, the same account that they act through,
    /// the same verified address or the same value of the claim that the operator names for the human.
    #[must_use]
    pub fn is_same_person(&self, other: &Self) -> bool {
        let has_same_account = self.account.is_some() && self.account == other.account;
        let is_same_human = self.person.is_some() && self.person == other.person;
        self.subject == other.subject || has_same_account || self.email == other.email || is_same_human
    }

    /// Returns whether this is the person who signed in in a browser.
    #[must_use]
    pub fn is_signed_in_as(&self, browser: &SignedIn) -> bool {
        let has_same_address = browser.verified_email() == Some(&self.email);
        let is_same_human = self.person.is_some() && self.person.as_ref() == browser.person();
        self.subject == *browser.subject() || has_same_address || is_same_human
    }
}

/// A linked person with their current groups, which every decision about a person requires.
///
/// Only [`Link::with`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    human: Human,
    groups: Groups,
    sign_in: Option<Authentication>,
    stands: StandingSignIn,
}

impl Person {
    /// Returns what history records of the person.
    #[must_use]
    pub fn human(&self) -> &Human {
        &self.human
    }

    /// Returns the person's current groups.
    #[must_use]
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// Returns the condition under which a change by this person may be committed.
    #[must_use]
    pub fn stands(&self) -> &StandingSignIn {
        &self.stands
    }

    /// Returns how the person has just signed in in a browser, if they did.
    #[must_use]
    pub fn sign_in(&self) -> Option<&Authentication> {
        self.sign_in.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(kind: MemberKind) -> Member {
        Member {
            who: Account::new("slack", "T0123456", "U0ADA"),
            name: "Ada".into(),
            shows_email: false,
            confirmed_email: None,
            kind,
        }
    }

    #[test]
    fn only_full_members_of_the_workspace_are_let_in() {
        let home = Tenant::new("slack", "T0123456");
        assert_eq!(member(MemberKind::Full).admit(&home), Ok(()));
        for kind in [MemberKind::Guest, MemberKind::Bot, MemberKind::Deactivated] {
            assert_eq!(member(kind).admit(&home), Err(Refusal::NotFullMember { kind }));
        }
        for elsewhere in [Tenant::new("slack", "T0999999"), Tenant::new("other", "T0123456")] {
            assert_eq!(member(MemberKind::Full).admit(&elsewhere), Err(Refusal::OtherTenant));
        }
    }

    #[test]
    fn a_sign_in_speaks_for_itself_for_fifteen_minutes() {
        let link = Link {
            account: member(MemberKind::Full).who,
            subject: Subject { issuer: "https://idp.example".into(), subject: "ada".into() },
            email: "ada@example.com".parse().unwrap(),
            person: None,
            groups: Groups::default(),
            signed_in_at: Timestamp::UNIX_EPOCH,
            is_refreshable: false,
            is_signed_out: false,
        };
        let end = link.signed_in_at + Link::SIGN_IN_LASTS;
        assert!(link.groups_of_sign_in(end - TimeDelta::milliseconds(1)).is_some());
        assert!(link.groups_of_sign_in(end).is_none());
        assert!(link.groups_of_sign_in(link.signed_in_at - TimeDelta::seconds(2)).is_some(), "a slow clock");
        assert!(link.groups_of_sign_in(link.signed_in_at - Link::SIGN_IN_LASTS).is_none());
        let refreshable = Link { is_refreshable: true, ..link };
        assert!(refreshable.groups_of_sign_in(refreshable.signed_in_at).is_none());
    }

    #[test]
    fn identities_of_one_human_are_one_person() {
        let human = |name: &str, email: &str, person: Option<&str>| Human {
            subject: Subject { issuer: "https://idp.example".into(), subject: name.into() },
            account: Some(Account::new("slack", "T0123456", format!("U0{}", name.to_uppercase()))),
            email: email.parse().unwrap(),
            person: person.and_then(PersonId::new),
        };
        let ada = human("ada", "ada@example.com", Some("4711"));
        let same = [
            human("adm-ada", "ADA@Example.com", None),
            human("adm-ada", "adm-ada@example.com", Some("4711")),
            human("adm-ada", "adm-ada@example.com", Some(" 4711 ")),
            Human { account: ada.account.clone(), ..human("adm-ada", "adm-ada@example.com", None) },
            Human { account: None, ..human("ada", "lovelace@example.com", Some("4712")) },
        ];
        for other in same {
            assert!(ada.is_same_person(&other) && other.is_same_person(&ada), "{other:?}");
        }
        let others = [
            human("bob", "bob@example.com", Some("4712")),
            human("bob", "bob@example.com", None),
            Human { account: None, ..human("bob", "ada@example.org", Some(" ")) },
        ];
        for other in others {
            assert!(!ada.is_same_person(&other) && !other.is_same_person(&ada), "{other:?}");
        }
        let nobodys = |name: &str| human(name, &format!("{name}@example.com"), None);
        assert!(
            !nobodys("carol").is_same_person(&nobodys("bob")),
            "to have no such claim is nothing in common"
        );
    }

    #[test]
    fn what_another_replica_was_told_counts_only_if_it_asked_later() {
        let subject = |name: &str| Subject { issuer: "https://idp.example".into(), subject: name.into() };
        let groups = ["staff"].into_iter().collect();
        let told = ToldGroups { subject: subject("ada"), groups, turn: 7 };
        let fresh = told.since(6, &subject("ada"));
        assert_eq!(fresh.map(|fresh| fresh.groups().clone()), Some(told.groups.clone()));
        assert_eq!(told.since(7, &subject("ada")), None, "that turn had begun already");
        assert_eq!(told.since(6, &subject("eve")), None, "they are somebody else's");
    }
}
