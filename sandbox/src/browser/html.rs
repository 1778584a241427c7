//! Reads a page's HTML.

use scraper::{ElementRef, Html, Selector};

/// Elements that do not interrupt the line they stand in.
const INLINE: [&str; 14] =
    ["a", "abbr", "b", "code", "em", "i", "kbd", "mark", "q", "s", "small", "span", "strong", "time"];

/// Elements of which a person sees nothing.
const UNSEEN: [&str; 5] = ["head", "noscript", "script", "style", "template"];

/// The text a person sees, one line for each block.
pub(super) fn visible_text(html: &str) -> String {
    let mut text = String::new();
    collect(Html::parse_document(html).root_element(), &mut text);
    let lines = text.lines().map(squeezed).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// The text of the `title` element.
pub(super) fn title(html: &str) -> String {
    let document = Html::parse_document(html);
    document.select(&selector("title")).next().map(element_text).unwrap_or_default()
}

/// Text and `href` of every link that can be seen.
pub(super) fn links(html: &str) -> Vec<(String, String)> {
    let document = Html::parse_document(html);
    let links = selector("a[href]");
    let seen = document.select(&links).filter(|link| !is_hidden(*link));
    seen.filter_map(|link| Some((element_text(link), link.attr("href")?.to_owned()))).collect()
}

/// The target of a `<meta http-equiv="refresh">` without delay.
pub(super) fn immediate_refresh(html: &str) -> Option<String> {
    let document = Html::parse_document(html);
    let refresh = selector(r#"meta[http-equiv="refresh" i][content]"#);
    let (delay, target) = document.select(&refresh).next()?.attr("content")?.split_once([';', ','])?;
    let (key, url) = target.split_once('=')?;
    let immediate = delay.trim() == "0" && key.trim().eq_ignore_ascii_case("url");
    immediate.then(|| url.trim().trim_matches(['"', '\'']).to_owned())
}

/// A selector of this crate's own.
pub(super) fn selector(text: &str) -> Selector {
    Selector::parse(text).expect("a selector written in this crate parses")
}

/// The text within an element, on one line.
pub(super) fn element_text(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    collect(element, &mut text);
    squeezed(&text)
}

/// Whether the element or one that holds it is `hidden`.
pub(super) fn is_hidden(element: ElementRef<'_>) -> bool {
    let mut holders = element.ancestors().filter_map(ElementRef::wrap);
    element.attr("hidden").is_some() || holders.any(|holder| holder.attr("hidden").is_some())
}

fn collect(element: ElementRef<'_>, text: &mut String) {
    let name = element.value().name();
    if element.attr("hidden").is_some() || UNSEEN.contains(&name) {
        return;
    }
    let block = !INLINE.contains(&name);
    if block {
        text.push('\n');
    }
    for child in element.children() {
        if let Some(content) = child.value().as_text() {
            text.push_str(&content.replace(['\n', '\r'], " "));
        } else if let Some(child) = ElementRef::wrap(child) {
            collect(child, text);
        }
    }
    if block {
        text.push('\n');
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
