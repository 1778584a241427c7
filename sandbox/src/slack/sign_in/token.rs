//! `openid.connect.token`: exchanges a code for an ID token
//! (<https://docs.slack.dev/reference/methods/openid.connect.token>).

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use serde_json::{Map, Value, json};

use super::{Code, KEY, SignIns};
use crate::{
    idp::at_hash,
    parameters::Parameters,
    slack::{Person, Slack, SlackConfig, lock},
};

/// An ID token is good for this long.
const TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(5);

const PARAMETERS: [&str; 5] = ["grant_type", "client_id", "client_secret", "code", "redirect_uri"];

/// `POST /api/openid.connect.token`
pub(super) async fn token(State(slack): State<Slack>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = match answer(&slack, &headers, &body) {
        Ok(tokens) => tokens,
        Err(error) => json!({ "ok": false, "error": error }),
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

fn answer(slack: &Slack, headers: &HeaderMap, body: &[u8]) -> Result<Value, &'static str> {
    let form = headers.get(header::CONTENT_TYPE).map(|value| value.as_bytes());
    if !form.is_some_and(|value| value.starts_with(b"application/x-www-form-urlencoded")) {
        return Err("invalid_form_data");
    }
    let parameters = Parameters::parse(body).map_err(|_| "invalid_arguments")?;
    parameters.only(&PARAMETERS).map_err(|_| "invalid_arguments")?;
    authenticate_client(&slack.0.config, headers, &parameters)?;
    if parameters.get("grant_type") != Some("authorization_code") {
        return Err("invalid_grant_type");
    }
    let sign_ins = &mut *lock(&slack.0.sign_ins);
    let now = slack.0.config.clock.now();
    // A failed attempt uses a code up, too.
    let code = parameters.get("code").and_then(|code| sign_ins.codes.remove(code));
    let code = code.filter(|code| now < code.expires_at).ok_or("invalid_code")?;
    if parameters.get("redirect_uri") != Some(&code.redirect_uri) {
        return Err("bad_redirect_uri");
    }
    let person = slack.account(&code.session.user).filter(|person| !person.deleted).ok_or("invalid_code")?;
    let access_token = format!("xoxp-{}", sign_ins.new_secret());
    let id_token = KEY.sign(&KEY.header(), &claims(slack, sign_ins, &code, (&person, &access_token)));
    sign_ins.secrets.push(id_token.clone());
    Ok(json!({ "ok": true, "access_token": access_token, "token_type": "Bearer", "id_token": id_token }))
}

/// The client says who it is once, in the header or in the form.
fn authenticate_client(
    config: &SlackConfig,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<(), &'static str> {
    let [id, secret] = [&config.client_id, &config.client_secret]
        .map(|text| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>());
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let given = (parameters.get("client_id"), parameters.get("client_secret"));
    match (headers.get(header::AUTHORIZATION), given) {
        (Some(header), (None, None)) if header.as_bytes() == basic.as_bytes() => Ok(()),
        (None, (Some(id), _)) if *id != config.client_id => Err("invalid_client_id"),
        (None, (Some(_), Some(secret))) if *secret == config.client_secret => Ok(()),
        _ => Err("bad_client_secret"),
    }
}

fn claims(
    slack: &Slack,
    sign_ins: &SignIns,
    code: &Code,
    (person, access_token): (&Person, &str),
) -> Map<String, Value> {
    let now = slack.0.config.clock.now();
    let mut claims = json!({
        "iss": slack.url(),
        "sub": person.id,
        "aud": slack.0.config.client_id,
        "exp": (now + TOKEN_LIFETIME).timestamp(),
        "iat": now.timestamp(),
        "auth_time": code.session.at.timestamp(),
        "nonce": code.nonce,
        "at_hash": at_hash(access_token),
        "https://slack.com/team_id": person.team_id,
        "https://slack.com/user_id": person.id,
    });
    if code.scopes.contains("email") {
        claims["email"] = json!(person.email);
        claims["email_verified"] = json!(person.email_confirmed);
    }
    if code.scopes.contains("profile") {
        claims["name"] = json!(person.real_name);
    }
    let mut claims = claims.as_object().cloned().unwrap_or_default();
    claims.extend(sign_ins.tampered.clone());
    claims
}
