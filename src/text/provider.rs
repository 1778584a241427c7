//! What is wrong with an answer of an OpenID provider, as part of a sentence.

use crate::domain::answer_fault::{AnswerFault, AnswerPart, OwnWords};

/// Says what is wrong, as in "The response could not be accepted (…)".
#[must_use]
pub fn answer_fault(fault: &AnswerFault) -> String {
    match fault {
        AnswerFault::Refused { words } => format!("it refused the request: {}", own_words(words)),
        AnswerFault::Status { part, status } => format!("its {} has status {status}", named(*part)),
        AnswerFault::Unreadable { part } => format!("its {} could not be read", named(*part)),
        AnswerFault::TooLong { part, bytes } => format!("its {} is longer than {bytes} bytes", named(*part)),
        AnswerFault::Encrypted { part } => {
            format!("its {} is encrypted, which is not supported", named(*part))
        }
        AnswerFault::Missing { part, field } => format!("its {} has no {field}", named(*part)),
        AnswerFault::Wrong { part, field } => {
            format!("{field} in its {} has a value that cannot be used", named(*part))
        }
        AnswerFault::Untimely { part, field, seconds } => untimely(*part, field, *seconds),
        AnswerFault::OtherIssuer { part, issuer } => {
            format!("its {} names another issuer than the configured one: {issuer}", named(*part))
        }
        AnswerFault::OtherAudience { part, audience } => format!(
            "its {} is also meant for {audience}, which oidc.trusted_audiences does not contain",
            named(*part)
        ),
        AnswerFault::OtherClient { part } => format!("its {} was issued to another client", named(*part)),
        AnswerFault::OtherSignIn => "its ID token belongs to another sign-in".to_owned(),
        AnswerFault::OtherAccessToken => "its ID token belongs to another access token".to_owned(),
        AnswerFault::OtherPerson { part } => format!("its {} is about another person", named(*part)),
        AnswerFault::BadSignature { part } => format!("its {} has a wrong signature", named(*part)),
        AnswerFault::UnknownKey { part } => {
            format!("the key that signed its {} is not in its key set", named(*part))
        }
        AnswerFault::Unsigned { part } => format!("its {} is not signed", named(*part)),
        AnswerFault::Algorithm { part } => {
            format!("its {} is signed with an algorithm that is not accepted", named(*part))
        }
        AnswerFault::OwnKey { part } => format!("its {} brings its own key", named(*part)),
        AnswerFault::Header { part } => format!("its {} has a header that is not supported", named(*part)),
        AnswerFault::TooManyGroups => {
            "it leaves out the groups because there are too many; let it send only the groups that are assigned to this application".to_owned()
        }
    }
}

/// A provider's own words, quoted after their code.
#[must_use]
pub(super) fn own_words(OwnWords { error, description }: &OwnWords) -> String {
    match description {
        Some(description) => format!("{error}, “{description}”"),
        None => error.clone(),
    }
}

fn untimely(part: AnswerPart, field: &str, seconds: i64) -> String {
    let (part, away) = (named(part), seconds.unsigned_abs());
    match (field, seconds < 0) {
        ("exp", _) => format!("its {part} expired {away} s ago"),
        ("iat", true) => format!("its {part} was issued {away} s ago, not just now"),
        ("iat", false) => format!("its {part} was issued {away} s in the future"),
        _ => format!("its {part} is not valid for another {away} s"),
    }
}

fn named(part: AnswerPart) -> &'static str {
    match part {
        AnswerPart::Discovery => "discovery document",
        AnswerPart::KeySet => "key set",
        AnswerPart::Callback => "sign-in response",
        AnswerPart::TokenAnswer => "token response",
        AnswerPart::IdToken => "ID token",
        AnswerPart::LogoutToken => "logout token",
        AnswerPart::Userinfo => "userinfo response",
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn every_fault_names_the_part_and_the_field_and_no_value() {
        let part = AnswerPart::IdToken;
        let untimely =
            |field: &str, seconds| AnswerFault::Untimely { part, field: field.to_owned(), seconds };
        let faults = [
            AnswerFault::Refused {
                words: OwnWords::cleaned("invalid_client", Some("The secret has expired.")),
            },
            AnswerFault::Refused { words: OwnWords::cleaned("invalid_client", None) },
            AnswerFault::Status { part: AnswerPart::Userinfo, status: 403 },
            AnswerFault::Unreadable { part: AnswerPart::TokenAnswer },
            AnswerFault::TooLong { part: AnswerPart::Discovery, bytes: 262_144 },
            AnswerFault::Encrypted { part: AnswerPart::Userinfo },
            AnswerFault::Missing { part: AnswerPart::KeySet, field: "keys".to_owned() },
            AnswerFault::Wrong { part: AnswerPart::LogoutToken, field: "sub".to_owned() },
            untimely("exp", -45),
            untimely("iat", -900),
            untimely("iat", 60),
            untimely("nbf", 60),
            AnswerFault::OtherIssuer {
                part: AnswerPart::Callback,
                issuer: "https://other.example".to_owned(),
            },
            AnswerFault::OtherAudience { part, audience: "3298".to_owned() },
            AnswerFault::OtherClient { part },
            AnswerFault::OtherSignIn,
            AnswerFault::OtherAccessToken,
            AnswerFault::OtherPerson { part },
            AnswerFault::BadSignature { part },
            AnswerFault::UnknownKey { part },
            AnswerFault::Unsigned { part },
            AnswerFault::Algorithm { part },
            AnswerFault::OwnKey { part },
            AnswerFault::Header { part },
            AnswerFault::TooManyGroups,
        ];
        let said: Vec<_> = faults.iter().map(answer_fault).collect();
        assert_snapshot!(said.join("\n"), @"
        it refused the request: invalid_client, “The secret has expired.”
        it refused the request: invalid_client
        its userinfo response has status 403
        its token response could not be read
        its discovery document is longer than 262144 bytes
        its userinfo response is encrypted, which is not supported
        its key set has no keys
        sub in its logout token has a value that cannot be used
        its ID token expired 45 s ago
        its ID token was issued 900 s ago, not just now
        its ID token was issued 60 s in the future
        its ID token is not valid for another 60 s
        its sign-in response names another issuer than the configured one: https://other.example
        its ID token is also meant for 3298, which oidc.trusted_audiences does not contain
        its ID token was issued to another client
        its ID token belongs to another sign-in
        its ID token belongs to another access token
        its ID token is about another person
        its ID token has a wrong signature
        the key that signed its ID token is not in its key set
        its ID token is not signed
        its ID token is signed with an algorithm that is not accepted
        its ID token brings its own key
        its ID token has a header that is not supported
        it leaves out the groups because there are too many; let it send only the groups that are assigned to this application
        ");
    }
}
