//! The people of an OpenID provider, and their claims.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The scopes this provider knows; it refuses others.
pub(super) const SCOPES: [&str; 5] = ["openid", "profile", "email", "groups", "offline_access"];

/// Somebody who can sign in.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Person {
    /// What they sign in as; also their `sub`.
    pub login: String,
    /// Their full name, shown on the sign-in page.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
    /// Whether the address is verified; `None` leaves the claim out.
    pub email_verified: Option<bool>,
    /// Their groups; none at all leaves the claim out, as some providers do.
    pub groups: Vec<String>,
    /// Whether they may neither sign in nor refresh.
    pub disabled: bool,
}

impl Person {
    /// What `scopes` let a client know about this person.
    pub(super) fn claims(&self, scopes: &Scopes) -> Map<String, Value> {
        let mut claims = Map::from_iter([("sub".to_owned(), json!(self.login))]);
        if scopes.has("profile") {
            claims.insert("name".to_owned(), json!(self.name));
            claims.insert("preferred_username".to_owned(), json!(self.login));
        }
        if scopes.has("email") {
            claims.insert("email".to_owned(), json!(self.email));
            if let Some(verified) = self.email_verified {
                claims.insert("email_verified".to_owned(), json!(verified));
            }
        }
        if scopes.has("groups") && !self.groups.is_empty() {
            claims.insert("groups".to_owned(), json!(self.groups));
        }
        claims
    }
}

/// A set of known scopes that holds `openid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scopes(BTreeSet<String>);

impl Scopes {
    /// Reads a space-separated list; `None` when `openid` is missing or a scope is not known.
    pub(super) fn parse(list: &str) -> Option<Self> {
        let scopes: BTreeSet<String> = list.split(' ').map(str::to_owned).collect();
        let known = scopes.iter().all(|scope| SCOPES.contains(&scope.as_str()));
        (known && scopes.contains("openid")).then_some(Self(scopes))
    }

    pub(super) fn has(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    pub(super) fn within(&self, wider: &Self) -> bool {
        self.0.is_subset(&wider.0)
    }

    pub(super) fn list(&self) -> String {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}
