//! The XML of the query protocol.

/// An element with text in it.
pub(super) fn text(name: &str, content: &str) -> String {
    let content = content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<{name}>{content}</{name}>")
}

/// An element with elements in it.
pub(super) fn element(name: &str, children: &[String]) -> String {
    format!("<{name}>{}</{name}>", children.concat())
}

/// An outermost element of STS' answers.
pub(super) fn document(name: &str, children: &[String]) -> String {
    let namespace = "https://sts.amazonaws.com/doc/2011-06-15/";
    format!(r#"<{name} xmlns="{namespace}">{}</{name}>"#, children.concat())
}
