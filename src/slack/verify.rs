//! Verifies that a request comes from Slack, by its signature over the raw body and a recent timestamp.

use aws_lc_rs::hmac;
use axum::http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::window::Timestamp;

/// The largest tolerated difference between Slack's clock and ours in either direction, in seconds
/// (<https://docs.slack.dev/authentication/verifying-requests-from-slack>).
const TOLERANCE: u64 = 300;

/// Verifies signatures with the app's signing secrets: the current one, and others while one takes its place.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: Vec<hmac::Key>,
}

/// Why a request is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// A header is missing or malformed.
    #[error("a signature header is missing or malformed")]
    Unsigned,
    /// The timestamp is more than five minutes in the past or the future.
    #[error("the timestamp is {seconds} s from the present, and at most 300 s are accepted")]
    Stale {
        /// How far, in seconds, in either direction.
        seconds: u64,
    },
    /// The request was signed with another secret or for another body.
    #[error("the signature does not match")]
    WrongSignature,
}

impl Verifier {
    /// Creates a verifier that accepts a signature with any of these signing secrets.
    #[must_use]
    pub fn new(signing_secrets: &[SecretString]) -> Self {
        let key =
            |secret: &SecretString| hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        Self { keys: signing_secrets.iter().map(key).collect() }
    }

    /// Checks that Slack signed `body` within five minutes of `now`. The comparison runs in constant time.
    ///
    /// # Errors
    /// See [`Forged`].
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), Forged> {
        let timestamp = Self::recent_timestamp(headers, now)?;
        let signature = header(headers, "x-slack-signature")?.strip_prefix("v0=").ok_or(Forged::Unsigned)?;
        let signature = hex::decode(signature).map_err(|_| Forged::Unsigned)?;
        let signed = [b"v0:", timestamp.as_bytes(), b":", body].concat();
        let is_of = |key| hmac::verify(key, &signed, &signature).is_ok();
        if self.keys.iter().any(is_of) { Ok(()) } else { Err(Forged::WrongSignature) }
    }

    /// Returns the timestamp header if it is recent. This check does not need the body.
    ///
    /// # Errors
    /// [`Forged::Unsigned`], [`Forged::Stale`].
    pub fn recent_timestamp(headers: &HeaderMap, now: Timestamp) -> Result<&str, Forged> {
        let text = header(headers, "x-slack-request-timestamp")?;
        if text.len() > 12 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Forged::Unsigned);
        }
        let seconds: i64 = text.parse().map_err(|_| Forged::Unsigned)?;
        let seconds = now.timestamp().abs_diff(seconds);
        if seconds > TOLERANCE { Err(Forged::Stale { seconds }) } else { Ok(text) }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Forged> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Forged::Unsigned) };
    value.to_str().map_err(|_| Forged::Unsigned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in <https://docs.slack.dev/authentication/verifying-requests-from-slack>.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const TIMESTAMP: i64 = 1_531_420_618;
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

    fn verify(signature: &str, body: &str, seconds_later: i64) -> Result<(), Forged> {
        let mut headers = HeaderMap::new();
        headers.insert("x-slack-signature", signature.parse().unwrap());
        headers.insert("x-slack-request-timestamp", TIMESTAMP.to_string().parse().unwrap());
        let now = Timestamp::from_timestamp(TIMESTAMP + seconds_later, 0).unwrap();
        Verifier::new(&[SECRET.into()]).verify(&headers, body.as_bytes(), now)
    }

    #[test]
    fn slacks_documented_example_is_accepted() {
        assert_eq!(verify(SIGNATURE, BODY, 0), Ok(()));
    }

    #[test]
    fn while_secrets_are_rotated_each_of_them_counts_and_no_other() {
        let mut headers = HeaderMap::new();
        headers.insert("x-slack-signature", SIGNATURE.parse().unwrap());
        headers.insert("x-slack-request-timestamp", TIMESTAMP.to_string().parse().unwrap());
        let now = Timestamp::from_timestamp(TIMESTAMP, 0).unwrap();
        for (secrets, expected) in [
            (&["another", SECRET][..], Ok(())),
            (&[SECRET, "another"], Ok(())),
            (&["another", "a third"], Err(Forged::WrongSignature)),
            (&[], Err(Forged::WrongSignature)),
        ] {
            let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
            assert_eq!(
                Verifier::new(&secrets).verify(&headers, BODY.as_bytes(), now),
                expected,
                "{secrets:?}"
            );
        }
    }

    #[test]
    fn a_changed_body_or_signature_is_refused() {
        assert_eq!(
            verify(SIGNATURE, &BODY.replace("U2CERLKJA", "U2CERLKJB"), 0),
            Err(Forged::WrongSignature)
        );
        assert_eq!(verify(&SIGNATURE.replace("v0=a", "v0=b"), BODY, 0), Err(Forged::WrongSignature));
        for malformed in ["", "v0=", "v0=zz", "v1=00", &SIGNATURE[..20]] {
            assert!(verify(malformed, BODY, 0).is_err(), "{malformed:?}");
        }
    }

    #[test]
    fn five_minutes_either_way_are_recent() {
        assert_eq!(verify(SIGNATURE, BODY, 300), Ok(()));
        assert_eq!(verify(SIGNATURE, BODY, -300), Ok(()));
        assert_eq!(verify(SIGNATURE, BODY, 301), Err(Forged::Stale { seconds: 301 }));
        assert_eq!(verify(SIGNATURE, BODY, -301), Err(Forged::Stale { seconds: 301 }));
    }

    #[test]
    fn a_header_that_comes_twice_is_refused() {
        let mut headers = HeaderMap::new();
        for _ in 0..2 {
            headers.append("x-slack-signature", SIGNATURE.parse().unwrap());
            headers.append("x-slack-request-timestamp", TIMESTAMP.to_string().parse().unwrap());
        }
        let now = Timestamp::from_timestamp(TIMESTAMP, 0).unwrap();
        let verifier = Verifier::new(&[SECRET.into()]);
        assert_eq!(verifier.verify(&headers, BODY.as_bytes(), now), Err(Forged::Unsigned));
    }
}
