//! Rich text: sentences in which it is known what is bold, what is code, who is meant and when, and of which each
//! platform makes its own markup.
//!
//! A whole sentence stands in one template, so that it can be read and edited as one:
//! `say!("*Waiting* for {who} until {until}", who, until = at)`. Stars make bold, backticks make code, and braces are
//! filled in; the compiler holds their names against the values. Nothing in a value is ever read as markup.

use std::{borrow::Cow, fmt};

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{CodePointSetData, props::QuotationMark};

use crate::domain::{
    account::Account,
    email::Email,
    ids::RequestId,
    person::Human,
    visible::pieces,
    window::{Minutes, Timestamp},
};

/// The most of a name, an address or a group that is shown.
const LONGEST_NAME: usize = 256;
/// The most of a quotation that is shown within a sentence.
const LONGEST_QUOTE: usize = 1_500;
/// Stands for what did not fit.
const ELLIPSIS: char = '…';

/// A sentence, or some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(Vec<Span>);

/// A piece of a [`Line`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// The app's own words.
    Own(Cow<'static, str>),
    /// What others call something or have written: a name, an address, a group.
    Given {
        /// It.
        text: String,
        /// The most that is shown of it, as [`fit`] counts.
        longest: usize,
    },
    /// Words that stand out.
    Bold(Line),
    /// An id or a command, as somebody would type it.
    Code(String),
    /// An account, by the name the reader knows it by.
    Account(Account),
    /// A person: by the account they acted through where the reader knows it, or else by their address.
    Person(Human),
    /// A moment, in the reader's own zone where the platform knows that.
    Moment(Timestamp),
    /// What somebody wrote, between quotation marks and on one line.
    Quoted {
        /// It.
        text: String,
        /// The most that is shown of it, as [`fit`] counts.
        longest: usize,
    },
}

/// A [`Line`] made of a template and of what is filled in: `name`, or `name = value`.
macro_rules! say {
    (@value $name:ident) => { $name };
    (@value $name:ident = $value:expr) => { $value };
    ($template:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {{
        // For the compiler's eyes alone: every name of the template has a value, and every value a name.
        let _ = format_args!(concat!($template) $(, $name = "")*);
        $crate::text::rich::Line::filled(
            $template,
            &[$((stringify!($name), say!(@value $name $(= $value)?).into())),*],
        )
    }};
}
pub(super) use say;

impl Line {
    /// The template, with the values in place of their names.
    pub(super) fn filled(template: &'static str, values: &[(&str, Self)]) -> Self {
        let mut line = Self::default();
        let mut rest = template;
        while let Some((own, mark, inside, after)) = next_mark(rest) {
            line.push_own(own);
            match mark {
                '*' => line.0.push(Span::Bold(Self::filled(inside, values))),
                '`' => line.0.push(Span::Code(Self::filled(inside, values).to_string())),
                _ => line.0.extend(
                    values.iter().filter(|(name, _)| *name == inside).flat_map(|(_, value)| value.0.clone()),
                ),
            }
            rest = after;
        }
        line.push_own(rest);
        line
    }

    /// What others have written, of which at most so much is shown.
    pub(super) fn given(text: &str, longest: usize) -> Self {
        Span::Given { text: text.to_owned(), longest }.into()
    }

    /// What others have written, all of it.
    pub(super) fn in_full(text: &str) -> Self {
        Self::given(text, usize::MAX)
    }

    /// A name, an address or a group.
    pub(super) fn name(text: &str) -> Self {
        Self::given(text, LONGEST_NAME)
    }

    /// An id or a command.
    pub(super) fn code(text: &str) -> Self {
        Span::Code(text.to_owned()).into()
    }

    /// What somebody wrote, between quotation marks.
    pub(super) fn quoted(text: &str) -> Self {
        Span::Quoted { text: text.to_owned(), longest: LONGEST_QUOTE }.into()
    }

    /// A person, in as few words as do.
    pub(super) fn mention(human: &Human) -> Self {
        Span::Person(human.clone()).into()
    }

    /// The same words, standing out.
    pub(super) fn bold(self) -> Self {
        Span::Bold(self).into()
    }

    /// All of them, one after the other.
    pub(super) fn joined(separator: &'static str, lines: impl IntoIterator<Item = Self>) -> Self {
        let mut joined = Self::default();
        for (n, line) in lines.into_iter().enumerate() {
            joined.push_own(if n == 0 { "" } else { separator });
            joined.0.extend(line.0);
        }
        joined
    }

    /// Its pieces, in reading order.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.0
    }

    fn push_own(&mut self, words: &'static str) {
        if !words.is_empty() {
            self.0.push(Span::Own(words.into()));
        }
    }
}

