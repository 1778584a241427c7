//! What a change is based on: conditions on rows that the change does not write.
//!
//! A transaction may name a row once, so all that a change requires of the state of the whole app is one condition.

use super::{
    keys,
    rows::{self, Row},
    transaction::{Transaction, Write},
};
use crate::{
    domain::{person::StandingSignIn, policy_in_force::PolicyDigest},
    ports::{CommitError, Given},
};

/// Adds the conditions to a change of a request.
pub(super) fn with_given(transaction: Transaction<CommitError>, given: &[Given]) -> Transaction<CommitError> {
    given.iter().fold(transaction, |transaction, given| match given {
        Given::Policy(digest) => transaction.and_or(is_in_force(digest), outdated),
        Given::LetsIn(digest) => transaction.and_or(lets_in(digest), |row| {
            if rows::is_frozen(row) { CommitError::Frozen } else { outdated(row) }
        }),
        Given::SignedIn(sign_in) => transaction.and_or(stands(sign_in), |_| CommitError::SignedOut),
    })
}

/// Requires that this policy is in force.
pub(super) fn is_in_force(digest: &PolicyDigest) -> Write {
    of_the_app(digest, "policy_digest = :policy")
}

/// Requires that this policy is in force and that access is not frozen.
fn lets_in(digest: &PolicyDigest) -> Write {
    of_the_app(digest, "policy_digest = :policy AND attribute_not_exists(frozen)")
}

fn of_the_app(digest: &PolicyDigest, condition: &'static str) -> Write {
    Write::check(keys::control()).only_if(condition).with(":policy", rows::text(digest.as_str()))
}

fn outdated(row: &Row) -> CommitError {
    CommitError::Outdated { in_force: rows::policy_number(row) }
}

/// Requires that the identity has not been signed out since this sign-in began.
pub(super) fn stands(sign_in: &StandingSignIn) -> Write {
    Write::check(keys::signed_out(&sign_in.subject))
        .only_if("attribute_not_exists(pk) OR signed_out_at <= :begun_at")
        .with(":begun_at", rows::millis(sign_in.begun_at))
}
