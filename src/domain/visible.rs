//! Makes all of what people write visible: a name cannot hide a part of itself or reverse the text beside it.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, VariationSelector},
};

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
    CodePointSetData::new::<VariationSelector>().contains(char)
}

/// Returns whether the character is drawn above, below, through or around the one before it
/// (<https://www.unicode.org/reports/tr44/#General_Category_Values>, Mn and Me).
fn is_mark(char: char) -> bool {
    matches!(category(char), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark)
}

fn category(char: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(char)
}

/// Returns a visible name for a character that is invisible or changes the direction of text.
#[must_use]
pub fn reveal(char: char) -> String {
    if is_invisible(char) { named(char) } else { char.to_string() }
}

/// Returns whether Unicode classifies the character as a control, as a line or paragraph separator, or as ignorable by
/// default (<https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point>), which includes characters that set
/// the writing direction; or whether it is blank although Unicode does not say so. Line breaks and tabs count as
/// visible, and so do variation selectors, which change how an emoji looks.
fn is_invisible(char: char) -> bool {
    match char {
        '\n' | '\t' => false,
        '\u{2800}' | '\u{fff9}'..='\u{fffb}' => true, // blank braille, interlinear annotations
        char if is_selector(char) => false,
        char => {
            let is_ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(char);
            let separates = matches!(
                category(char),
                GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator
            );
            is_ignorable || separates || char.is_control()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_cover_no_other_line_and_selectors_stand_for_nothing() {
        let shown = visible(&format!("e{}!", "\u{301}".repeat(5)));
        assert_eq!(shown, "e\u{301}\u{301}\u{301}⟨U+0301⟩⟨U+0301⟩!");
        // One of a script each: Latin, Devanagari, Cyrillic, Tibetan, Hebrew, Arabic, Thai, musical notation, keycaps.
        for mark in "\u{301}\u{951}\u{a670}\u{f74}\u{5b0}\u{64b}\u{e34}\u{1d167}\u{20e3}".chars() {
            let shown = visible(&format!("e{}", mark.to_string().repeat(900)));
            assert_eq!(shown.matches(mark).count(), MARKS, "{mark:?}");
            assert!(!is_seen(&mark.to_string()), "{mark:?}");
        }
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
        let hidden =
            "\u{ad}\u{34f}\u{61c}\u{115f}\u{17b4}\u{180e}\u{200e}\u{2028}\u{2029}\u{2066}\u{2800}\u{3164}";
        for hidden in hidden.chars().chain("\u{feff}\u{ffa0}\u{fff9}\u{1bca0}\u{1d173}\u{e0041}".chars()) {
            assert_eq!(visible(&hidden.to_string()), named(hidden));
            assert!(!is_seen(&hidden.to_string()), "{hidden:?}");
        }
        assert_eq!(visible("two\nlines, one 👍🏽 and ☁\u{fe0f}"), "two\nlines, one 👍🏽 and ☁\u{fe0f}");
    }
}
