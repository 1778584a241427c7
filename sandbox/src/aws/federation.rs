//! The federation endpoint: credentials are exchanged for a sign-in token, and that for a console session.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>

use axum::{
    Json,
    extract::{RawQuery, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    Aws, Cloud,
    console::{self, ConsoleSession},
    pages,
    record::SigninTokenCall,
    session::Session,
};
use crate::{
    http::apply,
    parameters::{ParameterFault, Parameters},
    random::random_token,
};

/// A sign-in token is good for this long.
const SIGNIN_TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// What `SessionDuration` may be, in seconds.
const SESSION_SECONDS: std::ops::RangeInclusive<i64> = 900..=43_200;

/// The console, in each partition.
const CONSOLES: [&str; 3] =
    ["console.aws.amazon.com", "console.amazonaws-us-gov.com", "console.amazonaws.cn"];

/// Credentials that have been exchanged.
#[derive(Clone, Debug)]
pub(super) struct SigninToken {
    access_key_id: String,
    usable_until: DateTime<Utc>,
    session_ends_at: DateTime<Utc>,
}

impl SigninToken {
    pub(super) fn is_usable(&self, now: DateTime<Utc>) -> bool {
        now < self.usable_until && now < self.session_ends_at
    }
}

/// The `Session` parameter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Credentials {
    session_id: String,
    session_key: String,
    session_token: String,
}

/// Why a browser or a broker is turned away: always with a 400, as AWS does.
struct Refusal(String);

/// `GET /federation`.
pub(super) async fn by_query(State(aws): State<Aws>, RawQuery(query): RawQuery) -> Response {
    answer(&aws, &Method::GET, &query.unwrap_or_default()).await
}

/// `POST /federation`.
pub(super) async fn by_form(State(aws): State<Aws>, form: String) -> Response {
    answer(&aws, &Method::POST, &form).await
}

async fn answer(aws: &Aws, method: &Method, encoded: &str) -> Response {
    let parameters = match Parameters::parse(encoded.as_bytes()) {
        Ok(parameters) => parameters,
        Err(fault) => return Refusal::from(fault).into_response(),
    };
    let action = parameters.get("Action").unwrap_or_default().to_owned();
    let answered = async {
        match action.as_str() {
            "getSigninToken" => get_signin_token(aws, method, &parameters),
            "login" => login(aws, &parameters),
            unknown => Refusal(format!("{unknown:?} is not an Action")).into_response(),
        }
    };
    apply(&aws.0.control, &action, answered).await
}

fn get_signin_token(aws: &Aws, method: &Method, parameters: &Parameters) -> Response {
    let cloud = &mut *aws.cloud();
    let outcome = exchange(cloud, parameters, aws.now());
    let told = outcome.as_ref().map_or_else(|refusal| refusal.0.clone(), |_| "Issued".to_owned());
    cloud.signin_calls.push(record(method, parameters, told));
    match outcome {
        Ok(token) => Json(json!({ "SigninToken": token })).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn exchange(cloud: &mut Cloud, parameters: &Parameters, now: DateTime<Utc>) -> Result<String, Refusal> {
    parameters.only(&["Action", "Session", "SessionDuration"])?;
    let credentials = serde_json::from_str(parameters.require("Session")?)
        .map_err(|_| Refusal("Session must hold sessionId, sessionKey and sessionToken alone".to_owned()))?;
    let session = owner(cloud, &credentials)?;
    if session.has_expired(now) {
        return Err(Refusal("the credentials have expired".to_owned()));
    }
    let session_ends_at = match parameters.get("SessionDuration") {
        Some(_) if session.is_chained => {
            return Err(Refusal("SessionDuration is not for credentials from role chaining".to_owned()));
        }
        Some(seconds) => now + session_duration(seconds)?,
        None => session.expires_at,
    };
    let token = SigninToken {
        access_key_id: session.access_key_id.clone(),
        usable_until: now + SIGNIN_TOKEN_LIFETIME,
        session_ends_at,
    };
    let secret = random_token();
    cloud.secrets.push(secret.clone());
    cloud.signin_tokens.insert(secret.clone(), token);
    Ok(secret)
}

fn owner<'a>(cloud: &'a Cloud, credentials: &Credentials) -> Result<&'a Session, Refusal> {
    let session = cloud.sessions.get(&credentials.session_id).filter(|session| {
        session.secret_access_key == credentials.session_key
            && session.session_token == credentials.session_token
    });
    session.ok_or_else(|| Refusal("the credentials are not valid".to_owned()))
}

