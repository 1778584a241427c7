//! What a change is based on: conditions on rows that the change does not write.

use super::{
    keys, rows,
    transaction::{Transaction, Write},
};
use crate::{
    domain::person::StandingSignIn,
    ports::{CommitError, Given},
};

/// Adds the conditions to a change of a request.
pub(super) fn with_given(transaction: Transaction<CommitError>, given: &[Given]) -> Transaction<CommitError> {
    given.iter().fold(transaction, |transaction, given| match given {
        Given::NotFrozen => transaction.and_or(not_frozen(), |_| CommitError::Frozen),
        Given::SignedIn(sign_in) => transaction.and_or(stands(sign_in), |_| CommitError::SignedOut),
    })
}

/// Requires that access is not frozen.
fn not_frozen() -> Write {
    Write::check(keys::control()).only_if("attribute_not_exists(frozen)")
}

/// Requires that the identity has not been signed out since this sign-in began.
pub(super) fn stands(sign_in: &StandingSignIn) -> Write {
    Write::check(keys::signed_out(&sign_in.subject))
        .only_if("attribute_not_exists(pk) OR signed_out_at <= :begun_at")
        .with(":begun_at", rows::millis(sign_in.begun_at))
}
