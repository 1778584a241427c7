//! Routes: what each address returns to a browser.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::{FromRequestParts, Path, Query, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::{MethodFilter, get, on},
};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::{
    bodies,
    browser::{self, Browser},
    error, logout, pages,
    prefetch::Purpose,
    rate_limit::{RateLimit, charge_misses},
};
use crate::{
    domain::{
        account::{Account, Platform},
        answer_fault::OwnWords,
        refusal::Refusal,
        secret::Secret,
        ticket::{SignInAt, Visit},
    },
    flows::{
        Broker, Error, Result,
        visits::{
            CameBack, Visited,
            callback::{self, Callback},
            ticket,
        },
    },
    intake::Intake,
    ports::Answer,
    text::page,
};

/// Where the identity provider sends browsers back to. Handling it can include calls to AWS.
pub(super) const CALLBACK: &str = "/oidc/callback";

type BrokerState = State<Arc<Broker>>;

/// Returns the routes for browsers and the identity provider.
pub fn router(broker: Arc<Broker>, intake: &Intake) -> Router {
    let not_found = pages::of(&page::not_found(broker.names()));
    let rate_limit = RateLimit { broker: Arc::clone(&broker), intake: intake.clone() };
    let doors = Visit::DOORS.map(|door| format!("/{door}/{{ticket}}"));
    let doors = doors.iter().fold(Router::new(), |router, door| router.route(door, get(show).post(start)));
    let pages = doors
        .route(CALLBACK, on(MethodFilter::GET, come_back_from_identity_provider))
        .route("/oidc/{platform}", on(MethodFilter::GET, come_back_from_platform))
        .route_layer(middleware::from_fn_with_state(rate_limit, charge_misses));
    let rest = Router::new().route("/style.css", get(style)).route("/icon.svg", get(icon));
    bodies::up_to(bodies::FORM, intake, pages)
        .merge(bodies::up_to(0, intake, rest))
        .merge(logout::routes(&broker, intake))
        .fallback(async move || (StatusCode::NOT_FOUND, not_found.clone()))
        .with_state(broker)
}

/// The ticket that a browser presents, and the first part of the address at which it does.
struct Presented {
    door: String,
    ticket: Secret,
}

impl FromRequestParts<Arc<Broker>> for Presented {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, broker: &Arc<Broker>) -> Result<Self, Response> {
        let mut path = parts.uri.path().trim_start_matches('/').splitn(2, '/');
        let door = path.next().unwrap_or_default().to_owned();
        match presented(path.next().unwrap_or_default()) {
            Ok(ticket) => Ok(Self { door, ticket }),
            Err(error) => Err(error::response(broker, &error, None)),
        }
    }
}

/// Shows what a ticket leads to, which changes nothing. If there is nothing to confirm, starts the sign-in. The ticket
/// remains valid: only the commit after that sign-in consumes it.
async fn show(
    State(broker): BrokerState,
    presented: Presented,
    Browser(known): Browser,
    purpose: Purpose,
) -> Response {
    let Visited { who, outcome } = ticket::find(&broker, &presented.door, &presented.ticket).await;
    let shown = async {
        let ticket = outcome?;
        let shown = ticket::show(&broker, &ticket).await?;
        let browser = known.unwrap_or_else(|| broker.ports().ids.secret());
        let form_token = browser::form_token(&browser, &presented.ticket);
        let page = match pages::confirm(&shown, &form_token, broker.names_for(who.as_ref())) {
            Some(page) => page.into_response(),
            None if purpose == Purpose::Prefetch => return Ok(StatusCode::NO_CONTENT.into_response()),
            None => Redirect::to(ticket::start(&broker, ticket, &browser).await?.as_str()).into_response(),
        };
        Ok((browser::remember(&browser), page).into_response())
    };
    answer(&broker, who.as_ref(), shown.await)
}

/// A form of ours without fields to fill in.
#[derive(Deserialize)]
struct Confirmation {
    form_token: String,
}

impl Confirmation {
    /// Returns the browser that sent the form, if it was sent from the page at this address.
    fn sender(&self, known: Option<Secret>, headers: &HeaderMap, page: &Secret) -> Result<Secret> {
        let browser = known.filter(|browser| browser::is_ours(headers, browser, page, &self.form_token));
        Ok(browser.ok_or(Refusal::ForgedForm)?)
    }
}

