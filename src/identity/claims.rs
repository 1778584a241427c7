//! What claims say about a person: their verified e-mail address and their groups.

use serde_json::Value;

use super::members::Members;
use crate::{
    config::Oidc,
    domain::{
        answer_fault::AnswerFault,
        email::Email,
        person::{Groups, MissingClaim, PersonId},
        window::Timestamp,
    },
};

/// The provider's claims about one person, from a verified ID token or its userinfo endpoint.
#[derive(Debug)]
pub(super) struct Claims(Members);

impl Claims {
    pub(super) fn of(claims: Members) -> Self {
        Self(claims)
    }

    /// Returns `sub`.
    pub(super) fn subject(&self) -> Result<String, AnswerFault> {
        self.0.required("sub", self.0.text("sub"))
    }

    /// Returns a claim that is text.
    pub(super) fn text(&self, name: &str) -> Result<String, AnswerFault> {
        self.0.required(name, self.0.text(name))
    }

    /// Returns the fault of a claim whose value cannot be used.
    pub(super) fn wrong(&self, name: &str) -> AnswerFault {
        self.0.wrong(name)
    }

    /// Returns `auth_time`, if it is a number.
    pub(super) fn proved_at(&self) -> Option<Timestamp> {
        Timestamp::from_timestamp(self.0.get("auth_time")?.as_i64()?, 0)
    }

    /// Returns `acr`, if it is text.
    pub(super) fn class(&self) -> Option<String> {
        self.0.text("acr")
    }

    /// Returns the fault of a claim that identifies another person than expected.
    pub(super) fn about_another(&self) -> AnswerFault {
        AnswerFault::OtherPerson { part: self.0.part() }
    }

    /// Returns the address, if the provider vouches for it or the configuration trusts it without. `email_verified` is
    /// about the claim `email` and no other.
    pub(super) fn verified_email(&self, oidc: &Oidc) -> Option<Email> {
        let is_said = oidc.email_claim == "email" && self.0.has("email_verified");
        let says_yes = |said: Value| said == true || said == "true";
        let is_verified = if is_said {
            self.0.get("email_verified").is_some_and(says_yes)
        } else {
            oidc.trust_unverified_email
        };
        let email = self.0.text(&oidc.email_claim)?;
        is_verified.then(|| email.parse().ok()).flatten()
    }

    /// Returns what came in place of an address, if the configured claim holds none.
    pub(super) fn missing_email(&self, oidc: &Oidc) -> Option<MissingClaim> {
        let email = self.0.text(&oidc.email_claim).and_then(|email| email.parse::<Email>().ok());
        email.is_none().then(|| MissingClaim::of(&oidc.email_claim, self.0.names()))
    }

