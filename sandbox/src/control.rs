//! The control API: what another process may see of a stand-in and do to it, below `/control/` on its port.
//!
//! It is part of this binary alone. A stand-in inside a test is told through its handle, and one that had
//! these routes as well would let a bot under test do what no bot can do to Slack. They stand beside the
//! stand-in's own routes: what is asked here is not counted among its calls, and no fault hits it.
//!
//! A POST or PUT says `Content-Type: application/json`, even without a body, so that no web page can send it
//! unasked; anything else is refused with 415. An unknown field is refused. Answers are JSON: what was asked
//! for, `{}` where there is nothing to say, or a status from 400 on and `{"error": "a sentence"}`.
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
//! | `POST people/{id}/open-home` | `{"acks"}`, one for each attempt to tell the bot |
//! | `GET people/{id}/view` | `{"ephemerals", "direct", "modals", "home"}` |
//! | `GET channels/{id}/messages` | what stands there |
//! | `GET sockets` | `{"open"}`: how many Socket Mode connections there are |
//! | `POST sockets/disconnect {"reason"}` | ends them: `"warning"`, `"refresh_requested"`, or `"link_disabled"`, which switches Socket Mode off |
//! | `GET emitted` | `{"messages", "views"}`: all that the bot has ever said and shown, each once |
//!
//! What Slack's client does not let somebody do is refused with 409; where the bot gives no answer that Slack
//! could use, it is 424.
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
