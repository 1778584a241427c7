//! Reasons: what people write to explain themselves.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::visible::is_seen;

/// A person's reason: 1 to 1,000 characters, of which at least one is visible, without surrounding white space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(String);

/// Text that is not a valid reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReason {
    /// It is empty.
    #[error("a reason is empty")]
    Empty,
    /// It is longer than [`Reason::MAX_CHARS`].
    #[error("a reason has {length} characters")]
    TooLong {
        /// Its length in characters.
        length: usize,
    },
}

impl Reason {
    /// The largest number of characters of a reason.
    pub const MAX_CHARS: usize = 1_000;

    /// Returns the text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = BadReason;
    fn from_str(text: &str) -> Result<Self, BadReason> {
        let text = text.trim();
        match text.chars().count() {
            _ if !is_seen(text) => Err(BadReason::Empty),
            0 => Err(BadReason::Empty),
            1..=Self::MAX_CHARS => Ok(Self(text.to_owned())),
            length => Err(BadReason::TooLong { length }),
        }
    }
}

impl TryFrom<String> for Reason {
    type Error = BadReason;
    fn try_from(text: String) -> Result<Self, BadReason> {
        text.parse()
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_one_to_a_thousand_characters() {
        assert_eq!("  why not \n".parse::<Reason>().unwrap().as_str(), "why not");
        assert!("é".repeat(1_000).parse::<Reason>().is_ok());
        assert_eq!("é".repeat(1_001).parse::<Reason>(), Err(BadReason::TooLong { length: 1_001 }));
        assert_eq!(" \n\t".parse::<Reason>(), Err(BadReason::Empty));
    }
}
