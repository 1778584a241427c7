//! Back-channel logout: the identity provider reports that a person signed out.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::State,
    http::{Extensions, HeaderMap, StatusCode},
    routing::{MethodFilter, on},
};
use serde::Deserialize;

use super::bodies;
use crate::{
    flows::{Broker, Error, people::sign_out},
    intake::{InTheNameOf, Intake},
};

#[derive(Clone)]
struct Logouts {
    broker: Arc<Broker>,
    intake: Intake,
}

#[derive(Deserialize)]
struct Logout {
    logout_token: String,
}

/// Returns the route that the identity provider posts to.
pub(super) fn routes(broker: &Arc<Broker>, intake: &Intake) -> Router<Arc<Broker>> {
    let logouts = Logouts { broker: Arc::clone(broker), intake: intake.clone() };
    let route = Router::new().route("/oidc/backchannel-logout", on(MethodFilter::POST, hear));
    bodies::up_to(bodies::FORM, intake, route).with_state(logouts)
}

/// Handles a report. Every error is reported as a bad request
/// (<https://openid.net/specs/openid-connect-backchannel-1_0.html#BCResponse>).
async fn hear(
    State(Logouts { broker, intake }): State<Logouts>,
    headers: HeaderMap,
    extensions: Extensions,
    Form(form): Form<Logout>,
) -> StatusCode {
    let work = async move |broker: Arc<Broker>| sign_out::sign_out(&broker, &form.logout_token).await;
    let outcome = broker.spawn(work).await.map_err(|stopped| Error::Failed(stopped.into()));
    match outcome.and_then(|outcome| outcome) {
        Ok(()) => return StatusCode::OK,
        Err(Error::Refused(why)) => {
            let from = intake.client(&headers, &extensions);
            intake.strangers().note(InTheNameOf::IdentityProvider, from, format!("{:?}", why.refusal));
        }
        Err(failure @ Error::Failed(_)) => drop(broker.report(&failure)),
    }
    StatusCode::BAD_REQUEST
}
