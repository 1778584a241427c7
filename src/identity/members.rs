//! JSON objects of a provider. Only the members that are used are parsed, so that nothing else can be wrong with them.

use std::{collections::BTreeMap, fmt};

use chrono::DateTime;
use serde_json::{Value, value::RawValue};

use crate::domain::answer_fault::{AnswerFault, AnswerPart};

/// The members of an object. Null counts as absent.
pub(super) struct Members {
    part: AnswerPart,
    members: BTreeMap<String, Box<RawValue>>,
}

impl Members {
    /// Reads an object.
    pub(super) fn read(part: AnswerPart, json: &[u8]) -> Result<Self, AnswerFault> {
        let json = json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(json);
        let members = serde_json::from_slice(json).map_err(|_| AnswerFault::Unreadable { part })?;
        Ok(Self { part, members })
    }

    /// Returns where the object comes from.
    pub(super) fn part(&self) -> AnswerPart {
        self.part
    }

    /// Returns whether a member is there, whatever its value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| value.get() != "null")
    }

    /// Returns the names of all members.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str).filter(|name| self.has(name))
    }

    /// Returns a member that can be read.
    pub(super) fn get(&self, name: &str) -> Option<Value> {
        let value = self.members.get(name).filter(|_| self.has(name))?;
        serde_json::from_str(value.get()).ok()
    }

    /// Returns a member that is text and not empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text).filter(|text| !text.is_empty()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Returns the texts of a member that is a list, or the one that it is.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<String>> {
        match self.get(name)? {
            Value::String(text) => Some(vec![text]),
            Value::Array(items) => items.into_iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        }
    }

    /// Returns a moment in seconds since 1970. Some providers write it as a fraction, or as text in RFC 3339.
    pub(super) fn moment(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Number(number) => number.as_i64().or_else(|| {
                let seconds = number.as_f64()?.floor();
                let is_moment = seconds.abs() < 1e15;
                is_moment.then_some(seconds as i64)
            }),
            Value::String(text) => DateTime::parse_from_rfc3339(&text).ok().map(|time| time.timestamp()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Returns `value`, which a required member was read as, or what is wrong with that member.
    pub(super) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, AnswerFault> {
        value.ok_or_else(|| if self.has(name) { self.wrong(name) } else { self.missing(name) })
    }

    /// Returns `value`, which an optional member was read as. Its absence is fine, another value than expected is not.
    pub(super) fn optional<T>(&self, name: &str, value: Option<T>) -> Result<Option<T>, AnswerFault> {
        if value.is_none() && self.has(name) { Err(self.wrong(name)) } else { Ok(value) }
    }

    pub(super) fn missing(&self, name: &str) -> AnswerFault {
        AnswerFault::Missing { part: self.part, field: name.to_owned() }
    }

    pub(super) fn wrong(&self, name: &str) -> AnswerFault {
        AnswerFault::Wrong { part: self.part, field: name.to_owned() }
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Members").field("part", &self.part).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(json: &str) -> Members {
        Members::read(AnswerPart::IdToken, json.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_not_used_is_not_parsed() {
        let odd = members(r#"{"a": "\ud800", "b": 1e999, "c": [[[{"d": -0.0}]]], "d": null, "sub": "ada"}"#);
        assert_eq!(odd.text("sub").as_deref(), Some("ada"));
        assert_eq!((odd.get("a"), odd.get("b"), odd.get("d")), (None, None, None));
        assert_eq!(odd.names().collect::<Vec<_>>(), ["a", "b", "c", "sub"]);
        for no_object in ["", "[]", "null", "7", "{", "<html>"] {
            let told = Members::read(AnswerPart::Userinfo, no_object.as_bytes()).map(drop);
            assert_eq!(told, Err(AnswerFault::Unreadable { part: AnswerPart::Userinfo }), "{no_object}");
        }
        assert!(Members::read(AnswerPart::Discovery, "\u{feff}{}".as_bytes()).is_ok());
    }

    #[test]
    fn a_needed_field_is_named_and_null_is_as_if_it_were_absent() {
        let read = |json: &str| members(json).required("sub", members(json).text("sub"));
        let (part, field) = (AnswerPart::IdToken, "sub".to_owned());
        for absent in ["{}", r#"{"sub": null}"#] {
            assert_eq!(read(absent), Err(AnswerFault::Missing { part, field: field.clone() }));
        }
        for wrong in [r#"{"sub": 7}"#, r#"{"sub": ""}"#, r#"{"sub": ["ada"]}"#, r#"{"sub": "\ud800"}"#] {
            assert_eq!(read(wrong), Err(AnswerFault::Wrong { part, field: field.clone() }), "{wrong}");
        }
        let optional = |json: &str| members(json).optional("nbf", members(json).moment("nbf"));
        assert_eq!(optional(r#"{"nbf": null}"#), Ok(None));
        assert_eq!(optional(r#"{"nbf": 7}"#), Ok(Some(7)));
        assert!(optional(r#"{"nbf": "soon"}"#).is_err());
    }

    #[test]
    fn a_moment_is_a_number_of_seconds_or_a_date() {
        for (written, moment) in [
            ("1800000000", Some(1_800_000_000)),
            ("1800000000.9", Some(1_800_000_000)),
            (r#""2027-01-15T08:00:00Z""#, Some(1_800_000_000)),
            (r#""1800000000""#, None),
            ("1e300", None),
            ("true", None),
        ] {
            assert_eq!(members(&format!(r#"{{"exp": {written}}}"#)).moment("exp"), moment, "{written}");
        }
    }
}
