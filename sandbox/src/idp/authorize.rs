//! The authorization endpoint: a browser brings a request and gets a code.
//!
//! 1. The request is read. If its client or its redirect URI is invalid, the person sees the error; otherwise the
//!    client gets it, by redirect.
//! 2. A browser with a session is redirected back at once, unless the request asks for a fresh sign-in.
//! 3. Otherwise the person signs in, which starts a session.
//! 4. The response carries the code, the `state`, and the issuer (RFC 9207).

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::{
    Idp, Realm, pages,
    person::Scopes,
    token_store::{Authorization, CodeBinding, SignIn},
};
use crate::{
    cookie::cookie,
    parameters::{ParameterFault, Parameters},
};

const SESSION_COOKIE: &str = "idp_session";

/// The length of a SHA-256 in base64url without padding.
const SHA256_IN_BASE64URL: usize = 43;

const PARAMETERS: [&str; 12] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "acr_values",
    "login_hint",
];

/// What a client wants to know of whom, once everything about the request is right.
struct AuthorizationRequest {
    scopes: Scopes,
    nonce: String,
    code_challenge: String,
    prompt: Prompt,
    fresh: Fresh,
}

/// Which sessions will do without another sign-in.
struct Fresh {
    max_age: Option<TimeDelta>,
    /// The classes of sign-in that will do, the preferred one first; none: any.
    classes: Vec<String>,
}

/// Where a browser is sent back to.
struct ReturnAddress {
    /// As registered, and as it must be repeated at the token endpoint.
    redirect_uri: String,
    url: Url,
    state: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Prompt {
    Unset,
    /// Without a page, or not at all.
    Nothing,
    Login,
}

/// Why a browser gets no code, and who receives the error.
enum Complaint {
    ToPerson(StatusCode, String),
    ToClient(Box<ReturnAddress>, Fault),
}

/// An error of RFC 6749, section 4.1.2.1, or of OpenID Connect Core, section 3.1.2.6.
struct Fault {
    error: &'static str,
    description: String,
}

/// `GET /authorize`.
pub(super) async fn begin(State(idp): State<Idp>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let realm = &mut *idp.realm();
    let answer = Parameters::parse(query.unwrap_or_default().as_bytes())
        .map_err(Complaint::from)
        .and_then(|parameters| send_back_or_ask(&idp, realm, &parameters, &headers));
    answer.unwrap_or_else(|complaint| complain(&idp, realm, complaint))
}

/// `POST /authorize`: the sign-in page's own form.
pub(super) async fn sign_in(State(idp): State<Idp>, form: String) -> Response {
    let realm = &mut *idp.realm();
    let answer = Parameters::parse(form.as_bytes())
        .map_err(Complaint::from)
        .and_then(|parameters| open_session(&idp, realm, parameters));
    answer.unwrap_or_else(|complaint| complain(&idp, realm, complaint))
}

fn send_back_or_ask(
    idp: &Idp,
    realm: &mut Realm,
    parameters: &Parameters,
    headers: &HeaderMap,
) -> Result<Response, Complaint> {
    let now = idp.0.clock.now();
    let (client, request) = read(idp, realm, parameters)?; // 1
    let prompt = if realm.tampering.ignores_prompt { Prompt::Unset } else { request.prompt };
    match (prompt, session(realm, headers, &request.fresh, now)) {
        (Prompt::Unset | Prompt::Nothing, Some(sign_in)) => {
            Ok(send_code(idp, realm, (client, request), sign_in)) // 2
        }
        (Prompt::Nothing, None) => {
            let fault = Fault::new("login_required", "no one is signed in, and prompt=none forbids a prompt");
            Err(Complaint::ToClient(Box::new(client), fault))
        }
        (Prompt::Unset | Prompt::Login, _) => {
            Ok(pages::sign_in(&idp.0.client_id, realm.people.values(), parameters).into_response())
        }
    }
}

fn open_session(idp: &Idp, realm: &mut Realm, mut parameters: Parameters) -> Result<Response, Complaint> {
    let login = parameters.take("login").unwrap_or_default();
    let (client, request) = read(idp, realm, &parameters)?; // 1
    let Some(person) = realm.active(&login) else {
        let what = "This account cannot sign in.".to_owned();
        return Err(Complaint::ToPerson(StatusCode::FORBIDDEN, what));
    };
    let groups = person.groups.clone();
    let class = request.fresh.classes.first().cloned();
    let sign_in = SignIn { login, at: idp.0.clock.now(), class, groups };
    let session = realm.token_store.open_session(sign_in.clone()); // 3
    let cookie = format!("{SESSION_COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax");
    let answer = send_code(idp, realm, (client, request), sign_in);
    Ok(([(header::SET_COOKIE, cookie)], answer).into_response())
}

/// The session this browser has, if it is as fresh as was asked for and its person still active.
fn session(realm: &Realm, headers: &HeaderMap, fresh: &Fresh, now: DateTime<Utc>) -> Option<SignIn> {
    let sign_in = realm.token_store.session(cookie(headers, SESSION_COOKIE)?)?;
    let is_fresh = fresh.will_do(sign_in, now) || realm.tampering.ignores_max_age;
    (is_fresh && realm.signed_in(&sign_in.login).is_some()).then(|| sign_in.clone())
}

impl Fresh {
    fn read(parameters: &Parameters) -> Result<Self, Fault> {
        let classes = parameters.get("acr_values").unwrap_or_default().split_whitespace();
        Ok(Self {
            max_age: parameters.get("max_age").map(seconds).transpose()?,
            classes: classes.map(str::to_owned).collect(),
        })
    }

