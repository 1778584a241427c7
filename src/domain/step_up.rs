//! Step-up: how recently, and with which method, a person must have signed in for sensitive actions.

use chrono::TimeDelta;

use super::{
    answer_fault::{AnswerFault, AnswerPart},
    refusal::Refusal,
    window::{Minutes, Timestamp},
};

/// The largest tolerated difference between the provider's clock and ours.
const CLOCKS_DIFFER_BY: TimeDelta = TimeDelta::seconds(30);

/// The operator's requirements for a sign-in that opens a session or answers a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepUp {
    /// The maximum age of the person's authentication. If `None`, the provider's own session limits apply.
    pub max_age: Option<Minutes>,
    /// The accepted authentication context classes, the preferred one first. If empty, any class is accepted.
    pub acr_values: Vec<String>,
    /// Whether reviewers must sign in to answer.
    pub review: bool,
}

/// How a person signed in, as reported by the provider
/// (<https://openid.net/specs/openid-connect-core-1_0.html#IDToken>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// When the browser was sent to the provider. A sign-out after this moment counts against the sign-in, even if the
    /// browser came back later.
    pub begun_at: Timestamp,
    /// When the browser came back from the provider.
    pub back_at: Timestamp,
    /// When the person authenticated, which may be long before that: `auth_time`.
    pub proved_at: Option<Timestamp>,
    /// The authentication context class: `acr`.
    pub class: Option<String>,
}

#[cfg(test)]
impl Authentication {
    /// Returns a sign-in of which the provider reports nothing.
    pub(crate) fn plain(back_at: Timestamp) -> Self {
        Self { begun_at: back_at, back_at, proved_at: None, class: None }
    }
}

impl Authentication {
    /// Returns when the person authenticated.
    ///
    /// # Errors
    /// [`Refusal::IdentityUnusable`] if the provider does not report it.
    pub fn proved_at(&self) -> Result<Timestamp, Refusal> {
        let field = "auth_time".to_owned();
        let fault = AnswerFault::Missing { part: AnswerPart::IdToken, field };
        self.proved_at.ok_or(Refusal::IdentityUnusable { fault })
    }

    /// Returns whether the refusal of this sign-in is cured by one in which the person authenticates now.
    #[must_use]
    pub fn is_cured_afresh(&self, refusal: &Refusal) -> bool {
        let is_too_old = matches!(refusal, Refusal::SignInTooOld { .. } | Refusal::SignInNotFresh);
        is_too_old || self.proved_at().as_ref() == Err(refusal)
    }
}

impl StepUp {
    /// Refuses a sign-in that does not meet the operator's requirements.
    ///
    /// # Errors
    /// [`Refusal::SignInTooOld`], [`Refusal::SignInTooWeak`]; [`Refusal::IdentityUnusable`] if the provider does not
    /// report when the person authenticated.
    pub fn check(&self, sign_in: &Authentication) -> Result<(), Refusal> {
        if let Some(max_age) = self.max_age {
            let proved_at = sign_in.proved_at()?;
            if sign_in.back_at - proved_at > max_age.as_delta() + CLOCKS_DIFFER_BY {
                return Err(Refusal::SignInTooOld { max_age });
            }
        }
        let will_do = |class: &String| self.acr_values.contains(class);
        if self.acr_values.is_empty() || sign_in.class.as_ref().is_some_and(will_do) {
            return Ok(());
        }
        Err(Refusal::SignInTooWeak { accepted: self.acr_values.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(max_age: Option<&str>, acr_values: &[&str]) -> StepUp {
        StepUp {
            max_age: max_age.map(|age| age.parse().unwrap()),
            acr_values: acr_values.iter().copied().map(Into::into).collect(),
            review: false,
        }
    }

    /// Returns the sign-in of a person who authenticated this long before they returned.
    fn proved(seconds_ago: Option<i64>, class: Option<&str>) -> Authentication {
        let back_at = Timestamp::from_timestamp(1_800_000_000, 0).unwrap();
        let proved_at = seconds_ago.map(|seconds| back_at - TimeDelta::seconds(seconds));
        Authentication { begun_at: back_at, back_at, proved_at, class: class.map(Into::into) }
    }

    #[test]
    fn a_sign_in_is_recent_for_as_long_as_was_asked_and_half_a_minute() {
        let asks = asks(Some("5m"), &[]);
        assert_eq!(asks.check(&proved(Some(330), None)), Ok(()));
        assert_eq!(asks.check(&proved(Some(-20), None)), Ok(()), "the provider's clock is fast");
        let too_old = Refusal::SignInTooOld { max_age: "5m".parse().unwrap() };
        assert_eq!(asks.check(&proved(Some(331), None)), Err(too_old));
        assert!(matches!(asks.check(&proved(None, None)), Err(Refusal::IdentityUnusable { .. })));
    }

    #[test]
    fn a_sign_in_is_of_one_of_the_classes_asked_for() {
        let asks = asks(None, &["phr", "mfa"]);
        for will_do in ["phr", "mfa"] {
            assert_eq!(asks.check(&proved(None, Some(will_do))), Ok(()));
        }
        for other in [None, Some(""), Some("pwd"), Some("MFA"), Some("phr mfa")] {
            let told = asks.check(&proved(Some(0), other));
            assert_eq!(
                told,
                Err(Refusal::SignInTooWeak { accepted: vec!["phr".into(), "mfa".into()] }),
                "{other:?}"
            );
        }
    }

    #[test]
    fn both_are_asked_where_both_are_configured() {
        let asks = asks(Some("5m"), &["mfa"]);
        assert_eq!(asks.check(&proved(Some(1), Some("mfa"))), Ok(()));
        assert!(asks.check(&proved(Some(1), Some("pwd"))).is_err());
        assert!(asks.check(&proved(Some(400), Some("mfa"))).is_err());
    }
}
