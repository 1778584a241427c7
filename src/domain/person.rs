//! Who somebody is: an account, an identity, and what binds the two.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{
    account::{Account, Tenant},
    email::Email,
    ids::MemberKind,
    refusal::Refusal,
    step_up::Authentication,
    window::Timestamp,
};

/// A person as the identity provider knows them: the pair of `iss` and `sub` that OpenID Connect promises to
/// be unique and never reassigned (<https://openid.net/specs/openid-connect-core-1_0.html#ClaimStability>).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The provider, `iss`.
    pub issuer: String,
    /// The person there, `sub`.
    pub subject: String,
}

/// The names of the groups a person is in, compared exactly. By default the provider has said nothing of them, which
/// is not the same as that there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Groups(Option<BTreeSet<String>>);

impl Groups {
    /// Whether this very name is among them.
    #[must_use]
    pub fn contains(&self, group: &str) -> bool {
        self.0.as_ref().is_some_and(|names| names.contains(group))
    }

    /// Their names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().map(String::as_str)
    }

    /// Whether the provider has said nothing of them.
    #[must_use]
    pub fn are_unknown(&self) -> bool {
        self.0.is_none()
    }
}

impl<S: Into<String>> FromIterator<S> for Groups {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self(Some(names.into_iter().map(Into::into).collect()))
    }
}

/// What the platform says of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The account.
    pub who: Account,
    /// The name it shows.
    pub name: String,
    /// The profile's e-mail address, when the platform has confirmed it.
    pub confirmed_email: Option<Email>,
    /// What kind of account it is.
    pub kind: MemberKind,
}

impl Member {
    /// Lets in full members of `home` alone.
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

/// Proof that a browser has just come back from the identity provider as this person.
///
/// Only the [`Identity`](crate::ports::Identity) adapter makes one, from a verified ID token.
#[derive(Clone, Debug)]
pub struct SignedIn {
    subject: Subject,
    verified_email: Option<Email>,
    groups: Groups,
    authentication: Authentication,
}

impl SignedIn {
    /// What a verified ID token says; `verified_email` only where the provider vouches for it.
    pub(crate) fn verified(
        subject: Subject,
        verified_email: Option<Email>,
        groups: Groups,
        authentication: Authentication,
    ) -> Self {
        Self { subject, verified_email, groups, authentication }
    }

    /// Who signed in.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The groups the sign-in brought.
    #[must_use]
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// How they signed in, and when they were back.
    #[must_use]
    pub fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    /// What to call them: the address the provider vouches for, or else the name it knows them by.
    #[must_use]
    pub fn known_as(&self) -> String {
        self.verified_email.as_ref().map_or_else(|| self.subject.subject.clone(), Email::to_string)
    }

    /// The address the provider vouches for.
    #[must_use]
    pub fn verified_email(&self) -> Option<&Email> {
        self.verified_email.as_ref()
    }
}

/// Proof that a browser has just come back from the platform, signed in to this account.
///
/// Only the [`PlatformSignIn`](crate::ports::PlatformSignIn) adapter makes one, from a verified ID token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldAccount(Account);

impl HeldAccount {
    /// What a verified ID token of the platform's says.
    pub(crate) fn verified(who: Account) -> Self {
        Self(who)
    }

    /// The account.
    #[must_use]
    pub fn who(&self) -> &Account {
        &self.0
    }
}

/// Groups that the identity provider has told for the action at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshGroups(Groups);

impl FreshGroups {
    /// What the provider has just answered.
    pub(crate) fn fetched(groups: Groups) -> Self {
        Self(groups)
    }

    /// The groups.
    #[must_use]
    pub fn groups(&self) -> &Groups {
        &self.0
    }
}

/// Groups that one replica was told, kept for others that wait for the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldGroups {
    /// Whose they are.
    pub subject: Subject,
    /// The groups.
    pub groups: Groups,
    /// The turn in which the provider was asked for them: turns of one person are numbered upwards.
    pub turn: u64,
}

