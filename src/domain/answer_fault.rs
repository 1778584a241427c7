//! What is wrong with an answer of an OpenID provider, as facts. The sentences are in [`text`](crate::text).

use serde::{Deserialize, Serialize};

use super::visible::visible;

/// A part of what a provider sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerPart {
    /// The discovery document.
    Discovery,
    /// The key set.
    KeySet,
    /// What the browser brought back.
    Callback,
    /// The answer of the token endpoint.
    TokenAnswer,
    /// The ID token.
    IdToken,
    /// A logout token.
    LogoutToken,
    /// The answer of the userinfo endpoint.
    Userinfo,
}

/// Why an answer cannot be used. It names fields and never contains their values, except those that name a server or a
/// client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AnswerFault {
    /// The provider refused.
    Refused {
        /// Its own words.
        words: OwnWords,
    },
    /// A part came with an unexpected status.
    Status {
        /// The part.
        part: AnswerPart,
        /// The HTTP status.
        status: u16,
    },
    /// A part could not be parsed.
    Unreadable {
        /// The part.
        part: AnswerPart,
    },
    /// A part is longer than what is read.
    TooLong {
        /// The part.
        part: AnswerPart,
        /// The largest length that is read, in bytes.
        bytes: usize,
    },
    /// A part is encrypted.
    Encrypted {
        /// The part.
        part: AnswerPart,
    },
    /// A required field is missing or null.
    Missing {
        /// The part.
        part: AnswerPart,
        /// The field.
        field: String,
    },
    /// The value of a required field cannot be used.
    Wrong {
        /// The part.
        part: AnswerPart,
        /// The field.
        field: String,
    },
    /// A field names a moment at which the token is not valid.
    Untimely {
        /// The token.
        part: AnswerPart,
        /// The field: `exp`, `iat` or `nbf`.
        field: String,
        /// How long after the present that moment is, in seconds; negative before it.
        seconds: i64,
    },
    /// A part names another issuer.
    OtherIssuer {
        /// The part.
        part: AnswerPart,
        /// The issuer that it names.
        issuer: String,
    },
    /// A token is also, or only, for an audience that is not trusted.
    OtherAudience {
        /// The token.
        part: AnswerPart,
        /// That audience.
        audience: String,
    },
    /// A token was issued to another client (`azp`).
    OtherClient {
        /// The token.
        part: AnswerPart,
    },
    /// An ID token belongs to another sign-in (`nonce`).
    OtherSignIn,
    /// An ID token belongs to another access token (`at_hash`).
    OtherAccessToken,
    /// A part is about another person than the one expected (`sub`).
    OtherPerson {
        /// The part.
        part: AnswerPart,
    },
    /// The signature of a token was not made with the key that the token names.
    BadSignature {
        /// The token.
        part: AnswerPart,
    },
    /// The provider's key set does not contain the key that signed a token.
    UnknownKey {
        /// The token.
        part: AnswerPart,
    },
    /// A token is not signed.
    Unsigned {
        /// The token.
        part: AnswerPart,
    },
    /// A token is signed with an algorithm that is not accepted.
    Algorithm {
        /// The token.
        part: AnswerPart,
    },
    /// A token contains or refers to its own key.
    OwnKey {
        /// The token.
        part: AnswerPart,
    },
    /// A token is of another type, or requires an extension.
    Header {
        /// The token.
        part: AnswerPart,
    },
    /// The groups are left out because there are too many.
    TooManyGroups,
}

/// A provider's refusal in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnWords {
    /// The error code of OAuth.
    pub error: String,
    /// The description (`error_description`), if there is one.
    pub description: Option<String>,
}

impl OwnWords {
    /// The longest error code that is kept, in characters.
    const LONGEST_ERROR: usize = 60;
    /// The longest description that is kept, in characters.
    const LONGEST_DESCRIPTION: usize = 300;
    /// The longest word that is kept, in characters. Tokens are longer; ids that support staff ask for are not.
    const LONGEST_WORD: usize = 40;

    /// Cleans what a provider said: one line of visible characters, cut, without email addresses and without words
    /// that are long enough to be a token.
    #[must_use]
    pub fn cleaned(error: &str, description: Option<&str>) -> Self {
        let error = cut(&visible(&one_line(error)), Self::LONGEST_ERROR);
        let description = description.map(|text| cut(&visible(&one_line(text)), Self::LONGEST_DESCRIPTION));
        Self { error, description: description.filter(|text| !text.is_empty()) }
    }

    /// Returns both in one line, for the log.
    #[must_use]
    pub fn in_one_line(&self) -> String {
        match &self.description {
            Some(description) => format!("{}: {description}", self.error),
            None => self.error.clone(),
        }
    }

    /// Returns whether the provider refuses this client, for every person alike (RFC 6749, section 5.2).
    #[must_use]
    pub fn refuses_the_client(&self) -> bool {
        ["invalid_client", "unauthorized_client"].contains(&self.error.as_str())
    }

    /// Leaves out an error code or a description that repeats one of these secrets.
    #[must_use]
    pub fn without(mut self, secrets: &[&str]) -> Self {
        let repeats = |text: &str| secrets.iter().any(|secret| !secret.is_empty() && text.contains(secret));
        if repeats(&self.error) {
            self.error = "…".to_owned();
        }
        self.description = self.description.filter(|text| !repeats(text));
        self
    }
}

fn one_line(text: &str) -> String {
    let words = text.split_whitespace().map(|word| {
        let is_kept = !word.contains('@') && word.chars().count() <= OwnWords::LONGEST_WORD;
        if is_kept { word } else { "…" }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_quoted_in_one_visible_line_without_addresses_and_tokens() {
        let token = "x".repeat(41);
        let description = format!("AADSTS50105:\n The user\u{202e} ada@example.com\thas {token} no role. ");
        let said = OwnWords::cleaned("access_denied", Some(&description));
        assert_eq!(said.error, "access_denied");
        assert_eq!(said.description.as_deref(), Some("AADSTS50105: The user⟨U+202E⟩ … has … no role."));
        assert_eq!(OwnWords::cleaned("denied", Some(" \n")).description, None);
    }

    #[test]
    fn a_provider_that_talks_a_lot_is_cut_short() {
        let said = OwnWords::cleaned(&"e ".repeat(100), Some(&"word ".repeat(1_000)));
        let lengths = (said.error.chars().count(), said.description.unwrap().chars().count());
        assert_eq!(lengths, (OwnWords::LONGEST_ERROR, OwnWords::LONGEST_DESCRIPTION));
    }

    #[test]
    fn a_provider_that_repeats_a_secret_is_not_quoted() {
        let said = OwnWords::cleaned("invalid_client", Some("the secret hush is wrong"));
        assert_eq!(said.clone().without(&["hush", ""]).description, None);
        assert_eq!(said.clone().without(&["other", ""]), said);
    }
}
