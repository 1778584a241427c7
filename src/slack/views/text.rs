//! How a text gets into a message: what people wrote is shown as they wrote it, deceives nobody and fits.

use crate::{
    domain::{
        account::Account,
        person::Human,
        trail::actor::{Actor, Approval},
        visible::reveal,
        window::Timestamp,
    },
    slack::ids::PLATFORM,
};

/// The most of a name, an address or a group that is shown.
const LONGEST_NAME: usize = 256;

/// Stands for what did not fit.
const ELLIPSIS: char = '…';

/// For `plain_text` and rich text, where nothing has a meaning to Slack.
pub(super) fn plain(text: &str, longest: usize) -> String {
    fit(text.chars().map(reveal), longest)
}

/// For Slack's markup, in which `&`, `<` and `>` have a meaning
/// (<https://docs.slack.dev/messaging/formatting-message-text#escaping>).
pub(super) fn escaped(text: &str, longest: usize) -> String {
    fit(text.chars().map(escape), longest)
}

/// As [`escaped`], between quotation marks and on one line.
pub(super) fn quoted(text: &str, longest: usize) -> String {
    let on_one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("“{}”", escaped(&on_one_line, longest))
}

/// A name, an address or a group, in Slack's markup.
pub(super) fn name(text: &str) -> String {
    escaped(text, LONGEST_NAME)
}

/// An account, by the name the reader knows it by; one of another platform, by that platform's id and name.
pub(super) fn account(who: &Account) -> String {
    match who.platform().as_str() {
        PLATFORM => format!("<@{}>", who.user()),
        elsewhere => format!("{} ({})", name(who.user()), name(elsewhere)),
    }
}

/// A person, by the account they acted through, if they did, or else by their verified address.
pub(super) fn mention(human: &Human) -> String {
    human
        .account
        .as_ref()
        .filter(|who| who.platform().as_str() == PLATFORM)
        .map_or_else(|| name(human.email.as_str()), account)
}

/// A person: the account they acted through and their verified address.
pub(super) fn person(human: &Human) -> String {
    let email = name(human.email.as_str());
    match &human.account {
        Some(who) => format!("{} ({email})", account(who)),
        None => email,
    }
}

/// Who or what caused an event.
pub(super) fn cause(actor: &Actor) -> String {
    match actor {
        Actor::Person(human) => person(human),
        Actor::Account { account: who } => account(who),
        Actor::Rule { .. } | Actor::Clock | Actor::Operator | Actor::Service { .. } => name(&actor.name()),
    }
}

/// All who agreed.
pub(super) fn approvers(approvals: &[Approval]) -> String {
    approvals.iter().map(|approval| cause(&approval.by)).collect::<Vec<_>>().join(" and ")
}

/// A moment, shown in the reader's own zone
/// (<https://docs.slack.dev/messaging/formatting-message-text#date-formatting>).
pub(super) fn date(at: Timestamp) -> String {
    let fallback = at.format("%Y-%m-%d %H:%M UTC");
    format!("<!date^{}^{{date_short_pretty}} {{time}}|{fallback}>", at.timestamp())
}

/// Fixed-width text, such as an id or a command.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", name(text))
}

fn escape(char: char) -> String {
    match char {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        _ => reveal(char),
    }
}

/// As many of the pieces, each of them whole, as fit; an ellipsis stands for the rest.
///
/// Length is counted in UTF-16, which never comes to less than characters do: Slack does not say how it counts.
fn fit(pieces: impl Iterator<Item = String>, longest: usize) -> String {
    let mut text = String::new();
    let mut length = 0;
    let mut end_before_ellipsis = 0;
    for piece in pieces {
        length += piece.encode_utf16().count();
        if length > longest {
            text.truncate(end_before_ellipsis);
            text.push(ELLIPSIS);
            return text;
        }
        text.push_str(&piece);
        if length < longest {
            end_before_ellipsis = text.len();
        }
    }
    text
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
        assert_eq!(quoted("one\n> two", 99), "“one &gt; two”");
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