    /// Returns the human whom the claim that the configuration names identifies: by a text or a whole number.
    pub(super) fn person(&self, oidc: &Oidc) -> Option<PersonId> {
        match self.at(oidc.person_claim.as_deref()?)? {
            Value::String(id) => PersonId::new(&id),
            Value::Number(id) if id.is_i64() || id.is_u64() => PersonId::new(&id.to_string()),
            Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Returns the groups in the configured claim, either a literal key or a dotted path. A missing claim is not an
    /// error, because some providers omit an empty list; the result then says which claims there are. A single name may
    /// come without a list; it is never split.
    pub(super) fn groups(&self, oidc: &Oidc) -> Result<Groups, AnswerFault> {
        let path = oidc.groups_claim.as_str();
        if self.says_there_are_too_many(path) {
            return Err(AnswerFault::TooManyGroups);
        }
        let names: Option<Vec<String>> = match self.at(path) {
            None if self.0.has(path) => None,
            None | Some(Value::Null) => return Ok(Groups::without_claim(path, self.0.names())),
            Some(Value::String(name)) => Some(vec![name]),
            Some(Value::Array(names)) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
            Some(Value::Bool(_) | Value::Number(_) | Value::Object(_)) => None,
        };
        let names = names.ok_or_else(|| self.0.wrong(path))?;
        Ok(names.into_iter().filter_map(|name| oidc.group_names.known_as(name)).collect())
    }

    /// <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference#groups-overage-claim>
    fn says_there_are_too_many(&self, path: &str) -> bool {
        let is_elsewhere = self.0.get("_claim_names").is_some_and(|names| names.get(path).is_some());
        let has_groups = self.0.get("hasgroups").is_some_and(|flag| flag == true || flag == "true");
        is_elsewhere || has_groups
    }

    fn at(&self, path: &str) -> Option<Value> {
        self.0.get(path).or_else(|| {
            let mut keys = keys_of(path).into_iter();
            let first = self.0.get(&keys.next()?)?;
            keys.try_fold(first, |mut value, key| Some(value.get_mut(&key)?.take()))
        })
    }
}

/// Returns the keys of a dotted path. A dot that belongs to a key is written `\.`.
fn keys_of(path: &str) -> Vec<String> {
    let parts: Vec<&str> = path.split('.').collect();
    let mut keys = vec![String::new()];
    for (index, part) in parts.iter().enumerate() {
        let key = keys.last_mut().expect("there is always one");
        match part.strip_suffix('\\') {
            Some(start) if index + 1 < parts.len() => {
                key.push_str(start);
                key.push('.');
            }
            Some(_) | None => {
                key.push_str(part);
                keys.push(String::new());
            }
        }
    }
    keys.pop();
    keys
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        config::{GroupNames, GroupsFrom},
        domain::answer_fault::AnswerPart,
    };

    fn claims(claims: Value) -> Claims {
        Claims::of(Members::read(AnswerPart::IdToken, claims.to_string().as_bytes()).unwrap())
    }

    fn read(of: Value, path: &str) -> Result<Groups, AnswerFault> {
        claims(of).groups(&Oidc { groups_claim: path.to_owned(), ..oidc(false) })
    }

    fn groups(of: Value, path: &str) -> Result<Vec<String>, AnswerFault> {
        Ok(read(of, path)?.iter().map(str::to_owned).collect())
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
            email_claim: "email".into(),
            trusted_audiences: Vec::new(),
            client_auth: None,
            authorization: [].into(),
            group_names: GroupNames::default(),
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
        assert_eq!(claims(json!({ "sub": "ada" })).subject().as_deref(), Ok("ada"));
        for nobody in [json!({}), json!({ "sub": "" }), json!({ "sub": null }), json!({ "sub": 7 })] {
            assert!(claims(nobody).subject().is_err());
        }
    }

    #[test]
    fn groups_are_a_list_or_one_name_which_is_never_split() {
        assert_eq!(groups(json!({ "groups": ["b", "a"] }), "groups").unwrap(), ["a", "b"]);
        assert_eq!(groups(json!({ "groups": "Ops Team, EU" }), "groups").unwrap(), ["Ops Team, EU"]);
    }

    #[test]
    fn without_the_claim_it_is_known_which_there_are_and_with_an_empty_one_there_are_no_groups() {
        let instead = |of, path: &str| {
            let groups = read(of, path).unwrap();
            let (claim, sent) = groups.claims_instead()?;
            assert_eq!(claim, path);
            Some(sent.to_vec())
        };
        assert_eq!(instead(json!({}), "groups"), Some(vec![]));
        assert_eq!(
            instead(json!({ "sub": "ada", "Groups": ["a"], "x": null }), "groups").unwrap(),
            ["Groups", "sub"]
        );
        assert_eq!(instead(json!({ "groups": null }), "groups"), Some(vec![]));
        assert_eq!(instead(json!({ "realm_access": "x" }), "realm_access.roles").unwrap(), ["realm_access"]);
        assert_eq!(instead(json!({ "groups": [] }), "groups"), None);
        for of in [json!({}), json!({ "groups": [] })] {
            assert_eq!(groups(of, "groups").unwrap(), [""; 0]);
        }
    }

    #[test]
    fn a_dot_that_belongs_to_a_key_is_escaped() {
        let of = json!({ "resource_access": { "my.app": { "roles": ["a"] }, "my": { "app": { "roles": ["b"] } } } });
        assert_eq!(groups(of.clone(), r"resource_access.my\.app.roles").unwrap(), ["a"]);
        assert_eq!(groups(of, "resource_access.my.app.roles").unwrap(), ["b"]);
        for (path, keys) in [
            ("a", &["a"][..]),
            (r"a\.b", &["a.b"]),
            (r"a\.b.c\.d\.e", &["a.b", "c.d.e"]),
            (r"a.b\", &["a", r"b\"]),
        ] {
            assert_eq!(keys_of(path), keys, "{path}");
        }
    }

    #[test]
    fn a_group_is_known_as_what_it_is_mapped_to_and_nobody_else_gets_that_name() {
        let mapped = |names: &[(&str, &str)], of: Value| {
            let pairs = names.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned()));
            let oidc = Oidc { group_names: pairs.collect(), ..oidc(false) };
            let groups = claims(json!({ "groups": of })).groups(&oidc).unwrap();
            groups.iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let names = [("3f7ced07", "aws-temp#Reviewer"), ("/path", "b")];
        assert_eq!(
            mapped(&names, json!(["3f7ced07", "/path", "other"])),
            ["aws-temp#Reviewer", "b", "other"]
        );
        assert_eq!(mapped(&names, json!(["aws-temp#Reviewer", "b"])), [""; 0], "they may be anybody's");
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
    fn anything_but_names_is_refused_by_the_name_of_the_claim() {
        for value in [json!(7), json!({ "a": 1 }), json!([1]), json!(["a", null]), json!([["a"]])] {
            let (part, field) = (AnswerPart::IdToken, "groups".to_owned());
            let told = groups(json!({ "groups": value }), "groups");
            assert_eq!(told, Err(AnswerFault::Wrong { part, field }));
        }
    }

    #[test]
    fn too_many_groups_are_not_no_groups() {
        for of in [
            json!({ "_claim_names": { "groups": "src1" } }),
            json!({ "hasgroups": true }),
            json!({ "hasgroups": "true", "groups": ["a"] }),
        ] {
            assert_eq!(groups(of, "groups"), Err(AnswerFault::TooManyGroups));
        }
        assert!(groups(json!({ "_claim_names": { "other": "src1" }, "hasgroups": false }), "groups").is_ok());
    }

    #[test]
    fn a_time_or_class_of_another_type_is_as_if_it_were_absent() {
        for odd in [json!("1800000000"), json!(null), json!([7]), json!(1e300), json!({})] {
            let claims = claims(json!({ "sub": "ada", "auth_time": odd, "acr": 1 }));
            assert_eq!((claims.proved_at(), claims.class()), (None, None), "{odd}");
        }
    }

    #[test]
    fn an_address_counts_when_the_provider_vouches_for_it() {
        for (verified, trusting, counts) in [
            (json!(true), false, true),
            (json!("true"), false, true),
            (json!(false), false, false),
            (json!("false"), false, false),
            (json!(null), false, false),
            (json!(null), true, true),
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

    #[test]
    fn an_address_that_was_not_sent_is_told_from_one_that_is_not_verified() {
        for none in
            [json!({ "upn": "a" }), json!({ "upn": "a", "email": null }), json!({ "upn": "a", "email": [] })]
        {
            let missing = claims(none).missing_email(&oidc(false)).unwrap();
            assert_eq!(missing.claim, "email");
            assert!(missing.sent.contains(&"upn".to_owned()), "{missing:?}");
        }
        assert!(claims(json!({ "email": "nobody" })).missing_email(&oidc(false)).is_some(), "no address");
        assert!(claims(json!({ "email": "ada@example.com" })).missing_email(&oidc(false)).is_none());
    }
    #[test]
    fn an_address_in_another_claim_counts_only_where_the_operator_trusts_it() {
        let address = |trusting, verified: Value| {
            let oidc = Oidc { email_claim: "upn".into(), ..oidc(trusting) };
            let of =
                json!({ "upn": "ada@example.com", "email": "eve@example.com", "email_verified": verified });
            claims(of).verified_email(&oidc).map(|email| email.to_string())
        };
        for verified in [json!(true), json!(false), json!(null)] {
            assert_eq!(address(false, verified.clone()), None, "email_verified is not about upn");
            assert_eq!(address(true, verified).as_deref(), Some("ada@example.com"));
        }
    }
}
