//! The pages of Sign in with Slack.

use std::collections::BTreeMap;

use axum::{
    http::{HeaderName, header},
    response::IntoResponse,
};
use maud::{DOCTYPE, Markup, html};

use crate::{parameters::Parameters, slack::Person};

const HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
];

/// The page on which a person says who they are in Slack; its form repeats the authorization request.
pub(super) fn sign_in(people: &BTreeMap<String, Person>, request: &Parameters) -> impl IntoResponse + use<> {
    let people = people.values().filter(|person| !person.is_bot && !person.deleted);
    page(
        "Sign in with Slack",
        &html! {
            form method="post" action="/openid/connect/authorize" {
                @for (name, value) in request.iter() {
                    input type="hidden" name=(name) value=(value);
                }
                @for person in people {
                    p { button name="user" value=(person.id) { "Sign in to Slack as " (person.real_name) } }
                }
                p { button name="user" value="" { "Cancel" } }
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
                title { (title) " – Demo Slack" }
            }
            body { main { h1 { (title) } (body) } }
        }
    };
    (HEADERS, markup.into_string())
}
