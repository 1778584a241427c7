//! The pages as HTML, without scripts and without content from other sites.

use axum::response::Html;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use url::Url;

use crate::{
    domain::{secret::Secret, visible::visible},
    flows::visits::{Asked, Invitee, Shown},
    text::{
        Line, Names, Span,
        page::{self, Page, PagePart},
    },
};

/// The one stylesheet.
pub(super) const STYLE: &str = include_str!("style.css");
/// The icon that identifies our pages among a browser's tabs.
pub(super) const ICON: &str = include_str!("icon.svg");

/// Renders what a ticket leads to, with the button that continues, or `None` if there is nothing to confirm.
pub(super) fn confirm(shown: &Shown, form_token: &Secret, names: &Names) -> Option<Html<String>> {
    let page = match shown {
        Shown::Link(invitee) => page::confirm_link(account(invitee), names),
        Shown::Review(asked) => {
            let Asked { request, act } = &**asked;
            page::confirm_answer(request, act, names)
        }
        Shown::Onward => return None,
    };
    Some(laid_out(&page, &Extras { form_token: Some(form_token), onward: None }))
}

/// Renders a page that continues to the identity provider. A redirect is not possible: `form-action` forbids a form to
/// end on another site.
pub(super) fn onward(url: &Url) -> Html<String> {
    laid_out(&page::onward(), &Extras { form_token: None, onward: Some(url) })
}

/// Renders a page without a form.
pub(super) fn of(page: &Page) -> Html<String> {
    laid_out(page, &Extras::default())
}

/// Returns what a page shows of an account.
pub(super) fn account(Invitee { who, name, tenant }: &Invitee) -> page::Shown<'_> {
    page::Shown { name, member: who.user(), tenant }
}

/// The parts of a page besides its texts.
#[derive(Default)]
struct Extras<'a> {
    /// The token that shows that the form was sent from this page.
    form_token: Option<&'a Secret>,
    /// Where the page continues to.
    onward: Option<&'a Url>,
}

fn laid_out(Page { title, parts }: &Page, extras: &Extras<'_>) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " · elevate" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
                @if let Some(url) = extras.onward { meta http-equiv="refresh" content=(format!("0;url={url}")); }
            }
            body { main { h1 { (title) } @for part in parts { (laid_out_part(part, extras)) } } }
        }
    };
    Html(page.into_string())
}

fn laid_out_part(part: &PagePart, extras: &Extras<'_>) -> Markup {
    match part {
        PagePart::Paragraph(text) => html! { p { (line(text)) } },
        PagePart::Alert(text) => html! { p role="alert" { (line(text)) } },
        PagePart::Who(lines) => html! {
            p.who { @for (n, text) in lines.iter().enumerate() { @if n > 0 { br; } (line(text)) } }
        },
        PagePart::Command(command) => html! { p.code { code { (command) } } },
        PagePart::Facts(facts) => html! {
            dl { @for (name, fact) in facts { dt { (name) } dd { (line(fact)) } } }
        },
        PagePart::GoOn(label) => html! {
            form method="post" {
                @if let Some(token) = extras.form_token {
                    input type="hidden" name="form_token" value=(token.expose());
                }
                button type="submit" { (label) }
            }
        },
        PagePart::Onward(label) => html! { p { a href=[extras.onward] { (label) } } },
    }
}

fn line(line: &Line) -> Markup {
    PreEscaped(line.spans().iter().map(|part| span(part).into_string()).collect())
}

fn span(span: &Span) -> Markup {
    match span {
        Span::Bold(bold) => html! { strong { (line(bold)) } },
        Span::Code(code) => html! { code { (visible(code)) } },
        Span::Own(_)
        | Span::Given { .. }
        | Span::Account(_)
        | Span::Person(_)
        | Span::Moment(_)
        | Span::Quoted { .. } => html! { (span.to_string()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Account;

    #[test]
    fn what_people_call_themselves_stays_text() {
        let who = Account::new("slack", "T0123456", "U0123456");
        let shown =
            Shown::Link(Invitee { who, name: "<script>alert(1)</script>".into(), tenant: "\"><b>".into() });
        let Html(page) = confirm(&shown, &Secret::of([0; 32]), &Names::default()).unwrap();
        assert!(page.contains("alert(1)") && !page.contains("<script>") && !page.contains("<b>"), "{page}");
    }
}
