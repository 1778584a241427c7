//! The code by which a person proves that an account is theirs: a browser shows it, and they type it from the account.

use std::{fmt, str::FromStr};

use aws_lc_rs::constant_time;
use chrono::TimeDelta;

use super::{linking::PendingLink, refusal::Refusal, secret::Sealed, window::Timestamp};

/// How long a code is valid.
pub const CODE_LASTS: TimeDelta = TimeDelta::minutes(5);
/// How many times a code may be tried, right or wrong.
pub const CODE_TRIES: u32 = 5;

/// Letters and digits that are not mistaken for one another.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A code of 40 bits. It is stored only sealed, because a code this short can be recovered from its hash, and is never
/// logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Code([u8; 8]);

/// Text that is not a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a code of eight letters and digits")]
pub struct BadCode;

impl Code {
    /// Creates a code from these random bytes.
    #[must_use]
    pub fn of(random: [u8; 8]) -> Self {
        Self(random.map(|byte| ALPHABET[usize::from(byte) % ALPHABET.len()]))
    }

    /// Returns the text to show to the person who signed in, such as `K7QM-2XPA`.
    #[must_use]
    pub fn expose(&self) -> String {
        let (first, second) = self.0.split_at(4);
        [first, second].map(String::from_utf8_lossy).join("-")
    }

    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl FromStr for Code {
    type Err = BadCode;
    /// Parses what a person typed, in either case, with or without dashes, spaces and quotation marks of any kind: phones
    /// replace what is typed.
    fn from_str(text: &str) -> Result<Self, BadCode> {
        let typed = text.chars().filter(|char| !is_between(*char)).map(|char| char.to_ascii_uppercase());
        let typed: Result<Vec<u8>, _> = typed.map(|char| u8::try_from(char).map_err(|_| BadCode)).collect();
        let typed = typed?;
        let is_ours = typed.iter().all(|byte| ALPHABET.contains(byte));
        typed.try_into().ok().filter(|_| is_ours).map(Self).ok_or(BadCode)
    }
}

/// Returns whether a character only separates or encloses the characters of a code.
fn is_between(char: char) -> bool {
    char.is_whitespace()
        || matches!(char, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
        || matches!(
            char,
            '`' | '"' | '\'' | '“' | '”' | '‘' | '’' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
        )
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code([redacted])")
    }
}

/// A link that waits for its code. It is stored under its account, so no other account can enter the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwaitedCode {
    /// The link.
    pub pending: PendingLink,
    /// The code, sealed for this account and identity.
    pub code: Sealed,
    /// The first moment at which the code is no longer valid.
    pub expires_at: Timestamp,
    /// How many times a code has been tried, including the current try once it is counted.
    pub tries: u32,
}

impl AwaitedCode {
    /// Refuses a try that comes too late or after too many others.
    ///
    /// # Errors
    /// [`Refusal::CodeTooLate`], [`Refusal::CodeUsedUp`].
    pub fn admit(&self, typed_at: Timestamp) -> Result<(), Refusal> {
        if self.tries >= CODE_TRIES {
            Err(Refusal::CodeUsedUp)
        } else if typed_at >= self.expires_at {
            Err(Refusal::CodeTooLate { minutes: CODE_LASTS.num_minutes() })
        } else {
            Ok(())
        }
    }

    /// Returns the refusal of a wrong code, after the try has been counted.
    #[must_use]
    pub fn wrong(&self) -> Refusal {
        match CODE_TRIES.saturating_sub(self.tries) {
            0 => Refusal::CodeUsedUp,
            left => Refusal::WrongCode { left },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        account::Account,
        person::{Groups, Link, Subject},
    };

    fn awaited(tries: u32) -> AwaitedCode {
        let link = Link {
            account: Account::new("slack", "T0123456", "U0ADA"),
            subject: Subject { issuer: "https://idp.example".into(), subject: "ada".into() },
            email: "ada@example.com".parse().unwrap(),
            person: None,
            groups: Groups::default(),
            signed_in_at: Timestamp::UNIX_EPOCH,
            is_refreshable: false,
            is_signed_out: false,
        };
        let pending = PendingLink { link, sealed_token: None };
        AwaitedCode {
            pending,
            code: Sealed(Vec::new()),
            expires_at: Timestamp::UNIX_EPOCH + CODE_LASTS,
            tries,
        }
    }

    #[test]
    fn a_code_is_good_up_to_its_last_moment_and_for_five_tries() {
        let last = awaited(4).expires_at - TimeDelta::milliseconds(1);
        assert_eq!(awaited(4).admit(last), Ok(()));
        assert_eq!(awaited(4).admit(awaited(4).expires_at), Err(Refusal::CodeTooLate { minutes: 5 }));
        assert_eq!(awaited(5).admit(last), Err(Refusal::CodeUsedUp));
    }

    #[test]
    fn a_wrong_code_says_how_many_tries_are_left_until_there_is_none() {
        let left = [1, 4, 5, 6].map(|tries| awaited(tries).wrong());
        let none = Refusal::CodeUsedUp;
        let some = |left| Refusal::WrongCode { left };
        assert_eq!(left, [some(4), some(1), none.clone(), none]);
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Code::of([7; 8])), "Code([redacted])");
    }

    #[test]
    fn what_is_no_code_is_not_read_as_one() {
        for bad in ["", "K7QM-2XP", "K7QM-2XPAA", "K7QM-2XP0", "I7QM-2XPA", "K7QM_2XPA", "K7QM-2XP\u{c4}"] {
            assert_eq!(bad.parse::<Code>(), Err(BadCode), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_code_is_read_however_it_is_typed(random: [u8; 8]) {
            let code = Code::of(random);
            let shown = code.expose();
            prop_assert_eq!(shown.len(), 9);
            let plain = shown.replace('-', "");
            for typed in [shown.clone(), shown.to_lowercase(), plain.clone(), shown.replace('-', " "), format!(" {plain} ")] {
                prop_assert!(code.matches(&typed.parse().unwrap()), "{}", typed);
            }
        }

        #[test]
        fn codes_of_other_characters_differ(one: [u8; 8], other: [u8; 8]) {
            let (one, other) = (Code::of(one), Code::of(other));
            prop_assert_eq!(one.matches(&other), one.expose() == other.expose());
        }
    }
}
