//! A link as one transaction: made, kept up to date, dissolved.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    commit::use_up,
    keys,
    rows::{self, Row},
    transaction::{Broken, Transaction, Write},
};
use crate::{
    domain::{
        account::Account,
        code::AwaitedCode,
        linking::PendingLink,
        person::{Groups, Link, Subject},
        secret::{Sealed, SecretHash},
        ticket::{LinkSecrets, Ticket},
        window::Timestamp,
    },
    ports::{CommitError, LinkError, LinkProof, NewLink, SealedToken, UsedToken},
};

/// Starts a sign-in, and notes with the link token that it is the one that may use it up.
pub(super) fn start(
    token: &SecretHash,
    sign_in: &Ticket,
    now: Timestamp,
) -> serde_json::Result<Transaction<CommitError>> {
    let attempt = Write::update(keys::ticket(token), "SET attempt = :attempt")
        .only_if("expires_at > :now")
        .with(":now", rows::millis(now))
        .with(":attempt", rows::text(sign_in.key.as_str()));
    Ok(Transaction::new()
        .and_or(attempt, |_| CommitError::UsedUp)
        .and_or(Write::create(rows::ticket(sign_in)?), |_| CommitError::Conflict))
}

/// Uses up what the link is made from, and binds account and identity, each to nobody else.
pub(super) fn save(new: &NewLink) -> serde_json::Result<Transaction<LinkError>> {
    let link = &new.made.link;
    let mut transaction = use_up_proof(&new.uses_up, new.event.now)
        .and_or(own(link)?, |_| LinkError::IdentityTaken)
        .and_or(bind(new)?, |_| LinkError::LinkedToAnother);
    if let Some(replaced) = &new.replaces {
        transaction = transaction.and_or(disown(replaced, &link.account), |_| LinkError::LinkedToAnother);
    }
    Ok(transaction.and(keep_token(new)))
}

/// Keeps a link until its code is typed, and uses up what led to it.
pub(super) fn await_code(
    awaited: &AwaitedCode,
    uses_up: &LinkSecrets,
    now: Timestamp,
) -> serde_json::Result<Transaction<CommitError>> {
    let used_up = use_up_secrets(uses_up, now, |_| CommitError::UsedUp);
    Ok(used_up.and(Write::put(rows::awaited_code(awaited)?)))
}

/// Counts a try at a code, if there has been none since it was read.
pub(super) fn count_try(read: &AwaitedCode) -> Transaction<CommitError> {
    let who = &read.pending.link.account;
    let count = if_no_other_try(Write::update(keys::awaited_code(who), "SET tries = :next"), read);
    let count = count.with(":next", rows::number(read.tries + 1));
    Transaction::new().and_or(count, |_| CommitError::Conflict)
}

/// The very code that was read, at which nobody has tried since.
fn if_no_other_try(write: Write, read: &AwaitedCode) -> Write {
    write
        .only_if("sealed = :sealed AND tries = :tries")
        .with(":sealed", rows::bytes(read.code.0.as_slice()))
        .with(":tries", rows::number(read.tries))
}

/// Sets account and identity free, if they are still bound to each other.
pub(super) fn remove(link: &Link) -> Transaction<CommitError> {
    let unbind = Write::delete(keys::link(&link.account))
        .only_if("subject_hash = :subject")
        .with(":subject", rows::text(keys::subject_hash(&link.subject)));
    Transaction::new()
        .and_or(unbind, |_| CommitError::Conflict)
        .and_or(disown(&link.subject, &link.account), |_| CommitError::Conflict)
        .and(Write::delete(keys::token(&link.account)))
}

/// Drops the token of a link, and marks it, unless its person has signed in after `at`, or is signed out.
pub(super) fn sign_out(link: &Link, at: Timestamp) -> Transaction<CommitError> {
    let mark = Write::update(keys::link(&link.account), "SET signed_out_at = :at")
        .only_if(
            "subject_hash = :subject AND signed_in_at <= :latest AND attribute_not_exists(signed_out_at)",
        )
        .with(":subject", rows::text(keys::subject_hash(&link.subject)))
        .with(":latest", rows::millis(at + Link::CLOCKS_DIFFER_BY))
        .with(":at", rows::millis(at));
    Transaction::new().and_or(mark, |_| CommitError::Conflict).and(Write::delete(keys::token(&link.account)))
}

