//! From claims to groups, and from groups to what may be asked for.
#![no_main]

use std::collections::BTreeMap;

use elevate::{
    config::{GroupNames, GroupsFrom, Oidc},
    domain::{policy::{Policy, WithoutAuditors}, window::Minutes},
    identity::fuzzing::told_by,
};
use elevate_fuzz::parts;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|input: &[u8]| {
    let Some([claims, path, prefix]) = parts(input) else { return };
    let Ok(claims) = serde_json::from_str::<Map<String, Value>>(claims) else { return };
    let Ok((groups, email)) = told_by(&claims, &oidc(path)) else { return };
    for group in groups.iter() {
        assert!(is_said(group, &claims), "nobody said {group}");
    }
    if let Some(email) = email {
        let said = claims["email"].as_str().expect("an address was said");
        assert!(said.eq_ignore_ascii_case(email.as_str()), "{said} became {email}");
        assert!(claims["email_verified"] == true || claims["email_verified"] == "true");
    }
    if prefix.ends_with('#') {
        return;
    }
    let policy = policy(prefix);
    for target in policy.targets(&groups) {
        assert!(groups.contains(&policy.group_for(&target)), "no group makes eligible for {target}");
        assert_eq!(policy.check_eligible(&groups, &target), Ok(()));
        assert_eq!(target.to_string().parse(), Ok(target));
    }
});

/// Whether this very text stands somewhere in the claims.
fn is_said(group: &str, claims: &Map<String, Value>) -> bool {
    fn holds(value: &Value, group: &str) -> bool {
        match value {
            Value::String(text) => text == group,
            Value::Array(values) => values.iter().any(|value| holds(value, group)),
            Value::Object(members) => members.values().any(|value| holds(value, group)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    claims.values().any(|value| holds(value, group))
}

fn oidc(groups_claim: &str) -> Oidc {
    Oidc {
        issuer: "https://idp.example".into(),
        client_id: "elevate".into(),
        client_secret: "secret".into(),
        scopes: vec!["openid".into()],
        groups_claim: groups_claim.into(),
        groups_from: GroupsFrom::IdToken,
        trust_unverified_email: false,
        person_claim: None,
        email_claim: "email".into(),
        trusted_audiences: Vec::new(),
        client_auth: None,
        authorization: BTreeMap::new(),
        group_names: GroupNames::default(),
    }
}

fn policy(prefix: &str) -> Policy {
    Policy {
        group_prefix: prefix.into(),
        reviewers: "aws-temp#Reviewer".into(),
        request_ttl: Minutes::MAX,
        max_duration: Minutes::MAX,
        durations: vec![Minutes::MAX],
        sessions_at_once: 2,
        requests_per_hour: 20,
        without_auditors: WithoutAuditors::GoOn,
        accounts: BTreeMap::new(),
        group_names: GroupNames::default(),
        step_up: None,
    }
}
