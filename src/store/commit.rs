//! An event of a request as one transaction: the event, the state of the request and the follow-up jobs.

use super::{
    given::with_given,
    jobs::with_jobs,
    keys, rows,
    rows::Row,
    tickets::use_up,
    transaction::{Transaction, Write},
};
use crate::{
    domain::{request::Request, window::Timestamp},
    ports::{CommitError, Step, StoreError},
};

/// What a step does to the marker that prevents a requester from having two requests for one target at a time.
///
/// A marker has its own expiry. A later request takes an expired marker over, so the marker is not released when a
/// request expires: both expire at the same time. Only a request that ends early releases its marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    /// This request holds it until then.
    HeldUntil(Timestamp),
    /// It is released before it expires.
    GivenBack,
    /// It is not changed.
    LeftAlone,
}

impl Marker {
    pub(super) fn of(step: &Step) -> Self {
        match (step.held, step.after.holds_until()) {
            (before, Some(until)) if before != Some(until) => Self::HeldUntil(until),
            (Some(before), None) if step.recorded.at < before => Self::GivenBack,
            (Some(_), None) | (_, Some(_)) | (None, None) => Self::LeftAlone,
        }
    }

    /// Returns the write of the marker of `request`, if any. The write fails while another request holds the marker.
    fn write(self, request: &Request, now: Timestamp) -> Option<Write> {
        let write = match self {
            Self::HeldUntil(until) => Write::put(rows::marker(request, until))
                .only_if("attribute_not_exists(pk) OR held_by = :request OR held_until <= :now")
                .with(":now", rows::millis(now)),
            Self::GivenBack => Write::delete(keys::marker(&request.requester.subject, &request.target))
                .only_if("attribute_not_exists(pk) OR held_by = :request"),
            Self::LeftAlone => return None,
        };
        Some(write.with(":request", rows::text(request.id.as_str())))
    }
}

/// Returns the transaction of a step. If several conditions fail, a used-up secret is reported first, then what the
/// step is based on, then a conflicting change, then a held target. After a conflict the caller decides again and then
/// detects the held target.
pub(super) fn step(step: &Step, marker: Marker) -> serde_json::Result<Transaction<CommitError>> {
    let Step { recorded, after, jobs, uses_up, now, given, held: _ } = step;
    let named = [serde_json::to_string(recorded)?, format!("{marker:?} {given:?}")];
    let secrets = uses_up.iter().map(|secret| format!("{} at {now}", secret.as_str()));
    let parts: Vec<String> = named.into_iter().chain(secrets).collect();
    let mut transaction = Transaction::known_by(parts.iter().map(String::as_str));
    for secret in uses_up {
        transaction = transaction.and_or(use_up(secret, *now), |_| CommitError::UsedUp);
    }
    transaction = with_given(transaction, given);
    transaction = transaction
        .and_or(next_state(after)?, |_| CommitError::Conflict)
        .and_or(Write::create(rows::event(recorded)?), |_| CommitError::Conflict);
    if let Some(write) = marker.write(after, recorded.at) {
        transaction = transaction.and_or(write, held);
    }
    for reviewer in recorded.answered_by() {
        transaction = transaction.and(Write::put(rows::answer(&after.id, reviewer)));
    }
    with_jobs(transaction, jobs, recorded.at)
}

/// Writes the request as it is after its event. Requires that the stored request has the preceding version.
fn next_state(after: &Request) -> serde_json::Result<Write> {
    let row = rows::request(after)?;
    Ok(match after.version {
        0 | 1 => Write::create(row),
        version => Write::put(row).only_if("version = :before").with(":before", rows::number(version - 1)),
    })
}

fn held(marker: &Row) -> CommitError {
    match rows::held_by(marker) {
        Ok(request) => CommitError::Held(request),
        Err(bad) => {
            let what = "tell who holds the target".to_owned();
            CommitError::Failed(StoreError { what, source: bad.into() })
        }
    }
}
