//! Switches the browser between people, because it has one cookie jar for this machine and several people use it.
//!
//! 1. Every navigation from the page goes through here, and only to URLs that the person has received.
//! 2. The cookies of the previous person are stored,
//! 3. and this person's own are restored.

use std::collections::BTreeMap;

use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::Value;

use super::{Playground, Who};
use crate::{cookie::cookie, example_corp::Persona, slack::Slack};

/// The cookies by which the provider, the broker, the console and Slack know a browser again.
const COOKIES: [&str; 4] = ["idp_session", "__Host-elevate", "aws_console", "slack_session"];

/// What is put away of a browser: its cookies by name.
type Jar = BTreeMap<&'static str, String>;

/// The browsers of those who are not browsing.
#[derive(Debug, Default)]
pub(super) struct Browsers {
    browsing: Option<&'static str>,
    put_away: BTreeMap<&'static str, Jar>,
}

#[derive(Deserialize)]
pub(super) struct Browse {
    r#as: Who,
    to: String,
}

/// `GET /browse`.
pub(super) async fn browse(
    State(playground): State<Playground>,
    Query(browse): Query<Browse>,
    headers: HeaderMap,
) -> Response {
    let Browse { r#as: Who(persona), to } = browse;
    if !is_sent(&playground.0.company.slack, &persona, &to) {
        let why = format!("{} has been sent no such link.\n", persona.name);
        return (StatusCode::NOT_FOUND, why).into_response(); // 1
    }
    let jar = playground.browsers().turn_to(persona.login, &headers);
    let mut response = Redirect::to(&to).into_response();
    for name in COOKIES {
        let cookie = HeaderValue::try_from(set(name, jar.get(name))).expect("it was a header's value before");
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

impl Playground {
    fn browsers(&self) -> std::sync::MutexGuard<'_, Browsers> {
        self.0.browsers.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Browsers {
    /// Hands over the browser, whose cookies are in `headers`; says what this person's are.
    fn turn_to(&mut self, login: &'static str, headers: &HeaderMap) -> Jar {
        let found = COOKIES.into_iter().filter_map(|name| Some((name, cookie(headers, name)?.to_owned())));
        if let Some(last) = self.browsing.replace(login) {
            self.put_away.insert(last, found.collect()); // 2
        }
        self.put_away.remove(login).unwrap_or_default() // 3
    }
}

fn set(name: &str, value: Option<&String>) -> String {
    let secure = if name.starts_with("__Host-") { "; Secure" } else { "" };
    match value {
        Some(value) => format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}"),
        None => format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}"),
    }
}

/// Whether this person sees the address, on a button or in a text.
fn is_sent(slack: &Slack, persona: &Persona, url: &str) -> bool {
    let marked = url.replace('&', "&amp;");
    let in_text = [format!("<{marked}>"), format!("<{marked}|"), format!("<{url}|")];
    let names = |text: &str| text == url || in_text.iter().any(|link| text.contains(link));
    let channels = slack.channels_of(persona.slack);
    let messages = channels.iter().flat_map(|channel| slack.messages(&channel.id));
    let own = slack.ephemerals(persona.slack).into_iter().map(|own| (own.text, own.blocks));
    messages
        .map(|message| (message.text, message.blocks))
        .chain(own)
        .any(|(text, blocks)| names(&text) || blocks.iter().any(|block| any_text(block, &names)))
}

fn any_text(json: &Value, is_it: &impl Fn(&str) -> bool) -> bool {
    match json {
        Value::String(text) => is_it(text),
        Value::Array(items) => items.iter().any(|item| any_text(item, is_it)),
        Value::Object(fields) => fields.values().any(|field| any_text(field, is_it)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
