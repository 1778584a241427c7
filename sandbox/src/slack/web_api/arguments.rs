//! The arguments of a call, in any of its encodings.

use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::Refusal;

/// The arguments of one call.
#[derive(Debug)]
pub(super) struct Arguments(Map<String, Value>);

impl Arguments {
    /// Reads a query or a form, where everything is text.
    pub(super) fn from_form(encoded: &[u8]) -> Result<Self, Refusal> {
        let mut arguments = Map::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if arguments.insert(name.to_string(), Value::String(value.into_owned())).is_some() {
                return Err(Refusal::argument(format!("[ERROR] argument given twice: {name}")));
            }
        }
        Ok(Self(arguments))
    }

    /// Reads a POST's body; an empty one may be of any type.
    pub(super) fn from_body(headers: &HeaderMap, body: &[u8]) -> Result<Self, Refusal> {
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        match content_type.map(|value| value.split(';').next().unwrap_or_default().trim()) {
            Some("application/json") => Self::from_json(body),
            Some("application/x-www-form-urlencoded") => Self::from_form(body),
            Some(_) => Err("invalid_post_type".into()),
            None => Err("missing_post_type".into()),
        }
    }

    fn from_json(body: &[u8]) -> Result<Self, Refusal> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(arguments)) => Ok(Self(arguments)),
            Ok(_) => Err("json_not_object".into()),
            Err(_) => Err("invalid_json".into()),
        }
    }

    /// Refuses a call that lacks an argument or has one that the method does not know.
    pub(super) fn check(&self, needs: &[&str], takes: &[&str]) -> Result<(), Refusal> {
        let known = |name: &str| needs.contains(&name) || takes.contains(&name);
        let missing = needs
            .iter()
            .filter(|name| !self.0.contains_key(**name))
            .map(|name| format!("[ERROR] missing required field: {name}"));
        let unknown = self
            .0
            .keys()
            .filter(|name| !known(name))
            .map(|name| format!("[ERROR] unsupported argument: {name}"));
        let messages: Vec<String> = missing.chain(unknown).collect();
        if messages.is_empty() {
            return Ok(());
        }
        Err(Refusal::with_messages("invalid_arguments", messages))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A text; one that is absent is empty.
    pub(super) fn text(&self, name: &str) -> Result<&str, Refusal> {
        match self.0.get(name) {
            None => Ok(""),
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(wrong_type(name, "a string")),
        }
    }

    /// A yes or no; one that is absent is no.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.0.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) => match text.as_str() {
                "true" | "1" => Ok(true),
                "false" | "0" => Ok(false),
                _ => Err(wrong_type(name, "true or false")),
            },
            Some(_) => Err(wrong_type(name, "true or false")),
        }
    }

    /// A whole number, where there is one.
    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, Refusal> {
        let number = match self.0.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_u64().and_then(|number| usize::try_from(number).ok()),
        };
        number.map(Some).ok_or_else(|| wrong_type(name, "a whole number"))
    }

    /// Something nested, which a form holds as JSON in a text.
    pub(super) fn nested(&self, name: &str) -> Result<Option<Value>, Refusal> {
        match self.0.get(name) {
            Some(Value::String(text)) => {
                serde_json::from_str(text).map(Some).map_err(|_| wrong_type(name, "JSON"))
            }
            other => Ok(other.cloned()),
        }
    }

    /// Names, as a list or separated by commas.
    pub(super) fn names(&self, name: &str) -> Result<Vec<String>, Refusal> {
        match self.0.get(name) {
            Some(Value::Array(names)) => names
                .iter()
                .map(|value| {
                    value.as_str().map(str::to_owned).ok_or_else(|| wrong_type(name, "a list of ids"))
                })
                .collect(),
            _ => Ok(self.text(name)?.split(',').map(str::to_owned).collect()),
        }
    }
}

fn wrong_type(name: &str, expected: &str) -> Refusal {
    Refusal::argument(format!("[ERROR] must be {expected} [json-pointer:/{name}]"))
}
