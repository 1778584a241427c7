//! The provider's claims about one person, combined from their sources.

use super::claims::Claims;
use crate::{
    config::Oidc,
    domain::{
        answer_fault::AnswerFault,
        email::Email,
        person::{Groups, MissingClaim, PersonId, SignedIn, Subject},
        step_up::Authentication,
        window::Timestamp,
    },
};

/// What the provider says about a person.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) subject: Subject,
    verified_email: Option<Email>,
    missing_email: Option<MissingClaim>,
    person: Option<PersonId>,
    pub(super) groups: Result<Groups, AnswerFault>,
    proved_at: Option<Timestamp>,
    class: Option<String>,
}

impl Told {
    /// Combines the claims of an ID token and of userinfo. Groups come from userinfo if it was requested; the address
    /// comes from whichever source vouches for one. Both must be about the same person
    /// (<https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse>).
    pub(super) fn of(
        issuer: &str,
        oidc: &Oidc,
        id_token: Claims,
        userinfo: Option<Claims>,
    ) -> Result<Self, AnswerFault> {
        let subject = id_token.subject()?;
        let (proved_at, class) = (id_token.proved_at(), id_token.class());
        if let Some(userinfo) = &userinfo
            && userinfo.subject()? != subject
        {
            return Err(userinfo.about_another());
        }
        let groups = userinfo.as_ref().unwrap_or(&id_token).groups(oidc);
        let of_userinfo = || userinfo.as_ref()?.verified_email(oidc);
        let missing_email = match &userinfo {
            Some(userinfo) => userinfo.missing_email(oidc).and_then(|_| id_token.missing_email(oidc)),
            None => id_token.missing_email(oidc),
        };
        Ok(Self {
            missing_email,
            subject: Subject { issuer: issuer.to_owned(), subject },
            verified_email: id_token.verified_email(oidc).or_else(of_userinfo),
            person: id_token.person(oidc).or_else(|| userinfo.as_ref()?.person(oidc)),
            groups,
            proved_at,
            class,
        })
    }

    /// Returns the proof that this person returned from the provider at `back_at`.
    pub(super) fn signed_in(self, back_at: Timestamp) -> Result<SignedIn, AnswerFault> {
        let Self { subject, verified_email, missing_email, person, groups, proved_at, class } = self;
        let authentication = Authentication { begun_at: back_at, back_at, proved_at, class };
        let signed_in = SignedIn::verified(subject, verified_email, groups?, authentication);
        Ok(signed_in.of_person(person).without_email(missing_email))
    }
}