impl ToldGroups {
    /// The groups of `subject`, for whoever asked for them when `latest` was the latest turn: the provider was asked
    /// after that.
    #[must_use]
    pub fn since(&self, latest: u64, subject: &Subject) -> Option<FreshGroups> {
        let is_fresh = self.turn > latest && self.subject == *subject;
        is_fresh.then(|| FreshGroups(self.groups.clone()))
    }
}

/// The stored bond between an account and an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The account.
    pub account: Account,
    /// The identity.
    pub subject: Subject,
    /// The address that the identity provider vouches for.
    pub email: Email,
    /// The groups last heard of: for display, never for a decision.
    pub groups: Groups,
    /// The last sign-in in a browser.
    pub signed_in_at: Timestamp,
    /// Whether that sign-in brought a refresh token. If it did, groups are asked for with that token, and if the
    /// token is gone, with another sign-in: never taken from this one.
    pub is_refreshable: bool,
    /// Whether the person has signed out at the provider since, and must sign in again.
    #[serde(skip)]
    pub is_signed_out: bool,
}

impl Link {
    /// For how long a sign-in speaks for itself where the provider gives no refresh token.
    pub const SIGN_IN_LASTS: TimeDelta = TimeDelta::minutes(15);

    /// How far the provider's clock may be from ours, when it says that somebody has signed out.
    pub const CLOCKS_DIFFER_BY: TimeDelta = TimeDelta::seconds(30);

    /// The groups of the last sign-in, while it is younger than [`Link::SIGN_IN_LASTS`]; for providers that give
    /// no refresh token, and for nothing else.
    #[must_use]
    pub fn groups_of_sign_in(&self, now: Timestamp) -> Option<FreshGroups> {
        let age = (now - self.signed_in_at).abs(); // one far in the future is of a clock that has gone back since
        let speaks_for_itself = !self.is_refreshable && !self.is_signed_out && age < Self::SIGN_IN_LASTS;
        speaks_for_itself.then(|| FreshGroups(self.groups.clone()))
    }

    /// The person, with groups as they are at this moment.
    #[must_use]
    pub fn with(&self, fresh: FreshGroups) -> Person {
        Person { human: self.human(), groups: fresh.0, sign_in: None }
    }

    /// The person, who has just signed in in a browser, with the groups of that sign-in.
    ///
    /// # Errors
    /// [`Refusal::OtherReviewer`] when somebody else has.
    pub fn signed_in(&self, browser: SignedIn) -> Result<Person, Refusal> {
        if browser.subject != self.subject {
            return Err(Refusal::OtherReviewer { signed_in: browser.known_as() });
        }
        let SignedIn { groups, authentication, .. } = browser;
        Ok(Person { human: self.human(), groups, sign_in: Some(authentication) })
    }

    /// What history keeps of this person.
    #[must_use]
    pub fn human(&self) -> Human {
        Human {
            subject: self.subject.clone(),
            account: Some(self.account.clone()),
            email: self.email.clone(),
        }
    }
}

/// What history keeps of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Human {
    /// Who they are.
    pub subject: Subject,
    /// The account they acted through, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// Their verified address.
    pub email: Email,
}

impl Human {
    /// Whether both are one person: by identity, or by the account they act through.
    #[must_use]
    pub fn is_same_person(&self, other: &Self) -> bool {
        self.subject == other.subject || self.account.is_some() && self.account == other.account
    }
}

/// A linked person with groups as they are now: what every decision about a person takes.
///
/// Only [`Link::with`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    human: Human,
    groups: Groups,
    sign_in: Option<Authentication>,
}

impl Person {
    /// What history keeps of them.
    #[must_use]
    pub fn human(&self) -> &Human {
        &self.human
    }

    /// Their groups, as they are now.
    #[must_use]
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// How they have just signed in in a browser, if that is how they come.
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
