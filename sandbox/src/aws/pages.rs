//! What a person sees of AWS.

use axum::{
    http::{HeaderName, header},
    response::IntoResponse,
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{evaluate::Decision, policy::Policy, role, session::Session};

const STYLE: &str = "
body { margin: 0; min-height: 100vh; background: #f3f4f6; color: #16191f; font: 16px/1.5 system-ui, sans-serif }
header { padding: .8rem 1.5rem; background: #16191f; color: #fff; font-weight: 600 }
main { width: min(46rem, 92vw); box-sizing: border-box; margin: 2rem auto; padding: 1.5rem 2rem; background: #fff;
       border-radius: 12px; box-shadow: 0 8px 30px #16191f1a }
h1 { margin: 0 0 1rem; font-size: 1.35rem }
table { border-collapse: collapse; width: 100% }
th, td { padding: .5rem .75rem .5rem 0; text-align: left; vertical-align: top; border-top: 1px solid #e5e7eb }
th { width: 11rem; font-weight: 500; color: #545b64 }
td { overflow-wrap: anywhere }
.yes { color: #1d8102 } .no { color: #d13212 }
";

/// A call that shows whether a session is good for anything.
const SAMPLE_ACTION: &str = "s3:ListAllMyBuckets";

const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// The page of somebody who is signed in until `ends_at`.
pub(super) fn console(
    session: &Session,
    ends_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> impl IntoResponse + use<> {
    let hard_end = session.policy.as_ref().and_then(Policy::denies_everything_from);
    let last_moment = hard_end.map_or(ends_at, |end| end.min(ends_at));
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
                (row("Time left", &left(last_moment - now)))
                tr {
                    th { (SAMPLE_ACTION) }
                    @match session.may(SAMPLE_ACTION, "*", now) {
                        Decision::Allowed => td .yes { "Allowed" },
                        Decision::Denied(reason) => td .no { "Denied: " (reason) },
                    }
                }
            }
        },
    )
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

fn left(time: TimeDelta) -> String {
    match time.num_seconds() {
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
