//! The control routes of the identity provider: its people, its keys and its tampering.

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{post, put},
};
use sandbox::idp::{Idp, Person, Tampering};
use serde::Deserialize;
use serde_json::{Value, json};

use super::message::{Answer, Body, Changes, Nothing, Refusal, done, merged};

pub(super) fn routes(idp: Idp) -> Router {
    Router::new()
        .route("/people/{login}", put(change_person))
        .route("/people/{login}/revoke", post(revoke))
        .route("/keys/rotate", post(rotate_keys))
        .route("/redirects", post(allow_redirect))
        .route("/tampering", post(tamper))
        .with_state(idp)
}

async fn change_person(
    State(idp): State<Idp>,
    Path(login): Path<String>,
    Body(changes): Body<Changes>,
) -> Answer {
    let added = || Person { login: login.clone(), ..Person::default() };
    let person = merged(&idp.person(&login).unwrap_or_else(added), changes)?;
    if person.login != login {
        return Err(Refusal::bad_request(format!("{login} cannot become {}", person.login)));
    }
    idp.add_person(person.clone());
    Ok(Json(json!(person)))
}

async fn revoke(
    State(idp): State<Idp>,
    Path(login): Path<String>,
    Body(Nothing {}): Body<Nothing>,
) -> Answer {
    idp.person(&login).ok_or_else(|| Refusal::not_found(format!("nobody signs in as {login}")))?;
    idp.revoke(&login);
    Ok(done())
}

async fn rotate_keys(State(idp): State<Idp>, Body(Nothing {}): Body<Nothing>) -> Json<Value> {
    idp.rotate_keys();
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Redirect {
    uri: String,
}

async fn allow_redirect(State(idp): State<Idp>, Body(redirect): Body<Redirect>) -> Json<Value> {
    idp.allow_redirect(&redirect.uri);
    done()
}

async fn tamper(State(idp): State<Idp>, Body(tampering): Body<Tampering>) -> Json<Value> {
    idp.tamper(tampering);
    done()
}