/// Starts the sign-in that a ticket leads to, in the browser that was shown its purpose.
async fn start(
    State(broker): BrokerState,
    presented: Presented,
    Browser(known): Browser,
    headers: HeaderMap,
    Form(form): Form<Confirmation>,
) -> Response {
    let Visited { who, outcome } = ticket::find(&broker, &presented.door, &presented.ticket).await;
    let started = async {
        let browser = form.sender(known, &headers, &presented.ticket)?;
        Ok(pages::onward(&ticket::start(&broker, outcome?, &browser).await?))
    };
    answer(&broker, who.as_ref(), started.await)
}

#[derive(Deserialize)]
struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn come_back_from_identity_provider(
    State(broker): BrokerState,
    browser: Browser,
    purpose: Purpose,
    Query(query): Query<CallbackQuery>,
) -> Response {
    come_back(broker, browser, purpose, query.read(SignInAt::IdentityProvider)).await
}

async fn come_back_from_platform(
    State(broker): BrokerState,
    Path(platform): Path<String>,
    browser: Browser,
    purpose: Purpose,
    Query(query): Query<CallbackQuery>,
) -> Response {
    come_back(broker, browser, purpose, query.read(SignInAt::Platform(Platform::new(platform)))).await
}

/// Handles a browser's return from a sign-in.
async fn come_back(
    broker: Arc<Broker>,
    Browser(known): Browser,
    purpose: Purpose,
    callback: Result<Callback>,
) -> Response {
    if purpose == Purpose::Prefetch {
        return StatusCode::NO_CONTENT.into_response();
    }
    let callback = match callback {
        Ok(callback) => callback,
        Err(error) => return error::response(&broker, &error, None),
    };
    // A browser that disconnects cancels this handler, but what has begun with AWS must finish.
    let work = async move |broker| callback::come_back(&broker, callback, known).await;
    let Visited { who, outcome } = broker
        .spawn(work)
        .await
        .unwrap_or_else(|stopped| Visited { who: None, outcome: Err(Error::Failed(stopped.into())) });
    let names = broker.names_for(who.as_ref());
    match outcome {
        Ok(CameBack::Linked { link, wish: _, why_uncounted }) => {
            pages::of(&page::linked(&link.email, names).with_warning(why_uncounted.as_ref(), names))
                .into_response()
        }
        Ok(CameBack::Answered(act)) => pages::of(&page::answered(&act, names)).into_response(),
        Ok(CameBack::TakesCode { code, email, invitee, why_uncounted }) => {
            let page = page::code(&code, &email, pages::account(&invitee), names);
            pages::of(&page.with_warning(why_uncounted.as_ref(), names)).into_response()
        }
        Ok(CameBack::OnToIdentityProvider(url)) => Redirect::to(url.as_str()).into_response(),
        Ok(CameBack::OnToPlatform(url)) => pages::onward(&url).into_response(),
        Ok(CameBack::Console(url)) => Redirect::to(url.expose_secret()).into_response(),
        Err(error) => error::response(&broker, &error, who.as_ref()),
    }
}

impl CallbackQuery {
    fn read(self, from: SignInAt) -> Result<Callback> {
        let state = presented(self.state.as_deref().unwrap_or_default())?;
        let answer = match (self.code, self.error) {
            (_, Some(error)) => Err(OwnWords::cleaned(&error, self.error_description.as_deref())),
            (Some(code), None) => Ok(Answer { code: code.into(), issuer: self.iss }),
            (None, None) => return Err(Refusal::LinkGone.into()),
        };
        Ok(Callback { from, state, answer })
    }
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], pages::STYLE)
}

async fn icon() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/svg+xml")], pages::ICON)
}

fn answer<T: IntoResponse>(broker: &Arc<Broker>, who: Option<&Account>, outcome: Result<T>) -> Response {
    match outcome {
        Ok(page) => page.into_response(),
        Err(error) => error::response(broker, &error, who),
    }
}

/// Parses a secret. Text in another form was never issued.
fn presented(text: &str) -> Result<Secret> {
    Ok(Secret::presented(text).ok_or(Refusal::LinkGone)?)
}
