//! The provider's claims about one person, combined from their sources.

use openidconnect::IssuerUrl;

use super::claims::{Claims, NoGroups};
use crate::{
    config::Oidc,
    domain::{
        email::Email,
        person::{Groups, PersonId, SignedIn, Subject},
        step_up::Authentication,
        window::Timestamp,
    },
};

/// What the provider says about a person.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) subject: Subject,
    verified_email: Option<Email>,
    person: Option<PersonId>,
    pub(super) groups: Result<Groups, NoGroups>,
    proved_at: Option<Timestamp>,
    class: Option<String>,
}

/// Why the claims identify no one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Nobody {
    #[error("it does not say who it is about")]
    Unnamed,
    /// In this case userinfo must not be used
    /// (<https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse>).
    #[error("userinfo is about another person than the ID token")]
    TwoPeople,
}

impl Told {
    /// Combines the claims. Groups come from userinfo if it was requested; the address comes from whichever source
    /// vouches for one.
    pub(super) fn of(
        issuer: &IssuerUrl,
        oidc: &Oidc,
        id_token: Option<Claims>,
        userinfo: Option<Claims>,
    ) -> Result<Self, Nobody> {
        let proved_at = id_token.as_ref().and_then(Claims::proved_at);
        let class = id_token.as_ref().and_then(Claims::class);
        let sources: Vec<Claims> = [userinfo, id_token].into_iter().flatten().collect();
        let first = sources.first().ok_or(Nobody::Unnamed)?;
        let subject = first.subject().ok_or(Nobody::Unnamed)?;
        if sources.iter().any(|claims| claims.subject() != Some(subject)) {
            return Err(Nobody::TwoPeople);
        }
        Ok(Self {
            subject: Subject { issuer: issuer.to_string(), subject: subject.to_owned() },
            verified_email: sources.iter().rev().find_map(|claims| claims.verified_email(oidc)),
            person: sources.iter().rev().find_map(|claims| claims.person(oidc)),
            groups: first.groups(&oidc.groups_claim),
            proved_at,
            class,
        })
    }

    /// Returns the proof that this person returned from the provider at `back_at`.
    pub(super) fn signed_in(self, back_at: Timestamp) -> Result<SignedIn, NoGroups> {
        let Self { subject, verified_email, person, groups, proved_at, class } = self;
        let authentication = Authentication { begun_at: back_at, back_at, proved_at, class };
        Ok(SignedIn::verified(subject, verified_email, groups?, authentication).of_person(person))
    }
}
