//! Makes all of what people write visible: a name cannot hide a part of itself or reverse the text beside it.

/// How many combining marks a character may carry before the rest are named, so that none cover the lines around it.
const MARKS: usize = 3;

/// Returns the text, with a name in place of every invisible character.
#[must_use]
pub fn visible(text: &str) -> String {
    pieces(text).collect()
}

/// Returns each character, or a name in its place if it is invisible, one combining mark too many, or a variation
/// selector without a character before it.
pub fn pieces(text: &str) -> impl Iterator<Item = String> {
    let mut marks = 0;
    let mut before = None;
    text.chars().map(move |char| {
        marks = if is_mark(char) { marks + 1 } else { 0 };
        let has_base = before.is_some_and(|before: char| !before.is_whitespace() && !is_selector(before));
        before = Some(char);
        if marks > MARKS || (is_selector(char) && !has_base) { named(char) } else { reveal(char) }
    })
}

/// Returns whether the text contains a character that is seen by itself.
#[must_use]
pub fn is_seen(text: &str) -> bool {
    let is_seen =
        |char: char| !char.is_whitespace() && !is_invisible(char) && !is_selector(char) && !is_mark(char);
    text.chars().any(is_seen)
}

fn named(char: char) -> String {
    format!("⟨U+{:04X}⟩", u32::from(char))
}

/// Returns whether the character changes how the one before it looks, and is nothing by itself.
fn is_selector(char: char) -> bool {
    matches!(char, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Returns whether the character is drawn above, below or through the one before it
/// (<https://www.unicode.org/reports/tr44/#General_Category_Values>, Mn and Me of common blocks).
fn is_mark(char: char) -> bool {
    matches!(
        char,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5bd}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{6d6}'..='\u{6dc}'
            | '\u{e31}'
            | '\u{e34}'..='\u{e3a}'
            | '\u{e47}'..='\u{e4e}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    )
}

/// Returns a visible name for a character that is invisible or changes the direction of text.
#[must_use]
pub fn reveal(char: char) -> String {
    if is_invisible(char) { named(char) } else { char.to_string() }
}

/// Returns whether Unicode classifies the character as a control or as ignorable by default
/// (<https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point>), which includes characters that set the
/// writing direction. Line breaks and tabs count as visible, and so do variation selectors, which change how an emoji
/// looks.
fn is_invisible(char: char) -> bool {
    match char {
        '\n' | '\t' => false,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_cover_no_other_line_and_selectors_stand_for_nothing() {
        let shown = visible(&format!("e{}!", "\u{301}".repeat(5)));
        assert_eq!(shown, "e\u{301}\u{301}\u{301}⟨U+0301⟩⟨U+0301⟩!");
        assert_eq!(visible("\u{fe0f} ☁\u{fe0f}\u{fe0f}"), "⟨U+FE0F⟩ ☁\u{fe0f}⟨U+FE0F⟩");
        for nothing in ["", " ", "\u{fe0f}", "\u{301}", "\u{200b}\u{fe0f}", "\u{e0100}", "\u{2800}"] {
            assert!(!is_seen(nothing), "{nothing:?}");
        }
        for something in ["a", "é", "👍🏽", "。", "☁\u{fe0f}"] {
            assert!(is_seen(something), "{something:?}");
        }
    }

    #[test]
    fn what_nobody_sees_is_named() {
        assert_eq!(visible("pay\u{202e}lave"), "pay⟨U+202E⟩lave");
        assert_eq!(visible("a\u{200b}b\u{7}"), "a⟨U+200B⟩b⟨U+0007⟩");
        assert_eq!(visible("two\nlines, one 👍🏽 and ☁\u{fe0f}"), "two\nlines, one 👍🏽 and ☁\u{fe0f}");
    }
}
