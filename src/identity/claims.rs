//! What claims say about a person: their verified e-mail address and their groups.

use serde_json::{Map, Value};

use crate::{
    config::Oidc,
    domain::{
        email::Email,
        person::{Groups, PersonId},
        window::Timestamp,
    },
};

/// The provider's claims about one person, from a verified ID token or its userinfo endpoint.
#[derive(Debug)]
pub(super) struct Claims(Map<String, Value>);

/// Why groups could not be read, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoGroups {
    /// <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference#groups-overage-claim>
    #[error(
        "the identity provider leaves the groups out because they are too many: let it send only the groups \
         that are assigned to this application"
    )]
    TooMany,
    #[error("the groups claim is neither a list of names nor one name: let the identity provider send names")]
    NoNames,
}

impl Claims {
    pub(super) fn of(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Returns `sub`, unless it is empty.
    pub(super) fn subject(&self) -> Option<&str> {
        self.get("sub")?.as_str().filter(|subject| !subject.is_empty())
    }

    /// Returns `auth_time`.
    pub(super) fn proved_at(&self) -> Option<Timestamp> {
        Timestamp::from_timestamp(self.get("auth_time")?.as_i64()?, 0)
    }

    /// Returns `acr`.
    pub(super) fn class(&self) -> Option<String> {
        self.get("acr")?.as_str().map(str::to_owned)
    }

    /// Returns the address, if the provider vouches for it or the configuration trusts it without.
    pub(super) fn verified_email(&self, oidc: &Oidc) -> Option<Email> {
        let is_verified = match self.get("email_verified") {
            None => oidc.trust_unverified_email,
            Some(Value::String(text)) => text == "true",
            Some(value) => value == &Value::Bool(true),
        };
        let email = self.get("email")?.as_str()?;
        is_verified.then(|| email.parse().ok()).flatten()
    }

    /// Returns the human whom the claim that the configuration names identifies: by a text or a whole number.
    pub(super) fn person(&self, oidc: &Oidc) -> Option<PersonId> {
        match self.at(oidc.person_claim.as_deref()?)? {
            Value::String(id) => PersonId::new(id),
            Value::Number(id) if id.is_i64() || id.is_u64() => PersonId::new(&id.to_string()),
            Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Returns the groups in the claim that `path` names, either as a literal key or as a dotted path. A missing claim
    /// means that the groups are unknown, because some providers omit an empty list and others are not configured to
    /// send one. A single name may come without a list; it is never split.
    pub(super) fn groups(&self, path: &str) -> Result<Groups, NoGroups> {
        if self.says_there_are_too_many(path) {
            return Err(NoGroups::TooMany);
        }
        match self.at(path) {
            None => Ok(Groups::default()),
            Some(Value::String(name)) => Ok(Groups::from_iter([name])),
            Some(Value::Array(names)) => {
                names.iter().map(|name| name.as_str().ok_or(NoGroups::NoNames)).collect()
            }
            Some(_) => Err(NoGroups::NoNames),
        }
    }

    fn says_there_are_too_many(&self, path: &str) -> bool {
        let is_elsewhere = self.get("_claim_names").is_some_and(|names| names.get(path).is_some());
        let has_groups = self.get("hasgroups").is_some_and(|flag| flag == true || flag == "true");
        is_elsewhere || has_groups
    }

    fn at(&self, path: &str) -> Option<&Value> {
        self.get(path).or_else(|| {
            let (first, rest) = path.split_once('.')?;
            rest.split('.').try_fold(self.get(first)?, |value, key| value.get(key))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::GroupsFrom;

    fn claims(claims: Value) -> Claims {
        Claims::of(claims.as_object().unwrap().clone())
    }

    fn groups(of: Value, path: &str) -> Result<Vec<String>, NoGroups> {
        let groups = claims(of).groups(path)?;
        Ok(groups.iter().map(str::to_owned).collect())
    }

    fn oidc(trust_unverified_email: bool) -> Oidc {
        Oidc {
            issuer: "https://idp.example".into(),
            client_id: "elevate".into(),
            client_secret: "secret".into(),
            scopes: vec!["openid".into()],
            groups_claim: "groups".into(),
            groups_from: GroupsFrom::IdToken,
            trust_unverified_email,
            person_claim: Some("staff.number".into()),
        }
    }

    #[test]
    fn the_human_is_what_the_named_claim_says() {
        let person = |of: Value| claims(of).person(&oidc(false)).map(|person| person.as_str().to_owned());
        for named in [json!("4711"), json!(4711), json!(" 4711 ")] {
            assert_eq!(person(json!({ "staff": { "number": named } })).as_deref(), Some("4711"));
        }
        for nobody in [json!({}), json!({ "staff": { "number": " " } }), json!({ "staff.number": [4711] })] {
            assert_eq!(person(nobody.clone()), None, "{nobody}");
        }
        let unnamed = Oidc { person_claim: None, ..oidc(false) };
        assert!(claims(json!({ "staff.number": "4711" })).person(&unnamed).is_none());
    }

    #[test]
    fn an_empty_name_is_nobodys() {
        assert_eq!(claims(json!({ "sub": "ada" })).subject(), Some("ada"));
        for nobody in [json!({}), json!({ "sub": "" }), json!({ "sub": null }), json!({ "sub": 7 })] {
            assert_eq!(claims(nobody).subject(), None);
        }
    }

    #[test]
    fn groups_are_a_list_or_one_name_which_is_never_split() {
        assert_eq!(groups(json!({ "groups": ["b", "a"] }), "groups").unwrap(), ["a", "b"]);
        assert_eq!(groups(json!({ "groups": "Ops Team, EU" }), "groups").unwrap(), ["Ops Team, EU"]);
    }

    #[test]
    fn without_the_claim_groups_are_unknown_and_with_an_empty_one_there_are_none() {
        let are_unknown = |of, path| claims(of).groups(path).unwrap().are_unknown();
        assert!(are_unknown(json!({}), "groups") && are_unknown(json!({ "roles": ["a"] }), "groups"));
        assert!(are_unknown(json!({ "realm_access": "x" }), "realm_access.roles"));
        assert!(!are_unknown(json!({ "groups": [] }), "groups"));
        for of in [json!({}), json!({ "groups": [] })] {
            assert_eq!(groups(of, "groups").unwrap(), [""; 0]);
        }
    }

    #[test]
    fn the_very_key_goes_before_the_dotted_path() {
        let nested = json!({ "realm_access": { "roles": ["nested"] } });
        assert_eq!(groups(nested, "realm_access.roles").unwrap(), ["nested"]);
        let both = json!({ "a.b": ["key"], "a": { "b": ["path"] } });
        assert_eq!(groups(both, "a.b").unwrap(), ["key"]);
        let url = json!({ "https://example.com/groups": ["url"] });
        assert_eq!(groups(url, "https://example.com/groups").unwrap(), ["url"]);
    }

    #[test]
    fn anything_but_names_is_refused() {
        for value in
            [json!(null), json!(7), json!({ "a": 1 }), json!([1]), json!(["a", null]), json!([["a"]])]
        {
            assert_eq!(groups(json!({ "groups": value }), "groups"), Err(NoGroups::NoNames));
        }
    }

    #[test]
    fn too_many_groups_are_not_no_groups() {
        for of in [
            json!({ "_claim_names": { "groups": "src1" } }),
            json!({ "hasgroups": true }),
            json!({ "hasgroups": "true", "groups": ["a"] }),
        ] {
            assert_eq!(groups(of, "groups"), Err(NoGroups::TooMany));
        }
        assert!(groups(json!({ "_claim_names": { "other": "src1" }, "hasgroups": false }), "groups").is_ok());
    }

    #[test]
    fn an_address_counts_when_the_provider_vouches_for_it() {
        for (verified, trusting, counts) in [
            (json!(true), false, true),
            (json!("true"), false, true),
            (json!(false), false, false),
            (json!("false"), false, false),
            (json!(null), true, false),
            (json!(1), true, false),
            (json!(false), true, false),
        ] {
            let of = claims(json!({ "email": "ada@example.com", "email_verified": verified }));
            assert_eq!(of.verified_email(&oidc(trusting)).is_some(), counts, "{verified} {trusting}");
        }
        let silent = claims(json!({ "email": "ada@example.com" }));
        assert!(silent.verified_email(&oidc(false)).is_none());
        assert!(silent.verified_email(&oidc(true)).is_some());
        assert!(claims(json!({ "email": "nobody" })).verified_email(&oidc(true)).is_none());
    }
}
