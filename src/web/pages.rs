//! The pages: one sentence, one thing to do. No script, nothing from elsewhere.

use axum::response::Html;
use maud::{DOCTYPE, Markup, html};
use url::Url;

use crate::{
    domain::{
        code::{CODE_LASTS, Code},
        decide::Verdict,
        email::Email,
        person::Link,
        refusal::Refused,
        secret::Secret,
        visible::visible,
    },
    flows::visits::{Asked, Invitee, Shown},
    text::{self, Names},
};

/// The one stylesheet.
pub(super) const STYLE: &str = include_str!("style.css");
/// What tells a page of ours among a browser's tabs.
pub(super) const ICON: &str = include_str!("icon.svg");

/// What a ticket leads to, with the button that goes on; none where there is nothing to confirm.
pub(super) fn confirm(shown: &Shown, team: &str, form_token: &Secret) -> Option<Html<String>> {
    match shown {
        Shown::Link(invitee) => Some(confirm_link(invitee, team, form_token)),
        Shown::Review(asked) => Some(confirm_answer(asked, form_token)),
        Shown::Onward => None,
    }
}

/// Asks whether this Slack account is theirs.
fn confirm_link(Invitee { who, name }: &Invitee, team: &str, form_token: &Secret) -> Html<String> {
    let body = html! {
        p { "You are about to link this Slack account to the identity you sign in with:" }
        p.who { strong { (visible(name)) } br; "member " code { (who.user()) } " of " strong { (team) } }
        p { "Go on only if this is your own account and you opened the link yourself, from " code { "/elevate" } " in Slack. Somebody else's link would give them your access." }
        form method="post" {
            input type="hidden" name="form_token" value=(form_token.expose());
            button type="submit" { "This is me: go on to sign in" }
        }
    };
    page("Link your Slack account", &body)
}

/// Leads on to the identity provider. A redirect would not do: `form-action` forbids a form to end elsewhere.
pub(super) fn onward(url: &Url) -> Html<String> {
    let refresh = html! { meta http-equiv="refresh" content=(format!("0;url={url}")); };
    let body = html! { p { a href=(url) { "Go on to sign in" } } };
    page_with("Signing in", &refresh, &body)
}

/// Asks for the last step, in Slack: what shows that the account is theirs who signed in.
pub(super) fn code(code: &Code, email: &Email, invitee: &Invitee, team: &str) -> Html<String> {
    let command = format!("/elevate confirm {}", code.expose());
    let body = html! {
        p { "You signed in as " strong { (visible(email.as_str())) } ". To link that to this Slack account:" }
        p.who { strong { (visible(&invitee.name)) } br; "member " code { (invitee.who.user()) } " of " strong { (team) } }
        p { "type this in Slack as that account, within " (CODE_LASTS.num_minutes()) " minutes:" }
        p.code { code { (command) } }
        p { "Never give this code to anybody, whoever asks for it, and type none that you have not seen here yourself: if the account is not yours, its owner would have your access." }
    };
    page("One more step, in Slack", &body)
}

/// The person is linked.
pub(super) fn linked(link: &Link) -> Html<String> {
    let body = html! {
        p { "Your Slack account is linked to " strong { (visible(link.email.as_str())) } "." }
        p { "Go back to Slack and type " code { "/elevate" } ". You can close this page." }
    };
    page("Linked", &body)
}

/// Asks whether this is what the reviewer wants to answer.
fn confirm_answer(asked: &Asked, form_token: &Secret) -> Html<String> {
    let Asked { request, account, verdict } = asked;
    let target = &request.target;
    let body = html! {
        p { "You are about to " strong { (verdict.tried()) } " this request:" }
        dl {
            dt { "From" } dd { (visible(request.requester.email.as_str())) }
            dt { "For" } dd {
                @if let Some(name) = account { (visible(name)) " (" (target.account) ")" } @else { (target.account) }
                " / " (target.role)
            }
            dt { "During" } dd { (request.duration) }
            dt { "Because" } dd { (visible(request.justification.as_str())) }
            @if let Verdict::Reject(reason) = verdict { dt { "Your reason" } dd { (visible(reason.as_str())) } }
        }
        p { "Go on only if you pressed the button in Slack yourself. It counts once you have signed in." }
        form method="post" {
            input type="hidden" name="form_token" value=(form_token.expose());
            button type="submit" { "Sign in and " (verdict.tried()) }
        }
    };
    page("Answer a request", &body)
}

/// The answer counts.
pub(super) fn answered(verdict: &Verdict) -> Html<String> {
    let done = match verdict {
        Verdict::Approve => "The request is approved.",
        Verdict::Reject(_) => "The request is rejected.",
    };
    page("Answered", &html! { p { (done) " Its card in Slack says so, too. You can close this page." } })
}

/// Why not.
pub(super) fn refused(why: &Refused, names: &Names) -> Html<String> {
    page("That did not work", &html! { p role="alert" { (visible(&text::refused(why, names))) } })
}

/// Something broke.
pub(super) fn failed(reference: &str) -> Html<String> {
    let body = html! {
        p role="alert" { "Something broke on our side. Go back to Slack and try again in a minute." }
        p { "If it goes on, tell whoever runs this app the reference " code { (reference) } "." }
    };
    page("Something broke", &body)
}

/// It took too long.
pub(super) fn too_late() -> Html<String> {
    page(
        "Too slow",
        &html! { p role="alert" { "That took too long. Go back to Slack and try again in a minute." } },
    )
}

/// There is nothing at this address.
pub(super) fn not_found() -> Html<String> {
    page("Nothing here", &html! { p { "There is nothing at this address. Open the link from Slack." } })
}

fn page(title: &str, body: &Markup) -> Html<String> {
    page_with(title, &html! {}, body)
}

fn page_with(title: &str, head: &Markup, body: &Markup) -> Html<String> {
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
                (head)
            }
            body { main { h1 { (title) } (body) } }
        }
    };
    Html(page.into_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Account;

    #[test]
    fn what_people_call_themselves_stays_text() {
        let who = Account::new("slack", "T0123456", "U0123456");
        let invitee = Invitee { who, name: "<script>alert(1)</script>".into() };
        let Html(page) = confirm_link(&invitee, "\"><b>", &Secret::of([0; 32]));
        assert!(!page.contains("<script>") && !page.contains("<b>"), "{page}");
    }
}
