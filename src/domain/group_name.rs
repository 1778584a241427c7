//! What a group is called: by the policy, by the provider, and nearly so.
//!
//! Names are compared exactly and never repaired or split. A text that only resembles a name is a near miss: it counts
//! for nothing, and people hear of it.

use std::collections::BTreeMap;

/// The names under which the policy knows groups that the provider calls otherwise, by the provider's name or id
/// (`[groups]`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupNames(BTreeMap<String, String>);

impl GroupNames {
    /// Returns the policy's name of a group. A name that is mapped from another is not accepted as it is, so that no one
    /// becomes a member by creating a group of that name.
    pub(crate) fn known_as(&self, group: String) -> Option<String> {
        match self.0.get(&group) {
            Some(name) => Some(name.clone()),
            None => Some(group).filter(|group| !self.0.values().any(|name| name == group)),
        }
    }

    /// Returns every name that is mapped from another, after the one that it is mapped from.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(id, name)| (id.as_str(), name.as_str()))
    }
}

impl FromIterator<(String, String)> for GroupNames {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

/// The longest text that is kept of a near miss, in characters.
pub(super) const LONGEST_EXCERPT: usize = 200;
/// The most characters of an excerpt that precede the name.
const BEFORE: usize = 40;

/// Returns where the text contains the whole name in whatever spelling: in other case, with a path or spaces around it,
/// as a part of a distinguished name, or as one of several in one text.
pub(super) fn find(text: &str, name: &str) -> Option<usize> {
    beginnings(text, name).find(|(_, rest)| ends(rest)).map(|(at, _)| at)
}

/// Returns each place where a word of the text begins with this name in whatever spelling, and what follows it there.
pub(super) fn beginnings<'t>(text: &'t str, name: &str) -> impl Iterator<Item = (usize, &'t str)> {
    let name = name.trim_start_matches('/').trim();
    let mut before = None;
    text.char_indices().filter_map(move |(at, char)| {
        let is_start = !before.replace(char).is_some_and(is_of_a_name);
        let rest = after(&text[at..], name).filter(|_| is_start && !name.is_empty())?;
        Some((at, rest))
    })
}

/// Returns whether a word ends before this text.
pub(super) fn ends(rest: &str) -> bool {
    !rest.starts_with(is_of_a_name)
}

/// Returns what precedes and what follows the first `#`, which some providers escape.
pub(super) fn split_at_hash(text: &str) -> Option<(&str, &str)> {
    let (before, rest) = text.split_once('#').or_else(|| text.split_once(HASH_IN_A_URL))?;
    Some((before.trim_end_matches('\\'), rest))
}

/// Returns the text around a place in it. A text that is cut says so at that end.
pub(super) fn excerpt(text: &str, at: usize) -> String {
    let skipped = text[..at].chars().count().saturating_sub(BEFORE);
    let mut chars = text.chars().skip(skipped);
    let start = if skipped > 0 { "…" } else { "" };
    let part: String = chars.by_ref().take(LONGEST_EXCERPT).collect();
    let end = if chars.next().is_some() { "…" } else { "" };
    format!("{start}{part}{end}")
}

const HASH_IN_A_URL: &str = "%23";

/// Returns whether the character may be a part of a name, beside which another name does not begin or end.
fn is_of_a_name(char: char) -> bool {
    char.is_alphanumeric() || "#_-.+@".contains(char)
}

/// Returns what follows the name, if the text begins with it in whatever case. A `#` may be escaped, as in
/// distinguished names (RFC 4514, section 2.4) and in URLs.
fn after<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = text;
    for wanted in name.chars() {
        if wanted == '#' {
            let hash = rest.trim_start_matches('\\');
            rest = hash.strip_prefix('#').or_else(|| hash.strip_prefix(HASH_IN_A_URL))?;
        } else {
            let mut chars = rest.chars();
            if !chars.next()?.to_lowercase().eq(wanted.to_lowercase()) {
                return None;
            }
            rest = chars.as_str();
        }
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAME: &str = "aws-temp#S3Admin#111122223333";

    #[test]
    fn a_name_is_found_in_whatever_spelling_and_within_no_other_name() {
        for text in [
            "/aws-temp#S3Admin#111122223333",
            "/company/aws-temp#S3Admin#111122223333/",
            "AWS-Temp#s3admin#111122223333",
            " aws-temp#S3Admin#111122223333",
            "aws-temp#S3Admin#111122223333\u{a0}",
            "[staff, aws-temp#S3Admin#111122223333]",
            "staff,aws-temp#S3Admin#111122223333;ops",
            r#"["staff","aws-temp#S3Admin#111122223333"]"#,
            "staff aws-temp#S3Admin#111122223333 ops",
            "staff|aws-temp#S3Admin#111122223333",
            "CN=aws-temp#S3Admin#111122223333,OU=Groups,DC=example",
            r"cn=aws-temp\#S3Admin\#111122223333,ou=groups",
            "aws-temp%23S3Admin%23111122223333",
            r"CORP\aws-temp#S3Admin#111122223333",
            "\u{200b}aws-temp#S3Admin#111122223333",
        ] {
            assert!(find(text, NAME).is_some(), "{text}");
            assert!(find(text, &format!("/{NAME}")).is_some(), "{text}");
        }
        for other in [
            "aws-temp#DBS3Admin#111122223333",
            "aws-temp#S3Admin#1111222233334",
            "xaws-temp#S3Admin#111122223333",
            "my-aws-temp#S3Admin#111122223333",
            "aws-temp#S3Admin#111122223333#x",
            "aws-temp#S3Admin#111122223333-old",
            "aws-temp#S3Admin",
            "aws-temp # S3Admin # 111122223333",
            "staff",
            "",
        ] {
            assert_eq!(find(other, NAME), None, "{other}");
        }
        assert_eq!(find("/", "/"), None, "nothing is no name");
    }

    #[test]
    fn an_excerpt_shows_the_name_and_where_it_is_cut() {
        let list =
            |before: usize, after: usize| format!("{}{NAME}{}", "x,".repeat(before), ",x".repeat(after));
        let short = list(10, 10);
        assert_eq!(excerpt(&short, 20), short);
        let long = list(1_000, 1_000);
        let shown = excerpt(&long, find(&long, NAME).unwrap());
        assert!(shown.starts_with("…x,x,") && shown.ends_with(",x,…"), "{shown}");
        assert!(shown.contains(NAME) && shown.chars().count() == LONGEST_EXCERPT + 2, "{shown}");
        assert!(find(&shown, NAME).is_some(), "and is a near miss again");
    }

    proptest! {
        #[test]
        fn nothing_is_found_where_there_is_no_name(text in "\\PC{0,40}", name in "[a-z]{1,3}#[a-zA-Zäß]{1,3}") {
            if let Some(at) = find(&text, &name) {
                let found = text[at..].to_lowercase().replace('\\', "").replace("%23", "#");
                prop_assert!(found.starts_with(&name.to_lowercase()), "{found}");
            }
        }
    }
}
