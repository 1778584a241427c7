//! Form-encoded parameters as OAuth and AWS's query protocol require them: known by name, and given once.

use std::{collections::BTreeMap, fmt};

/// Parameters of a query or a form, none of them twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

/// What is wrong with a set of parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ParameterFault {
    /// Given more than once.
    Repeated(String),
    /// Not a parameter of this call.
    Unknown(String),
    /// Absent, or empty.
    Missing(&'static str),
}

impl Parameters {
    /// Reads `application/x-www-form-urlencoded` bytes.
    pub(crate) fn parse(encoded: &[u8]) -> Result<Self, ParameterFault> {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(encoded).into_owned() {
            if parameters.contains_key(&name) {
                return Err(ParameterFault::Repeated(name));
            }
            parameters.insert(name, value);
        }
        Ok(Self(parameters))
    }

    /// Refuses every parameter whose name is not among `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), ParameterFault> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            Some(stranger) => Err(ParameterFault::Unknown(stranger.clone())),
            None => Ok(()),
        }
    }

    /// The value of `name`, where it was given and is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of `name`, which must be given and not be empty.
    pub(crate) fn require(&self, name: &'static str) -> Result<&str, ParameterFault> {
        self.get(name).ok_or(ParameterFault::Missing(name))
    }

    /// Takes the value of `name` out, empty or not.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Names and values, in the names' order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Display for ParameterFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated(name) => write!(formatter, "{name} is given more than once"),
            Self::Unknown(name) => write!(formatter, "{name} is not a parameter of this call"),
            Self::Missing(name) => write!(formatter, "{name} is missing"),
        }
    }
}
