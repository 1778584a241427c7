//! Links: created, updated, deleted.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    DynamoStore,
    codes::if_no_other_try,
    given::stands,
    keys::{self, Key},
    rows::{self, Row},
    tickets::{use_up, use_up_secrets},
    transaction::{Broken, Transaction, Write},
};
use crate::{
    domain::{
        account::Account,
        email::Email,
        linking::PendingLink,
        person::{FreshGroups, Groups, Link, Subject},
        secret::Sealed,
        window::Timestamp,
    },
    ports::{Appended, LinkError, LinkProof, Links, NewEvent, NewLink, StoreError, UnlinkError},
};

#[async_trait]
impl Links for DynamoStore {
    async fn link(&self, who: &Account) -> Result<Option<Link>, StoreError> {
        self.load(format!("load the link of {}", who), keys::link(who), rows::read_link).await
    }

    async fn save_link(&self, new: &NewLink) -> Result<Appended, LinkError> {
        let what = format!("link {}", new.made.link.account);
        let left = match &new.leaves {
            Some(email) => self.own_address(email, &new.made.link.account).await?,
            None => None,
        };
        self.append(what, &new.event, || save(new, left)).await?.ok_or(LinkError::UsedUp)
    }

    async fn remove_link(&self, link: &Link, event: &NewEvent) -> Result<Appended, UnlinkError> {
        let what = format!("unlink {}", link.account);
        let left = self.own_address(&link.email, &link.account).await?;
        self.append(what, event, || Ok(dissolve(link, left))).await?.ok_or(UnlinkError::Conflict)
    }

    async fn owner(&self, subject: &Subject) -> Result<Option<Account>, StoreError> {
        self.load("load whose an identity is".to_owned(), keys::owner(subject), Row::read).await
    }

    async fn end_sign_ins(&self, subject: &Subject, at: Timestamp) -> Result<(), StoreError> {
        match self.make("end the sign-ins of an identity".to_owned(), Ok(signed_out(subject, at))).await? {
            Ok(()) | Err(Broken) => Ok(()), // recorded, or a later sign-out is
        }
    }

    async fn sign_out(&self, link: &Link, event: &NewEvent) -> Result<Appended, UnlinkError> {
        let what = format!("sign {} out", link.account);
        let signed_out = self.append(what, event, || Ok(mark_signed_out(link, event.change.at)));
        signed_out.await?.ok_or(UnlinkError::Conflict)
    }

    async fn save_groups(&self, link: &Link, groups: &FreshGroups) -> Result<(), StoreError> {
        let change = note_groups(link, groups.groups());
        match self.make(format!("note the groups of {}", link.account), change).await? {
            Ok(()) | Err(Broken) => Ok(()), // noted, or the link is gone and the groups are irrelevant
        }
    }
}

impl DynamoStore {
    /// Returns the address if it belongs to this account. Links of an earlier version, and those of accounts that share
    /// an address, have none to themselves.
    async fn own_address<'e>(
        &self,
        email: &'e Email,
        who: &Account,
    ) -> Result<Option<&'e Email>, StoreError> {
        let what = "load whose an address is".to_owned();
        let owner: Option<Account> = self.load(what, keys::address(email), Row::read).await?;
        Ok((owner.as_ref() == Some(who)).then_some(email))
    }
}

/// Uses up the proof that the link is based on, and binds the account and the identity exclusively to each other.
fn save(new: &NewLink, left: Option<&Email>) -> serde_json::Result<Transaction<LinkError>> {
    let link = &new.made.link;
    let mut transaction = use_up_proof(&new.uses_up, new.event.now)
        .and_or(stands(&link.stands()), |_| LinkError::SignedOut)
        .and_or(own(link)?, |_| LinkError::IdentityTaken)
        .and_or(bind(new)?, |_| LinkError::LinkedToAnother);
    if let Some(replaced) = &new.replaces {
        transaction = transaction.and_or(disown(replaced, &link.account), |_| LinkError::LinkedToAnother);
    }
    if new.has_address_to_itself {
        transaction = transaction.and_or(own_address(link)?, |_| LinkError::AddressTaken);
    }
    if let Some(left) = left {
        let leave = leave(keys::address(left), &link.account);
        transaction = transaction.and_or(leave, |_| LinkError::LinkedToAnother);
    }
    Ok(transaction.and(keep_token(new)))
}

/// Unbinds the account and the identity, if they are still bound to each other.
fn dissolve(link: &Link, left: Option<&Email>) -> Transaction<UnlinkError> {
    let unbind = Write::delete(keys::link(&link.account))
        .only_if("subject_hash = :subject")
        .with(":subject", rows::text(keys::subject_hash(&link.subject)));
    let transaction = Transaction::new()
        .and_or(unbind, |_| UnlinkError::Conflict)
        .and_or(disown(&link.subject, &link.account), |_| UnlinkError::Conflict)
        .and(Write::delete(keys::token(&link.account)));
    match left {
        Some(left) => {
            transaction.and_or(leave(keys::address(left), &link.account), |_| UnlinkError::Conflict)
        }
        None => transaction,
    }
}

/// Deletes the token of a link and a pending code, and marks the link as signed out, unless the person has signed in after `at` or is
/// already signed out.
fn mark_signed_out(link: &Link, at: Timestamp) -> Transaction<UnlinkError> {
    let mark = Write::update(keys::link(&link.account), "SET signed_out_at = :at")
        .only_if(
            "subject_hash = :subject AND signed_in_at <= :latest AND attribute_not_exists(signed_out_at)",
        )
        .with(":subject", rows::text(keys::subject_hash(&link.subject)))
        .with(":latest", rows::millis(at + Link::CLOCKS_DIFFER_BY))
        .with(":at", rows::millis(at));
    Transaction::new()
        .and_or(mark, |_| UnlinkError::Conflict)
        .and(Write::delete(keys::token(&link.account)))
        .and(Write::delete(keys::awaited_code(&link.account)))
}

/// Records when an identity was signed out, unless a later sign-out is recorded.
fn signed_out(subject: &Subject, at: Timestamp) -> Transaction<Broken> {
    let record = Write::put(rows::signed_out(subject, at))
        .only_if("attribute_not_exists(pk) OR signed_out_at < :at")
        .with(":at", rows::millis(at));
    Transaction::new().and_or(record, |_| Broken)
}

/// Stores groups with a link, if the link still binds the same identity.
fn note_groups(link: &Link, groups: &Groups) -> serde_json::Result<Transaction<Broken>> {
    let note = Write::update(keys::link(&link.account), "SET groups = :groups")
        .only_if("subject_hash = :subject")
        .with(":subject", rows::text(keys::subject_hash(&link.subject)))
        .with(":groups", rows::groups(groups)?);
    Ok(Transaction::new().and_or(note, |_| Broken))
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

fn own(link: &Link) -> serde_json::Result<Write> {
    Ok(if_ours(Write::put(rows::owner(keys::owner(&link.subject), link)?), link))
}

fn own_address(link: &Link) -> serde_json::Result<Write> {
    Ok(if_ours(Write::put(rows::owner(keys::address(&link.email), link)?), link))
}

fn if_ours(write: Write, link: &Link) -> Write {
    write
        .only_if("attribute_not_exists(pk) OR account_key = :account")
        .with(":account", account(&link.account))
}

/// Unbinds an identity, if it is bound to this account.
fn disown(subject: &Subject, who: &Account) -> Write {
    leave(keys::owner(subject), who)
}

/// Deletes the row by which an identity or an address belongs to this account.
fn leave(owned: Key, who: &Account) -> Write {
    Write::delete(owned).only_if("account_key = :account").with(":account", account(who))
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
