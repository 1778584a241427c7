//! Evaluates a session policy: an explicit denial wins, and what is not allowed is denied.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::policy::{Condition, Effect, Policy, Scope, Statement, date};

/// Whether a call would go through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It would.
    Allowed,
    /// It would not, and why.
    Denied(String),
}

/// A call that is about to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'a> {
    pub(super) action: &'a str,
    pub(super) resource: &'a str,
    pub(super) at: DateTime<Utc>,
}

/// A condition that is in IAM's grammar, and whose meaning is not known here.
struct NotModelled(String);

impl Policy {
    /// Rules on one call. What the policy says in terms not known here is denied.
    pub(super) fn decide(&self, attempt: &Attempt<'_>) -> Decision {
        let applying: Result<Vec<_>, NotModelled> = self
            .statements
            .iter()
            .filter_map(|statement| match statement.applies_to(attempt) {
                Ok(applies) => applies.then_some(Ok(statement.effect)),
                Err(unknown) => Some(Err(unknown)),
            })
            .collect();
        match applying {
            Err(NotModelled(what)) => Decision::Denied(format!("{what} is not modelled by this stand-in")),
            Ok(effects) if effects.contains(&Effect::Deny) => {
                Decision::Denied("with an explicit deny in a session policy".to_owned())
            }
            Ok(effects) if effects.contains(&Effect::Allow) => Decision::Allowed,
            Ok(_) => Decision::Denied("because no session policy allows the action".to_owned()),
        }
    }
}

impl Statement {
    fn applies_to(&self, attempt: &Attempt<'_>) -> Result<bool, NotModelled> {
        let action = attempt.action.to_ascii_lowercase();
        let is_action = |pattern: &str| matches(&pattern.to_ascii_lowercase(), &action);
        let is_resource = |pattern: &str| matches(pattern, attempt.resource);
        if !self.actions.covers(is_action) || !self.resources.covers(is_resource) {
            return Ok(false);
        }
        for condition in &self.conditions {
            if !condition.holds(attempt.at)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Scope {
    fn covers(&self, is_meant: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Only(patterns) => patterns.iter().any(|pattern| is_meant(pattern)),
            Self::AllBut(patterns) => !patterns.iter().any(|pattern| is_meant(pattern)),
        }
    }
}

impl Condition {
    fn holds(&self, now: DateTime<Utc>) -> Result<bool, NotModelled> {
        if !self.is_about_time() {
            return Err(NotModelled(format!("the condition key {}", self.key)));
        }
        let mut dates = self.values.iter().filter_map(|value| date(value));
        match self.operator.as_str() {
            "DateEquals" => Ok(dates.any(|date| now == date)),
            "DateNotEquals" => Ok(dates.all(|date| now != date)),
            "DateLessThan" => Ok(dates.any(|date| now < date)),
            "DateLessThanEquals" => Ok(dates.any(|date| now <= date)),
            "DateGreaterThan" => Ok(dates.any(|date| now > date)),
            "DateGreaterThanEquals" => Ok(dates.any(|date| now >= date)),
            other => Err(NotModelled(format!("the condition operator {other}"))),
        }
    }
}

/// Whether `text` is what `pattern` describes, where `*` stands for any text and `?` for one letter.
fn matches(pattern: &str, text: &str) -> bool {
    let Some(head) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[head.len_utf8()..];
    match head {
        '*' => text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| matches(rest, &text[at..])),
        '?' => text.chars().next().is_some_and(|letter| matches(rest, &text[letter.len_utf8()..])),
        letter => text.strip_prefix(letter).is_some_and(|text| matches(rest, text)),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone};
    use serde_json::{Value, json};

    use super::*;

    fn minute(minute: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, 2, 12, minute, 0).unwrap()
    }

    fn decide(condition: Value, at: DateTime<Utc>) -> Decision {
        let statements = json!([
            { "Effect": "Allow", "Action": "*", "Resource": "*" },
            { "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition },
        ]);
        let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        Policy::parse(&policy).unwrap().decide(&Attempt { action: "s3:GetObject", resource: "*", at })
    }

    #[test]
    fn a_deny_from_a_time_on_begins_with_that_very_moment() {
        let end = json!({ "DateGreaterThanEquals": { "aws:CurrentTime": "2026-03-02T12:20:00Z" } });
        assert_eq!(decide(end.clone(), minute(20) - TimeDelta::milliseconds(1)), Decision::Allowed);
        assert_ne!(decide(end, minute(20)), Decision::Allowed);
    }

    #[test]
    fn a_condition_that_is_not_modelled_is_never_ignored() {
        let condition = json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } });
        assert_ne!(decide(condition, minute(0)), Decision::Allowed);
    }
}
