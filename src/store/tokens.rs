//! Sealed refresh tokens, each taken for one turn at a time.

use async_trait::async_trait;

use super::{
    DynamoStore, keys, rows,
    transaction::{Transaction, Write},
};
use crate::{
    domain::{account::Account, window::Timestamp},
    ports::{SealedToken, StoreError, TokenError, Tokens, UsedToken},
};

#[async_trait]
impl Tokens for DynamoStore {
    async fn token(&self, who: &Account) -> Result<Option<SealedToken>, StoreError> {
        let what = format!("load the refresh token of {}", who);
        self.load(what, keys::token(who), rows::read_token).await
    }

    async fn take_token(
        &self,
        who: &Account,
        read: &SealedToken,
        until: Timestamp,
    ) -> Result<SealedToken, TokenError> {
        let change = Ok(taken(who, read, until));
        self.make(format!("take the refresh token of {}", who), change).await??;
        Ok(SealedToken { version: read.version + 1, taken_until: Some(until), ..read.clone() })
    }

    async fn give_token_back(
        &self,
        who: &Account,
        taken: &SealedToken,
        used: UsedToken,
    ) -> Result<(), TokenError> {
        let change = given_back(who, taken, used);
        self.make(format!("give the refresh token of {} back", who), change).await?
    }
}

/// Takes the refresh token for one turn, if it is the one that was read.
fn taken(who: &Account, read: &SealedToken, until: Timestamp) -> Transaction<TokenError> {
    let take = Write::update(keys::token(who), "SET version = :next, taken_until = :until")
        .with(":next", rows::number(read.version + 1))
        .with(":until", rows::millis(until));
    if_unchanged(take, read)
}

/// Ends the turn `taken`, and stores or deletes the refresh token.
fn given_back(
    who: &Account,
    taken: &SealedToken,
    used: UsedToken,
) -> serde_json::Result<Transaction<TokenError>> {
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

fn if_unchanged(write: Write, read: &SealedToken) -> Transaction<TokenError> {
    let write = write.only_if("version = :read").with(":read", rows::number(read.version));
    Transaction::new().and_or(write, |_| TokenError::Conflict)
}
