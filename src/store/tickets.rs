//! One-time secrets: stored, used to start a sign-in, used up.

use async_trait::async_trait;

use super::{
    DynamoStore, keys,
    rows::{self, Row},
    transaction::{Transaction, Write},
};
use crate::{
    domain::{
        secret::SecretHash,
        ticket::{LinkSecrets, Ticket},
        window::Timestamp,
    },
    ports::{StoreError, TicketError, Tickets},
};

#[async_trait]
impl Tickets for DynamoStore {
    async fn keep_ticket(&self, ticket: &Ticket) -> Result<(), StoreError> {
        self.put("keep a ticket".to_owned(), rows::ticket(ticket)).await
    }

    async fn ticket(&self, key: &SecretHash) -> Result<Option<Ticket>, StoreError> {
        self.load("load a ticket".to_owned(), keys::ticket(key), Row::read).await
    }

    async fn start_link(
        &self,
        token: &SecretHash,
        sign_in: &Ticket,
        now: Timestamp,
    ) -> Result<(), TicketError> {
        let change = start(token, sign_in, now);
        self.make("start a sign-in from a link".to_owned(), change).await?
    }
}

/// Starts a sign-in, and records on the link token that only this sign-in may use it up.
fn start(
    token: &SecretHash,
    sign_in: &Ticket,
    now: Timestamp,
) -> serde_json::Result<Transaction<TicketError>> {
    let attempt = Write::update(keys::ticket(token), "SET attempt = :attempt")
        .only_if("expires_at > :now")
        .with(":now", rows::millis(now))
        .with(":attempt", rows::text(sign_in.key.as_str()));
    Ok(Transaction::new().and_or(attempt, |_| TicketError::UsedUp).and(Write::create(rows::ticket(sign_in)?)))
}

/// Uses up a one-time secret, which must be valid at `now`. A missing secret has no `expires_at`, so it fails too.
pub(super) fn use_up(secret: &SecretHash, now: Timestamp) -> Write {
    Write::delete(keys::ticket(secret)).only_if("expires_at > :now").with(":now", rows::millis(now))
}

/// Uses up a link token and the sign-in that was started from it.
pub(super) fn use_up_secrets<E: 'static>(
    secrets: &LinkSecrets,
    now: Timestamp,
    broken: fn(&Row) -> E,
) -> Transaction<E> {
    let LinkSecrets { token, sign_in } = secrets;
    Transaction::new().and_or(use_up_link(token, sign_in, now), broken).and_or(use_up(sign_in, now), broken)
}

/// Uses up the link token. Only the sign-in that was started last may do so.
fn use_up_link(token: &SecretHash, sign_in: &SecretHash, now: Timestamp) -> Write {
    use_up(token, now)
        .only_if("expires_at > :now AND attempt = :attempt")
        .with(":attempt", rows::text(sign_in.as_str()))
}
