//! How an account may be linked to an identity.

use serde::{Deserialize, Serialize};

use super::{
    email::{Email, EmailDomain},
    person::{HeldAccount, Link, Member, MissingClaim, SignedIn},
    refusal::Refusal,
    secret::Sealed,
};

/// What linking requires besides a sign-in at the identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkPolicy {
    /// What happens when the account's address differs from the identity's.
    pub on_mismatch: OnMismatch,
    /// The domains that an identity's address may have. If empty, every domain is allowed.
    pub email_domains: Vec<EmailDomain>,
    /// Whether an address belongs to one linked account.
    pub one_account_per_address: bool,
    /// Whether the identity provider must say which human an identity belongs to (`oidc.person_claim`).
    pub requires_person: bool,
}

/// What happens after a sign-in with an address that the platform has not confirmed for the account to link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMismatch {
    /// Linking is refused.
    Refuse,
    /// The person also signs in at the platform, in the same browser.
    PlatformSignIn,
    /// The person is shown a code and types it from the account.
    Code,
}

/// The proof that an account belongs to the person who signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShownBy {
    /// The platform has confirmed the identity's address for the account.
    Address,
    /// The person signed in at the platform.
    PlatformSignIn,
    /// The person typed a code from the account.
    Code,
}

/// The result of comparing an account with a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The platform has confirmed the address that the identity provider vouches for.
    Agreed(Link),
    /// It has not: the person must also sign in at the platform.
    TakesPlatformSignIn(Link),
    /// It has not: the person must type a code from the account.
    TakesCode(Link),
}

/// A link that is made once the person who signed in has proved that the account is theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingLink {
    /// The link.
    pub link: Link,
    /// The refresh token of the sign-in, sealed for the row that will hold it.
    pub sealed_token: Option<Sealed>,
}

/// Returns the refusal of a person without an address: the provider sent none, or does not vouch for it.
fn without_email(signed_in: &SignedIn) -> Refusal {
    match signed_in.missing_email() {
        Some(MissingClaim { claim, sent }) => Refusal::NoEmail { claim: claim.clone(), claims: sent.clone() },
        None => Refusal::NoVerifiedEmail,
    }
}

impl LinkPolicy {
    /// Compares an account with the identity that signed in. The link is not refreshable.
    ///
    /// # Errors
    /// Under every policy: [`Refusal::NoEmail`], [`Refusal::NoVerifiedEmail`], [`Refusal::NoPersonClaim`] and
    /// [`Refusal::OtherDomain`]. Under [`OnMismatch::Refuse`]: [`Refusal::EmailsDiffer`], [`Refusal::NoConfirmedEmail`] and
    /// [`Refusal::EmailNotShown`].
    pub fn compare(&self, member: &Member, signed_in: &SignedIn) -> Result<Comparison, Refusal> {
        let email = signed_in.verified_email().ok_or_else(|| without_email(signed_in))?;
        self.admit(email)?;
        if self.requires_person && signed_in.person().is_none() {
            return Err(Refusal::NoPersonClaim);
        }
        let link = Link {
            account: member.who.clone(),
            subject: signed_in.subject().clone(),
            email: email.clone(),
            person: signed_in.person().cloned(),
            groups: signed_in.groups().clone(),
            signed_in_at: signed_in.authentication().begun_at,
            is_refreshable: false,
            is_signed_out: false,
        };
        let mismatch = match member.confirmed_email.clone() {
            Some(confirmed) if confirmed == *email => return Ok(Comparison::Agreed(link)),
            Some(account) => Refusal::EmailsDiffer { account, identity: email.clone() },
            None if member.shows_email => Refusal::NoConfirmedEmail,
            None => Refusal::EmailNotShown,
        };
        match self.on_mismatch {
            OnMismatch::Refuse => Err(mismatch),
            OnMismatch::PlatformSignIn => Ok(Comparison::TakesPlatformSignIn(link)),
            OnMismatch::Code => Ok(Comparison::TakesCode(link)),
        }
    }

    /// Returns the policy for a platform without a sign-in of its own: links that would require one are refused.
    #[must_use]
    pub fn without_platform_sign_in(&self) -> Self {
        let on_mismatch = match self.on_mismatch {
            OnMismatch::Refuse | OnMismatch::PlatformSignIn => OnMismatch::Refuse,
            OnMismatch::Code => OnMismatch::Code,
        };
        Self { on_mismatch, ..self.clone() }
    }

