//! E-mail addresses and their domains.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An e-mail address, with ASCII letters in lower case: addresses that differ only in the case of those letters are
/// equal. Other letters keep their case, because lower case can make two different letters equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// Text that is not an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an email address")]
pub struct BadEmail;

impl Email {
    /// Returns the part after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// Returns whether the address belongs to exactly this domain.
    #[must_use]
    pub fn is_of(&self, domain: &EmailDomain) -> bool {
        self.domain() == domain.0
    }

    /// Returns the address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = BadEmail;
    fn from_str(text: &str) -> Result<Self, BadEmail> {
        let (local, host) = text.split_once('@').ok_or(BadEmail)?;
        let is_plain = text.len() <= 254 && text.chars().all(|c| !c.is_whitespace() && !c.is_control());
        if local.is_empty() || host.is_empty() || host.contains('@') || !is_plain {
            return Err(BadEmail);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl TryFrom<String> for Email {
    type Error = BadEmail;
    fn try_from(text: String) -> Result<Self, BadEmail> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The part of an address after the `@`, with ASCII letters in lower case. Subdomains are different domains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailDomain(String);

/// Text that is not a domain of e-mail addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the domain of email addresses, such as example.com")]
pub struct BadEmailDomain;

impl FromStr for EmailDomain {
    type Err = BadEmailDomain;
    fn from_str(text: &str) -> Result<Self, BadEmailDomain> {
        let email: Email = format!("x@{text}").parse().map_err(|BadEmail| BadEmailDomain)?;
        Ok(Self(email.domain().to_owned()))
    }
}

impl TryFrom<String> for EmailDomain {
    type Error = BadEmailDomain;
    fn try_from(text: String) -> Result<Self, BadEmailDomain> {
        text.parse()
    }
}

impl From<EmailDomain> for String {
    fn from(domain: EmailDomain) -> Self {
        domain.0
    }
}

impl fmt::Display for EmailDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_at_sign_and_nothing_to_hide_behind() {
        let longest = format!("{}@example.com", "x".repeat(242));
        for good in ["ada@example.com", "ada+x@example.com", "a@b", &longest] {
            assert_eq!(good.parse::<Email>().unwrap().as_str(), good);
        }
        let too_long = format!("x{longest}");
        let bad =
            ["", "ada", "@example.com", "ada@", "ada@b@c", "a da@b", "ada@b\n", "ada\u{7}@b", &too_long];
        for bad in bad {
            assert_eq!(bad.parse::<Email>(), Err(BadEmail), "{bad:?}");
        }
    }

    #[test]
    fn letters_that_only_look_alike_stay_apart() {
        let address = |text: &str| text.parse::<Email>().unwrap();
        assert_eq!(address("Kim@Example.com"), address("kim@example.com"));
        assert_ne!(address("\u{212a}im@example.com"), address("kim@example.com"), "the Kelvin sign");
    }

    #[test]
    fn a_domain_is_what_stands_behind_an_at_sign() {
        for bad in ["", "@example.com", "a b", "ada@example.com"] {
            assert!(bad.parse::<EmailDomain>().is_err(), "{bad:?}");
        }
    }
}
