//! Slack's markup: what people wrote is shown as they wrote it, deceives nobody and fits.

use crate::{
    domain::{
        account::Account,
        person::Human,
        visible::{pieces, reveal},
        window::Timestamp,
    },
    slack::ids::PLATFORM,
    text::{Line, Span, fit, quotable},
};

/// The most of an id, an address or a command that is shown.
const LONGEST_NAME: usize = 256;

/// A line in Slack's markup.
pub(super) fn of(line: &Line) -> String {
    line.spans().iter().map(span).collect()
}

/// Lines in Slack's markup, one below the other.
pub(super) fn of_lines(lines: &[Line]) -> String {
    lines.iter().map(of).collect::<Vec<_>>().join("\n")
}

/// For `plain_text` and rich text, where nothing has a meaning to Slack.
pub(super) fn plain(text: &str, longest: usize) -> String {
    fit(pieces(text), longest)
}

fn span(span: &Span) -> String {
    match span {
        Span::Own(words) => words.chars().map(escape).collect(),
        Span::Given { text, longest } => escaped(text, *longest),
        Span::Bold(line) => format!("*{}*", of(line)),
        Span::Code(text) => format!("`{}`", name(text)),
        Span::Account(who) => account(who),
        Span::Person(human) => person(human),
        Span::Moment(at) => date(*at, span),
        Span::Quoted { text, longest } => format!("“{}”", escaped(&quotable(text), *longest)),
    }
}

/// Text that means nothing to Slack, in whose markup `&`, `<` and `>` have a meaning
/// (<https://docs.slack.dev/messaging/formatting-message-text#escaping>).
fn escaped(text: &str, longest: usize) -> String {
    fit(pieces(text).map(|piece| piece.chars().map(escape).collect()), longest)
}

fn escape(char: char) -> String {
    match char {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        _ => reveal(char),
    }
}

fn name(text: &str) -> String {
    escaped(text, LONGEST_NAME)
}

/// An account, by the name the reader knows it by; one of another platform, by that platform's id and name.
fn account(who: &Account) -> String {
    match who.platform().as_str() {
        PLATFORM => format!("<@{}>", who.user()),
        elsewhere => format!("{} ({})", name(who.user()), name(elsewhere)),
    }
}

fn person(human: &Human) -> String {
    let here = human.account.as_ref().filter(|who| who.platform().as_str() == PLATFORM);
    here.map_or_else(|| name(human.email.as_str()), account)
}

/// A moment, shown in the reader's own zone
/// (<https://docs.slack.dev/messaging/formatting-message-text#date-formatting>).
fn date(at: Timestamp, fallback: &Span) -> String {
    format!("<!date^{}^{{date_short_pretty}} {{time}}|{fallback}>", at.timestamp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_slack_would_act_on_is_escaped() {
        assert_eq!(escaped("<!channel> & <@U1>", 99), "&lt;!channel&gt; &amp; &lt;@U1&gt;");
        assert_eq!(plain("a < b & c", 99), "a < b & c");
    }

    #[test]
    fn what_nobody_sees_is_shown() {
        assert_eq!(plain("pay\u{202e}lave", 99), "pay⟨U+202E⟩lave");
        assert_eq!(escaped("a\u{200b}b", 99), "a⟨U+200B⟩b");
    }

    #[test]
    fn what_is_too_long_is_cut_between_pieces() {
        assert_eq!(escaped("a&b", 7), "a&amp;b");
        assert_eq!(escaped("a&bc", 7), "a&amp;…");
        assert_eq!(escaped("a&bc", 6), "a…");
        assert_eq!(plain("😀😀", 3), "😀…");
    }

    #[test]
    fn a_quotation_stays_on_its_line() {
        assert_eq!(span(&Span::Quoted { text: "one\n> two".to_owned(), longest: 99 }), "“one &gt; two”");
    }

    proptest! {
        #[test]
        fn whatever_is_written_fits_and_says_nothing_to_slack(text in any::<String>(), longest in 1usize..50) {
            let escaped = escaped(&text, longest);
            prop_assert!(escaped.encode_utf16().count() <= longest);
            prop_assert!(!escaped.contains(['<', '>']));
            let entities = ["&amp;", "&lt;", "&gt;"].map(|entity| escaped.matches(entity).count());
            prop_assert_eq!(escaped.matches('&').count(), entities.iter().sum::<usize>());
        }
    }
}
