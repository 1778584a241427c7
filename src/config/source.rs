//! The source of settings: the file, the environment that overrides it, and a list of all their errors.

mod secret;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display},
};

use toml::{Table, Value};

use crate::ports::SecretPlace;

pub use self::secret::Secrets;

/// The prefix of every variable.
pub(super) const PREFIX: &str = "ELEVATE_";

/// The most edits between an unknown key and a suggestion for it.
const MOST_EDITS: usize = 3;

/// All errors of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

/// One error and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    place: String,
    problem: String,
}

impl Faults {
    /// The one error that hides all others.
    pub(super) fn only(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self(vec![Fault { place: place.into(), problem: problem.into() }])
    }
}

impl Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Fault { place, problem }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{place}: {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// A setting could not be read. The source's faults already contain the reason.
#[derive(Debug)]
pub(super) struct Faulty;

/// A setting, or the fact that its fault has been noted.
pub(super) type Setting<T> = Result<T, Faulty>;

/// Settings by their dotted key, such as `slack.team_id`. Each is taken once; what is never taken is unknown.
pub(super) struct Source {
    file: BTreeMap<String, Value>,
    environment: BTreeMap<String, String>,
    secrets: Secrets,
    references: BTreeSet<SecretPlace>,
    known: BTreeSet<String>,
    faults: Vec<Fault>,
}

/// The written value of a setting. The environment overrides the file. A default is written as in the environment.
enum Written {
    InFile(Value),
    InEnvironment(String),
}

impl Source {
    /// Reads the file's text and this program's variables; both may refer to `secrets`.
    ///
    /// # Errors
    /// When the text is not TOML: then no setting can be read.
    pub(super) fn new(
        file: &str,
        environment: impl IntoIterator<Item = (String, String)>,
        secrets: Secrets,
    ) -> Result<Self, Faults> {
        let table = file.parse::<Table>().map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = 1 + file.bytes().take(start).filter(|byte| *byte == b'\n').count();
            Faults::only(format!("line {line}"), error.message())
        })?;
        let named = environment
            .into_iter()
            .filter_map(|(name, text)| Some((key_of(name.strip_prefix(PREFIX)?), text)));
        Ok(Self {
            file: flattened(table),
            environment: named.collect(),
            secrets,
            references: BTreeSet::new(),
            known: BTreeSet::new(),
            faults: Vec::new(),
        })
    }

    /// A required setting.
    pub(super) fn required<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Setting<T> {
        match self.optional(key, parse)? {
            Some(setting) => Ok(setting),
            None => self.refuse(key.to_owned(), "missing"),
        }
    }

    /// A setting that has a default, written as it would be in the file.
    pub(super) fn or<T, E: Display>(
        &mut self,
        key: &str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Setting<T> {
        let written = self.take(key).unwrap_or_else(|| Written::InEnvironment(default.to_owned()));
        self.parsed(key, &written, parse)
    }

    /// An optional setting.
    pub(super) fn optional<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Setting<Option<T>> {
        let Some(written) = self.take(key) else {
            return Ok(None);
        };
        self.parsed(key, &written, parse).map(Some)
    }

    /// A list that is not empty, and has a default, written as it would be in the environment.
    pub(super) fn list_or<T, E: Display>(
        &mut self,
        key: &str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Setting<Vec<T>> {
        let written = self.take(key).unwrap_or_else(|| Written::InEnvironment(default.to_owned()));
        let place = written.place(key);
        let items = self.items(key, written, parse)?;
        if items.is_empty() {
            return self.refuse(place, "expected at least one");
        }
        Ok(items)
    }

    /// An optional list, which may be empty.
    pub(super) fn list<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Setting<Vec<T>> {
        let Some(written) = self.take(key) else { return Ok(Vec::new()) };
        self.items(key, written, parse)
    }

    /// The items of a list: in the file an array, in the environment separated by commas.
    fn items<T, E: Display>(
        &mut self,
        key: &str,
        written: Written,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Setting<Vec<T>> {
        let place = written.place(key);
        let items = match written {
            Written::InFile(Value::Array(items)) => items,
            Written::InFile(other) => {
                return self.refuse(place, format!("expected a list, found {}", described(&other)));
            }
            Written::InEnvironment(text) => separated(&text).map(Value::from).collect(),
        };
        // All items are read before the first fault ends it, so that no fault hides another.
        let parsed: Vec<_> =
            items.into_iter().map(|item| self.parsed(key, &Written::InFile(item), &parse)).collect();
        parsed.into_iter().collect()
    }

    /// A boolean.
    pub(super) fn flag_or(&mut self, key: &str, default: bool) -> Setting<bool> {
        match self.take(key) {
            None => Ok(default),
            Some(Written::InFile(Value::Boolean(flag))) => Ok(flag),
            Some(other) => {
                self.parsed(key, &other, |text| text.parse().map_err(|_| "expected true or false"))
            }
        }
    }

    /// A whole number of at least 1.
    pub(super) fn count_or(&mut self, key: &str, default: usize) -> Setting<usize> {
        let Some(written) = self.take(key) else { return Ok(default) };
        let written = match written {
            Written::InFile(Value::Integer(number)) => Written::InFile(number.to_string().into()),
            Written::InFile(other) => Written::InFile(other),
            Written::InEnvironment(text) => Written::InEnvironment(text),
        };
        let count = |text: &str| text.parse().ok().filter(|count| *count > 0);
        self.parsed(key, &written, |text| count(text).ok_or("expected a whole number of at least 1"))
    }

    /// A table of names that the operator chooses.
    pub(super) fn table<K: Ord, T, E: Display, F: Display>(
        &mut self,
        section: &str,
        parse_key: impl Fn(&str) -> Result<K, E>,
        parse: impl Fn(&str) -> Result<T, F>,
    ) -> Setting<BTreeMap<K, T>> {
        if matches!(self.file.get(section), Some(Value::Table(table)) if table.is_empty()) {
            self.take(section);
            return self.refuse(section.to_owned(), "expected at least one entry, or no such section");
        }
        let entries = self.keys_in(section).into_iter().map(|key| {
            let name = parse_key(&key[section.len() + 1..]);
            let written = self.take(&key).expect("the key was just listed");
            let setting = self.parsed(&key, &written, &parse);
            let name = name.or_else(|problem| self.refuse(written.place(&key), problem.to_string()));
            Ok((name?, setting?))
        });
        entries.collect::<Vec<_>>().into_iter().collect()
    }

    /// Notes an error of a setting, or between settings.
    pub(super) fn note(&mut self, key: &str, problem: impl Into<String>) {
        self.faults.push(Fault { place: key.to_owned(), problem: problem.into() });
    }

    /// The references to secrets that settings have made so far.
    pub(super) fn into_references(self) -> BTreeSet<SecretPlace> {
        self.references
    }

    /// One part, if it has no error.
    pub(super) fn finish_part<T>(self, part: Setting<T>) -> Result<T, Faults> {
        part.map_err(|Faulty| Faults(self.faults))
    }

    /// The whole, if there is no error.
    pub(super) fn finish<T>(mut self, whole: Setting<T>) -> Result<T, Faults> {
        let in_file = self.file.iter().filter(|(key, value)| !self.is_empty_section(key, value));
        let in_file = in_file.map(|(key, _)| self.unknown(key, str::to_owned));
        let in_environment = self.environment.keys().map(|key| self.unknown(key, variable_of));
        let unknown: Vec<_> = in_file.chain(in_environment).collect();
        self.faults.extend(unknown);
        match whole {
            Ok(whole) if self.faults.is_empty() => Ok(whole),
            _ => Err(Faults(self.faults)),
        }
    }

    fn take(&mut self, key: &str) -> Option<Written> {
        self.known.insert(key.to_owned());
        let in_file = self.file.remove(key).map(Written::InFile);
        self.environment.remove(key).map(Written::InEnvironment).or(in_file)
    }

    fn parsed<T, E: Display>(
        &mut self,
        key: &str,
        written: &Written,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Setting<T> {
        let text = match written {
            Written::InFile(Value::String(text)) | Written::InEnvironment(text) => text,
            Written::InFile(other) => {
                let problem = format!("expected text in quotes, found {}", described(other));
                return self.refuse(written.place(key), problem);
            }
        };
        parse(text).or_else(|problem| self.refuse(written.place(key), format!("{problem}, found {text:?}")))
    }

    fn refuse<T>(&mut self, place: String, problem: impl Into<String>) -> Setting<T> {
        self.note(&place, problem);
        Err(Faulty)
    }

    fn keys_in(&self, section: &str) -> Vec<String> {
        let in_section = |key: &&String| key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
        let keys: BTreeSet<_> = self.file.keys().chain(self.environment.keys()).filter(in_section).collect();
        keys.into_iter().cloned().collect()
    }

    /// Whether this is the bare header of a section that exists.
    fn is_empty_section(&self, key: &str, value: &Value) -> bool {
        value.as_table().is_some_and(Table::is_empty)
            && self
                .known
                .iter()
                .any(|known| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
    }

    fn unknown(&self, key: &str, shown: impl Fn(&str) -> String) -> Fault {
        let within = |known: &&String| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'));
        let keys: Vec<String> = self.known.iter().filter(within).map(|known| shown(known)).collect();
        if !keys.is_empty() {
            let problem = format!("a section, which has no value of its own; set {}", keys.join(", "));
            return Fault { place: shown(key), problem };
        }
        let nearest = self
            .known
            .iter()
            .map(|known| (edits_between(key, known), known))
            .filter(|(edits, _)| *edits <= MOST_EDITS)
            .min();
        let problem = match nearest {
            Some((_, known)) => format!("unknown; did you mean {}?", shown(known)),
            None => "unknown".to_owned(),
        };
        Fault { place: shown(key), problem }
    }
}

impl Written {
    /// The place that the operator must correct.
    fn place(&self, key: &str) -> String {
        match self {
            Self::InFile(_) => key.to_owned(),
            Self::InEnvironment(_) => variable_of(key),
        }
    }
}

/// The parts of a comma-separated list; there are none in an empty text.
pub(super) fn separated(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// The variable that overrides the file's `key`.
fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

/// The key that a variable overrides.
fn key_of(variable_without_prefix: &str) -> String {
    variable_without_prefix.replace("__", ".").to_lowercase()
}

/// The settings of a file by their dotted key. An empty section stays, as a table of its own.
fn flattened(table: Table) -> BTreeMap<String, Value> {
    let mut flat = BTreeMap::new();
    for (name, value) in table {
        if let Value::Table(section) = &value
            && !section.is_empty()
        {
            let inner = flattened(section.clone()).into_iter();
            flat.extend(inner.map(|(key, value)| (format!("{name}.{key}"), value)));
        } else {
            flat.insert(name, value);
        }
    }
    flat
}

fn described(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Datetime(time) => time.to_string(),
        Value::Array(_) => "a list".to_owned(),
        Value::Table(_) => "a section".to_owned(),
    }
}

/// Levenshtein distance.
fn edits_between(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, c) in one.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, d) in other.iter().enumerate() {
            let substituted = diagonal + usize::from(c != *d);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (one, other, edits) in [
            ("", "", 0),
            ("table", "table", 0),
            ("tabel", "table", 2),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(edits_between(one, other), edits, "{one} {other}");
            assert_eq!(edits_between(other, one), edits, "{other} {one}");
        }
    }

    #[test]
    fn a_key_and_its_variable_tell_each_other() {
        for (key, variable) in [
            ("listen", "ELEVATE_LISTEN"),
            ("slack.bot_token", "ELEVATE_SLACK__BOT_TOKEN"),
            ("access.step_up.max_age", "ELEVATE_ACCESS__STEP_UP__MAX_AGE"),
            ("accounts.111122223333", "ELEVATE_ACCOUNTS__111122223333"),
        ] {
            assert_eq!(variable_of(key), variable);
            assert_eq!(key_of(variable.strip_prefix(PREFIX).unwrap()), key);
        }
    }
}
