//! Parses Slack's markup, for the validator of blocks and for the renderer.

/// A piece of a text in mrkdwn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text, still with `&amp;`, `&lt;` and `&gt;`.
    Text(&'a str),
    /// `<https://…|label>`
    Link { url: &'a str, label: Option<&'a str> },
    /// `<@U…>` or `<#C…>`
    Mention { sign: char, id: &'a str, label: Option<&'a str> },
    /// `<!date^unix^format^link|fallback>`
    Date { unix: i64, format: &'a str, fallback: &'a str },
    /// `<!channel>` and its like, which call everybody.
    Broadcast(&'a str),
    /// An angle bracket or ampersand that should have been escaped.
    Unescaped(&'a str),
}

/// Takes a text apart.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut at_line_start = true;
    while let Some(index) = rest.find(['<', '>', '&']) {
        let (before, from) = rest.split_at(index);
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
            at_line_start = before.ends_with('\n');
        }
        let piece = special(from, at_line_start);
        let (_, after) = from.split_at(piece.0);
        pieces.push(piece.1);
        rest = after;
        at_line_start = false;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The text as a person reads it, with what was escaped turned back.
pub(super) fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The piece that starts with a special character, and its length in bytes.
fn special(text: &str, at_line_start: bool) -> (usize, Piece<'_>) {
    if let Some(entity) = ["&amp;", "&lt;", "&gt;"].into_iter().find(|entity| text.starts_with(entity)) {
        return (entity.len(), Piece::Text(&text[..entity.len()]));
    }
    if text.starts_with('>') && at_line_start {
        return (1, Piece::Text(&text[..1])); // a quote
    }
    let inside = text.strip_prefix('<').and_then(|text| text.split_once('>')).map(|(inside, _)| inside);
    match inside.and_then(bracketed) {
        Some(piece) => (inside.map_or(1, |inside| inside.len() + "<>".len()), piece),
        None => (1, Piece::Unescaped(&text[..1])),
    }
}

fn bracketed(inside: &str) -> Option<Piece<'_>> {
    let (target, label) = match inside.split_once('|') {
        Some((target, label)) => (target, Some(label)),
        None => (inside, None),
    };
    if inside.contains(['<', '\n']) {
        return None;
    }
    if let Some(command) = target.strip_prefix('!') {
        return bang(command, label);
    }
    if let Some(sign @ ('@' | '#')) = target.chars().next() {
        return is_id(&target[1..]).then_some(Piece::Mention { sign, id: &target[1..], label });
    }
    let is_link = ["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme));
    is_link.then_some(Piece::Link { url: target, label })
}

fn bang<'a>(command: &'a str, label: Option<&'a str>) -> Option<Piece<'a>> {
    if let Some(date) = command.strip_prefix("date^") {
        let mut parts = date.splitn(3, '^');
        let (unix, format) = (parts.next()?.parse().ok()?, parts.next()?);
        return Some(Piece::Date { unix, format, fallback: label.filter(|label| !label.is_empty())? });
    }
    let name = command.split('^').next()?;
    ["channel", "here", "everyone", "subteam"].contains(&name).then_some(Piece::Broadcast(name))
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|char| char.is_ascii_uppercase() || char.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_told_from_text() {
        assert_eq!(
            pieces("Hi <@U1>, see <https://a.example/?a=1&b=2|the &lt;page&gt;>"),
            [
                Piece::Text("Hi "),
                Piece::Mention { sign: '@', id: "U1", label: None },
                Piece::Text(", see "),
                Piece::Link { url: "https://a.example/?a=1&b=2", label: Some("the &lt;page&gt;") },
            ]
        );
    }

    #[test]
    fn a_date_needs_a_number_a_format_and_a_fallback() {
        let good = Piece::Date { unix: 5, format: "{time}", fallback: "noon" };
        assert_eq!(pieces("<!date^5^{time}|noon>"), [good]);
        for bad in ["<!date^x^{time}|noon>", "<!date^5|noon>", "<!date^5^{time}>", "<!date^5^{time}|>"] {
            assert_eq!(pieces(bad)[0], Piece::Unescaped("<"), "{bad}");
        }
    }

    #[test]
    fn what_should_have_been_escaped_is_found() {
        for bad in ["a < b", "R&D", "a -> b", "<b>", "<javascript:alert(1)|x>"] {
            assert!(pieces(bad).iter().any(|piece| matches!(piece, Piece::Unescaped(_))), "{bad}");
        }
        for good in ["a &lt; b", "R&amp;D", "> quoted", "one\n> two", "&amp;lt;"] {
            assert!(pieces(good).iter().all(|piece| matches!(piece, Piece::Text(_))), "{good}");
        }
    }

    #[test]
    fn escaping_is_turned_back_once() {
        assert_eq!(unescape("&amp;lt; &lt;b&gt;"), "&lt; <b>");
    }
}
