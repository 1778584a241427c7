//! The pages of the OpenID provider that a person sees.

use axum::{
    http::{HeaderName, header},
    response::IntoResponse,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::person::Person;
use crate::parameters::Parameters;

const STYLE: &str = "
:root { color-scheme: light dark; --ink: light-dark(#1d2433, #e6e9f0); --soft: light-dark(#566079, #a8b1c4);
        --ground: light-dark(#eef1f6, #12151c); --sheet: light-dark(#fff, #1b202b); --line: light-dark(#ccd3e0, #3a4254);
        --accent: light-dark(#3b5bdb, #8ea6ff) }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; background: var(--ground);
       font: 16px/1.5 system-ui, sans-serif; color: var(--ink) }
main { width: min(26rem, 92vw); box-sizing: border-box; padding: clamp(1.25rem, 6vw, 2rem); background: var(--sheet);
       border: 1px solid var(--line); border-radius: 12px }
h1 { margin: 0 0 .25rem; font-size: 1.35rem }
p { margin: 0 0 1.25rem; color: var(--soft) }
form { display: grid; gap: .6rem }
button { display: grid; padding: .7rem 1rem; font: inherit; text-align: left; color: inherit; background: none;
         border: 1px solid var(--line); border-radius: 8px; cursor: pointer }
button:hover, button:focus-visible { border-color: var(--accent); outline: 2px solid var(--accent) }
small { color: var(--soft) }
";

/// The page on which a person says who they are; its form repeats the authorization request.
pub(super) fn sign_in<'a>(
    client_id: &str,
    people: impl Iterator<Item = &'a Person>,
    request: &Parameters,
) -> impl IntoResponse {
    page(
        "Sign in",
        &html! {
            p { (client_id) " would like to know who you are." }
            form method="post" action="/authorize" {
                @for (name, value) in request.iter() {
                    input type="hidden" name=(name) value=(value);
                }
                @for person in people {
                    button name="login" value=(person.login) {
                        span { "Continue as " (person.name) }
                        small { (person.email) }
                    }
                }
            }
        },
    )
}

/// The page that says why nothing came of it.
pub(super) fn fault(what: &str) -> impl IntoResponse + use<> {
    page("This did not work", &html! { p { (what) } })
}

fn page(title: &str, body: &Markup) -> impl IntoResponse + use<> {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Demo identity provider" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (title) }
                    (body)
                }
            }
        }
    };
    (HEADERS, markup.into_string())
}

const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];
