//! Session policies: the grammar of IAM's JSON, limited to what a session policy may use.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

const NOT_JSON: &str = "This policy contains invalid Json";
const SYNTAX: &str = "Syntax errors in policy.";

/// Every condition operator of IAM, without `IfExists` and set qualifiers.
const OPERATORS: [&str; 27] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];

/// A policy whose grammar is right.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    text: String,
    pub(super) statements: Vec<Statement>,
}

/// One statement of a policy.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) effect: Effect,
    pub(super) actions: Scope,
    pub(super) resources: Scope,
    pub(super) conditions: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// What a statement is about, as patterns with `*` and `?`.
#[derive(Clone, Debug)]
pub(super) enum Scope {
    Only(Vec<String>),
    AllBut(Vec<String>),
}

/// One key of one operator: it holds if the comparison holds for any of the values.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) operator: String,
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

impl Policy {
    /// Reads a policy; the error is AWS' wording of what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let document: Value = serde_json::from_str(text).map_err(|_| NOT_JSON)?;
        let members = members(&document, &["Version", "Id", "Statement"])?;
        if members.get("Version").and_then(Value::as_str) != Some("2012-10-17") {
            return Err("The policy must have Version 2012-10-17.");
        }
        let statements = match members.get("Statement") {
            Some(Value::Array(statements)) if !statements.is_empty() => statements.iter().collect(),
            Some(statement @ Value::Object(_)) => vec![statement],
            Some(_) | None => return Err(SYNTAX),
        };
        let statements = statements.into_iter().map(Statement::parse).collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), statements })
    }

    /// The policy as it was given.
    pub(super) fn document(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub(super) fn length(&self) -> usize {
        self.text.len()
    }

    /// The time from which everything is denied, if there is one.
    pub(super) fn denies_everything_from(&self) -> Option<DateTime<Utc>> {
        let ends = self.statements.iter().filter_map(Statement::end_of_everything);
        ends.min()
    }
}

impl Statement {
    fn parse(statement: &Value) -> Result<Self, &'static str> {
        let known = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];
        let members = members(statement, &known)?;
        let effect = match members.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            Some(_) | None => return Err(SYNTAX),
        };
        if members.get("Sid").is_some_and(|sid| !is_statement_id(sid)) {
            return Err("Statement IDs (SID) must be alpha-numeric.");
        }
        let actions = Scope::parse(members, "Action", "NotAction")?;
        if !actions.patterns().iter().all(|action| is_action(action)) {
            return Err("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
        }
        let resources = Scope::parse(members, "Resource", "NotResource")?;
        if !resources.patterns().iter().all(|resource| resource == "*" || resource.starts_with("arn:")) {
            return Err("Resource must be in ARN format or \"*\".");
        }
        let conditions = members.get("Condition").map(conditions).transpose()?.unwrap_or_default();
        Ok(Self { effect, actions, resources, conditions })
    }

    fn end_of_everything(&self) -> Option<DateTime<Utc>> {
        let [condition] = &self.conditions[..] else {
            return None;
        };
        let is_about_everything = self.actions.is_everything() && self.resources.is_everything();
        let is_an_end = condition.operator == "DateGreaterThanEquals" && condition.is_about_time();
        let denies = self.effect == Effect::Deny && is_about_everything && is_an_end;
        denies.then(|| condition.values.iter().filter_map(|value| date(value)).min())?
    }
}

impl Scope {
    fn parse(members: &Map<String, Value>, only: &str, all_but: &str) -> Result<Self, &'static str> {
        match (members.get(only), members.get(all_but)) {
            (Some(patterns), None) => Ok(Self::Only(texts(patterns)?)),
            (None, Some(patterns)) => Ok(Self::AllBut(texts(patterns)?)),
            (Some(_), Some(_)) | (None, None) => Err(SYNTAX),
        }
    }

    fn patterns(&self) -> &[String] {
        match self {
            Self::Only(patterns) | Self::AllBut(patterns) => patterns,
        }
    }

    fn is_everything(&self) -> bool {
        matches!(self, Self::Only(patterns) if patterns.iter().any(|pattern| pattern == "*"))
    }
}

impl Condition {
    pub(super) fn is_about_time(&self) -> bool {
        self.key.eq_ignore_ascii_case("aws:CurrentTime")
    }
}

/// A date as IAM takes it: ISO 8601 with its zone, or seconds since 1970.
pub(super) fn date(text: &str) -> Option<DateTime<Utc>> {
    let written = DateTime::parse_from_rfc3339(text).ok().map(|date| date.to_utc());
    written.or_else(|| DateTime::from_timestamp(text.parse().ok()?, 0))
}

fn conditions(block: &Value) -> Result<Vec<Condition>, &'static str> {
    let mut conditions = Vec::new();
    for (operator, keys) in block.as_object().ok_or(SYNTAX)? {
        if !is_operator(operator) {
            return Err("Invalid Condition type.");
        }
        for (key, values) in keys.as_object().ok_or(SYNTAX)? {
            let values = texts(values)?;
            if operator.starts_with("Date") && !values.iter().all(|value| date(value).is_some()) {
                return Err("Invalid date in Condition.");
            }
            conditions.push(Condition { operator: operator.clone(), key: key.clone(), values });
        }
    }
    Ok(conditions)
}

fn is_operator(operator: &str) -> bool {
    let unqualified = operator.trim_start_matches("ForAllValues:").trim_start_matches("ForAnyValue:");
    OPERATORS.contains(&unqualified.trim_end_matches("IfExists"))
}

fn is_statement_id(sid: &Value) -> bool {
    sid.as_str().is_some_and(|sid| sid.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn is_action(action: &str) -> bool {
    let parts = action.split_once(':');
    action == "*" || parts.is_some_and(|(service, name)| !service.is_empty() && !name.is_empty())
}

/// The members of an object that has no others than the known ones.
fn members<'a>(value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, &'static str> {
    let members = value.as_object().ok_or(SYNTAX)?;
    let are_known = members.keys().all(|name| known.contains(&name.as_str()));
    if are_known { Ok(members) } else { Err(SYNTAX) }
}

/// One text, or a list of at least one.
fn texts(value: &Value) -> Result<Vec<String>, &'static str> {
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(list) if !list.is_empty() => {
            list.iter().map(|text| text.as_str().map(str::to_owned).ok_or(SYNTAX)).collect()
        }
        Value::Array(_) | Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) => Err(SYNTAX),
    }
}
