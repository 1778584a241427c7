//! What people write, so that everybody sees all of it: a name cannot hide a part of itself or turn around what
//! stands beside it.

/// The text, with a name in place of every character that nobody sees.
#[must_use]
pub fn visible(text: &str) -> String {
    text.chars().map(reveal).collect()
}

/// Gives a character that nobody sees, or that turns others around, a name that everybody sees.
#[must_use]
pub fn reveal(char: char) -> String {
    if is_invisible(char) { format!("⟨U+{:04X}⟩", u32::from(char)) } else { char.to_string() }
}

/// Whether Unicode calls the character a control or ignorable by default
/// (<https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point>), which covers what sets the direction
/// of writing. Line breaks and tabs are seen, and so is what the variation selectors do to an emoji.
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
    fn what_nobody_sees_is_named() {
        assert_eq!(visible("pay\u{202e}lave"), "pay⟨U+202E⟩lave");
        assert_eq!(visible("a\u{200b}b\u{7}"), "a⟨U+200B⟩b⟨U+0007⟩");
        assert_eq!(visible("two\nlines, one 👍🏽 and ☁\u{fe0f}"), "two\nlines, one 👍🏽 and ☁\u{fe0f}");
    }
}
