//! The control API: what another process may read from a stand-in and do to it, below `/control/` on its port.
//!
//! It is part of this binary only. A test controls its stand-in through a handle; with these routes, a bot under
//! test could do what no bot can do to Slack. The routes are separate from the stand-in's own: their calls are not
//! counted, and no fault hits them.
//!
//! A POST or PUT requires `Content-Type: application/json`, even without a body, so that no web page can send it;
//! anything else is refused with 415. An unknown field is refused. Responses are JSON: the result, `{}` if there is
//! none, or a status of 400 or above and `{"error": "a sentence"}`.
//!
//! | of all three | |
//! |---|---|
//! | `GET clock`, `POST clock {"advance_seconds"}` | `{"now"}` |
//! | `POST faults {"call", "fault", "times"?}` | a fault is `{"status": 503}`, `{"rate_limited": seconds}`, `"garbage"`, `"hangs"`, `"answer_lost"`, `"unanswered"` or `"quoted"`; without `times` until it is healed |
//! | `POST latency {"call", "milliseconds"}` | |
//! | `DELETE faults` | heals faults and latency |
//! | `GET calls` | the names of all calls seen, oldest first |
//!
//! | of `slack` | |
//! |---|---|
//! | `PUT people/{id}`, `PUT channels/{id}` | the account or channel, merged with what is given |
//! | `POST install {"bot_url"?}` | as the option `--bot-url`: without it Socket Mode is on |
//! | `POST people/{id}/type {"channel", "line"}` | `{"ack"}` |
//! | `POST people/{id}/press {"action", "channel"?, "ts"?}` | `{"ack", "url"}`; the newest such button they see, unless its place is given |
//! | `POST people/{id}/submit {"fields", "view"?}` | `{"ack", "outcome"}`; the topmost modal, unless it is named |
//! | `POST people/{id}/open-home` | `{"acks"}`, one for each attempt to deliver it to the bot |
//! | `GET people/{id}/view` | `{"ephemerals", "direct", "modals", "home"}` |
//! | `GET channels/{id}/messages` | its messages |
//! | `GET sockets` | `{"open"}`: how many Socket Mode connections there are |
//! | `POST sockets/disconnect {"reason"}` | ends them: `"warning"`, `"refresh_requested"`, or `"link_disabled"`, which switches Socket Mode off |
//! | `GET emitted` | `{"messages", "views"}`: everything that the bot has ever posted or shown, each once |
//!
//! An act that Slack's client does not allow is refused with 409; if the bot's response is of no use to Slack, the
//! status is 424.
//!
//! | of `idp` | |
//! |---|---|
//! | `PUT people/{login}` | the person, merged with what is given |
//! | `POST people/{login}/revoke` | ends their sessions, and all that was issued to them |
//! | `POST keys/rotate` | |
//! | `POST redirects {"uri"}` | |
//! | `POST tampering {…}` | the fields of `idp::Tampering`; without any it is honest again |
//!
//! | of `aws` | |
//! |---|---|
//! | `PUT callers/{access_key} {"arn"}` | |
//! | `PUT roles {"arn", …}` | the role, merged with what is given |
//! | `GET assumptions` | every `AssumeRole` |
//! | `GET sessions` | the access keys of all sessions, the one that lives longest last |
//! | `POST allowed {"access_key", "action", "resource", "at"?}` | `{"decision"}`: `"allowed"` or `{"denied": why}` |

mod aws;
mod common;
mod idp;
mod message;
mod slack;

use axum::{Router, middleware};
use sandbox::{aws::Aws, clock::Clock, http::Control, idp::Idp, slack::Slack};

use self::message::{only_json, unknown_route, wrong_method};

/// The control API of a workspace.
pub(crate) fn slack(slack: Slack, clock: Clock) -> Router {
    below_control(slack.control().clone(), clock, slack::routes(slack))
}

/// The control API of an identity provider.
pub(crate) fn idp(idp: Idp, clock: Clock) -> Router {
    below_control(idp.control().clone(), clock, idp::routes(idp))
}

/// The control API of an AWS.
pub(crate) fn aws(aws: Aws, clock: Clock) -> Router {
    below_control(aws.control().clone(), clock.clone(), aws::routes(aws, clock))
}

fn below_control(control: Control, clock: Clock, own: Router) -> Router {
    let routes = own
        .merge(common::routes(control, clock))
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn(only_json));
    Router::new().nest("/control", routes)
}
