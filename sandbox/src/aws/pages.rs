//! The pages of AWS that a person sees.

use axum::{
    http::{HeaderName, header},
    response::IntoResponse,
};
use chrono::{DateTime, SecondsFormat, Utc};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{evaluate::Decision, policy::Policy, role, session::Session};

const STYLE: &str = "
:root { color-scheme: light dark; --ink: light-dark(#16191f, #e9ebed); --soft: light-dark(#545b64, #a9b1bb);
        --ground: light-dark(#f3f4f6, #101418); --sheet: light-dark(#fff, #1a2027); --line: light-dark(#e5e7eb, #323a44);
        --yes: light-dark(#1a6e02, #7bd35f); --no: light-dark(#b82a0d, #ff9a84) }
body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
header { padding: .8rem 1.5rem; background: #16191f; color: #fff; font-weight: 600 }
main { width: min(46rem, 92vw); box-sizing: border-box; margin: 2rem auto; padding: 1.5rem clamp(1rem, 5vw, 2rem);
       background: var(--sheet); border: 1px solid var(--line); border-radius: 12px }
h1 { margin: 0 0 1rem; font-size: 1.35rem }
a { color: inherit }
table { border-collapse: collapse; width: 100% }
th, td { padding: .5rem .75rem .5rem 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line) }
th { width: 11rem; font-weight: 500; color: var(--soft) }
td { overflow-wrap: anywhere; font-variant-numeric: tabular-nums }
form { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem; margin-top: 1.25rem }
button { padding: .6rem 1rem; border: 0; border-radius: 8px; background: var(--ink); color: var(--sheet);
         font: inherit; font-weight: 600; cursor: pointer }
:focus-visible { outline: 3px solid var(--soft); outline-offset: 2px }
[role=status] { margin: 0; font-weight: 600 }
.yes { color: var(--yes) } .no { color: var(--no) }
@media (max-width: 30rem) { th { width: 7rem } }
";

/// Lets the time that is left run down, and asks now and then, since the demo's clock can be moved.
pub(super) const SCRIPT: &str = include_str!("console.js");

/// A call that shows whether a session is good for anything.
const SAMPLE_ACTION: &str = "s3:ListAllMyBuckets";

const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// The page of a person who is signed in until `ends_at`, with the result of the call they tried, if any.
pub(super) fn console(
    session: &Session,
    ends_at: DateTime<Utc>,
    now: DateTime<Utc>,
    tried: Option<&Decision>,
) -> impl IntoResponse + use<> {
    let hard_end = hard_end(session);
    page(
        "Signed in to AWS",
        &html! {
            table {
                (row("Role", role::name(&session.role_arn)))
                (row("Account", role::account(&session.role_arn)))
                (row("Session name", &session.session_name))
                (row("Source identity", session.source_identity.as_deref().unwrap_or("none")))
                @for (key, value) in &session.tags {
                    (row(&format!("Tag {key}"), value))
                }
                (row("Signed in until", &written(ends_at)))
                (row("Hard end", &hard_end.map_or("none".to_owned(), written)))
                tr { th { "Time left" } td #left { (left(seconds_left(session, ends_at, now))) } }
            }
            form action="/console" {
                button name="call" value=(SAMPLE_ACTION) { "Try " (SAMPLE_ACTION) }
                @match tried {
                    None => {},
                    Some(Decision::Allowed) => p .yes role="status" { "Allowed" },
                    Some(Decision::Denied(reason)) => p .no role="status" { "Denied: " (reason) },
                }
            }
            script type="module" src="/console.js" {}
        },
    )
}

/// For how many seconds a session is still good for anything.
pub(super) fn seconds_left(session: &Session, ends_at: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    let last_moment = hard_end(session).map_or(ends_at, |end| end.min(ends_at));
    (last_moment - now).num_seconds().max(0)
}

/// When the session's own policy ends it.
fn hard_end(session: &Session) -> Option<DateTime<Utc>> {
    session.policy.as_ref().and_then(Policy::denies_everything_from)
}

/// A page with nothing but a sentence, and perhaps where to go from here.
pub(super) fn message(title: &str, sentence: &str, sign_in_at: Option<&str>) -> impl IntoResponse + use<> {
    page(
        title,
        &html! {
            p { (sentence) }
            @if let Some(url) = sign_in_at {
                p { a href=(url) { "Sign in" } }
            }
        },
    )
}

fn row(name: &str, value: &str) -> Markup {
    html! { tr { th { (name) } td { (value) } } }
}

fn written(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn left(seconds: i64) -> String {
    match seconds {
        ..=0 => "none".to_owned(),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

fn page(title: &str, body: &Markup) -> impl IntoResponse + use<> {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Demo AWS console" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { "Demo AWS console" }
                main {
                    h1 { (title) }
                    (body)
                }
            }
        }
    };
    (HEADERS, markup.into_string())
}