/// The words before the next mark of a template, the mark, what it encloses, and the rest.
fn next_mark(template: &'static str) -> Option<(&'static str, char, &'static str, &'static str)> {
    let (own, marked) = template.split_at(template.find(['*', '`', '{'])?);
    let mark = marked.chars().next()?;
    let end = if mark == '{' { '}' } else { mark };
    let (inside, after) = marked[1..].split_once(end)?;
    Some((own, mark, inside, after))
}

impl From<Span> for Line {
    fn from(span: Span) -> Self {
        Self(vec![span])
    }
}

/// The app's own words alone live that long.
impl From<&'static str> for Line {
    fn from(words: &'static str) -> Self {
        Span::Own(words.into()).into()
    }
}

impl From<&String> for Line {
    fn from(name: &String) -> Self {
        Self::name(name)
    }
}

impl From<&Email> for Line {
    fn from(email: &Email) -> Self {
        Self::name(email.as_str())
    }
}

impl From<&RequestId> for Line {
    fn from(id: &RequestId) -> Self {
        Self::code(id.as_str())
    }
}

impl From<&Account> for Line {
    fn from(who: &Account) -> Self {
        Span::Account(who.clone()).into()
    }
}

impl From<Timestamp> for Line {
    fn from(at: Timestamp) -> Self {
        Span::Moment(at).into()
    }
}

/// What is written with digits.
macro_rules! from_digits {
    ($($number:ty),*) => {
        $(impl From<$number> for Line {
            fn from(number: $number) -> Self {
                Span::Own(number.to_string().into()).into()
            }
        })*
    };
}
from_digits!(Minutes, i64, u32, u64, usize);

/// Without any markup, and with times in UTC: for logs, tests and platforms of text alone.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|span| span.fmt(f))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(words) => f.write_str(words),
            Self::Given { text, longest } => f.write_str(&shown(text, *longest)),
            Self::Bold(line) => line.fmt(f),
            Self::Code(text) => f.write_str(&shown(text, LONGEST_NAME)),
            Self::Account(who) => {
                let (user, platform) = (who.user(), who.platform().as_str());
                write!(f, "{} ({})", shown(user, LONGEST_NAME), shown(platform, LONGEST_NAME))
            }
            Self::Person(human) => f.write_str(&shown(human.email.as_str(), LONGEST_NAME)),
            Self::Moment(at) => at.format("%Y-%m-%d %H:%M UTC").fmt(f),
            Self::Quoted { text, longest } => write!(f, "“{}”", shown(&quotable(text), *longest)),
        }
    }
}

/// What people wrote, so that everybody sees all of it that fits.
fn shown(text: &str, longest: usize) -> String {
    fit(pieces(text), longest)
}

/// The text on one line, as it stands between quotation marks in the app's own sentence: nothing in it closes the
/// quotation, separates statements as the app does, stands out, or has a meaning to a platform's markup.
#[must_use]
pub fn quotable(text: &str) -> String {
    let text = on_one_line(text);
    let plain = |(at, char): (usize, char)| match char {
        '\'' | '’' => char,
        char if is_quotation_mark(char) => '"',
        '`' => 'ˋ',
        '*' => '∗',
        '~' => '∼',
        '_' if is_at_word_boundary(&text, at) => 'ˍ',
        ':' if begins_emoji(&text[at..]) => '∶',
        char if DOTS.contains(&char) => '-',
        MATHEMATICAL_FIRST..=MATHEMATICAL_LAST => ComposingNormalizerBorrowed::new_nfkc()
            .normalize(char.encode_utf8(&mut [0; 4]))
            .chars()
            .next()
            .unwrap_or(char),
        char => char,
    };
    text.char_indices().map(plain).collect()
}