fn session_duration(text: &str) -> Result<TimeDelta, Refusal> {
    let seconds = text.parse().ok().filter(|seconds| SESSION_SECONDS.contains(seconds));
    let seconds = seconds.ok_or_else(|| Refusal("SessionDuration must be from 900 to 43200".to_owned()))?;
    Ok(TimeDelta::seconds(seconds))
}

/// What is recorded of a `getSigninToken`: nothing that opens anything.
fn record(method: &Method, parameters: &Parameters, outcome: String) -> SigninTokenCall {
    let session: Map<String, Value> =
        parameters.get("Session").and_then(|session| serde_json::from_str(session).ok()).unwrap_or_default();
    let given = session.iter().filter(|(_, value)| value.as_str().is_some_and(|text| !text.is_empty()));
    let names = parameters.iter().map(|(name, _)| name).filter(|name| *name != "Action");
    SigninTokenCall {
        method: method.to_string(),
        parameters: names.map(str::to_owned).collect(),
        session_members: given.map(|(name, _)| name.clone()).collect(),
        session_duration: parameters.get("SessionDuration").map(str::to_owned),
        outcome,
    }
}

fn login(aws: &Aws, parameters: &Parameters) -> Response {
    let cloud = &mut *aws.cloud();
    match sign_in(cloud, parameters, &aws.console_url(), aws.now()) {
        Ok(cookie) => {
            let headers = [(header::LOCATION, aws.console_url()), (header::SET_COOKIE, cookie)];
            (StatusCode::FOUND, headers).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Opens a console session, and answers with its cookie.
fn sign_in(
    cloud: &mut Cloud,
    parameters: &Parameters,
    console_url: &str,
    now: DateTime<Utc>,
) -> Result<String, Refusal> {
    parameters.only(&["Action", "Issuer", "Destination", "SigninToken"])?;
    if !leads_to_console(parameters.require("Destination")?, console_url) {
        return Err(Refusal("Destination is not a page of the console".to_owned()));
    }
    let issuer = parameters.get("Issuer").map(Url::parse).transpose();
    let issuer = issuer.map_err(|_| Refusal("Issuer is not a URL".to_owned()))?;
    let token = cloud.signin_tokens.remove(parameters.require("SigninToken")?);
    let token = token
        .filter(|token| token.is_usable(now))
        .ok_or_else(|| Refusal("the sign-in token is invalid or expired".to_owned()))?;
    let cookie = random_token();
    cloud.secrets.push(cookie.clone());
    let session =
        ConsoleSession { access_key_id: token.access_key_id, issuer, ends_at: token.session_ends_at };
    cloud.consoles.insert(cookie.clone(), session);
    Ok(console::cookie(&cookie))
}

/// Destinations on the real console are taken as well: a broker knows no other.
fn leads_to_console(destination: &str, console_url: &str) -> bool {
    let Ok(url) = Url::parse(destination) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    let is_console = |console: &str| host == console || host.ends_with(&format!(".{console}"));
    let is_real = url.scheme() == "https" && CONSOLES.iter().any(|console| is_console(console));
    is_real || destination.starts_with(console_url)
}

impl From<ParameterFault> for Refusal {
    fn from(fault: ParameterFault) -> Self {
        Self(fault.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let page = pages::message("Sign-in failed", &self.0, None);
        (StatusCode::BAD_REQUEST, page).into_response()
    }
}
