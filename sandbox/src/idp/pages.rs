//! What a person sees of the OpenID provider.

use axum::{
    http::{HeaderName, header},
    response::IntoResponse,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::person::Person;
use crate::parameters::Parameters;

const STYLE: &str = "
body { margin: 0; min-height: 100vh; display: grid; place-content: center; background: #eef1f6;
       font: 16px/1.5 system-ui, sans-serif; color: #1d2433 }
main { width: min(26rem, 92vw); box-sizing: border-box; padding: 2rem; background: #fff; border-radius: 12px;
       box-shadow: 0 8px 30px #1d243322 }
h1 { margin: 0 0 .25rem; font-size: 1.35rem }
p { margin: 0 0 1.25rem; color: #566079 }
form { display: grid; gap: .6rem }
button { display: grid; padding: .7rem 1rem; font: inherit; text-align: left; color: inherit; background: #fff;
         border: 1px solid #ccd3e0; border-radius: 8px; cursor: pointer }
button:hover, button:focus-visible { border-color: #3b5bdb; outline: 2px solid #3b5bdb33 }
small { color: #566079 }
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
