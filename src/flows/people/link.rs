//! Link: an account is bound to an identity, and set free again.
//!
//! 1. The bot answers, to the person alone, with a link that is good once, for 10 minutes.
//! 2. GET shows whom it would link.
//! 3. POST starts a sign-in; the browser that starts last is the one that may use the link up (`visits/ticket.rs`).
//! 4. Back from the identity provider: where the verified address there is that of the account's profile, both are
//!    bound.
//! 5. Where it is not, it takes what the operator has chosen to show that the account is theirs who signed in: nothing
//!    will do, or a sign-in at the platform in the same browser (`link/platform.rs`), or a code that is shown there
//!    and typed from the account (`link/code.rs`).
//! 6. One commit uses up all that has led to it, and binds account and identity, each to nobody else. An account that
//!    is linked already moves to another identity of the same address, and to no other.

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
        person::{Link, Subject},
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
    ports::{LinkError, LinkProof, NewLink, Redeemed, UnlinkError},
};

/// A new link for this account, to be shown to nobody else. What they wanted comes along.
pub(in crate::flows) async fn invite(broker: &Broker, who: &Account, wish: Option<Wish>) -> Result<Url> {
    let member = broker.member(who).await?;
    ticket::give_out(broker, who, Visit::Link { name: member.name }, wish).await // 1
}

/// Links the account that the token was made for to the identity that signed in, or says what that takes.
pub(in crate::flows) async fn finish(
    broker: &Arc<Broker>,
    browser: &Secret,
    ticket: &Ticket,
    uses_up: LinkSecrets,
    redeemed: Redeemed,
) -> Result<CameBack> {
    let member = broker.member(&ticket.who).await?;
    let token = redeemed.refresh_token;
    let can_sign_in = broker.chat(member.who.platform())?.sign_in.is_some();
    let policy = &broker.settings.linking;
    let policy = if can_sign_in { policy.clone() } else { policy.without_platform_sign_in() };
    match policy.compare(&member, &redeemed.signed_in)? {
        Comparison::Agreed(link) => {
            let made = with_token(broker, link, token).await?;
            let cause = (CommandId::of_secret(&uses_up.sign_in), broker.ports.clock.now());
            let link = bind(broker, made, LinkProof::SignIn(uses_up), cause).await?; // 4
            Ok(CameBack::Linked { link, wish: ticket.wish.clone() })
        }
        Comparison::TakesPlatformSignIn(link) => {
            let pending = pending(broker, link, token).await?;
            platform::begin(broker, browser, ticket, pending).await.map(CameBack::OnToPlatform) // 5
        }
        Comparison::TakesCode(link) => {
            let email = link.email.clone();
            let pending = pending(broker, link, token).await?;
            let code = code::show(broker, pending, &uses_up).await?; // 5
            let invitee = Invitee::of(broker, member.who, member.name)?;
            Ok(CameBack::TakesCode { code, email, invitee })
        }
    }
}

/// Binds account and identity. That what it is made from is still good is a condition of the commit that uses it up.
/// `cause` is what it follows from, and when.
async fn bind(
    broker: &Arc<Broker>,
    made: PendingLink,
    uses_up: LinkProof,
    (cause, at): (CommandId, Timestamp),
) -> Result<Link> {
    let link = made.link.clone();
    let replaces = replaced_by(broker, &link).await?;
    let (email, shown_by) = (link.email.clone(), uses_up.shown_by());
    let what = match &replaces {
        Some(from) => {
            AccountEvent::Relinked { email, from: from.clone(), to: link.subject.clone(), shown_by }
        }
        None => AccountEvent::Linked { email, shown_by },
    };
    let change = what.of(&link.account, link.human().into(), cause, at);
    let (event, counted) = audit::new_event(broker, change);
    match broker.ports.store.save_link(&NewLink { made, replaces, uses_up, event }).await {
        Ok(appended) => audit::tell(broker, appended, counted), // 6
        Err(LinkError::UsedUp) => return Err(Refusal::LinkGone.into()),
        Err(LinkError::IdentityTaken) => return Err(Refusal::IdentityTaken.into()),
        Err(LinkError::LinkedToAnother) => return Err(Refusal::LinkedToAnother.into()),
        Err(LinkError::Failed(error)) => return Err(error.into()),
    }
    Ok(link)
}

/// Sets the account of `asker` free; `false` when it was not bound.
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

/// The other identity whose place a link would take, if the account is linked to one.
async fn replaced_by(broker: &Broker, link: &Link) -> Result<Option<Subject>> {
    let Some(current) = broker.ports.store.link(&link.account).await? else { return Ok(None) };
    link.may_replace(&current)?;
    Ok(Some(current.subject).filter(|current| *current != link.subject))
}

/// A link that is made once it has been shown whose the account is; nobody is to show that in vain.
async fn pending(broker: &Broker, link: Link, token: Option<SecretString>) -> Result<PendingLink> {
    replaced_by(broker, &link).await?;
    with_token(broker, link, token).await
}

/// A link with the refresh token that the sign-in brought, if it did.
async fn with_token(broker: &Broker, mut link: Link, token: Option<SecretString>) -> Result<PendingLink> {
    link.is_refreshable = token.is_some();
    let sealed_token = match token {
        Some(token) => Some(Sealed(broker.seal_token(&link.account, &link.subject, &token).await?)),
        None => None,
    };
    Ok(PendingLink { link, sealed_token })
}