/// Characters that look like the app's own separator.
const DOTS: [char; 12] = ['·', '•', '‧', '∙', '⋅', '⦁', '⸱', '⸳', '・', '･', '᛫', '●'];

/// Letters and digits that look bold, italic or struck, each of which stands for a plain one
/// (<https://www.unicode.org/charts/PDF/U1D400.pdf>).
const MATHEMATICAL_FIRST: char = '\u{1d400}';
const MATHEMATICAL_LAST: char = '\u{1d7ff}';

/// Returns whether the character looks like a quotation mark: those that Unicode calls so, primes and ornaments.
fn is_quotation_mark(char: char) -> bool {
    CodePointSetData::new::<QuotationMark>().contains(char) || "″‶ˮ❝❞❠〞".contains(char)
}

/// Returns whether an underscore at this place could begin or end emphasis, which platforms see at the edges of words.
fn is_at_word_boundary(text: &str, at: usize) -> bool {
    let is_edge =
        |beside: Option<char>| beside.is_none_or(|beside| !beside.is_alphanumeric() && beside != '_');
    is_edge(text[..at].chars().next_back()) || is_edge(text[at + 1..].chars().next())
}

/// Returns whether the text begins with the name of an emoji between colons.
fn begins_emoji(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-'".contains(&byte);
    let name = text[1..].split_once(':').map(|(name, _)| name);
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(fits))
}

/// The text without line breaks, and without more than one space at once.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As many of the pieces, each of them whole, as fit; an ellipsis stands for the rest.
///
/// Length is counted in UTF-16, which never comes to less than characters do: not every platform says how it counts.
#[must_use]
pub fn fit(pieces: impl Iterator<Item = String>, longest: usize) -> String {
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
    use super::*;

    #[test]
    fn a_template_is_filled_in_and_says_what_stands_out() {
        let name = "*Ada* `{more}`".to_owned();
        let line = say!(
            "Dear {who}: *{number} days*, then `{command} now`.",
            who = &name,
            number = 2_u32,
            command = &name
        );
        let Line(spans) = &line;
        assert_eq!(
            spans[1],
            Span::Given { text: name.clone(), longest: LONGEST_NAME },
            "nothing in it is markup"
        );
        assert_eq!(spans[3], Span::Bold(Line(vec![Span::Own("2".into()), Span::Own(" days".into())])));
        assert_eq!(spans[5], Span::Code("*Ada* `{more}` now".to_owned()));
        assert_eq!(line.to_string(), "Dear *Ada* `{more}`: 2 days, then *Ada* `{more}` now.");
    }

    #[test]
    fn what_people_write_closes_no_quotation_and_poses_as_no_line_of_the_app() {
        for (written, shown) in [
            ("fix” · *Approved* · “ok", "“fix\" - ∗Approved∗ - \"ok”"),
            ("fix〞 • _Approved_ ・ ＂ok″ ⋅ ”", "“fix\" - ˍApprovedˍ - \"ok\" - \"”"),
            ("it’s snake_case, _a_ and 𝗔𝗽𝗽𝗿𝗼𝘃𝗲𝗱 𝟏", "“it’s snake_case, ˍaˍ and Approved 1”"),
            ("`req_1/2` ~gone~", "“ˋreq_1/2ˋ ∼gone∼”"),
            (":white_check_mark: https://a.example 10:30", "“∶white_check_mark: https://a.example 10:30”"),
            ("one\n\n> two", "“one > two”"),
        ] {
            assert_eq!(Line::quoted(written).to_string(), shown, "{written}");
        }
    }

    #[test]
    fn what_is_written_without_markup_hides_nothing_and_fits() {
        let line = Line::joined(
            " · ",
            [Line::given("a\u{200b}b", 10), Line::given("abcdef", 4), Line::quoted("one\n two")],
        );
        assert_eq!(line.to_string(), "a⟨U+200B⟩b · abc… · “one two”");
    }
}