    fn admit(&self, email: &Email) -> Result<(), Refusal> {
        let is_listed = self.email_domains.iter().any(|domain| email.is_of(domain));
        if is_listed || self.email_domains.is_empty() {
            return Ok(());
        }
        Err(Refusal::OtherDomain { identity: email.clone(), domains: self.email_domains.clone() })
    }
}

impl Link {
    /// Refuses to replace `current`, a link of the same account, with a link to another person. Another identity with
    /// the same address counts as the same person, because a company that changes its identity provider gives people
    /// new identities.
    ///
    /// # Errors
    /// [`Refusal::LinkedToAnother`].
    pub fn may_replace(&self, current: &Self) -> Result<(), Refusal> {
        let is_same_person = self.subject == current.subject || self.email == current.email;
        if is_same_person { Ok(()) } else { Err(Refusal::LinkedToAnother) }
    }
}

impl PendingLink {
    /// Refuses a browser that is signed in to the platform as another account than the link's, or in another tenant.
    ///
    /// # Errors
    /// [`Refusal::OtherAccount`].
    pub fn is_for(&self, held: &HeldAccount) -> Result<(), Refusal> {
        if *held.who() == self.link.account { Ok(()) } else { Err(Refusal::OtherAccount) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        account::Account,
        ids::MemberKind,
        person::{Groups, PersonId, Subject},
        step_up::Authentication,
        window::Timestamp,
    };

    fn member(email: Option<&str>) -> Member {
        Member {
            who: Account::new("slack", "T0123456", "U0ADA"),
            name: "Ada".into(),
            shows_email: true,
            confirmed_email: email.map(|email| email.parse().unwrap()),
            kind: MemberKind::Full,
        }
    }

    fn signed_in(subject: &str, email: Option<&str>) -> SignedIn {
        let subject = Subject { issuer: "https://idp.example".into(), subject: subject.into() };
        let email = email.map(|email| email.parse().unwrap());
        SignedIn::verified(subject, email, Groups::default(), Authentication::plain(Timestamp::UNIX_EPOCH))
    }

    fn policy(on_mismatch: OnMismatch, domains: &[&str]) -> LinkPolicy {
        let email_domains = domains.iter().map(|domain| domain.parse().unwrap()).collect();
        LinkPolicy { on_mismatch, email_domains, one_account_per_address: true, requires_person: false }
    }

    #[test]
    fn where_the_human_must_be_named_an_identity_of_nobody_is_not_linked() {
        let policy = LinkPolicy { requires_person: true, ..policy(OnMismatch::Code, &[]) };
        let ada = |person: Option<&str>| {
            let signed_in =
                signed_in("ada", Some("ada@example.com")).of_person(person.and_then(PersonId::new));
            policy.compare(&member(Some("ada@example.com")), &signed_in)
        };
        assert_eq!(ada(None), Err(Refusal::NoPersonClaim));
        assert_eq!(ada(Some(" ")), Err(Refusal::NoPersonClaim));
        let Ok(Comparison::Agreed(link)) = ada(Some("4711")) else { panic!("she is named") };
        assert_eq!(link.person, PersonId::new("4711"));
    }

    /// Returns the result of each policy for these addresses.
    fn compared(confirmed: Option<&str>, identity: Option<&str>) -> [Result<Comparison, Refusal>; 3] {
        [OnMismatch::Refuse, OnMismatch::PlatformSignIn, OnMismatch::Code].map(|on_mismatch| {
            policy(on_mismatch, &[]).compare(&member(confirmed), &signed_in("ada", identity))
        })
    }

    #[test]
    fn where_the_platform_has_no_sign_in_nothing_is_linked_that_would_require_one() {
        let agreeing = || compared_by(OnMismatch::PlatformSignIn, Some("ada@example.com"));
        assert!(matches!(agreeing(), Ok(Comparison::Agreed(_))));
        let differing = |on_mismatch| compared_by(on_mismatch, Some("ada@private.example"));
        assert!(matches!(differing(OnMismatch::PlatformSignIn), Err(Refusal::EmailsDiffer { .. })));
        assert!(matches!(differing(OnMismatch::Refuse), Err(Refusal::EmailsDiffer { .. })));
        assert!(matches!(differing(OnMismatch::Code), Ok(Comparison::TakesCode(_))));
    }

    /// What comes of Ada's address at the provider where the platform, which has no sign-in, has this one.
    fn compared_by(on_mismatch: OnMismatch, confirmed: Option<&str>) -> Result<Comparison, Refusal> {
        let policy = policy(on_mismatch, &[]).without_platform_sign_in();
        policy.compare(&member(confirmed), &signed_in("ada", Some("ada@example.com")))
    }

    fn agreed(subject: &str, email: &str) -> Link {
        let policy = policy(OnMismatch::Refuse, &[]);
        match policy.compare(&member(Some(email)), &signed_in(subject, Some(email))) {
            Ok(Comparison::Agreed(link)) => link,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_same_confirmed_address_on_both_sides_agrees_and_takes_nothing_more() {
        let link = agreed("ada", "ada@example.com");
        assert_eq!((link.email.as_str(), link.subject.subject.as_str()), ("ada@example.com", "ada"));
        assert_eq!(link.account, member(None).who);
        for compared in compared(Some("Ada@Example.com"), Some("ada@example.com")) {
            assert_eq!(compared, Ok(Comparison::Agreed(link.clone())));
        }
    }

    #[test]
    fn another_address_at_the_platform_or_none_takes_what_was_chosen_and_the_link_keeps_the_identitys() {
        let link = agreed("ada", "ada@example.com");
        let identity = link.email.clone();
        let differ = Refusal::EmailsDiffer { account: "eve@example.com".parse().unwrap(), identity };
        for (confirmed, refusal) in [(Some("eve@example.com"), differ), (None, Refusal::NoConfirmedEmail)] {
            let expected = [
                Err(refusal),
                Ok(Comparison::TakesPlatformSignIn(link.clone())),
                Ok(Comparison::TakesCode(link.clone())),
            ];
            assert_eq!(compared(confirmed, Some("ada@example.com")), expected);
        }
    }

    #[test]
    fn an_identity_without_a_verified_address_is_refused_whatever_was_chosen() {
        for confirmed in [Some("ada@example.com"), None] {
            assert_eq!(compared(confirmed, None), [(); 3].map(|()| Err(Refusal::NoVerifiedEmail)));
        }
    }

    #[test]
    fn only_addresses_of_the_listed_domains_are_linked() {
        let compared = |email: &str| {
            let listed = policy(OnMismatch::PlatformSignIn, &["Example.com", "example.org"]);
            listed.compare(&member(Some(email)), &signed_in("ada", Some(email)))
        };
        for listed in ["ada@example.com", "ADA@EXAMPLE.ORG"] {
            assert!(matches!(compared(listed), Ok(Comparison::Agreed(_))), "{listed}");
        }
        for other in ["ada@sub.example.com", "ada@notexample.com", "ada@example.co", "ada@com"] {
            let domains = ["example.com", "example.org"].map(|domain| domain.parse().unwrap()).into();
            let refusal = Refusal::OtherDomain { identity: other.parse().unwrap(), domains };
            assert_eq!(compared(other), Err(refusal));
        }
    }

    #[test]
    fn a_link_gives_way_to_the_same_identity_or_the_same_address() {
        let ada = agreed("ada", "ada@example.com");
        assert_eq!(agreed("ada", "lovelace@example.com").may_replace(&ada), Ok(()));
        assert_eq!(agreed("00u1ada", "ada@example.com").may_replace(&ada), Ok(()));
        assert_eq!(agreed("eve", "eve@example.com").may_replace(&ada), Err(Refusal::LinkedToAnother));
    }

    #[test]
    fn a_link_is_for_the_very_account_that_the_platform_names() {
        let link = agreed("ada", "ada@example.com");
        let ada = link.account.clone();
        let pending = PendingLink { link, sealed_token: None };
        assert_eq!(pending.is_for(&HeldAccount::verified(ada.clone())), Ok(()));
        let others = [
            Account::new("slack", "T0123456", "U0EVE"),
            Account::new("slack", "T0999999", ada.user()),
            Account::new("other", "T0123456", ada.user()),
        ];
        for other in others {
            assert_eq!(pending.is_for(&HeldAccount::verified(other)), Err(Refusal::OtherAccount));
        }
    }
}