    fn will_do(&self, sign_in: &SignIn, now: DateTime<Utc>) -> bool {
        let is_recent = self.max_age.is_none_or(|max_age| now - sign_in.at <= max_age);
        let is_of_a_class = sign_in.class.as_ref().is_some_and(|class| self.classes.contains(class));
        is_recent && (self.classes.is_empty() || is_of_a_class)
    }
}

// 4
fn send_code(
    idp: &Idp,
    realm: &mut Realm,
    (client, request): (ReturnAddress, AuthorizationRequest),
    sign_in: SignIn,
) -> Response {
    let binding = CodeBinding {
        authorization: Authorization { sign_in, scopes: request.scopes },
        nonce: request.nonce,
        redirect_uri: client.redirect_uri.clone(),
        code_challenge: request.code_challenge,
    };
    let code = realm.token_store.issue_code(binding, idp.0.clock.now());
    send_back(idp, realm, client, &[("code", &code)])
}

fn complain(idp: &Idp, realm: &Realm, complaint: Complaint) -> Response {
    match complaint {
        Complaint::ToPerson(status, what) => (status, pages::fault(&what)).into_response(),
        Complaint::ToClient(client, fault) => {
            let answer = [("error", fault.error), ("error_description", &fault.description)];
            send_back(idp, realm, *client, &answer)
        }
    }
}

fn send_back(idp: &Idp, realm: &Realm, client: ReturnAddress, answer: &[(&str, &str)]) -> Response {
    let mut target = client.url;
    target.query_pairs_mut().extend_pairs(answer);
    if let Some(state) = &client.state {
        target.query_pairs_mut().append_pair("state", state);
    }
    let issuer = realm.tampering.answer_issuer.as_ref().unwrap_or(&idp.0.issuer);
    if !issuer.is_empty() {
        target.query_pairs_mut().append_pair("iss", issuer);
    }
    let headers = [(header::LOCATION, target.as_str()), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn read(
    idp: &Idp,
    realm: &Realm,
    parameters: &Parameters,
) -> Result<(ReturnAddress, AuthorizationRequest), Complaint> {
    let required = &realm.tampering.requires_parameters;
    let known: Vec<&str> = PARAMETERS.into_iter().chain(required.keys().map(String::as_str)).collect();
    parameters.only(&known)?;
    if let Some((name, _)) = required.iter().find(|(name, value)| parameters.get(name) != Some(value)) {
        return Err(Complaint::in_doubt(format!("{name} is required.")));
    }
    let client = ReturnAddress::read(idp, realm, parameters)?;
    match AuthorizationRequest::read(parameters) {
        Ok(request) => Ok((client, request)),
        Err(fault) => Err(Complaint::ToClient(Box::new(client), fault)),
    }
}

impl ReturnAddress {
    fn read(idp: &Idp, realm: &Realm, parameters: &Parameters) -> Result<Self, Complaint> {
        let redirect_uri = parameters.require("redirect_uri")?;
        if parameters.require("client_id")? != idp.0.client_id {
            return Err(Complaint::in_doubt("No such client.".to_owned()));
        }
        let registered = realm.redirects.contains(redirect_uri).then(|| Url::parse(redirect_uri).ok());
        let Some(url) = registered.flatten() else {
            return Err(Complaint::in_doubt(format!("{redirect_uri} is not registered.")));
        };
        let state = parameters.get("state").map(str::to_owned);
        Ok(Self { redirect_uri: redirect_uri.to_owned(), url, state })
    }
}

impl AuthorizationRequest {
    fn read(parameters: &Parameters) -> Result<Self, Fault> {
        if parameters.require("response_type")? != "code" {
            return Err(Fault::new("unsupported_response_type", "only code is supported"));
        }
        if parameters.require("code_challenge_method")? != "S256" {
            return Err(Fault::invalid("code_challenge_method must be S256"));
        }
        let code_challenge = parameters.require("code_challenge")?;
        if code_challenge.len() != SHA256_IN_BASE64URL {
            return Err(Fault::invalid("code_challenge is not the base64url form of a SHA-256"));
        }
        let scopes = Scopes::parse(parameters.require("scope")?)
            .ok_or_else(|| Fault::new("invalid_scope", "the scope is unknown, or lacks openid"))?;
        parameters.require("state")?;
        Ok(Self {
            scopes,
            nonce: parameters.require("nonce")?.to_owned(),
            code_challenge: code_challenge.to_owned(),
            prompt: Prompt::parse(parameters.get("prompt"))?,
            fresh: Fresh::read(parameters)?,
        })
    }
}

impl Prompt {
    fn parse(prompt: Option<&str>) -> Result<Self, Fault> {
        match prompt {
            None => Ok(Self::Unset),
            Some("none") => Ok(Self::Nothing),
            Some("login") => Ok(Self::Login),
            Some(_) => Err(Fault::invalid("prompt must be none or login")),
        }
    }
}

fn seconds(text: &str) -> Result<TimeDelta, Fault> {
    let seconds = text.parse::<u32>().map_err(|_| Fault::invalid("max_age must be a number of seconds"))?;
    Ok(TimeDelta::seconds(seconds.into()))
}

impl Fault {
    fn new(error: &'static str, description: &str) -> Self {
        Self { error, description: description.to_owned() }
    }

    fn invalid(description: &str) -> Self {
        Self::new("invalid_request", description)
    }
}

impl From<ParameterFault> for Fault {
    fn from(fault: ParameterFault) -> Self {
        Self::invalid(&fault.to_string())
    }
}

impl Complaint {
    /// While it is not certain where the browser may be sent, it is sent nowhere.
    fn in_doubt(what: String) -> Self {
        Self::ToPerson(StatusCode::BAD_REQUEST, what)
    }
}

impl From<ParameterFault> for Complaint {
    fn from(fault: ParameterFault) -> Self {
        Self::in_doubt(format!("This is not an authorization request: {fault}."))
    }
}
