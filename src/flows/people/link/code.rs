//! Linking when the addresses differ, by a code that the browser shows and the person types from the account.
//!
//! 1. The browser that returned from the identity provider shows a code. One commit consumes the link token and the
//!    sign-in, and stores the link under its account until the code is typed. The code is sealed, because it is short.
//! 2. A typed code waits in the inbox like any press, sealed as well.
//! 3. A try is counted before it is judged. Only the code of the typing account is compared.
//! 4. The right code makes the link, in one commit that consumes the code. A wrong code leaves at most four more
//!    tries.

use std::sync::Arc;

use anyhow::anyhow;
use secrecy::{ExposeSecret, SecretString};

use super::bind;
use crate::{
    domain::{
        account::Account,
        code::{AwaitedCode, CODE_LASTS, Code},
        ids::CommandId,
        linking::PendingLink,
        person::Link,
        press::{Asker, Wish},
        refusal::Refusal,
        secret::Sealed,
        ticket::LinkSecrets,
    },
    flows::{Broker, Result},
    ports::{CodeError, LinkProof, Priority, SealedRow, TicketError},
};

/// Stores a link until its code is typed, and returns the code for the browser that returned.
pub(super) async fn show(broker: &Broker, pending: PendingLink, uses_up: &LinkSecrets) -> Result<Code> {
    let code = broker.ports.ids.code();
    let sealed = seal(broker, &code, &shown_to(&pending.link)).await?;
    let now = broker.ports.clock.now();
    let awaited = AwaitedCode { pending, code: sealed, expires_at: now + CODE_LASTS, tries: 0 };
    match broker.ports.store.await_code(&awaited, uses_up, now).await {
        Ok(()) => Ok(code), // 1
        Err(TicketError::Failed(error)) => Err(error.into()),
        Err(TicketError::UsedUp) => Err(Refusal::LinkGone.into()),
    }
}

/// Returns the wish of a person who typed a code.
///
/// # Errors
/// If the code cannot be sealed.
pub async fn typed(broker: &Broker, who: &Account, press: &CommandId, code: &Code) -> Result<Wish> {
    Ok(Wish::Confirm(seal(broker, code, &typed_by(who, press)).await?)) // 2
}

/// Makes the link that waits for this account, if the code matches the one that was shown.
pub(in crate::flows) async fn confirm(broker: &Arc<Broker>, asker: &Asker, typed: &Sealed) -> Result<Link> {
    if broker.ports.store.awaited_code(&asker.who).await?.is_none() {
        broker.known_member(&asker.who).await?;
        return Err(Refusal::NoCode.into());
    }
    broker.member(&asker.who, Priority::Person).await?;
    let typed = open(broker, typed, &typed_by(&asker.who, &asker.id)).await?;
    let (shown, awaited) = count_try(broker, asker).await?; // 3
    if !shown.matches(&typed) {
        return Err(awaited.wrong().into());
    }
    let cause = (asker.id.clone(), asker.at);
    bind(broker, awaited.pending.clone(), LinkProof::Code(Box::new(awaited)), cause).await // 4
}

/// Returns the code that this account should type, with this try counted. Of two concurrent tries, the second one
/// reads again, so every try is counted. A code that cannot be opened costs no try.
async fn count_try(broker: &Broker, asker: &Asker) -> Result<(Code, AwaitedCode)> {
    loop {
        let awaited = broker.ports.store.awaited_code(&asker.who).await?.ok_or(Refusal::NoCode)?;
        awaited.admit(asker.at)?;
        let shown = open(broker, &awaited.code, &shown_to(&awaited.pending.link)).await?;
        match broker.ports.store.count_try(&awaited).await {
            Ok(counted) => return Ok((shown, counted)),
            Err(CodeError::Failed(error)) => return Err(error.into()),
            Err(CodeError::OtherTry) => {}
        }
    }
}

async fn seal(broker: &Broker, code: &Code, row: &SealedRow<'_>) -> Result<Sealed> {
    Ok(Sealed(broker.ports.sealer.seal(&SecretString::from(code.expose()), row).await?))
}

async fn open(broker: &Broker, sealed: &Sealed, row: &SealedRow<'_>) -> Result<Code> {
    let code = broker.ports.sealer.open(&sealed.0, row).await?.secret;
    Ok(code.expose_secret().parse().map_err(|_| anyhow!("what was sealed as a code is none"))?)
}

/// Returns the values that a shown code is sealed for.
fn shown_to(link: &Link) -> [(&'static str, &str); 6] {
    let Link { account, subject, .. } = link;
    [
        ("purpose", "elevate/shown-code"),
        ("platform", account.platform().as_str()),
        ("tenant", account.tenant().id()),
        ("user", account.user()),
        ("iss", &subject.issuer),
        ("sub", &subject.subject),
    ]
}

/// Returns the values that a typed code is sealed for.
fn typed_by<'a>(who: &'a Account, press: &'a CommandId) -> [(&'static str, &'a str); 5] {
    [
        ("purpose", "elevate/typed-code"),
        ("platform", who.platform().as_str()),
        ("tenant", who.tenant().id()),
        ("user", who.user()),
        ("press", press.as_str()),
    ]
}
