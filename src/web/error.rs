//! A refusal or a failure as a page: a status, a sentence, and what to do next.

use std::sync::Arc;

use axum::{
    Extension,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{pages, rate_limit::Missed};
use crate::{
    domain::{account::Account, refusal::Refusal},
    flows::{Broker, Error},
    text::page,
};

/// Returns the page for a refusal or a failure, for this account if it is known. A failure is logged here, once.
pub(super) fn response(broker: &Arc<Broker>, error: &Error, who: Option<&Account>) -> Response {
    let names = broker.names_for(who);
    match error {
        Error::Refused(refused) => {
            let refused = broker.refer(refused.clone());
            let page = (status(&refused.refusal), pages::of(&page::refused(&refused, names)));
            if refused.refusal == Refusal::LinkGone {
                return (Extension(Missed), page).into_response();
            }
            page.into_response()
        }
        Error::Failed(_) => {
            let reference = broker.report(error);
            (StatusCode::INTERNAL_SERVER_ERROR, pages::of(&page::failed(&reference, names))).into_response()
        }
    }
}

fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::LinkGone | Refusal::CodeTooLate { .. } | Refusal::CodeUsedUp => StatusCode::GONE,
        Refusal::IdentityUnavailable { .. }
        | Refusal::TokenUnavailable { .. }
        | Refusal::KeyUnavailable { .. }
        | Refusal::AuditOverdue
        | Refusal::PolicyOutdated { .. }
        | Refusal::SessionUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::NoGroupsClaim { .. }
        | Refusal::GroupMisspelled { .. }
        | Refusal::GroupsUnknown { .. }
        | Refusal::AccountSignInUnavailable { .. }
        | Refusal::IdentityUnusable { .. }
        | Refusal::AccountSignInFailed { .. }
        | Refusal::SessionRefused { .. } => StatusCode::BAD_GATEWAY,
        Refusal::SignInDeclined { .. } | Refusal::SignInRefused { .. } => StatusCode::UNAUTHORIZED,
        Refusal::TooFast { .. } | Refusal::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::AlreadyAnswered { .. }
        | Refusal::ExpiredUnanswered
        | Refusal::ApprovedAndOver { .. }
        | Refusal::AlreadyOpen { .. }
        | Refusal::TooManySessions { .. }
        | Refusal::AddressTaken
        | Refusal::IdentityTaken
        | Refusal::LinkedToAnother => StatusCode::CONFLICT,
        Refusal::OtherMessage { .. } => StatusCode::FORBIDDEN,
        Refusal::NoSuchRequest { .. } => StatusCode::NOT_FOUND,
        Refusal::TooLong { .. }
        | Refusal::NoReason
        | Refusal::ReasonTooLong { .. }
        | Refusal::BadCode
        | Refusal::Unreadable { .. }
        | Refusal::IncompleteCommand
        | Refusal::FormTooLate
        | Refusal::DamagedForm => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::OwnRequest { .. }
        | Refusal::NotReviewer { .. }
        | Refusal::AnswerRequiresSignIn
        | Refusal::OtherReviewer { .. }
        | Refusal::SignInTooOld { .. }
        | Refusal::SignInNotFresh
        | Refusal::SignInTooWeak { .. }
        | Refusal::NotParty { .. }
        | Refusal::NotLive { .. }
        | Refusal::OtherPerson { .. }
        | Refusal::NotYours
        | Refusal::NotEligible { .. }
        | Refusal::Frozen
        | Refusal::NotOffered { .. }
        | Refusal::UnprovenGrant { .. }
        | Refusal::NoPersonClaim
        | Refusal::OtherTenant
        | Refusal::NotFullMember { .. }
        | Refusal::NotLinked
        | Refusal::SignInAgain { .. }
        | Refusal::OtherBrowser
        | Refusal::ForgedForm
        | Refusal::EmailNotShown
        | Refusal::AccountUnknown
        | Refusal::NoConfirmedEmail
        | Refusal::NoEmail { .. }
        | Refusal::NoVerifiedEmail
        | Refusal::EmailsDiffer { .. }
        | Refusal::OtherDomain { .. }
        | Refusal::OtherAccount
        | Refusal::NoCode
        | Refusal::WrongCode { .. }
        | Refusal::PlatformRefused { .. }
        | Refusal::GivenUp => StatusCode::FORBIDDEN,
    }
}
