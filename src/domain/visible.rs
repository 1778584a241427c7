//! Makes all of what people write visible: a name cannot hide a part of itself or reverse the text beside it.

/// Returns the text, with a name in place of every invisible character.
#[must_use]
pub fn visible(text: &str) -> String {
    text.chars().map(reveal).collect()
}

/// Returns a visible name for a character that is invisible or changes the direction of text.
#[must_use]
pub fn reveal(char: char) -> String {
    if is_invisible(char) { format!("⟨U+{:04X}⟩", u32::from(char)) } else { char.to_string() }
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
    fn what_nobody_sees_is_named() {
        assert_eq!(visible("pay\u{202e}lave"), "pay⟨U+202E⟩lave");
        assert_eq!(visible("a\u{200b}b\u{7}"), "a⟨U+200B⟩b⟨U+0007⟩");
        assert_eq!(visible("two\nlines, one 👍🏽 and ☁\u{fe0f}"), "two\nlines, one 👍🏽 and ☁\u{fe0f}");
    }
}
