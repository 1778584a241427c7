//! The authorization endpoint: a browser brings a request and gets a code.
//!
//! 1. The request is read. If its client or its redirect URL is invalid, the browser is not redirected.
//! 2. A browser that is signed in to the requested workspace is redirected back at once.
//! 3. Otherwise the person signs in or cancels.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use url::Url;

use super::{Code, SCOPES, Session, SignIns, page};
use crate::{
    cookie::cookie,
    parameters::Parameters,
    slack::{Slack, lock},
};

const SESSION_COOKIE: &str = "slack_session";

/// A code is good for this long, and once.
const CODE_LIFETIME: TimeDelta = TimeDelta::minutes(10);

const PARAMETERS: [&str; 7] =
    ["response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "team"];

/// A request about which everything is right.
struct AuthorizationRequest {
    redirect_uri: String,
    back: Url,
    scopes: String,
    state: String,
    nonce: String,
    /// The workspace to sign in to; any, where it is left open.
    team: Option<String>,
}

/// `GET /openid/connect/authorize`
pub(super) async fn begin(
    State(slack): State<Slack>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let sign_ins = &mut *lock(&slack.0.sign_ins);
    let read = read(&slack, sign_ins, query.unwrap_or_default().as_bytes()); // 1
    let (request, parameters) = match read {
        Ok(read) => read,
        Err(what) => return in_doubt(&what),
    };
    match session(&slack, sign_ins, &headers, &request) {
        Some(session) => send_code(&slack, sign_ins, request, session), // 2
        None => page::sign_in(&slack.workspace().people, &parameters).into_response(), // 3
    }
}

/// `POST /openid/connect/authorize`: the page's own form.
pub(super) async fn answer(State(slack): State<Slack>, form: String) -> Response {
    let sign_ins = &mut *lock(&slack.0.sign_ins);
    let mut user = None;
    let read = Parameters::parse(form.as_bytes()).map_err(|fault| fault.to_string()).and_then(|mut form| {
        user = form.take("user").filter(|user| !user.is_empty());
        check(&slack, sign_ins, form)
    });
    let (request, _) = match read {
        Ok(read) => read,
        Err(what) => return in_doubt(&what),
    };
    let Some(user) = user else {
        return send_back(request.back, &[("error", "access_denied"), ("state", &request.state)]);
    };
    if !can_sign_in(&slack, &user) {
        return in_doubt("This account cannot sign in.");
    }
    let session = Session { user, at: slack.0.config.clock.now() };
    let secret = sign_ins.new_secret();
    sign_ins.sessions.insert(secret.clone(), session.clone());
    let cookie = format!("{SESSION_COOKIE}={secret}; Path=/; HttpOnly; SameSite=Lax");
    ([(header::SET_COOKIE, cookie)], send_code(&slack, sign_ins, request, session)).into_response()
}

/// The session that this browser has in the workspace that is asked for.
fn session(
    slack: &Slack,
    sign_ins: &SignIns,
    headers: &HeaderMap,
    request: &AuthorizationRequest,
) -> Option<Session> {
    let session = sign_ins.sessions.get(cookie(headers, SESSION_COOKIE)?)?;
    let person = slack.account(&session.user)?;
    let is_asked_for = request.team.as_ref().is_none_or(|team| *team == person.team_id);
    (is_asked_for && can_sign_in(slack, &session.user)).then(|| session.clone())
}

fn can_sign_in(slack: &Slack, user: &str) -> bool {
    slack.account(user).is_some_and(|person| !person.deleted && !person.is_bot)
}

fn send_code(
    slack: &Slack,
    sign_ins: &mut SignIns,
    request: AuthorizationRequest,
    session: Session,
) -> Response {
    let code = sign_ins.new_secret();
    let expires_at = slack.0.config.clock.now() + CODE_LIFETIME;
    let AuthorizationRequest { redirect_uri, back, scopes, state, nonce, .. } = request;
    sign_ins.codes.insert(code.clone(), Code { session, scopes, nonce, redirect_uri, expires_at });
    send_back(back, &[("code", &code), ("state", &state)])
}

fn send_back(mut back: Url, answer: &[(&str, &str)]) -> Response {
    back.query_pairs_mut().extend_pairs(answer);
    let headers = [(header::LOCATION, back.as_str()), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::FOUND, headers).into_response()
}

fn in_doubt(what: &str) -> Response {
    (StatusCode::BAD_REQUEST, page::fault(what)).into_response()
}

fn read(
    slack: &Slack,
    sign_ins: &SignIns,
    query: &[u8],
) -> Result<(AuthorizationRequest, Parameters), String> {
    let parameters = Parameters::parse(query).map_err(|fault| fault.to_string())?;
    check(slack, sign_ins, parameters)
}

fn check(
    slack: &Slack,
    sign_ins: &SignIns,
    parameters: Parameters,
) -> Result<(AuthorizationRequest, Parameters), String> {
    let need = |name| parameters.require(name).map(str::to_owned).map_err(|fault| fault.to_string());
    parameters.only(&PARAMETERS).map_err(|fault| fault.to_string())?;
    let redirect_uri = need("redirect_uri")?;
    if need("client_id")? != slack.0.config.client_id {
        return Err("No such app.".to_owned());
    }
    let registered = sign_ins.redirects.contains(&redirect_uri).then(|| redirect_uri.parse().ok());
    let Some(back) = registered.flatten() else {
        return Err(format!("redirect_uri did not match any configured URIs. Passed URI: {redirect_uri}"));
    };
    if need("response_type")? != "code" {
        return Err("response_type must be code".to_owned());
    }
    let scopes = need("scope")?;
    let asked: Vec<&str> = scopes.split(' ').collect();
    if !asked.contains(&"openid") || !asked.iter().all(|scope| SCOPES.contains(scope)) {
        return Err(format!("Invalid permissions requested: {scopes}"));
    }
    let (state, nonce) = (need("state")?, need("nonce")?);
    let team = parameters.get("team").map(str::to_owned);
    Ok((AuthorizationRequest { redirect_uri, back, scopes, state, nonce, team }, parameters))
}
