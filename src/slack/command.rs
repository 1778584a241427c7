//! The commands that a person can type after `/elevate`.

use std::{fmt, str::FromStr};

use crate::domain::{
    code::{BadCode, Code},
    decide::Ask,
    ids::BadId,
    reason::Reason,
    refusal::{Expected, Refusal},
    window::{BadMinutes, Minutes},
};

/// A command as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandLine {
    /// No text: opens the form.
    Form,
    /// `link`
    Link,
    /// `confirm <code>`
    Confirm(Code),
    /// `unlink`
    Unlink,
    /// `status`
    Status,
    /// `help`
    Help,
    /// `<account>/<role> <duration> <justification>`
    Request(Ask),
}

impl FromStr for CommandLine {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let (first, rest) = split_word(text);
        Ok(match first.to_ascii_lowercase().as_str() {
            "" => Self::Form,
            "link" => Self::Link,
            "confirm" => Self::Confirm(rest.parse().map_err(|BadCode| Refusal::BadCode)?),
            "unlink" => Self::Unlink,
            "status" => Self::Status,
            "help" => Self::Help,
            _ => Self::Request(ask(first, rest)?),
        })
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => Ok(()),
            Self::Link => f.write_str("link"),
            Self::Confirm(_) => f.write_str("confirm …"), // a code is never written out
            Self::Unlink => f.write_str("unlink"),
            Self::Status => f.write_str("status"),
            Self::Help => f.write_str("help"),
            Self::Request(ask) => write!(f, "{} {} {}", ask.target, ask.duration, ask.justification),
        }
    }
}

fn ask(target: &str, rest: &str) -> Result<Ask, Refusal> {
    let read = of_arn(bare(target)).unwrap_or_else(|| bare(target).to_owned()).parse();
    let target = read.map_err(|BadId { .. }| Refusal::unreadable(target, Expected::Target))?;
    let (duration, justification) = duration(rest)?;
    Ok(Ask { target, duration, justification: unescaped(justification).parse::<Reason>()? })
}

/// Parses a duration in one word or two, such as `1h`, `1H` or `1 hour`. Returns what follows it, too.
fn duration(text: &str) -> Result<(Minutes, &str), Refusal> {
    const UNITS: [&str; 8] = ["h", "hour", "hours", "m", "min", "mins", "minute", "minutes"];
    let (word, rest) = split_word(text);
    let number = bare(word).to_ascii_lowercase();
    let unreadable = |expected| move |BadMinutes| Refusal::unreadable(word, expected);
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok((number.parse().map_err(unreadable(Expected::Duration))?, rest));
    }
    let (unit, after) = split_word(rest);
    let unit = bare(unit).to_ascii_lowercase();
    let expected = if UNITS.contains(&unit.as_str()) { Expected::Duration } else { Expected::Unit };
    let unit = if expected == Expected::Duration { unit } else { String::new() };
    Ok((format!("{number}{unit}").parse().map_err(unreadable(expected))?, after))
}

/// Returns the target that a role's ARN names: the account and the role without its path.
fn of_arn(text: &str) -> Option<String> {
    let ["arn", _, "iam", "", account, resource] = text.split(':').collect::<Vec<_>>()[..] else {
        return None;
    };
    let role = resource.strip_prefix("role/")?.rsplit('/').next()?;
    Some(format!("{account}/{role}"))
}

/// Returns a word without the quotation marks and backticks around it, which people copy along.
fn bare(word: &str) -> &str {
    word.trim_matches(['`', '"', '\'', '“', '”', '‘', '’', '«', '»'])
}

fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim_start()))
}

/// Unescapes the text that a person typed: Slack escapes three characters
/// (<https://docs.slack.dev/messaging/formatting-message-text#escaping>).
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<CommandLine, Refusal> {
        text.parse()
    }

    #[test]
    fn a_whole_request_fits_one_line() {
        let Ok(CommandLine::Request(ask)) = read(" 111122223333/S3Admin  1h  bucket policy &amp; more ")
        else {
            panic!("not a request")
        };
        assert_eq!(ask.target.to_string(), "111122223333/S3Admin");
        assert_eq!(ask.duration.to_string(), "1h");
        assert_eq!(ask.justification.as_str(), "bucket policy & more");
    }

    #[test]
    fn what_phones_and_people_make_of_a_request_is_understood() {
        for typed in [
            "`111122223333/S3Admin` 1h why",
            "“111122223333/S3Admin” 1H why",
            "'111122223333/S3Admin' 1 hour why",
            "111122223333/S3Admin 60 min why",
            "111122223333/S3Admin `60m` why",
            "arn:aws:iam::111122223333:role/elevate/S3Admin 1h why",
        ] {
            let Ok(CommandLine::Request(ask)) = read(typed) else { panic!("{typed}: {:?}", read(typed)) };
            assert_eq!(
                (ask.target.to_string(), ask.duration.to_string()),
                ("111122223333/S3Admin".into(), "1h".into())
            );
            assert_eq!(ask.justification.as_str(), "why", "{typed}");
        }
        let without_unit = Refusal::unreadable("60", Expected::Unit);
        assert_eq!(read("111122223333/S3Admin 60 why"), Err(without_unit));
        let code = || "K7QM-2XPA".parse().unwrap();
        for typed in
            ["K7QM–2XPA", "K7QM—2XPA", "k7qm \u{2212} 2xpa", "`K7QM-2XPA`", "K7QM\u{a0}2XPA", "“K7QM‑2XPA”"]
        {
            assert_eq!(read(&format!("confirm {typed}")), Ok(CommandLine::Confirm(code())), "{typed}");
        }
    }

    #[test]
    fn words_are_read_in_any_case() {
        assert_eq!(read(""), Ok(CommandLine::Form));
        assert_eq!(read("  LINK "), Ok(CommandLine::Link));
        assert_eq!(read("Help me"), Ok(CommandLine::Help));
        let code = "K7QM-2XPA".parse().unwrap();
        assert_eq!(read("Confirm k7qm 2xpa "), Ok(CommandLine::Confirm(code)));
    }

    #[test]
    fn what_cannot_be_read_is_named_unless_it_may_be_a_code() {
        for mistyped in ["confirm", "confirm K7QM-2XP", "confirm K7QM-2XP0"] {
            assert_eq!(read(mistyped), Err(Refusal::BadCode), "{mistyped}");
        }
        let target = Refusal::unreadable("S3Admin", Expected::Target);
        assert_eq!(read("S3Admin 1h why"), Err(target));
        let duration = Refusal::unreadable("soon", Expected::Duration);
        assert_eq!(read("111122223333/S3Admin soon why"), Err(duration));
        assert_eq!(read("111122223333/S3Admin 1h"), Err(Refusal::NoReason));
    }

    proptest! {
        #[test]
        fn nothing_typed_makes_it_panic(text in ".{0,200}") {
            let _ = read(&text);
        }

        #[test]
        fn a_request_is_read_as_it_is_written(
            account in "[0-9]{12}", role in "[A-Za-z0-9+=,.@_-]{1,64}",
            minutes in 1_u32..1_000, why in "[!-~](.{0,80}\\S)?|[&<>;]{1,80}|(&amp;|&lt;|&gt;){1,20}",
        ) {
            let minutes = crate::domain::window::Minutes::new(minutes).unwrap();
            let line = format!("{account}/{role} {minutes} {why}");
            let sent = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let read = read(&sent);
            prop_assert!(matches!(read, Ok(CommandLine::Request(_))), "{:?}", read);
            prop_assert_eq!(read.unwrap().to_string(), line);
        }
    }
}
