//! Link: binds an account to an identity, and unlinks it.
//!
//! 1. The bot sends the person alone a link that works once, within 10 minutes.
//! 2. GET shows the account that would be linked.
//! 3. POST starts a sign-in. Only the browser that starts last may consume the link (`visits/ticket.rs`).
//! 4. After the sign-in: if the identity's verified address is that of the account's profile, both are linked.
//! 5. If it is not, the operator's policy decides how to prove that the account belongs to the person who signed in:
//!    not at all, by a sign-in at the platform in the same browser (`link/platform.rs`), or by a code that is shown
//!    there and typed from the account (`link/code.rs`).
//! 6. One commit consumes every secret on the way and binds account, identity and address, each to no other, unless the identity
//!    was signed out since. A linked account may move to another identity only if both have the same address.

mod code;
mod platform;

use std::sync::Arc;

use secrecy::SecretString;
use url::Url;

pub use self::code::typed as typed_code;
pub(in crate::flows) use self::{code::confirm, platform::finish as finish_at_platform};
use crate::{
    domain::{
        account::Account,
        account_event::AccountEvent,
        ids::CommandId,
        linking::{Comparison, PendingLink},
        person::Link,
        press::{Asker, Wish},
        refusal::Refusal,
        secret::{Sealed, Secret},
        ticket::{LinkSecrets, Ticket, Visit},
        window::Timestamp,
    },
    flows::{
        Broker, Error, Result, audit,
        visits::{CameBack, Invitee, ticket},
    },
    ports::{LinkError, LinkProof, NewLink, Priority, Redeemed, UnlinkError},
};

/// Creates a link for this account, which must be shown to no one else. It carries the person's wish along.
pub(in crate::flows) async fn invite(broker: &Broker, who: &Account, wish: Option<Wish>) -> Result<Url> {
    let member = broker.known_member(who).await?;
    ticket::give_out(broker, who, Visit::Link { name: member.name }, wish).await // 1
}

/// Links the ticket's account to the identity that signed in, or returns the proof that this requires.
pub(in crate::flows) async fn finish(
    broker: &Arc<Broker>,
    browser: &Secret,
    ticket: &Ticket,
    uses_up: LinkSecrets,
    redeemed: Redeemed,
) -> Result<CameBack> {
    let member = broker.member_for_page(&ticket.who, Priority::Person).await?;
    let token = redeemed.refresh_token;
    let can_sign_in = broker.chat(member.who.platform())?.sign_in.is_some();
    let policy = &broker.settings.linking;
    let policy = if can_sign_in { policy.clone() } else { policy.without_platform_sign_in() };
    match policy.compare(&member, &redeemed.signed_in)? {
        Comparison::Agreed(link) => {
            let made = with_token(broker, link, token).await?;
            let cause = (CommandId::of_secret(&uses_up.sign_in), broker.ports.clock.now());
            let link = bind(broker, made, LinkProof::SignIn(uses_up), cause).await?; // 4
            Ok(linked(broker, link, ticket))
        }
        Comparison::TakesPlatformSignIn(link) => {
            let pending = pending(broker, link, token).await?;
            platform::begin(broker, browser, ticket, pending).await.map(CameBack::OnToPlatform) // 5
        }
        Comparison::TakesCode(link) => {
            let email = link.email.clone();
            let why_uncounted = broker.why_uncounted(&link.groups);
            let pending = pending(broker, link, token).await?;
            let code = code::show(broker, pending, &uses_up).await?; // 5
            let invitee = Invitee::of(broker, member.who, member.name)?;
            Ok(CameBack::TakesCode { code, email, invitee, why_uncounted })
        }
    }
}

/// Returns what the page says of a link that has just been made.
pub(in crate::flows) fn linked(broker: &Broker, link: Link, ticket: &Ticket) -> CameBack {
    let why_uncounted = broker.why_uncounted(&link.groups);
    CameBack::Linked { link, wish: ticket.wish.clone(), why_uncounted }
}

/// Binds account and identity. The commit requires that everything it consumes is still valid. `cause` is what the
/// link follows from, and when.
async fn bind(
    broker: &Arc<Broker>,
    made: PendingLink,
    uses_up: LinkProof,
    (cause, at): (CommandId, Timestamp),
) -> Result<Link> {
    let link = made.link.clone();
    let current = replaced_by(broker, &link).await?;
    let leaves = current.as_ref().map(|current| current.email.clone()).filter(|left| *left != link.email);
    let replaces = current.map(|current| current.subject).filter(|replaced| *replaced != link.subject);
    let has_address_to_itself = broker.settings.linking.one_account_per_address;
    let (email, shown_by) = (link.email.clone(), uses_up.shown_by());
    let what = match &replaces {
        Some(from) => {
            AccountEvent::Relinked { email, from: from.clone(), to: link.subject.clone(), shown_by }
        }
        None => AccountEvent::Linked { email, shown_by },
    };
    let change = what.of(&link.account, link.human().into(), cause, at);
    let (event, counted) = audit::new_event(broker, change);
    let new = NewLink { made, replaces, leaves, has_address_to_itself, uses_up, event };
    match broker.ports.store.save_link(&new).await {
        Ok(appended) => audit::tell(broker, appended, counted), // 6
        Err(LinkError::UsedUp) => return Err(Refusal::LinkGone.into()),
        Err(LinkError::SignedOut) => return Err(Refusal::SignInAgain { words: None }.into()),
        Err(LinkError::IdentityTaken) => return Err(Refusal::IdentityTaken.into()),
        Err(LinkError::AddressTaken) => return Err(Refusal::AddressTaken.into()),
        Err(LinkError::LinkedToAnother) => return Err(Refusal::LinkedToAnother.into()),
        Err(LinkError::Failed(error)) => return Err(error.into()),
    }
    Ok(link)
}

/// Unlinks the account of `asker`. Returns `false` if it was not linked.
pub(in crate::flows) async fn unlink(broker: &Arc<Broker>, asker: &Asker) -> Result<bool> {
    let Some(link) = broker.ports.store.link(&asker.who).await? else { return Ok(false) };
    let unlinked = AccountEvent::Unlinked { email: link.email.clone() };
    let change = unlinked.of(&asker.who, link.human().into(), asker.id.clone(), asker.at);
    let (event, counted) = audit::new_event(broker, change);
    match broker.ports.store.remove_link(&link, &event).await {
        Ok(appended) => audit::tell(broker, appended, counted),
        Err(UnlinkError::Failed(error)) => return Err(error.into()),
        Err(error @ UnlinkError::Conflict) => return Err(Error::Failed(error.into())),
    }
    Ok(true)
}

/// Returns the account's current link, if this one may replace it.
async fn replaced_by(broker: &Broker, link: &Link) -> Result<Option<Link>> {
    let Some(current) = broker.ports.store.link(&link.account).await? else { return Ok(None) };
    link.may_replace(&current)?;
    Ok(Some(current))
}

/// Returns a link that is made once the account is proved to be the person's. Refuses early what could not be linked
/// afterwards.
async fn pending(broker: &Broker, link: Link, token: Option<SecretString>) -> Result<PendingLink> {
    replaced_by(broker, &link).await?;
    with_token(broker, link, token).await
}

/// Returns the link with the refresh token of the sign-in, if there is one.
async fn with_token(broker: &Broker, mut link: Link, token: Option<SecretString>) -> Result<PendingLink> {
    link.is_refreshable = token.is_some();
    let sealed_token = match token {
        Some(token) => Some(Sealed(broker.seal_token(&link.account, &link.subject, &token).await?)),
        None => None,
    };
    Ok(PendingLink { link, sealed_token })
}