/// Notes groups with a link, if it still binds the same identity.
pub(super) fn groups(link: &Link, groups: &Groups) -> serde_json::Result<Transaction<Broken>> {
    let note = Write::update(keys::link(&link.account), "SET groups = :groups")
        .only_if("subject_hash = :subject")
        .with(":subject", rows::text(keys::subject_hash(&link.subject)))
        .with(":groups", rows::groups(groups)?);
    Ok(Transaction::new().and_or(note, |_| Broken))
}

/// Takes the refresh token for one turn, if it is the one that was read.
pub(super) fn take_token(who: &Account, read: &SealedToken, until: Timestamp) -> Transaction<CommitError> {
    let take = Write::update(keys::token(who), "SET version = :next, taken_until = :until")
        .with(":next", rows::number(read.version + 1))
        .with(":until", rows::millis(until));
    if_unchanged(take, read)
}

/// Ends the turn `taken` with what became of the refresh token.
pub(super) fn give_token_back(
    who: &Account,
    taken: &SealedToken,
    used: UsedToken,
) -> serde_json::Result<Transaction<CommitError>> {
    let key = keys::token(who);
    let write = match used {
        UsedToken::Gone => Write::delete(key),
        UsedToken::Kept { resealed, told } => {
            let sealed = rows::bytes(resealed.unwrap_or_else(|| taken.sealed.clone()));
            let write = match told {
                Some(told) => Write::update(
                    key,
                    "SET version = :next, sealed = :sealed, told = :told REMOVE taken_until",
                )
                .with(":told", rows::told(&told)?),
                None => Write::update(key, "SET version = :next, sealed = :sealed REMOVE taken_until, told"),
            };
            write.with(":sealed", sealed).with(":next", rows::number(taken.version + 1))
        }
    };
    Ok(if_unchanged(write, taken))
}

fn if_unchanged(write: Write, read: &SealedToken) -> Transaction<CommitError> {
    let write = write.only_if("version = :read").with(":read", rows::number(read.version));
    Transaction::new().and_or(write, |_| CommitError::Conflict)
}

fn use_up_proof(proof: &LinkProof, now: Timestamp) -> Transaction<LinkError> {
    match proof {
        LinkProof::SignIn(secrets) => use_up_secrets(secrets, now, |_| LinkError::UsedUp),
        LinkProof::PlatformSignIn(secrets, at_platform) => {
            let used_up = use_up_secrets(secrets, now, |_| LinkError::UsedUp);
            used_up.and_or(use_up(at_platform, now), |_| LinkError::UsedUp)
        }
        LinkProof::Code(typed) => {
            let code = Write::delete(keys::awaited_code(&typed.pending.link.account));
            Transaction::new().and_or(if_no_other_try(code, typed), |_| LinkError::UsedUp)
        }
    }
}

fn use_up_secrets<E: 'static>(
    secrets: &LinkSecrets,
    now: Timestamp,
    broken: fn(&Row) -> E,
) -> Transaction<E> {
    let LinkSecrets { token, sign_in } = secrets;
    Transaction::new().and_or(use_up_link(token, sign_in, now), broken).and_or(use_up(sign_in, now), broken)
}

/// Uses up the link token, for the sign-in that was started last.
fn use_up_link(token: &SecretHash, sign_in: &SecretHash, now: Timestamp) -> Write {
    use_up(token, now)
        .only_if("expires_at > :now AND attempt = :attempt")
        .with(":attempt", rows::text(sign_in.as_str()))
}

fn own(link: &Link) -> serde_json::Result<Write> {
    Ok(Write::put(rows::owner(link)?)
        .only_if("attribute_not_exists(pk) OR account_key = :account")
        .with(":account", account(&link.account)))
}

/// Sets an identity free, if it is this account's.
fn disown(subject: &Subject, who: &Account) -> Write {
    Write::delete(keys::owner(subject)).only_if("account_key = :account").with(":account", account(who))
}

fn bind(new: &NewLink) -> serde_json::Result<Write> {
    let link = &new.made.link;
    let bind = Write::put(rows::link(link)?);
    let (bind, bound_to) = match &new.replaces {
        Some(replaced) => (bind.only_if("subject_hash = :subject"), replaced),
        None => (bind.only_if("attribute_not_exists(pk) OR subject_hash = :subject"), &link.subject),
    };
    Ok(bind.with(":subject", rows::text(keys::subject_hash(bound_to))))
}

fn keep_token(new: &NewLink) -> Write {
    let PendingLink { link, sealed_token } = &new.made;
    match sealed_token {
        Some(Sealed(sealed)) => Write::put(rows::token(link, sealed, new.event.now)),
        None => Write::delete(keys::token(&link.account)),
    }
}

fn account(who: &Account) -> AttributeValue {
    rows::text(who.to_string())
}
